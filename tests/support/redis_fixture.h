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
/* The same of one shard; *applied: the checkpoint was the expected one. */
enum result apply_to(int32_t shard, int64_t expected, int64_t checkpoint,
                     const struct store_write *writes, size_t n, bool clear, bool *applied,
                     ms_t *wake_at);
/* Of shard 0, where the call has to be OK. */
bool applied(int64_t expected, int64_t checkpoint, const struct store_write *writes, size_t n);
struct store_load loaded(int32_t shard, const struct str *keys, size_t n);
int64_t checkpoint(void);

#define WRITE(k, v, at) \
    ((struct store_write){.key = str_of(k), .value = str_of(v), .wake_at = (at)})

#endif
