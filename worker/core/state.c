/* SPDX-License-Identifier: Apache-2.0 */
#include "state.h"

struct state_table {
    struct arena *arena;
    struct entry **slots; /* open addressing; a power of two, at most half full */
    size_t mask;
    size_t n;
    struct entry *first, *last;
    struct entry *touched;
};

static uint64_t hash_bytes(struct str s)
{
    uint64_t h = UINT64_C(14695981039346656037); /* FNV-1a */
    for (size_t i = 0; i < s.n; i++) h = (h ^ (unsigned char)s.p[i]) * UINT64_C(1099511628211);
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

static enum entry_type type_of(struct str key, struct str header_key)
{
    if (key.n == header_key.n) return ENTRY_INCIDENT;
    switch (key.p[header_key.n + 1]) {
    case 'c': return ENTRY_CLOSURE;
    case 'f': return ENTRY_FINDING;
    default: return ENTRY_TASK;
    }
}

struct entry *state_find(const struct state_table *table, struct str key)
{
    return *slot_of(table, key, hash_bytes(key));
}

struct entry *state_entry(struct state_table *t, struct str key)
{
    uint64_t hash = hash_bytes(key);
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
    if (e->type == ENTRY_INCIDENT) {
        e->header = e->last_sibling = e;
    } else {
        struct entry *header = state_entry(t, header_key);
        e->header = header;
        header->last_sibling->next_sibling = e;
        header->last_sibling = e;
    }
    return e;
}

struct entry *state_first(const struct state_table *table)
{
    return table->first;
}

void state_touch(struct state_table *table, struct entry *entry)
{
    entry->dirty = true;
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

static bool must_escape(unsigned char c)
{
    return c < 0x20 || c == 0x7f || c == '%' || c == '/' || c == '|' || c == '$' || c == '~';
}

/* C1 control characters are U+0080 to U+009F: two bytes in UTF-8, 0xC2 and 0x80 to 0x9F. */
static bool is_c1(struct str s, size_t i)
{
    return (unsigned char)s.p[i] == 0xc2 && i + 1 < s.n && (unsigned char)s.p[i + 1] < 0xa0;
}

static char *put_escaped(char *out, unsigned char c)
{
    static const char hex[] = "0123456789ABCDEF";
    *out++ = '%';
    *out++ = hex[c >> 4];
    *out++ = hex[c & 15];
    return out;
}

struct str state_encode_part(struct arena *arena, struct str raw)
{
    size_t plain = 0;
    while (plain < raw.n && !must_escape((unsigned char)raw.p[plain]) && !is_c1(raw, plain))
        plain++;
    if (plain == raw.n) return raw;
    char *start = arena_alloc(arena, raw.n * 3 + 1), *out = start;
    for (size_t i = 0; i < raw.n; i++) {
        unsigned char c = (unsigned char)raw.p[i];
        if (is_c1(raw, i)) {
            out = put_escaped(out, c);
            out = put_escaped(out, (unsigned char)raw.p[++i]);
        } else if (must_escape(c)) {
            out = put_escaped(out, c);
        } else {
            *out++ = (char)c;
        }
    }
    return (struct str){start, (size_t)(out - start)};
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

struct str state_decode_part(struct arena *arena, struct str part)
{
    char *start = arena_alloc(arena, part.n + 1), *out = start;
    for (size_t i = 0; i < part.n; i++) {
        int high = -1, low = -1;
        if (part.p[i] == '%' && i + 2 < part.n) {
            high = hex_digit(part.p[i + 1]);
            low = hex_digit(part.p[i + 2]);
        }
        if (high >= 0 && low >= 0) {
            *out++ = (char)(high * 16 + low);
            i += 2;
        } else {
            *out++ = part.p[i];
        }
    }
    return (struct str){start, (size_t)(out - start)};
}

/* `a`, then `middle`, then `b`. */
static struct str join(struct arena *arena, struct str a, struct str middle, struct str b)
{
    char *p = arena_alloc(arena, a.n + middle.n + b.n + 1);
    memcpy(p, a.p, a.n);
    memcpy(p + a.n, middle.p, middle.n);
    if (b.n) memcpy(p + a.n + middle.n, b.p, b.n);
    p[a.n + middle.n + b.n] = 0;
    return (struct str){p, a.n + middle.n + b.n};
}

struct str state_incident_key(struct arena *arena, struct str incident_id)
{
    return state_encode_part(arena, incident_id);
}

struct str state_closure_key(struct arena *arena, struct str header_key)
{
    return join(arena, header_key, STR("|c"), STR_NONE);
}

struct str state_finding_key(struct arena *arena, struct str header_key, struct str finding_id)
{
    return join(arena, header_key, STR("|f|"), state_encode_part(arena, finding_id));
}

struct str state_task_key(struct arena *arena, struct str header_key, struct str name)
{
    return join(arena, header_key, STR("|t|"), name);
}

struct str state_task_id(struct arena *arena, struct str incident_id, struct str name)
{
    return join(arena, state_encode_part(arena, incident_id), STR("/"), name);
}

struct str state_header_key(struct str key)
{
    const char *bar = memchr(key.p, '|', key.n);
    return bar ? (struct str){key.p, (size_t)(bar - key.p)} : key;
}

bool state_key_is_internal(struct str key)
{
    return key.n && key.p[0] == '$';
}
