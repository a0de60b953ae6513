/* SPDX-License-Identifier: Apache-2.0 */
/* `$position/<n>`: how far a shard has come, and what tells whether that is still so. */
#include <inttypes.h>

#include "json.h"
#include "state_json_private.h"

static void write_mark(struct buf *out, const struct input_mark *mark)
{
    buf_lit(out, "{\"offset\":");
    buf_int(out, mark->offset);
    if (mark->time != TIME_NONE) {
        buf_lit(out, ",\"time\":");
        buf_int(out, mark->time);
    }
    buf_printf(out, ",\"hash\":\"%016" PRIx64 "\"}", mark->hash);
}

/* The comma and the name of a member of an object that is being written. */
static void write_topic(struct buf *out, int topic, bool *first)
{
    if (!*first) buf_char(out, ',');
    *first = false;
    json_write_string(out, topic_name(topic));
    buf_char(out, ':');
}

void state_json_write_position(struct buf *out, const struct position_entry *position)
{
    bool first = true, first_mark = true;
    buf_lit(out, "{\"v\":1,\"type\":\"position\",\"partitions\":");
    buf_int(out, position->partitions);
    if (position->batch) {
        buf_lit(out, ",\"batch\":");
        buf_int(out, position->batch);
    }
    if (position->entries >= 0) {
        buf_lit(out, ",\"entries\":");
        buf_int(out, position->entries);
    }
    if (position->waiting) {
        buf_lit(out, ",\"waiting\":");
        buf_int(out, position->waiting);
    }
    buf_lit(out, ",\"offsets\":{");
    for (int topic = 1; topic < topic_end; topic++) {
        if (position->offsets[topic] < 0) continue;
        write_topic(out, topic, &first);
        buf_int(out, position->offsets[topic]);
    }
    buf_char(out, '}');
    for (int topic = 1; topic < topic_end; topic++) {
        if (position->marks[topic].offset < 0) continue;
        if (first_mark) buf_lit(out, ",\"marks\":{");
        write_topic(out, topic, &first_mark);
        write_mark(out, &position->marks[topic]);
    }
    if (!first_mark) buf_char(out, '}');
    buf_char(out, '}');
}

static bool read_hash(struct str text, uint64_t *hash)
{
    *hash = 0;
    for (size_t i = 0; i < text.n; i++) {
        const char *digits = "0123456789abcdef", *at = memchr(digits, text.p[i], 16);
        if (!at) return false;
        *hash = *hash << 4 | (uint64_t)(at - digits);
    }
    return text.n == 16;
}

static bool read_mark(const struct json *object, struct input_mark *mark)
{
    if (object->type != JSON_OBJECT) return false;
    const struct json *offset = json_get(object, "offset"), *time = json_get(object, "time");
    const struct json *hash = json_get(object, "hash");
    if (!offset || offset->type != JSON_INT || offset->integer < 0) return false;
    if (!hash || hash->type != JSON_STRING || !read_hash(hash->text, &mark->hash)) return false;
    if (time && time->type != JSON_INT) return false;
    if (time) mark->time = time->integer;
    mark->offset = offset->integer;
    return true;
}

static bool read_marks(const struct json *root, struct position_entry *position,
                       struct error *error)
{
    const struct json *marks = json_get(root, "marks");
    for (int topic = 0; topic < topic_end; topic++)
        position->marks[topic] = (struct input_mark){-1, TIME_NONE, 0};
    if (!marks) return true;
    if (marks->type != JSON_OBJECT)
        return state_json_unreadable(error, STR("marks"), "must be an object");
    for (const struct json *m = marks->first; m; m = m->next) {
        int topic = topic_parse(m->name);
        if (topic && !read_mark(m, &position->marks[topic]))
            return state_json_unreadable(error, STR("marks"),
                                         "must hold offset, time and hash of records");
    }
    return true;
}

static bool read_offsets(const struct json *root, struct position_entry *position,
                         struct error *error)
{
    const struct json *offsets = json_get(root, "offsets");
    if (!offsets || offsets->type != JSON_OBJECT)
        return state_json_unreadable(error, STR("offsets"), "must be an object");
    for (int topic = 0; topic < topic_end; topic++) position->offsets[topic] = -1;
    for (const struct json *m = offsets->first; m; m = m->next) {
        int topic = topic_parse(m->name);
        if (m->type != JSON_INT || m->integer < 0)
            return state_json_unreadable(error, STR("offsets"), "must hold integers");
        if (topic) position->offsets[topic] = m->integer;
    }
    return true;
}

/* A count that may be absent: then it stays as it is. */
static bool read_count(const struct json *root, const char *name, int64_t *count,
                       struct error *error)
{
    const struct json *member = json_get(root, name);
    if (!member) return true;
    if (member->type != JSON_INT || member->integer < 0)
        return state_json_unreadable(error, str_of(name), "must be an integer from 0 on");
    *count = member->integer;
    return true;
}

static bool read_position(const struct json *root, struct position_entry *position,
                          struct error *error)
{
    const struct json *partitions = json_get(root, "partitions");
    if (!partitions || partitions->type != JSON_INT || partitions->integer < 1 ||
        partitions->integer > INT32_MAX)
        return state_json_unreadable(error, STR("partitions"), "must be a positive integer");
    position->partitions = (int32_t)partitions->integer;
    position->batch = 0;
    position->entries = -1;
    position->waiting = 0;
    return read_count(root, "batch", &position->batch, error) &&
           read_count(root, "entries", &position->entries, error) &&
           read_count(root, "waiting", &position->waiting, error) &&
           read_offsets(root, position, error) && read_marks(root, position, error);
}

enum result state_json_read_position(struct str value, struct position_entry *position,
                                     struct error *error)
{
    struct arena *arena = arena_new();
    struct json *root;
    enum result result = OK;
    if (!state_json_open_value(arena, value, STR("position"), &root, error) ||
        !read_position(root, position, error))
        result = state_json_cannot_read(arena, STR("$position"), error);
    arena_free(arena);
    return result;
}
