/* SPDX-License-Identifier: Apache-2.0 */
/* Whether all that can be done at a time is done. */
#ifndef EPILOGUE_SIM_REST_H
#define EPILOGUE_SIM_REST_H

#include "sim_kafka.h"
#include "sim_store.h"

/* No record is unread and no transaction open, the store has what the changelog has, and nothing is
 * due at `now` or before. */
bool sim_is_at_rest(const struct sim_kafka *kafka, const struct sim_store *store, ms_t now);
/* The earliest wake time of all shards; TIME_NONE: none. */
ms_t sim_next_wake(const struct sim_store *store);

#endif
