/* SPDX-License-Identifier: Apache-2.0 */
/* Dead letters in hand, and the transaction that sends them; where it is refused, each in one of its
 * own, to find the one that it was refused for. */
#include "redrive_batch.h"

#include "engine/failpoint.h"

#define BYTES_MAX ((size_t)4 << 20)
#define TRIES 5
#define ARENA_KEEP_BYTES ((size_t)8 << 20) /* a batch, with headers and markers */

void redrive_batch_drop(struct redrive_batch *batch)
{
    batch->n = batch->bytes = 0;
    arena_reset(batch->arena, ARENA_KEEP_BYTES);
}

struct record redrive_batch_keep(struct redrive_batch *batch, const struct record *record)
{
    struct arena *arena = batch->arena;
    struct record kept = *record;
    struct header *headers =
        arena_copy(arena, record->headers, record->headers_n * sizeof *record->headers);
    for (size_t i = 0; i < record->headers_n; i++)
        headers[i] =
            (struct header){arena_str(arena, headers[i].name), arena_str(arena, headers[i].value)};
    kept.key = arena_str(arena, record->key);
    kept.value = arena_str(arena, record->value);
    kept.headers = headers;
    return kept;
}

enum result redrive_batch_add(struct redrive_batch *batch, const struct redrive_letter *letter,
                              struct error *error)
{
    batch->items[batch->n++] = *letter;
    batch->bytes += letter->record.value.n + letter->record.key.n;
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
