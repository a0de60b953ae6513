/* SPDX-License-Identifier: Apache-2.0 */
/* TLS on a connection to Redis; only where hiredis has it (1.0 and later, with hiredis_ssl). */
#ifndef EPILOGUE_REDIS_REDIS_TLS_H
#define EPILOGUE_REDIS_REDIS_TLS_H

#include <hiredis/hiredis.h>

#include "config/config.h"

/* OK when this build can do TLS; FATAL with a sentence that says what to do instead. */
enum result redis_tls_supported(struct error *error);

/*
 * Makes the hand shake on a fresh connection whose time-out is set, and proves that the server is
 * `host` (a name or an address). RETRY: it broke off; FATAL: files that cannot be read, a
 * certificate that is not to be trusted.
 */
enum result redis_tls_start(redisContext *context, const char *host, const struct config *config,
                            struct error *error);

#endif
