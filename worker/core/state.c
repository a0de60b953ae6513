/* SPDX-License-Identifier: Apache-2.0 */
/* The table of the entries of a batch, their keys, and what an entry is that has nothing in it. */
#include "state.h"

#include <inttypes.h>

#include "common/hash.h"
#include "common/text.h"

NAMES_DEFINE(phase, PHASES)
NAMES_DEFINE(stage, STAGES)
NAMES_DEFINE(change, CLOSURE_CHANGES)
NAMES_DEFINE(doubt, DOUBTS)
NAMES_DEFINE(telling, TELLINGS)

/* clang-format off */

/* What "nothing" is, by the type of a row. */
#define NONE_TEXT {NULL, 0}
#define NONE_LIST {NULL, 0}
#define NONE_INTEGER 0
#define NONE_BITS 0
#define NONE_BOOLEAN false
#define NONE_TRISTATE tristate_none
#define NONE_TIME TIME_NONE
#define NONE_WORD(vocabulary) 0
#define NONE_WORDS(vocabulary, first) 0
#define NONE_OBJECT(name) NONE_##name
#define NONE_OBJECTS(list, name) {NULL, 0}
#define NONE_LABELS {NULL, 0}
#define NONE_REMINDERS {[0 ... REMINDER_TASK_KINDS - 1] = {.last = TIME_NONE, .sent_at = TIME_NONE}}
#define NONE_order {.revision = -1, .time = TIME_NONE, .taken = {NULL, 0}}
#define NONE_cursor {.at = TIME_NONE, .latest = TIME_NONE}
#define NONE_owner {.team = {NULL, 0}}
#define NONE_tracker {.system = {NULL, 0}}
#define NONE_counts {.open = 0}
#define NONE_evaluation {.sufficient = tristate_none}
#define NONE_origin {.incident_id = {NULL, 0}}

#define NONE(type, member) .member = NONE_##type,
#define NONE_OF(what, type, member) .member = NONE_##type,
#define NONE_NAMED(type, member, name) .member = NONE_##type,
const struct incident incident_none = {INCIDENT_MEMBERS(NONE_OF, NONE)};
const struct finding finding_none = {
    FINDING_IDENTITY(NONE)
    FINDING_SAID(NONE_OF)
    FINDING_OWN(NONE_NAMED)
};
const struct duty duty_none = {DUTY_MEMBERS(NONE)};
const struct task task_none = {TASK_MEMBERS(NONE, NONE, NONE)};
const struct digest_item digest_item_none = {ITEM_MEMBERS(NONE)};
const struct recipient_state recipient_state_none = {RECIPIENT_MEMBERS(NONE)};

/* clang-format on */

struct state_table {
    struct arena *arena;
    struct entry **slots; /* open addressing; a power of two, at most half full */
    size_t mask;
    size_t n;
    struct entry *first, *last;
    struct entry *touched;
};

static uint64_t hash_of(struct str key)
{
    uint64_t h = hash_bytes(HASH_START, key);
    return h ^ (h >> 32);
}

struct state_table *state_new(struct arena *arena)
{
    struct state_table *t = ARENA_NEW(arena, struct state_table);
    t->arena = arena;
    t->mask = 63;
    t->slots = arena_zalloc(arena, (t->mask + 1) * sizeof(struct entry *));
    return t;
}

static struct entry **slot_of(const struct state_table *t, struct str key, uint64_t hash)
{
    size_t at = hash & t->mask;
    while (t->slots[at] && !(t->slots[at]->hash == hash && str_eq(t->slots[at]->key, key)))
        at = (at + 1) & t->mask;
    return &t->slots[at];
}

static void widen(struct state_table *t)
{
    t->mask = t->mask * 2 + 1;
    t->slots = arena_zalloc(t->arena, (t->mask + 1) * sizeof(struct entry *));
    for (struct entry *e = t->first; e; e = e->next) *slot_of(t, e->key, e->hash) = e;
}

/* Kinds of the incident's own tasks that have a part all the same: a party, or an obligation. */
static bool is_outward(struct str kind)
{
    return str_eq(kind, task_kind_name(KIND_COORDINATION)) ||
           str_eq(kind, task_kind_name(KIND_OBLIGATION));
}

