/* SPDX-License-Identifier: Apache-2.0 */
/* What redis_port.c and redis_check.c share. */
#ifndef EPILOGUE_REDIS_REDIS_PORT_PRIVATE_H
#define EPILOGUE_REDIS_REDIS_PORT_PRIVATE_H

#include "redis_connection.h"
#include "redis_port.h"

struct redis_port {
    struct store_port port;
    struct redis_connection *connection;
    struct str prefix;     /* of all keys, up to the colon before the hash tag; with a NUL */
    struct arena *scratch; /* what one call of apply or check needs */
};

#endif
