/* SPDX-License-Identifier: Apache-2.0 */
/* How long batches take: the rest between them, what is kept of them, calls that do not come back, and
 * the end of the process. */
#include "engine_support.h"

#define OPENED "epilogue.incident.opened.v1"

FAKE_FIXTURE(4000)

/* A small closure. */
static void put(int n)
{
    fake_close(&f, n, 1, 1);
}

static void steps(int n)
{
    for (int i = 0; i < n; i++) fake_step(&f);
}

/* ---- between two batches ---- */

static void step_with_time(int max_wait_ms)
{
    struct error error;
    assert_int_equal(engine_step(f.engine, max_wait_ms, &error), OK);
}

/* What follows at once waits a little, so that a transaction takes in more; nothing else does. */
static void a_batch_behind_another_waits_for_more(void **state)
{
    (void)state;
    f.commit_ms = 12;
    f.commit_waits = 3;
    put(0);
    step_with_time(200);
    put(1);
    step_with_time(200);
    assert_int_equal(f.transactions, 0);
    for (int i = 0; i < 9 && batch_is_under_way(f.engine); i++) step_with_time(200);
    assert_false(batch_is_under_way(f.engine)); /* it is over, and the next has not begun */
    assert_int_equal(f.transactions, 1);
    assert_int_equal(f.engine->inbox_n, 1);
    put(2);
    f.commit_waits = 0;
    for (int i = 0; i < 9 && fake_count(&f, OPENED, NULL) < 3; i++) step_with_time(200);
    assert_int_equal(f.transactions, 2); /* with both records */
    assert_int_equal(fake_count(&f, OPENED, NULL), 3);
    f.engine->inbox_n = 0;
    put(3);
    plan_note_landed(f.engine, 1, 20);
    step_with_time(0); /* nor does what may not wait */
    assert_int_equal(fake_count(&f, OPENED, NULL), 4);
}

static int rest_behind(int64_t took_ms)
{
    plan_note_landed(f.engine, 1, took_ms);
    int rest_ms = plan_rest_ms(f.engine);
    rest_ms += plan_rest_ms(f.engine);
    assert_int_equal(plan_rest_ms(f.engine), 0);
    return rest_ms;
}

static void a_rest_is_bounded(void **state)
{
    (void)state;
    assert_int_equal(rest_behind(20), 0); /* nobody waits */
    f.engine->inbox_n = 1;
    assert_int_equal(rest_behind(2), 2);
    assert_int_equal(rest_behind(12), 12);
    assert_int_equal(rest_behind(20), 20);
    assert_int_equal(rest_behind(22), 18);
    assert_int_equal(rest_behind(40), 0); /* they have waited for long */
    assert_int_equal(rest_behind(1000), 0);
    f.engine->take_max = 1;
    assert_int_equal(rest_behind(20), 0); /* it is full */
    f.engine->inbox_n = 0;
}

/* Else what comes while it waits would wait for one batch more. */
static void what_comes_meanwhile_goes_with_it(void **state)
{
    (void)state;
    f.fetches = true;
    f.commit_ms = 12;
    f.commit_waits = 3;
    put(0);
    step_with_time(200);
    put(1);
    for (int i = 0; i < 9 && batch_is_under_way(f.engine); i++) step_with_time(200);
    assert_int_equal(f.transactions, 1);
    step_with_time(200);                /* it waits */
    for (int i = 2; i < 6; i++) put(i); /* the first alone is fetched before the next poll */
    f.commit_waits = 0;
    for (int i = 0; i < 9 && f.transactions < 2; i++) step_with_time(200);
    assert_int_equal(fake_count(&f, OPENED, NULL), 6);
}

static void memory_of_a_large_batch_goes_back(void **state)
{
    (void)state;
    for (int i = 0; i < 499; i++) put(i);
    steps(2);
    assert_true(f.transactions > 0);
    assert_int_equal(f.engine->large_ms, 0);
    for (int i = 0; i < 1000; i++) put(i);
    steps(2);
    assert_true(f.engine->large_ms > 0);
    fake_pass(&f, 4999);
    fake_step(&f);
    assert_true(f.engine->large_ms > 0);
    fake_pass(&f, 1);
    fake_step(&f);
    assert_int_equal(f.engine->large_ms, 0);
    put(1001);
    steps(2);
    assert_int_equal(f.engine->large_ms, 0);
}

/* ---- calls that do not come back ---- */

static enum result pass_s(int seconds, struct error *error)
{
    enum result result = OK;
    for (int i = 0; i < seconds && result == OK; i++) {
        fake_pass(&f, 1000);
        result = engine_step(f.engine, 0, error);
    }
    return result;
}

static void a_call_that_never_comes_back_ends_the_worker(void **state)
{
    (void)state;
    struct error error = {.text = ""};
    f.commit_waits = INT32_MAX;
    put(0);
    fake_step(&f);
    fake_pass(&f, 10 * 60 * 1000); /* the process stood still: nobody could have answered */
    fake_step(&f);
    assert_int_equal(pass_s(58, &error), OK);
    assert_int_equal(pass_s(3, &error), FATAL);
    assert_non_null(strstr(error.text, "a transaction has not been committed for 60 s"));
}

static void each_phase_has_its_time(void **state)
{
    (void)state;
    struct error error = {.text = ""};
    f.prepare_waits = f.commit_waits = 50;
    f.apply_waits = INT32_MAX;
    put(0);
    fake_step(&f);
    assert_int_equal(pass_s(150, &error), OK);
    assert_int_equal(f.transactions, 1);
    assert_int_equal(pass_s(20, &error), FATAL);
    assert_non_null(strstr(error.text, "Redis has not taken a batch for 60 s"));
}

/* ---- the end ---- */

static void the_end_waits_a_while_for_it(void **state)
{
    (void)state;
    f.commit_waits = 10;
    put(0);
    fake_step(&f);
    engine_stop(f.engine);
    engine_release(f.engine);
    assert_int_equal(f.transactions, 1);
    assert_true(f.stored->shards[0].checkpoint > 0);
    assert_int_equal(f.released, 1);
}

static void the_end_does_not_wait_for_ever(void **state)
{
    (void)state;
    f.commit_waits = INT32_MAX;
    put(0);
    fake_step(&f);
    engine_stop(f.engine);
    engine_release(f.engine);
    assert_int_equal(f.transactions, 0);
    assert_int_equal(f.released, 1);
}

static void settled_is_without_a_flight(void **state)
{
    (void)state;
    struct error error;
    f.commit_waits = 100;
    put(0);
    fake_step(&f);
    assert_int_equal(engine_settle(f.engine, &error), OK);
    assert_null(f.engine->flight);
    assert_int_equal(f.transactions, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_batch_behind_another_waits_for_more),
        TEST(what_comes_meanwhile_goes_with_it),
        TEST(a_rest_is_bounded),
        TEST(memory_of_a_large_batch_goes_back),
        TEST(a_call_that_never_comes_back_ends_the_worker),
        TEST(each_phase_has_its_time),
        TEST(the_end_waits_a_while_for_it),
        TEST(the_end_does_not_wait_for_ever),
        TEST(settled_is_without_a_flight),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
