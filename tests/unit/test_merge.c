/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/merge.h"

#define NOW (RECORD_TIME_MIN + 1000)

static struct record at(int topic, int32_t partition, int64_t offset, ms_t timestamp)
{
    return (struct record){
        .topic = topic, .partition = partition, .offset = offset, .timestamp = timestamp};
}

/* The same with a time that is one. */
static struct record then(int topic, int32_t partition, int64_t offset, ms_t after)
{
    return at(topic, partition, offset, RECORD_TIME_MIN + after);
}

/* Merges `n` records and compares their order, given as indexes. */
static void expect(const struct record *all, size_t n, const size_t *order)
{
    struct arena *arena = arena_new();
    const struct record *records[8];
    for (size_t i = 0; i < n; i++) records[i] = &all[i];
    merge_by_time(arena, records, n, 2, NOW);
    for (size_t i = 0; i < n; i++) assert_ptr_equal(records[i], &all[order[i]]);
    arena_free(arena);
}

static void topics_of_a_shard_by_time(void **state)
{
    (void)state;
    const struct record all[] = {
        then(TOPIC_TASK_UPDATED, 0, 0, 30), then(TOPIC_FINDING_UPDATED, 0, 0, 20),
        then(TOPIC_FINDING_UPDATED, 0, 1, 40), then(TOPIC_INCIDENT_CLOSED, 0, 0, 10)};
    expect(all, 4, (const size_t[]){3, 1, 0, 2});
}

static void at_one_time_the_closure_first(void **state)
{
    (void)state;
    const struct record all[] = {
        then(TOPIC_FORWARDED, 0, 0, 10), then(TOPIC_TASK_UPDATED, 0, 0, 10),
        then(TOPIC_FINDING_UPDATED, 0, 0, 10), then(TOPIC_INCIDENT_CLOSED, 0, 0, 10)};
    expect(all, 4, (const size_t[]){3, 2, 1, 0});
}

static void a_partition_keeps_its_order(void **state)
{
    (void)state;
    const struct record all[] = {
        then(TOPIC_FINDING_UPDATED, 0, 0, 50), then(TOPIC_FINDING_UPDATED, 0, 1, 10),
        then(TOPIC_INCIDENT_CLOSED, 0, 0, 20), then(TOPIC_INCIDENT_CLOSED, 0, 1, 60)};
    expect(all, 4, (const size_t[]){2, 0, 1, 3});
}

static void shards_do_not_wait_for_each_other(void **state)
{
    (void)state;
    const struct record all[] = {then(TOPIC_FINDING_UPDATED, 1, 0, 10),
                                 then(TOPIC_FINDING_UPDATED, 0, 0, 90),
                                 then(TOPIC_INCIDENT_CLOSED, 1, 0, 5)};
    expect(all, 3, (const size_t[]){1, 2, 0});
    expect(all, 1, (const size_t[]){0});
    expect(all, 0, NULL);
}

/* No time, seconds, or a clock that is ahead: behind all that has come before now. */
static void what_has_no_time_counts_as_now(void **state)
{
    (void)state;
    const ms_t times[] = {TIME_NONE, 1793610000, RECORD_TIME_END, NOW + 1};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        const struct record all[] = {
            at(TOPIC_INCIDENT_CLOSED, 0, 0, times[i]), then(TOPIC_INCIDENT_CLOSED, 0, 1, 5),
            then(TOPIC_TASK_UPDATED, 0, 0, 999), at(TOPIC_FORWARDED, 0, 0, NOW)};
        expect(all, 4, (const size_t[]){2, 0, 1, 3});
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(topics_of_a_shard_by_time),
        cmocka_unit_test(at_one_time_the_closure_first),
        cmocka_unit_test(a_partition_keeps_its_order),
        cmocka_unit_test(shards_do_not_wait_for_each_other),
        cmocka_unit_test(what_has_no_time_counts_as_now),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
