/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection to Redis that is made anew when it was lost, and pipelines on it: commands are
 * written one after the other, sent together, and all answers are read together.
 */
#ifndef EPILOGUE_REDIS_REDIS_CONNECTION_H
#define EPILOGUE_REDIS_REDIS_CONNECTION_H

#include <hiredis/hiredis.h>

#include "common/arena.h"
#include "config/config.h"

struct redis_connection;

/* Does not connect yet. NULL with a sentence when redis.url is none, or asks for TLS in a build
 * without. `config` must stay until redis_connection_free. */
struct redis_connection *redis_connection_new(const struct config *config, struct error *error);
/* free(NULL) is safe. */
void redis_connection_free(struct redis_connection *c);

/*
 * A server that is there and lets us in. Connects when there is no connection, at most once in
 * 200 ms; never sleeps. RETRY: not reachable, or it is loading; FATAL: it refuses us.
 */
enum result redis_connection_ensure(struct redis_connection *c, struct error *error);

/* How often it has connected. */
unsigned redis_connection_times(const struct redis_connection *c);
/* Forgets the connection that there is when `anyway`, or when the server has closed it meanwhile;
 * and the next call tries to connect without a pause, for another one has just found the server
 * well. */
void redis_connection_renew(struct redis_connection *c, bool anyway);

/* The user that it logs in as; "default" when none is given. */
const char *redis_connection_user(const struct redis_connection *c);
/* The server can be worked with; says in the log so when that is after a loss of the connection. */
void redis_connection_proven(struct redis_connection *c);
/* This server is not the right one, for `why`: RETRY with it, and the next try connects anew, for the
 * address may lead to another one by then. */
enum result redis_connection_refuse(struct redis_connection *c, const char *why,
                                    struct error *error);

/* Begins a command of `argc` arguments, its name included; then come exactly so many _arg. */
void redis_connection_command(struct redis_connection *c, size_t argc);
void redis_connection_arg(struct redis_connection *c, struct str arg);
void redis_connection_arg_int(struct redis_connection *c, int64_t value);

/*
 * Sends the rest of what was written since the last exchange and reads the answer of each command,
 * in order, into the arena; errors that Redis answers are among them (redis_connection_answer). *n:
 * how many.
 * RETRY: the connection broke, and whether the commands were done is not known.
 */
enum result redis_connection_exchange(struct redis_connection *c, struct arena *arena,
                                      redisReply ***replies, size_t *n, struct error *error);

/* OK when an answer is of this REDIS_REPLY_ type; else the class of the error that it holds, with a
 * sentence. After some of them (a replica now, an address that moved) the connection is dropped. */
enum result redis_connection_answer(struct redis_connection *c, const redisReply *reply, int type,
                                    struct error *error);

/* Where it connects to, for messages; without user and password. */
const char *redis_connection_name(const struct redis_connection *c);

#endif
