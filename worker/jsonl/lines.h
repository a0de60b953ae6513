/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of records, as `publish` and `simulate` read them: one object after the other,
 * {"topic":…,"key":…,"headers":{…},"value":{…},"at":…}, or bare events where the topic is said
 * beforehand. An object may go over several lines; lines that begin with `#` (a story told beside
 * them) or `>` (what a trace expects) are passed over.
 */
#ifndef EPILOGUE_JSONL_LINES_H
#define EPILOGUE_JSONL_LINES_H

#include "codec/record.h"
#include "common/arena.h"
#include "common/error.h"

struct line {
    const char *file;
    int number;           /* of the line where it begins, from 1 */
    struct record record; /* timestamp is `at`, TIME_NONE without one; partition and offset 0 */
};

struct lines {
    struct line *items;
    size_t n, cap;
};

/*
 * Appends the records of a file ("-": standard input) to `lines`. `names` are the configured names
 * of the topics; a line may say the contract's name as well. `topic` is what bare events are, 0 if
 * every line must say its own. The value is the bytes as they stand in the file, so what is wrong
 * with it is for the worker to refuse; `"value_null":true` is a record without a value,
 * `raw_base64` one whose bytes are no JSON, and `raw_repeat` {"prefix","unit","count","suffix"} a
 * very long one. FATAL names file, line and what is wrong.
 */
enum result lines_read(struct arena *arena, const char *path, const struct str names[topic_end],
                       int topic, struct lines *lines, struct error *error);

#endif
