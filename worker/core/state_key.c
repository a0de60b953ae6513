/* SPDX-License-Identifier: Apache-2.0 */
/* How the keys of entries, and names in them, are written, and what they say. */
#include "state_key.h"

#include <inttypes.h>

#include "common/hash.h"
#include "common/text.h"
#include "state_finding.h"

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

/* Kinds of the incident's own tasks that have a part all the same: a party, or an obligation. */
static bool is_outward(struct str kind)
{
    return str_eq(kind, task_kind_name(KIND_COORDINATION)) ||
           str_eq(kind, task_kind_name(KIND_OBLIGATION));
}

struct str state_duty_name(struct str name)
{
    const char *slash = name.n ? memchr(name.p, '/', name.n) : NULL;
    if (!slash || !is_outward((struct str){name.p, (size_t)(slash - name.p)})) return STR_NONE;
    const char *suffix = memchr(name.p, '~', name.n);
    return (struct str){name.p, suffix ? (size_t)(suffix - name.p) : name.n};
}

struct str state_duty_part(struct str name)
{
    const char *slash = memchr(name.p, '/', name.n);
    return (struct str){slash + 1, (size_t)(name.p + name.n - slash - 1)};
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
    if (!slash) return (struct origin){STR_NONE, STR_NONE};
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

struct str state_part_of_finding(struct str key)
{
    size_t start = state_header_key(key).n + 3; /* behind "|f|" */
    return start < key.n ? (struct str){key.p + start, key.n - start} : STR("");
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

#define CAUSE_PREFIX "$cause/"
#define CAUSE_HASH 33 /* "~" and 128 bits in hexadecimal digits */

struct str state_cause_name(struct arena *arena, struct str said)
{
    char *start = arena_alloc(arena, said.n + 1), *out = start;
    for (size_t i = 0; i < said.n; i++) {
        if (!text_is_space(said.p[i]))
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

enum entry_type state_type_of(struct str key)
{
    struct str header_key = state_header_key(key);
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
