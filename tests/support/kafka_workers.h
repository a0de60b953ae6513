/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the programs that test the Kafka port share: a real broker, whose address is in
 * EPILOGUE_TEST_KAFKA, and up to two workers. Each test has topics and a group of its own, so the
 * broker can be anybody's. Include it in a program's main file alone, after cmocka.h.
 */
#ifndef EPILOGUE_TESTS_KAFKA_WORKERS_H
#define EPILOGUE_TESTS_KAFKA_WORKERS_H

#include <stdlib.h>

#include "kafka_fixture.h"

#define NO_BROKER 77 /* the exit code by which ctest skips a program */

static const char *bootstrap;
static struct fixture f;
static struct member *a, *b;

/* Whether there is a broker; also reads which tests are asked for. */
static inline bool find_broker(void)
{
    bootstrap = getenv("EPILOGUE_TEST_KAFKA");
    cmocka_set_test_filter(getenv("EPILOGUE_TEST_FILTER"));
    return bootstrap != NULL;
}

static inline void make_topics(const char *name)
{
    fixture_setup(&f, bootstrap, name);
    fixture_topics(&f, FIXTURE_PARTITIONS);
}

static inline int teardown(void **state)
{
    (void)state;
    member_free(a);
    member_free(b);
    a = b = NULL;
    fixture_teardown(&f);
    return 0;
}

static inline int64_t committed(struct member *m, int32_t shard)
{
    return member_lookup(m, shard)->inputs[TOPIC_INCIDENT_CLOSED].committed;
}

#endif
