/* SPDX-License-Identifier: Apache-2.0 */
/* In the group only while the store can be used. */
#include "engine_support.h"

static struct fake f;

static int begin(void **state)
{
    (void)state;
    fake_set_up(&f, 100, NULL);
    /* One that stands by: a restore is another test's subject. */
    for (int32_t i = 0; i < FAKE_SHARDS; i++) f.engine->shards[i].phase = SHARD_NOT_OURS;
    return 0;
}

static int end(void **state)
{
    (void)state;
    fake_tear_down(&f);
    return 0;
}

/* Steps of a second each. */
static void pass_s(int seconds)
{
    for (int i = 0; i < seconds; i++) {
        fake_pass(&f, 1000);
        fake_step(&f);
    }
}

static void joins_once_the_store_is_ready(void **state)
{
    (void)state;
    f.stored->away = true;
    pass_s(100);
    assert_false(f.member);
    assert_string_equal(engine_not_ready(f.engine), "waiting for Redis: the store is away");
    f.stored->away = false;
    pass_s(2);
    assert_true(f.member);
}

static void leaves_after_half_a_minute(void **state)
{
    (void)state;
    pass_s(2);
    assert_true(f.member);
    f.stored->away = true;
    pass_s(28);
    assert_true(f.member);
    assert_non_null(strstr(engine_not_ready(f.engine), "waiting for Redis"));
    pass_s(5);
    assert_false(f.member);
    f.stored->away = false;
    pass_s(2);
    assert_true(f.member);
    f.engine->joined = true;
    assert_null(engine_not_ready(f.engine));
}

/* Short outages are not one long one. */
static void stays_over_short_ones(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++) {
        f.stored->away = true;
        pass_s(10);
        f.stored->away = false;
        pass_s(20);
        assert_true(f.member);
    }
}

/* It is asked again after a tenth of a second, and then more and more seldom. */
static void backs_off(void **state)
{
    (void)state;
    f.stored->away = true;
    for (int i = 0; i < 1000; i++) { /* ten seconds */
        fake_pass(&f, 10);
        fake_step(&f);
    }
    assert_in_range(f.ready_asked, 10, 15);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(joins_once_the_store_is_ready),
        TEST(leaves_after_half_a_minute),
        TEST(stays_over_short_ones),
        TEST(backs_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
