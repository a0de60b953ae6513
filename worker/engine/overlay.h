/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the batches under way have written, over what the store has: a batch is decided on the state
 * behind all of them. It stays as it is while a batch is made, for none of them lands meanwhile.
 * Nothing that is read from it points into them.
 */
#ifndef EPILOGUE_ENGINE_OVERLAY_H
#define EPILOGUE_ENGINE_OVERLAY_H

#include "batch_private.h"

/* Makes the index of what the shard's part of a batch writes, in the arena: from then on it can be
 * found. */
void overlay_index(struct arena *arena, struct batch_shard *bs);
/* How many writes of the shard are in the overlay, about; 0: none. */
size_t overlay_writes(const struct engine *engine, const struct shard *shard);
/* The entries of the table that were never asked for and are in the overlay: as loaded. FATAL: one
 * cannot be read, which was written just now. */
enum result overlay_load(struct batch *b, struct batch_shard *bs, struct error *error);
/* Puts the keys of all of an incident that are in the overlay into the table. */
void overlay_entries(struct batch *b, struct batch_shard *bs, struct str header_key);
/* Whether the batches under way delete the entry: the store has it still. */
bool overlay_deletes(const struct batch *b, const struct batch_shard *bs, struct str key);
/* Corrects a page of ticks up to `until` that the store has given, of `max` and the overlay's
 * writes at most, so that it has `max` at most: then no tick of the overlay comes before one
 * behind the page. */
void overlay_due(const struct engine *engine, struct arena *arena, struct shard_plan *sp,
                 ms_t until, size_t max);
/* `wake_at` of the store, or an earlier one that a batch has set that is not applied yet. */
ms_t overlay_wake(const struct engine *engine, const struct shard *shard, ms_t wake_at);

/* Where the store stands once the apply under way is done: there the last committed batch of the
 * shard ended in the changelog, if none waits for the store. */
int64_t overlay_checkpoint(const struct engine *engine, const struct shard *shard);
/* Whether the store may stand there: an apply under way can have been done or not. */
bool overlay_fits(const struct engine *engine, const struct shard *shard, int64_t checkpoint);

#endif
