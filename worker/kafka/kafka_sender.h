/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A transactional producer for a command that is run now and then: several messages, all of them or
 * none, and no second run beside it. It moves no offsets; what was sent, the messages themselves
 * have to say.
 */
#ifndef EPILOGUE_KAFKA_SENDER_H
#define EPILOGUE_KAFKA_SENDER_H

#include "codec/record.h"
#include "common/error.h"
#include "config/config.h"

struct kafka_sender;

/*
 * `name` makes its transactional id "<group.id>/$<name>", which is no worker's, for in an
 * instance.id `$` would be encoded. `config` must outlive it. Contacts nobody; NULL and a sentence
 * on a bad setting.
 */
struct kafka_sender *kafka_sender_new(const struct config *config, const char *name,
                                      struct error *error);
/* Aborts nothing by itself: an open transaction ends with its time or with the next start. free(NULL)
 * is safe. */
void kafka_sender_free(struct kafka_sender *sender);

/* From when it is OK on, no other sender of this name can commit, and what it left open is aborted.
 * RETRY after half a minute without an answer. */
enum result kafka_sender_start(struct kafka_sender *sender, struct error *error);

/*
 * begin, produce…, commit or abort. The messages are copied. REJECT from produce or commit: a
 * message is not acceptable for what it is (too large, its time); ABORT: nothing is committed, and
 * it can be tried again; call abort after both. Everything else that is not OK ends the sender: with
 * RETRY it is not known whether the transaction was committed.
 */
enum result kafka_sender_begin(struct kafka_sender *sender, struct error *error);
/* The partition -1: any. */
enum result kafka_sender_produce(struct kafka_sender *sender, const struct message *message,
                                 struct error *error);
enum result kafka_sender_commit(struct kafka_sender *sender, struct error *error);
enum result kafka_sender_abort(struct kafka_sender *sender, struct error *error);

/* Whether a broker has put its own time in the place of those given, for messages to this topic. */
bool kafka_sender_time_was_replaced(const struct kafka_sender *sender, int topic);

#endif
