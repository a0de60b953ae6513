/* SPDX-License-Identifier: Apache-2.0 */
/* Partitions as every other Kafka client computes them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>

#include "kafka/kafka_partition.h"

/* From the tests of Apache Kafka's own client: murmur2 of the key, made positive. */
static void test_java(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        int32_t hash;
    } vectors[] = {
        {"21", -973932308},
        {"foobar", -790332482},
        {"a-little-bit-long-string", -985981536},
        {"a-little-bit-longer-string", -1486304829},
        {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        int32_t positive = vectors[i].hash & 0x7fffffff;
        assert_int_equal(kafka_partition_of(str_of(vectors[i].key), INT32_MAX),
                         positive % INT32_MAX);
        assert_int_equal(kafka_partition_of(str_of(vectors[i].key), 12), positive % 12);
    }
}

static void test_librdkafka(void **state)
{
    (void)state;
    char bytes[64];
    srand(1);
    for (int i = 0; i < 20000; i++) {
        size_t n = (size_t)rand() % sizeof bytes;
        for (size_t j = 0; j < n; j++) bytes[j] = (char)rand();
        int32_t partitions = 1 + rand() % 100;
        assert_int_equal(kafka_partition_of((struct str){bytes, n}, partitions),
                         rd_kafka_msg_partitioner_murmur2(NULL, bytes, n, partitions, NULL, NULL));
    }
}

static void test_no_key(void **state)
{
    (void)state;
    assert_int_equal(kafka_partition_of(STR_NONE, 12), kafka_partition_of(STR(""), 12));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_java),
        cmocka_unit_test(test_librdkafka),
        cmocka_unit_test(test_no_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
