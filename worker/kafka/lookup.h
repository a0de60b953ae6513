/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asks the brokers in the background, so that the loop never waits for an answer: one thread, and
 * handles that fetch nothing, since a question waits behind a Fetch on the same connection. The
 * comments of engine/ports.h say what each function owes; these are the port's functions of the
 * same names.
 */
#ifndef EPILOGUE_KAFKA_LOOKUP_H
#define EPILOGUE_KAFKA_LOOKUP_H

#include "config/config.h"
#include "engine/ports.h"

struct lookup;

/* Starts its thread, which asks nothing yet. NULL and a sentence on a bad setting. */
struct lookup *lookup_new(const struct config *config, int32_t partitions, struct error *error);
/* Waits a second at most for the thread; one that is held up longer by an absent broker is left to
 * the end of the process. free(NULL) is safe. */
void lookup_free(struct lookup *lookup);

bool lookup_ask(struct lookup *lookup, const int32_t *shards, size_t n);
bool lookup_take(struct lookup *lookup, const struct lookup_answer **answer);
bool lookup_ends_ask(struct lookup *lookup, const int32_t *shards, size_t n, bool high);
bool lookup_ends_take(struct lookup *lookup, const struct input_end **ends, size_t *n);

#endif
