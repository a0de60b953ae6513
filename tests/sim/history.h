/* SPDX-License-Identifier: Apache-2.0 */
/* What has become of a story: what can be said of it, and what must be true of it. */
#ifndef EPILOGUE_TESTS_SIM_HISTORY_H
#define EPILOGUE_TESTS_SIM_HISTORY_H

#include "common/buf.h"
#include "fleet.h"

/* All that has gone out, and what is stored in the end, a line each, in an order that does not
 * depend on who has sent it; the same for all runs of a story, but see ends.h. */
void history_write(const struct fleet *w, struct buf *out);

/* What comes out of the run of a story in which nothing goes wrong. */
struct expected {
    struct str history, ends;
};

/*
 * No ce_id twice, versions without a gap, the store is what the changelog says, batches of a shard
 * are numbered without a gap, and positions are those of the inputs' ends; and all that history_write
 * says is as in `expected`, or, where incidents merge, all that ends_write says. False: see w->failure.
 */
bool history_check(struct fleet *w, const struct expected *expected);

#endif
