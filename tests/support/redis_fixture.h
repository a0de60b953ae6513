/* SPDX-License-Identifier: Apache-2.0 */
/* A redis-server of a test's own, on a Unix socket in a temporary folder, a connection of the test to
 * it, and the store port on it. The server dies with the test. Include it after cmocka.h. */
#ifndef EPILOGUE_TESTS_REDIS_FIXTURE_H
#define EPILOGUE_TESTS_REDIS_FIXTURE_H

#include <hiredis/hiredis.h>

#include "redis/redis_port.h"

extern char url[100];       /* of the server */
extern redisContext *admin; /* the test's own connection */
extern struct config config;
extern struct store_port *port;
extern struct arena *arena;

/* cmocka's setup and teardown of a group: the server. */
int redis_start(void **state);
int redis_stop(void **state);
/* And of one test: an empty server, and a port to it. */
int redis_begin(void **state);
int redis_end(void **state);

/* For a test that kills the server in the middle. */
void start_server(void);
void kill_server(void);

void pause_ms(int ms);
/* A command that has to work; its answer as an integer (of an array: its size; else 0). */
long long run(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* An apply of the port, from start to end. */
enum result redis_apply_now(struct store_apply *applies, size_t n, struct error *error);

#endif
