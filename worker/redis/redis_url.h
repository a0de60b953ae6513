/* SPDX-License-Identifier: Apache-2.0 */
/* redis.url, taken apart. */
#ifndef EPILOGUE_REDIS_REDIS_URL_H
#define EPILOGUE_REDIS_REDIS_URL_H

#include <stdbool.h>

#include "common/error.h"

/* The strings are this struct's own. */
struct redis_url {
    bool tls;
    char *path; /* of a Unix socket; NULL for TCP */
    char *host; /* NULL for a Unix socket; without the brackets of IPv6 */
    int port;
    int database;
    char *username; /* NULL: none */
    char *password;
    char *display; /* the URL without user and password, for messages */
};

/*
 * Takes redis://[user:password@]host[:port][/database] apart, the same with rediss:// for TLS, and
 * unix:/path[?db=database]. User and password are percent-decoded. FATAL with a sentence that says
 * what is wrong (never the password), and *url empty, when it is none of these.
 */
enum result redis_url_parse(const char *text, struct redis_url *url, struct error *error);
/* Frees what redis_url_parse made; an empty one is safe. */
void redis_url_free(struct redis_url *url);

#endif