/* Whether the key is that of a task of a finding. *finding_id: encoded, as it stands in the key. */
static bool part_of(struct str key, struct str *finding_id)
{
    struct str header_key = state_header_key(key);
    size_t name = header_key.n + 3; /* behind "|t|" */
    if (key.n <= name || key.p[name - 2] != 't') return false;
    const char *slash = memchr(key.p + name, '/', key.n - name), *end = key.p + key.n;
    if (!slash || is_outward((struct str){key.p + name, (size_t)(slash - key.p) - name}))
        return false;
    /* The rest is encoded, so this sign is the one of a later life. */
    const char *suffix = memchr(slash, '~', (size_t)(end - slash));
    *finding_id = (struct str){slash + 1, (size_t)((suffix ? suffix : end) - slash - 1)};
    return true;
}

#define CAUSE_PREFIX "$cause/"

static enum entry_type type_of(struct str key, struct str header_key)
{
    bool is_header = key.n == header_key.n;
    if (str_starts(key, STR(CAUSE_PREFIX))) return ENTRY_CAUSE;
    if (state_key_is_own(key)) return is_header ? ENTRY_RECIPIENT : ENTRY_ITEMS;
    if (is_header) return ENTRY_INCIDENT;
    switch (key.p[header_key.n + 1]) {
    case 'c': return ENTRY_CLOSURE;
    case 'd': return ENTRY_DUTY;
    case 'm': return ENTRY_MERGED;
    case 'w': return ENTRY_WAITING;
    case 'f': return ENTRY_FINDING;
    default: return ENTRY_TASK;
    }
}

struct entry *state_find(const struct state_table *table, struct str key)
{
    return *slot_of(table, key, hash_of(key));
}

static void add_to_header(struct entry *e, struct entry *header)
{
    e->header = header;
    header->last_sibling->next_sibling = e;
    header->last_sibling = e;
}

static void add_to_holder(struct entry *e, struct entry *holder)
{
    struct entry *before = holder;
    while (before->next_part && str_cmp(before->next_part->key, e->key) < 0)
        before = before->next_part;
    e->holder = holder;
    e->next_part = before->next_part;
    before->next_part = e;
}

struct entry *state_entry(struct state_table *t, struct str key)
{
    uint64_t hash = hash_of(key);
    struct entry **slot = slot_of(t, key, hash);
    if (*slot) return *slot;
    if (t->n * 2 >= t->mask) {
        widen(t);
        slot = slot_of(t, key, hash);
    }
    struct entry *e = ARENA_NEW(t->arena, struct entry);
    e->key = arena_str(t->arena, key);
    e->hash = hash;
    e->wake_at = TIME_NONE;
    *slot = e;
    t->n++;
    if (t->last)
        t->last->next = e;
    else
        t->first = e;
    t->last = e;

    struct str header_key = state_header_key(e->key);
    e->type = type_of(e->key, header_key);
    e->header = e->last_sibling = e->holder = e;
    if (header_key.n < e->key.n) add_to_header(e, state_entry(t, header_key));
    struct str holder_key = state_holder_key(t->arena, e->key);
    if (holder_key.p != e->key.p) add_to_holder(e, state_entry(t, holder_key));
    return e;
}

struct entry *state_first(const struct state_table *table)
{
    return table->first;
}

bool state_is_known(const struct entry *entry)
{
    return entry->exists || entry->holder->loaded || entry->header->whole;
}

void state_touch(struct state_table *table, struct entry *entry)
{
    entry->dirty = entry->holder->to_write = true;
    if (entry->touched) return;
    entry->touched = true;
    entry->next_touched = table->touched;
    table->touched = entry;
}

struct entry *state_take_touched(struct state_table *table)
{
    struct entry *touched = table->touched;
    for (struct entry *e = touched; e; e = e->next_touched) e->touched = false;
    table->touched = NULL;
    return touched;
}

static bool is_sign(char c)
{
    return c == '%' || c == '/' || c == '|' || c == '$' || c == '~';
}

