/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parser of the hot path: one pass over the bytes, into a flat tree in an arena. Strings stay
 * in the record where they need no unescaping. A member that is there twice, and what lies too
 * deep, is found on the way.
 */
#include "json.h"

#include <stdlib.h>

#include "common/text.h"
#include "json_scan.h"

#define SHOWN_NAME_BYTES 80 /* of a member's name in `detail` */
#define SCRATCH_KEPT_BYTES ((size_t)1024 * 1024)
#define PAIRWISE_MEMBERS 64 /* up to here names are compared with each other, above sorted */

/* An array or object that is still open. */
struct frame {
    struct json *node;
    struct json **tail; /* where its next child is linked */
};

struct parser {
    const char *p, *start, *end;
    struct arena *tree, *texts;
    struct frame *frames;
    size_t depth, cap, max_depth;
    struct json *root;
    struct str name;              /* of the member whose value comes next */
    const struct json *duplicate; /* the first member found twice */
    enum json_result result;
    struct str detail;
};

struct arena *json_scratch(void)
{
    static _Thread_local struct arena *scratch;
    if (!scratch) scratch = arena_new();
    arena_reset(scratch, SCRATCH_KEPT_BYTES);
    return scratch;
}

/* Always false, for the caller to return. */
static bool fail(struct parser *p, const char *at, const char *what)
{
    p->result = JSON_MALFORMED;
    p->detail = arena_printf(p->texts, "%s at byte %zu", what, (size_t)(at - p->start));
    return false;
}

static void skip_space(struct parser *p)
{
    while (p->p < p->end && (*p->p == ' ' || *p->p == '\n' || *p->p == '\r' || *p->p == '\t'))
        p->p++;
}

static struct json *add(struct parser *p, enum json_type type)
{
    struct json *node = arena_alloc(p->tree, sizeof *node);
    *node = (struct json){.type = type, .name = p->name};
    p->name = STR_NONE;
    if (p->depth) {
        struct frame *top = &p->frames[p->depth - 1];
        *top->tail = node;
        top->tail = &node->next;
        top->node->count++;
    } else {
        p->root = node;
    }
    return node;
}

/* "\uXXXX", with its second half where it is one of a pair. Moves `*at` behind it; NULL: failed. */
static char *decode_unit(struct parser *p, const char **at, const char *end, char *out)
{
    size_t length;
    int32_t c = text_unescape(*at, (size_t)(end - *at), &length);
    if (c <= 0) {
        fail(p, *at,
             c == TEXT_NO_ESCAPE        ? "wrong \\u escape"
             : c == TEXT_LONE_SURROGATE ? "lone surrogate"
                                        : "NUL character");
        return NULL;
    }
    *at += length;
    return out + text_put_char(out, (uint32_t)c);
}

/* The text between two quotes, with its escapes undone: never longer than it is written. */
static bool decode_escapes(struct parser *p, const char *at, const char *end, struct str *text)
{
    static const char escapes[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    char *start = arena_alloc(p->texts, (size_t)(end - at) + 1), *out = start;
    while (at < end) {
        const char *plain_end = json_scan(at, end);
        memcpy(out, at, (size_t)(plain_end - at));
        out += plain_end - at;
        at = plain_end;
        if (at == end) break;
        /* A backslash; the end was found with its escapes, so a character stands behind it. */
        const char *escape = at[1] ? strchr(escapes, at[1]) : NULL;
        if (escape) {
            *out++ = meant[escape - escapes];
            at += 2;
        } else if (at[1] != 'u') {
            return fail(p, at, "unknown escape");
        } else if (!(out = decode_unit(p, &at, end, out))) {
            return false;
        }
    }
    *text = (struct str){start, (size_t)(out - start)};
    return true;
}

/* p stands on the opening quote, afterwards behind the closing one. */
static bool parse_string(struct parser *p, struct str *text)
{
    const char *start = ++p->p;
    bool escaped = false;
    for (;;) {
        const char *at = p->p = json_scan(p->p, p->end);
        if (at == p->end) return fail(p, p->end, "ends within a string,");
        if (*at == '"') break;
        if (*at != '\\') return fail(p, at, "control character in a string");
        if (p->end - at < 2) return fail(p, p->end, "ends within a string,");
        /* Also behind a backslash a control character must not stand. */
        if ((unsigned char)at[1] < 0x20) return fail(p, at, "unknown escape");
        escaped = true;
        p->p += 2;
    }
    const char *end = p->p++;
    if (escaped) return decode_escapes(p, start, end, text);
    *text = (struct str){start, (size_t)(end - start)};
    return true;
}

static bool is_digit(const struct parser *p)
{
    return p->p < p->end && *p->p >= '0' && *p->p <= '9';
}

static bool skip_digits(struct parser *p)
{
    if (!is_digit(p)) return false;
    while (is_digit(p)) p->p++;
    return true;
}

/* Whether the text of an integer fits 64 bits. */
static bool to_integer(struct str text, int64_t *out)
{
    bool minus = text.p[0] == '-';
    int64_t value = 0;
    /* Counted downwards, because INT64_MIN has no positive counterpart. */
    for (size_t i = minus; i < text.n; i++)
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, text.p[i] - '0', &value))
            return false;
    if (!minus && value == INT64_MIN) return false;
    *out = minus ? value : -value;
    return true;
}

