/* SPDX-License-Identifier: Apache-2.0 */
#include "redrive_batch.h"

#include "engine/failpoint.h"

#define BYTES_MAX ((size_t)4 << 20)
#define TRIES 5
#define ARENA_KEEP_BYTES ((size_t)1 << 20)

void redrive_batch_drop(struct redrive_batch *batch)
{
    for (size_t i = 0; i < batch->n; i++) rd_kafka_message_destroy(batch->items[i].held);
    batch->n = batch->bytes = 0;
    arena_reset(batch->arena, ARENA_KEEP_BYTES);
}

enum result redrive_batch_add(struct redrive_batch *batch, const struct redrive_letter *letter,
                              struct error *error)
{
    batch->items[batch->n++] = *letter;
    batch->bytes += letter->held->len + letter->held->key_len;
    if (batch->n < batch->max && batch->bytes < BYTES_MAX) return OK;
    return redrive_batch_send(batch, error);
}

/* The record and what says that it went back: both or neither. */
static enum result produce(struct redrive_batch *batch, const struct redrive_letter *letter,
                           struct error *error)
{
    struct message marker;
    dead_letter_marker(batch->arena, &letter->record, &marker);
    enum result result = kafka_sender_produce(batch->sender, &letter->original, error);
    return result == OK ? kafka_sender_produce(batch->sender, &marker, error) : result;
}

/* REJECT and ABORT: nothing was sent; with REJECT, one of them is not acceptable. */
static enum result transaction(struct redrive_batch *batch, size_t from, size_t n,
                               struct error *error)
{
    struct error why;
    enum result result = kafka_sender_begin(batch->sender, error);
    for (size_t i = 0; i < n && result == OK; i++)
        result = produce(batch, &batch->items[from + i], error);
    failpoint("redrive-before-commit");
    if (result == OK) result = kafka_sender_commit(batch->sender, error);
    failpoint("redrive-after-commit");
    if (result != REJECT && result != ABORT) return result;
    if (kafka_sender_abort(batch->sender, &why) == OK) return result;
    *error = why;
    return FATAL;
}

/* After messages that were refused librdkafka 2.0 counts on from them, which the broker does not
 * take; the transaction that finds that out is aborted, and the next one begins a new count. */
static enum result patiently(struct redrive_batch *batch, size_t from, size_t n,
                             struct error *error)
{
    enum result result = ABORT;
    for (int tries = 0; tries < TRIES && result == ABORT; tries++)
        result = transaction(batch, from, n, error);
    return result;
}

/* A whole request fails for one message in it: which one that is, is seen when each goes alone. */
static enum result one_by_one(struct redrive_batch *batch, struct error *error)
{
    for (size_t i = 0; i < batch->n; i++) {
        enum result result = patiently(batch, i, 1, error);
        if (result != OK && result != REJECT) return result;
        batch->report(batch->context, &batch->items[i], result == OK ? NULL : error->text);
    }
    return OK;
}

enum result redrive_batch_send(struct redrive_batch *batch, struct error *error)
{
    if (!batch->n) return OK;
    enum result result = batch->sender ? patiently(batch, 0, batch->n, error) : OK;
    if (result == REJECT) {
        result = one_by_one(batch, error);
    } else if (result == OK) {
        for (size_t i = 0; i < batch->n; i++) batch->report(batch->context, &batch->items[i], NULL);
    }
    redrive_batch_drop(batch);
    return result;
}
