/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store port on a real Redis. A shard p has three keys, which share the hash tag {p} and begin
 * with "<redis.key.prefix>:<group.id>:{p}" (braces in these percent-encoded):
 *   …:state  hash: entry key → entry; and
 *             `$checkpoint` = "<offset> <stamp ms> <members of wake> <id of the Kafka cluster>"
 *   …:index  sorted set of all entry keys, scores 0, for the keys of one incident
 *   …:wake   sorted set: entry key → its wake time in ms
 * State and checkpoint change in one transaction, so losing the one loses the other. The checkpoint
 * counts only while the sizes of the three keys fit together: when one of them is lost, the shard
 * is empty for the engine, which then rebuilds it.
 */
#ifndef EPILOGUE_REDIS_REDIS_PORT_H
#define EPILOGUE_REDIS_REDIS_PORT_H

#include "common/verdict.h"
#include "config/config.h"
#include "engine/ports.h"

/*
 * Does not connect yet: that is for the first call. NULL with a sentence when the configuration
 * cannot work here (TLS without TLS in the build). `config` must stay until redis_port_free.
 */
struct store_port *redis_port_new(const struct config *config, struct error *error);
/* free(NULL) is safe. */
void redis_port_free(struct store_port *port);

/*
 * Looks whether the server is as the worker needs it: version, role, no cluster mode,
 * maxmemory-policy noeviction, every command that is used; and says what a restart
 * of it would lose. Goes on behind a fault. Keys of a shard that no worker has are written and
 * removed. `found` may be NULL.
 * RETRY: not reachable. FATAL, with the first sentence: it refuses us, or a worker must not or
 * cannot run on it; then `found` has had it, too, unless it did not let us in.
 */
enum result redis_port_check(struct store_port *port, verdict_report *found, void *context,
                             struct error *error);
/* The part of it that somebody can change under a worker that runs: the server and its settings.
 * Nothing is written. */
enum result redis_port_check_settings(struct store_port *port, struct error *error);

#endif
