/* SPDX-License-Identifier: Apache-2.0 */
/* One partition of a topic in memory. */
#ifndef EPILOGUE_SIM_LOG_H
#define EPILOGUE_SIM_LOG_H

#include "codec/record.h"

enum sim_record_state {
    SIM_OPEN, /* of a transaction that has not ended */
    SIM_COMMITTED,
    SIM_ABORTED,
    SIM_MARKER, /* the end of a transaction: it takes an offset, and nobody sees it */
};

/* In one block, with all that it points to. */
struct sim_record {
    int64_t offset;
    enum sim_record_state state;
    ms_t timestamp;
    ms_t appended_at; /* by the wall clock */
    struct str key, value;
    struct header *headers;
    size_t headers_n;
    int refs; /* the log's, and one for each reader that holds it */
};

struct sim_log {
    struct sim_record **items; /* from `first` to `n`, in the order of their offsets */
    size_t first, n, cap;
    int64_t low, high; /* the first offset that is there; one past the last */
};

/* A copy of the message on the end of the log; NULL: a marker. */
struct sim_record *sim_log_append(struct sim_log *log, const struct message *message,
                                  enum sim_record_state state, ms_t now);
/* The place in `items` of the first record at or behind an offset; n: none. */
size_t sim_log_find(const struct sim_log *log, int64_t offset);
/* The log starts at `offset` from now on, or stays as it is where it starts behind it. */
void sim_log_trim(struct sim_log *log, int64_t offset);
/*
 * What compaction leaves of the records below `until`: of each key the last committed one, and of
 * deletions those that were appended at or after `deletions_from`; no marker, nothing aborted. The
 * last record stays, as that of the segment which is being written.
 */
void sim_log_compact(struct sim_log *log, int64_t until, ms_t deletions_from);
void sim_log_free(struct sim_log *log);

void sim_record_hold(struct sim_record *record);
void sim_record_release(struct sim_record *record);

#endif
