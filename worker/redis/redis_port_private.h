/* SPDX-License-Identifier: Apache-2.0 */
/* What redis_port.c, redis_apply.c and redis_check.c share. */
#ifndef EPILOGUE_REDIS_REDIS_PORT_PRIVATE_H
#define EPILOGUE_REDIS_REDIS_PORT_PRIVATE_H

#include "redis_connection.h"
#include "redis_port.h"

struct redis_port {
    struct store_port port;
    const struct config *config;
    struct redis_connection *connection;
    struct str prefix;     /* of all keys, up to the colon before the hash tag; with a NUL */
    const char *beside;    /* what stands before the last part of their names: "", or of a copy */
    struct arena *scratch; /* what one call of apply or check needs */
};

/* The name of a shard's key: "state", "index" or "wake". */
struct str redis_port_key(struct redis_port *port, struct arena *arena, int32_t shard,
                          const char *what);
/* A score as a time; TIME_NONE for "". */
ms_t redis_port_score(const redisReply *reply);

/* redis_ready.c */
enum result redis_ready(void *self, struct error *error);
/* redis_apply.c */
enum result redis_apply(void *self, struct store_apply *applies, size_t n, struct error *error);

#endif