/* How many bytes from `i` on are to be escaped. */
static size_t to_escape(struct str raw, size_t i)
{
    return is_sign(raw.p[i]) ? 1 : text_control(raw.p + i, raw.n - i);
}

/* `colons`: they too. */
static struct str encode(struct arena *arena, struct str raw, bool colons)
{
    size_t plain = 0;
    while (plain < raw.n && !to_escape(raw, plain) && !(colons && raw.p[plain] == ':')) plain++;
    if (plain == raw.n) return raw;
    char *start = arena_alloc(arena, raw.n * TEXT_PERCENT + 1), *out = start;
    for (size_t i = 0; i < raw.n;) {
        size_t n = colons && raw.p[i] == ':' ? 1 : to_escape(raw, i);
        if (!n) *out++ = raw.p[i++];
        for (; n; n--, out += TEXT_PERCENT) text_percent(out, (unsigned char)raw.p[i++]);
    }
    return (struct str){start, (size_t)(out - start)};
}

struct str state_encode_part(struct arena *arena, struct str raw)
{
    return encode(arena, raw, false);
}

struct str state_finding_name(struct arena *arena, struct origin origin)
{
    return arena_join(arena, encode(arena, origin.incident_id, true), STR(":"),
                      encode(arena, origin.finding_id, true));
}

bool state_is_finding_name(struct str finding_id)
{
    const char *colon = finding_id.n ? memchr(finding_id.p, ':', finding_id.n) : NULL;
    if (!colon) return false;
    for (size_t i = 0; i < finding_id.n; i++)
        if (finding_id.p[i] != '%' && to_escape(finding_id, i)) return false;
    return !memchr(colon + 1, ':', (size_t)(finding_id.p + finding_id.n - colon - 1));
}

struct str state_finding_part(struct arena *arena, const struct origin *origin,
                              struct str finding_id)
{
    return origin->incident_id.p ? state_finding_name(arena, *origin)
                                 : encode(arena, finding_id, true);
}

size_t state_finding_parts(struct arena *arena, const struct finding *said, struct str parts[2])
{
    parts[0] = state_finding_part(arena, &said->origin, said->finding_id);
    /* What follows one to another incident says which one it is, also where that is its own. */
    if (said->origin.incident_id.p || said->passed.n) return 1;
    /* Else it may be called as one of another incident is. */
    if (!state_is_finding_name(said->finding_id)) return 1;
    parts[1] = said->finding_id;
    return 2;
}

struct str state_decode_part(struct arena *arena, struct str part)
{
    char *start = arena_alloc(arena, part.n + 1), *out = start;
    for (size_t i = 0; i < part.n;) {
        int byte = text_percent_value(part.p + i, part.n - i);
        *out++ = byte < 0 ? part.p[i] : (char)byte;
        i += byte < 0 ? 1 : TEXT_PERCENT;
    }
    return (struct str){start, (size_t)(out - start)};
}

struct str state_incident_key(struct arena *arena, struct str incident_id)
{
    return state_encode_part(arena, incident_id);
}

struct str state_closure_key(struct arena *arena, struct str header_key)
{
    return arena_join(arena, header_key, STR("|c"), STR_NONE);
}

struct str state_merged_key(struct arena *arena, struct str header_key)
{
    return arena_join(arena, header_key, STR("|m"), STR_NONE);
}

struct str state_waiting_key(struct arena *arena, struct str header_key, struct str incident_id)
{
    return arena_join(arena, header_key, STR("|w|"), state_encode_part(arena, incident_id));
}

struct str state_finding_key(struct arena *arena, struct str header_key, struct str part)
{
    return arena_join(arena, header_key, STR("|f|"), part);
}

struct str state_task_key(struct arena *arena, struct str header_key, struct str name)
{
    return arena_join(arena, header_key, STR("|t|"), name);
}

struct str state_duty_key(struct arena *arena, struct str header_key, struct str name,
                          struct str incident_id)
{
    struct str start = arena_join(arena, header_key, STR("|d|"), name);
    return arena_join(arena, start, STR("/"), state_encode_part(arena, incident_id));
}

