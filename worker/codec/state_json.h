/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Holders <-> JSON, the public, versioned format of followup-state (R6.3) that Redis holds as well:
 * {"v":1,"type":"task",…}; a finding's has its tasks in it. Times are milliseconds since 1970, for
 * a dozen of them stand in each. Members at their "nothing" value are left out; unknown members are
 * ignored, so that a later version 1 writer may add some; another "v" is an error that says which
 * version wrote it.
 */
#ifndef EPILOGUE_CODEC_STATE_JSON_H
#define EPILOGUE_CODEC_STATE_JSON_H

#include "common/buf.h"
#include "common/error.h"
#include "core/state.h"
#include "json.h"
#include "state_fields.h"

#define STATE_VERSION 1

/* Appends the value of a holder that exists, with its parts. */
void state_json_write(struct buf *out, const struct entry *holder);
/* Fills holder->body (in the arena) by holder->type, and makes its parts in `table`, whose entry it
 * is; FATAL with a sentence when it cannot be read. Whether the holder exists is the caller's to
 * say. Texts point into `value` where they can, so it has to live as long as the body. */
enum result state_json_read(struct arena *arena, struct state_table *table, struct str value,
                            struct entry *holder, struct error *error);

/* The members of a table alone, as an object, and what such an object says. */
void state_json_write_body(struct buf *out, const struct state_fields *fields, const void *body);
bool state_json_read_body(struct arena *arena, const struct state_fields *fields,
                          const struct json *object, void *body, struct error *error);

/* The last record consumed of an input, by which a topic that was recreated is told apart. */
struct input_mark {
    int64_t offset; /* -1: none */
    ms_t time;      /* of the record; TIME_NONE: none */
    uint64_t hash;  /* of its key and value */
};

struct position_entry {
    int32_t partitions;         /* partition count that the shards were made with */
    int64_t batch;              /* committed batches of this shard so far */
    int64_t entries;            /* live entries of the shard, this one apart; -1: not said */
    int64_t waiting;            /* items that wait for a digest */
    int64_t offsets[topic_end]; /* next offset of each input topic; -1: none */
    struct input_mark marks[topic_end];
};
/* The value of `$position/<n>`. */
void state_json_write_position(struct buf *out, const struct position_entry *position);
enum result state_json_read_position(struct str value, struct position_entry *position,
                                     struct error *error);

#endif
