/* SPDX-License-Identifier: Apache-2.0 */
/* What the worker's user must be allowed to do in Redis, tried command by command. */
#ifndef EPILOGUE_REDIS_REDIS_RIGHTS_H
#define EPILOGUE_REDIS_REDIS_RIGHTS_H

#include "redis_port_private.h"

/*
 * Tries every command that the port and its scripts use, in a form that writes nothing, on keys of a
 * shard that no worker has. `refuse` is called with the sentence of each that is denied or unknown;
 * the sentence has the command that grants it. RETRY: the connection broke; OK otherwise.
 */
enum result redis_rights_try(struct redis_port *port, struct redis_connection *connection,
                             void (*refuse)(void *context, const char *sentence), void *context,
                             struct error *error);

/*
 * What is missing, of an answer by which Redis denies a command or a key, or does not know the
 * command; with the ACL rule that grants it. False: it is none of these. Any of `rule` (the
 * command's name in ACL rules), `user` and `keys` (a pattern) may be NULL: then it is what the answer
 * tells, or a placeholder.
 */
bool redis_rights_denied(const char *answer, const char *rule, const char *user, const char *keys,
                         char *out, size_t size);

#endif