struct str state_duty_name(struct str name)
{
    const char *slash = name.n ? memchr(name.p, '/', name.n) : NULL;
    if (!slash || !is_outward((struct str){name.p, (size_t)(slash - name.p)})) return STR_NONE;
    const char *suffix = memchr(name.p, '~', name.n);
    return (struct str){name.p, suffix ? (size_t)(suffix - name.p) : name.n};
}

struct str state_task_id(struct arena *arena, struct str incident_id, struct str name)
{
    return arena_join(arena, state_encode_part(arena, incident_id), STR("/"), name);
}

enum task_kind state_task_kind(struct str name)
{
    const char *slash = name.n ? memchr(name.p, '/', name.n) : NULL;
    return task_kind_parse(slash ? (struct str){name.p, (size_t)(slash - name.p)} : name);
}

struct origin state_task_origin(struct arena *arena, struct str incident_id, struct str name)
{
    const char *slash = memchr(name.p, '/', name.n);
    if (!slash) return finding_none.origin;
    struct str part = {slash + 1, (size_t)(name.p + name.n - slash - 1)};
    const char *suffix = memchr(part.p, '~', part.n);
    if (suffix) part.n = (size_t)(suffix - part.p);
    const char *colon = memchr(part.p, ':', part.n);
    if (!colon) return (struct origin){incident_id, state_decode_part(arena, part)};
    const struct str of = {part.p, (size_t)(colon - part.p)};
    const struct str id = {colon + 1, (size_t)(part.p + part.n - colon - 1)};
    return (struct origin){state_decode_part(arena, of), state_decode_part(arena, id)};
}

struct str state_header_key(struct str key)
{
    const char *bar = memchr(key.p, '|', key.n);
    return bar ? (struct str){key.p, (size_t)(bar - key.p)} : key;
}

struct str state_holder_key(struct arena *arena, struct str key)
{
    struct str id;
    if (!part_of(key, &id)) return key;
    return arena_join(arena, state_header_key(key), STR("|f|"), id);
}

struct str state_recipient_key(struct arena *arena, struct str recipient)
{
    return arena_join(arena, STR("$to/"), recipient, STR_NONE);
}

struct str state_items_key(struct arena *arena, struct str recipient_key, struct str origin)
{
    return arena_join(arena, recipient_key, STR("|i|"), origin);
}

struct str state_recipient_of(struct str key)
{
    struct str header_key = state_header_key(key);
    return (struct str){header_key.p + 4, header_key.n - 4}; /* behind "$to/" */
}

#define CAUSE_HASH 33 /* "~" and 128 bits in hexadecimal digits */

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str state_cause_name(struct arena *arena, struct str said)
{
    char *start = arena_alloc(arena, said.n + 1), *out = start;
    for (size_t i = 0; i < said.n; i++) {
        if (!is_space(said.p[i]))
            *out++ = said.p[i];
        else if (out > start && out[-1] != ' ')
            *out++ = ' ';
    }
    while (out > start && out[-1] == ' ') out--;
    struct str name = {start, (size_t)(out - start)};
    if (!name.n) return STR_NONE;
    if (name.n <= STATE_CAUSE_BYTES) return name;
    struct str lower = arena_str(arena, name);
    for (size_t i = 0; i < lower.n; i++) ((char *)(uintptr_t)lower.p)[i] = text_lower(lower.p[i]);
    struct hash128 hash = hash128_bytes(lower);
    name.n = text_whole(name.p, STATE_CAUSE_BYTES - CAUSE_HASH);
    return arena_printf(arena, "%.*s~%016" PRIx64 "%016" PRIx64, STR_ARG(name), hash.high,
                        hash.low);
}

struct str state_cause_key(struct arena *arena, struct str name)
{
    char *lower = arena_alloc(arena, name.n + 1);
    for (size_t i = 0; i < name.n; i++) lower[i] = text_lower(name.p[i]);
    return arena_join(arena, STR(CAUSE_PREFIX),
                      state_encode_part(arena, (struct str){lower, name.n}), STR_NONE);
}

bool state_key_is_own(struct str key)
{
    return key.n && key.p[0] == '$';
}

bool state_key_is_position(struct str key)
{
    return str_starts(key, STR("$position/"));
}
