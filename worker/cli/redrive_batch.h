/* SPDX-License-Identifier: Apache-2.0 */
/* Dead letters that go back in one transaction, each with its marker. */
#ifndef EPILOGUE_CLI_REDRIVE_BATCH_H
#define EPILOGUE_CLI_REDRIVE_BATCH_H

#include "codec/dead_letter.h"
#include "common/error.h"
#include "kafka/kafka_sender.h"

#define REDRIVE_BATCH_MAX 500

/* One of them. What it points to is in the batch's arena. */
struct redrive_letter {
    struct record record; /* as it stands on followup-dead-letters */
    struct dead_letter letter;
    struct message original; /* as it goes back */
};

/* Called for each once it is decided: sent (why_not NULL), or not acceptable to the brokers. */
typedef void redrive_report(void *context, const struct redrive_letter *letter,
                            const char *why_not);

struct redrive_batch {
    struct kafka_sender *sender; /* NULL: nothing is sent, all is reported as if it were */
    struct arena *arena;         /* of the letters in hand */
    size_t max;                  /* of them; REDRIVE_BATCH_MAX at most */
    redrive_report *report;
    void *context;
    struct redrive_letter items[REDRIVE_BATCH_MAX];
    size_t n, bytes;
};

/* A copy of a record that lives as long as the batch in hand. */
struct record redrive_batch_keep(struct redrive_batch *batch, const struct record *record);

/* Takes a letter, and sends what is in hand when that is enough. */
enum result redrive_batch_add(struct redrive_batch *batch, const struct redrive_letter *letter,
                              struct error *error);

/* Sends what is in hand, and reports it. What is not OK ends the command: none of what was not
 * reported is known to be sent, and the markers tell the next run. */
enum result redrive_batch_send(struct redrive_batch *batch, struct error *error);

/* Lets go of what is in hand. */
void redrive_batch_drop(struct redrive_batch *batch);

#endif
