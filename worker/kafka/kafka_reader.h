/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads partitions for a command: what is committed alone, in no group, so that nobody's shards move
 * and no offset is stored. kafka_scan.h reads one from its beginning to its end with it.
 */
#ifndef EPILOGUE_KAFKA_READER_H
#define EPILOGUE_KAFKA_READER_H

#include "codec/record.h"
#include "common/error.h"
#include "config/config.h"

struct kafka_reader;

/*
 * `doing` begins the sentences of its errors ("reading the topics"); it and `config` must outlive
 * the reader. Contacts nobody; NULL and a sentence on a bad setting.
 */
struct kafka_reader *kafka_reader_new(const struct config *config, const char *doing,
                                      struct error *error);
/* free(NULL) is safe. */
void kafka_reader_free(struct kafka_reader *reader);

#define KAFKA_READER_END INT64_MAX /* what comes from now on */

/*
 * Begins with the partitions `first` to `first + n - 1` of a topic (enum topic), each one once until
 * the next stop. `from`: a record's time before which nothing is read; TIME_NONE: the beginning;
 * KAFKA_READER_END. Times and ends are looked up at once, so nothing is missed between now and the
 * first fetch. RETRY or FATAL with a sentence.
 */
enum result kafka_reader_start(struct kafka_reader *reader, int topic, int32_t first, int32_t n,
                               ms_t from, struct error *error);
/* Ends the reading of all that was started. */
void kafka_reader_stop(struct kafka_reader *reader);

/* What one step has brought. */
enum kafka_read {
    KAFKA_READ_NOTHING, /* in that time; or an error that librdkafka gets over by itself */
    KAFKA_READ_RECORD,
    KAFKA_READ_END, /* of a partition for now: the next record would have this offset */
};

/*
 * Waits up to `timeout_ms` for what comes next of any partition. *record is whole for a RECORD, and
 * stands until the next call; for an END it has topic, partition and offset. FATAL with a sentence:
 * it cannot be read, nor will it be later.
 */
enum result kafka_reader_next(struct kafka_reader *reader, int timeout_ms, enum kafka_read *what,
                              struct record *record, struct error *error);

/* RETRY, with the sentence that nothing came in time, or what the connection said last; FATAL when
 * that was a refusal. */
enum result kafka_reader_timed_out(struct kafka_reader *reader, struct error *error);

#endif