static bool parse_number(struct parser *p)
{
    const char *start = p->p;
    bool integer = true;
    if (*p->p == '-') p->p++;
    bool zero = p->p < p->end && *p->p == '0';
    if (!skip_digits(p)) return fail(p, start, "no value");
    /* No zeros before other digits. */
    if (zero && p->p - start > 1 + (*start == '-')) return fail(p, start, "wrong number");
    if (p->p < p->end && *p->p == '.') {
        integer = false;
        p->p++;
        if (!skip_digits(p)) return fail(p, start, "wrong number");
    }
    if (p->p < p->end && (*p->p == 'e' || *p->p == 'E')) {
        integer = false;
        p->p++;
        if (p->p < p->end && (*p->p == '+' || *p->p == '-')) p->p++;
        if (!skip_digits(p)) return fail(p, start, "wrong number");
    }
    struct json *node = add(p, JSON_REAL);
    node->text = (struct str){start, (size_t)(p->p - start)};
    if (integer && to_integer(node->text, &node->integer)) node->type = JSON_INT;
    return true;
}

static bool parse_literal(struct parser *p, struct str word, enum json_type type)
{
    if (!str_starts((struct str){p->p, (size_t)(p->end - p->p)}, word))
        return fail(p, p->p, "no value");
    p->p += word.n;
    add(p, type);
    return true;
}

static int compare_names(const void *a, const void *b)
{
    return str_cmp((*(const struct json *const *)a)->name, (*(const struct json *const *)b)->name);
}

/* Sorted, because comparing all pairs of a hostile record's 100,000 names would take minutes. */
static const struct json *find_duplicate_sorted(struct arena *arena, const struct json *object)
{
    const struct json **members = arena_alloc(arena, object->count * sizeof(struct json *));
    size_t n = 0;
    for (const struct json *m = object->first; m; m = m->next) members[n++] = m;
    qsort(members, n, sizeof(struct json *), compare_names);
    for (size_t i = 1; i < n; i++)
        if (str_eq(members[i - 1]->name, members[i]->name)) return members[i];
    return NULL;
}

/* Spreads names over 256 values; what they share is mostly not length, first and last byte. */
static unsigned char mix(struct str name)
{
    if (!name.n) return 0;
    size_t mixed = name.n * 41 + (size_t)(unsigned char)name.p[0] * 7 +
                   (size_t)(unsigned char)name.p[name.n - 1] * 13 +
                   (size_t)(unsigned char)name.p[name.n / 2] * 29;
    return (unsigned char)mixed;
}

static const struct json *find_duplicate(struct arena *arena, const struct json *object)
{
    if (object->count > PAIRWISE_MEMBERS) return find_duplicate_sorted(arena, object);
    uint64_t seen[4] = {0}; /* a bit for each value of mix: most names need no comparison */
    for (const struct json *m = object->first; m; m = m->next) {
        unsigned char mixed = mix(m->name);
        uint64_t bit = UINT64_C(1) << (mixed & 63), *word = &seen[mixed >> 6];
        if (*word & bit)
            for (const struct json *before = object->first; before != m; before = before->next)
                if (str_eq(before->name, m->name)) return m;
        *word |= bit;
    }
    return NULL;
}

/* The name of a member and its colon. */
static bool parse_name(struct parser *p)
{
    skip_space(p);
    if (p->p == p->end || *p->p != '"') return fail(p, p->p, "no member name in quotes");
    if (!parse_string(p, &p->name)) return false;
    skip_space(p);
    if (p->p == p->end || *p->p != ':') return fail(p, p->p, "no colon behind a member name");
    p->p++;
    return true;
}

