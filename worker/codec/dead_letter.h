/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands on followup-dead-letters, read back: dead letters as encode_dead_letter makes them,
 * and the markers of those that were sent again.
 */
#ifndef EPILOGUE_CODEC_DEAD_LETTER_H
#define EPILOGUE_CODEC_DEAD_LETTER_H

#include "common/arena.h"
#include "record.h"

enum dead_letter_kind {
    DEAD_LETTER,
    DEAD_LETTER_MARKER, /* `redriven` is the offset, on the same partition, of what was sent again */
    DEAD_LETTER_STRANGE, /* neither: somebody else wrote it */
};

struct dead_letter {
    struct str code; /* as the header says it: a newer version may know more of them */
    int topic;       /* the input where it first stood; topic_none: none of the configured ones */
    int to;          /* where it goes back: the same, or epilogue-forwarded for what began there */
    int32_t partition;
    ms_t refused_at;
    ms_t record_time; /* the record's Kafka time; TIME_NONE: it had none */
    bool is_cut;      /* the value is not whole */
    int64_t redriven;
};

/* `names`: the configured names of the topics. Fills what its kind has; the rest is undefined. */
enum dead_letter_kind dead_letter_read(const struct str names[topic_end],
                                       const struct record *record, struct dead_letter *letter);

/*
 * The record as it first was: key, value, time and headers without ours. `topic` is where it goes
 * back, `timestamp` the letter's, `partition` where it first stood; headers are in the arena. What
 * goes back to epilogue-forwarded keeps the headers that it had there.
 */
void dead_letter_original(struct arena *arena, const struct record *record,
                          const struct dead_letter *letter, struct record *original);

/* The marker that says that `record` was sent again: on its partition, with its key, without a
 * value. Headers are in the arena. */
void dead_letter_marker(struct arena *arena, const struct record *record, struct message *marker);

#endif