static void close_container(struct parser *p)
{
    const struct json *node = p->frames[--p->depth].node;
    p->p++;
    if (node->type == JSON_OBJECT && !p->duplicate) p->duplicate = find_duplicate(p->tree, node);
}

enum step { STEP_FAILED, STEP_WHOLE, STEP_OPENED };

/* p stands on the bracket. An empty one is closed at once; else the next value is its first. */
static enum step open_container(struct parser *p, enum json_type type, char closing)
{
    if (p->depth == p->max_depth) {
        p->result = JSON_TOO_DEEP;
        p->detail = arena_printf(p->texts, "more than %zu levels of nesting at byte %zu",
                                 p->max_depth, (size_t)(p->p - p->start));
        return STEP_FAILED;
    }
    struct json *node = add(p, type);
    *ARENA_PUSH(p->tree, p->frames, p->depth, p->cap) = (struct frame){node, &node->first};
    p->p++;
    skip_space(p);
    if (p->p < p->end && *p->p == closing) {
        close_container(p);
        return STEP_WHOLE;
    }
    return type == JSON_ARRAY || parse_name(p) ? STEP_OPENED : STEP_FAILED;
}

/* One value, or the beginning of an array or object. */
static enum step parse_value(struct parser *p)
{
    bool whole;
    struct str text;
    skip_space(p);
    if (p->p == p->end) {
        fail(p, p->p, "ends before its value,");
        return STEP_FAILED;
    }
    switch (*p->p) {
    case '{': return open_container(p, JSON_OBJECT, '}');
    case '[': return open_container(p, JSON_ARRAY, ']');
    case '"':
        whole = parse_string(p, &text);
        if (whole) add(p, JSON_STRING)->text = text;
        break;
    case 't': whole = parse_literal(p, STR("true"), JSON_TRUE); break;
    case 'f': whole = parse_literal(p, STR("false"), JSON_FALSE); break;
    case 'n': whole = parse_literal(p, STR("null"), JSON_NULL); break;
    default: whole = parse_number(p); break; /* or what cannot begin any value */
    }
    return whole ? STEP_WHOLE : STEP_FAILED;
}

/* Behind a whole value: closes what ends here. true: another value follows, or all is done. */
static bool parse_end(struct parser *p)
{
    while (p->depth) {
        bool in_array = p->frames[p->depth - 1].node->type == JSON_ARRAY;
        skip_space(p);
        char c = p->p < p->end ? *p->p : 0;
        if (c == ',') {
            p->p++;
            return in_array || parse_name(p);
        }
        if (c != (in_array ? ']' : '}'))
            return fail(p, p->p,
                        in_array ? "no comma or ] in an array" : "no comma or } in an object");
        close_container(p);
    }
    skip_space(p);
    return p->p == p->end || fail(p, p->p, "more than one value");
}

static void parse(struct parser *p)
{
    enum step step;
    do {
        step = parse_value(p);
        if (step == STEP_WHOLE && !parse_end(p)) return;
    } while (step == STEP_OPENED || (step == STEP_WHOLE && p->depth));
}

enum json_result json_parse(struct arena *tree, struct arena *texts, struct str bytes,
                            int max_depth, struct json **root, struct str *detail)
{
    *root = NULL;
    *detail = STR_NONE;
    size_t valid = json_utf8_prefix(bytes);
    if (valid < bytes.n) {
        *detail = arena_printf(texts, "not UTF-8 at byte %zu", valid);
        return JSON_INVALID_UTF8;
    }
    struct parser p = {.p = bytes.p,
                       .start = bytes.p,
                       .end = bytes.p + bytes.n,
                       .tree = tree,
                       .texts = texts,
                       .max_depth = (size_t)max_depth};
    parse(&p);
    *detail = p.detail;
    if (p.result != JSON_OK) return p.result;
    *root = p.root;
    if (!p.duplicate) return JSON_OK;
    struct str name = json_excerpt(texts, p.duplicate->name, SHOWN_NAME_BYTES);
    *detail = arena_printf(texts, "member \"%.*s\" twice in one object", STR_ARG(name));
    return JSON_DUPLICATE;
}

const struct json *json_get(const struct json *object, const char *name)
{
    if (object->type != JSON_OBJECT) return NULL;
    struct str wanted = str_of(name);
    for (const struct json *m = object->first; m; m = m->next)
        if (str_eq(m->name, wanted)) return m;
    return NULL;
}

struct str json_get_text(const struct json *object, const char *name)
{
    const struct json *value = object ? json_get(object, name) : NULL;
    return value && value->type == JSON_STRING ? value->text : STR_NONE;
}
