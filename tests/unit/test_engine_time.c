/* SPDX-License-Identifier: Apache-2.0 */
/* Records and ticks in the order of time, and what is believed of records that are not read yet. */
#include "engine_support.h"

#include <stdio.h>

#define DUE "epilogue.reminder.due.v1"
#define LATER (5 * DAY_MS) /* after all the tests' deadlines */

FAKE_FIXTURE(4000)

static void put(int topic, int32_t shard, ms_t at, const char *format, int n)
{
    char value[600];
    snprintf(value, sizeof value, format, n);
    fake_put(&f, topic, shard, at, value);
}

#define CLOSE                                                                          \
    "{\"incident_id\":\"I%d-0\",\"closed_at\":\"2026-11-01\",\"response_evaluation\":" \
    "{\"sufficient\":true,\"complete\":true}}"
/* A bug that is due a second after FAKE_START. */
#define FINDING                                                                         \
    "{\"incident_id\":\"I%d-0\",\"finding_id\":\"F\",\"category\":\"technical-lapse\"," \
    "\"severity\":\"low\",\"owner\":{\"team\":\"t\",\"person\":\"p\"},"                 \
    "\"due_at\":\"2026-11-02T09:00:01Z\"}"
#define RESOLVED "{\"incident_id\":\"I%d-0\",\"task_id\":\"I%d-0/bug/F\",\"status\":\"resolved\"}"

static void pass_slowly(int tenths_of_a_second)
{
    for (int i = 0; i < tenths_of_a_second; i++) {
        fake_step(&f);
        fake_pass(&f, 100);
    }
}

static void put_resolved(ms_t at, int n)
{
    char value[300];
    snprintf(value, sizeof value, RESOLVED, n, n);
    fake_put(&f, TOPIC_TASK_UPDATED, 0, at, value);
}

/* Incidents with one task each that is due at FAKE_START + 1 s; now is FAKE_START. */
static void make_tasks(int n)
{
    for (int i = 0; i < n; i++) {
        put(TOPIC_INCIDENT_CLOSED, 0, FAKE_START, CLOSE, i);
        put(TOPIC_FINDING_UPDATED, 0, FAKE_START, FINDING, i);
    }
    fake_ends(&f, 0);
    fake_work_off(&f);
    assert_int_equal(fake_count(&f, "epilogue.task.created.v1", NULL), n);
    assert_int_equal(fake_count(&f, DUE, NULL), 0);
}

/* Due at one second, closed at three, and nobody worked in between: each has its reminder. */
static void reminders_from_before_a_record_come_before_it(void **state)
{
    (void)state;
    make_tasks(1500);
    fake_pass(&f, LATER);
    for (int i = 0; i < 1500; i++) put_resolved(FAKE_START + 3000, i);
    fake_ends(&f, 0);
    fake_work_off(&f);
    assert_int_equal(fake_count(&f, "epilogue.task.closed.v1", NULL), 1500);
    assert_int_equal(fake_count(&f, DUE, NULL), 1500);
}

static void the_same_however_batches_are_cut(void **state)
{
    (void)state;
    fake_tear_down(&f);
    fake_set_up(&f, 7, NULL);
    make_tasks(40);
    fake_pass(&f, LATER);
    for (int i = 0; i < 40; i++) put_resolved(FAKE_START + 3000, i);
    fake_ends(&f, 0);
    fake_work_off(&f);
    assert_int_equal(fake_count(&f, DUE, NULL), 40);
}

/* Made, due and closed within one batch. */
static void a_reminder_between_two_records_of_one_batch(void **state)
{
    (void)state;
    fake_pass(&f, LATER);
    for (int i = 0; i < 20; i++) {
        put(TOPIC_INCIDENT_CLOSED, 0, FAKE_START, CLOSE, i);
        put(TOPIC_FINDING_UPDATED, 0, FAKE_START + 1, FINDING, i);
        put_resolved(FAKE_START + 3000, i);
    }
    fake_ends(&f, 0);
    fake_work_off(&f);
    assert_int_equal(f.transactions, 1);
    assert_int_equal(fake_count(&f, DUE, NULL), 20);
    assert_int_equal(fake_count(&f, "epilogue.task.closed.v1", NULL), 20);
}

/* Records of other shards fill every poll, and the closing ones wait behind them. */
static void no_tick_while_the_queue_is_not_empty(void **state)
{
    (void)state;
    make_tasks(20);
    fake_pass(&f, 1000);
    for (int i = 0; i < 9000; i++)
        fake_put(&f, TOPIC_TASK_UPDATED, 1, f.clock.now,
                 "{\"incident_id\":\"X-1\",\"task_id\":\"X-1/bug/F\",\"status\":\"open\"}");
    for (int i = 0; i < 20; i++) put_resolved(FAKE_START + 500, i);
    fake_ends(&f, 0);
    fake_pass(&f, 100);
    fake_step(&f);
    fake_pass(&f, 100);
    fake_step(&f);
    assert_int_equal(fake_count(&f, DUE, NULL), 0);
    fake_work_off(&f);
    assert_int_equal(fake_count(&f, "epilogue.task.closed.v1", NULL), 20);
    assert_int_equal(fake_count(&f, DUE, NULL), 0);
}

/* The loop stood still for six seconds, and what the library knows is as old: the brokers know. */
static void a_tick_waits_for_the_brokers_answer(void **state)
{
    (void)state;
    make_tasks(20);
    fake_pass(&f, 6000);
    f.silent = true;
    for (int i = 0; i < 5; i++) {
        fake_step(&f);
        fake_pass(&f, 10);
    }
    assert_true(f.asked);
    assert_int_equal(fake_count(&f, DUE, NULL), 0);
    /* From the time of the freeze, and only now read. The answer has counted them. */
    size_t before = f.queue_n;
    for (int i = 0; i < 10; i++) put_resolved(FAKE_START + 500, i);
    for (size_t i = 0; i < f.answer_n; i++)
        if (f.answer[i].topic == TOPIC_TASK_UPDATED && f.answer[i].shard == 0)
            f.answer[i].end = f.ends[TOPIC_TASK_UPDATED][0];
    f.queue_n = before;
    f.silent = false;
    fake_step(&f);
    fake_step(&f);
    assert_int_equal(fake_count(&f, DUE, NULL), 0);
    f.queue_n = before + 10;
    fake_work_off(&f);
    assert_int_equal(fake_count(&f, "epilogue.task.closed.v1", NULL), 10);
    assert_int_equal(fake_count(&f, DUE, NULL), 10);
}

/* A replay whose records are a day old trickles in, and the lag is 0 all the time. */
static void old_times_hold_up_no_tick(void **state)
{
    (void)state;
    make_tasks(20);
    for (int i = 0; i < 300; i++) {
        put(TOPIC_FINDING_UPDATED, 0, FAKE_START - DAY_MS, FINDING, 1000 + i);
        fake_step(&f);
        fake_pass(&f, 5);
    }
    assert_int_equal(fake_count(&f, DUE, "I"), 20);
}

/* Nobody is asked while nothing is due. */
static void the_brokers_are_left_alone(void **state)
{
    (void)state;
    make_tasks(1);
    f.silent = true;
    pass_slowly(4);
    assert_false(f.asked);
    fake_pass(&f, 5000);
    fake_step(&f);
    assert_true(f.asked);
}

/* `n` records, each with a tick before it, and an input of which nothing is known. */
static void resolved_with_ticks_before(int n)
{
    make_tasks(n);
    fake_pass(&f, 900);
    fake_step(&f);
    fake_pass(&f, 900);
    f.silent = true;
    for (int i = 0; i < n; i++) put_resolved(f.clock.now, i);
}

/* It waits for what may come before it, not for ever. */
static void a_record_waits_for_what_is_unread_and_not_for_ever(void **state)
{
    (void)state;
    resolved_with_ticks_before(1);
    pass_slowly(90);
    assert_int_equal(fake_count(&f, "epilogue.task.closed.v1", NULL), 0);
    pass_slowly(20);
    assert_int_equal(fake_count(&f, DUE, NULL), 1);
    assert_int_equal(fake_count(&f, "epilogue.task.closed.v1", NULL), 1);
}

/* Nor when there is no room to read what it waits for. */
static void a_record_does_not_wait_in_a_full_inbox(void **state)
{
    (void)state;
    resolved_with_ticks_before(1);
    pass_slowly(10);
    assert_int_equal(f.engine->inbox_n, 1);
    assert_int_equal(fake_count(&f, DUE, NULL), 0);
    for (size_t i = 1; i < f.engine->inbox_cap; i++) put_resolved(f.clock.now, 0);
    fake_step(&f);
    assert_int_equal(fake_count(&f, DUE, NULL), 1);
    assert_int_equal(fake_count(&f, "epilogue.task.closed.v1", NULL), 1);
}

/* The patience with what may be unread is one for all records that wait behind each other. */
static void waiting_does_not_add_up(void **state)
{
    (void)state;
    resolved_with_ticks_before(20);
    pass_slowly(150);
    assert_int_equal(fake_count(&f, "epilogue.task.closed.v1", NULL), 20);
}

/* Steady traffic, of which the worker is always a second behind: the end is always ahead. */
static void ticks_have_their_turn_behind_a_lag(void **state)
{
    (void)state;
    make_tasks(20);
    fake_pass(&f, 900);
    for (int i = 0; i < 500; i++) {
        for (int k = 0; k < (i ? 5 : 255); k++)
            fake_put(&f, TOPIC_TASK_UPDATED, 0, f.clock.now,
                     "{\"incident_id\":\"X-0\",\"task_id\":\"X-0/bug/F\",\"status\":\"open\"}");
        size_t all = f.queue_n;
        f.queue_n = all - 250;
        fake_step(&f);
        f.queue_n = all;
        fake_pass(&f, 20);
    }
    assert_int_equal(fake_count(&f, DUE, "I"), 20);
}

/* Every transaction is full with records, so nothing is ever left behind them. */
static void ticks_have_their_turn_beside_full_batches(void **state)
{
    (void)state;
    make_tasks(20);
    fake_pass(&f, 2000);
    char *value = test_malloc(1000000);
    for (int i = 0, n = 0; i < 40; i++) {
        while (f.queue_n - f.given + f.engine->inbox_n < 40) {
            snprintf(value, 1000000,
                     "{\"incident_id\":\"B%d-0\",\"finding_id\":\"F\",\"title\":\"%0*d\"}", n++,
                     900000, 1);
            fake_put(&f, TOPIC_FINDING_UPDATED, 0, f.clock.now, value);
        }
        fake_step(&f);
        fake_pass(&f, 250);
    }
    test_free(value);
    assert_int_equal(fake_count(&f, DUE, "I"), 20);
}

/* A new leader can tell an older end than the old one; it says nothing of the record at the mark. */
static void an_end_before_the_mark_is_no_proof(void **state)
{
    (void)state;
    make_tasks(1);
    struct input *input = &f.engine->shards[0].inputs[TOPIC_FINDING_UPDATED - input_topic(0)];
    input->unverified = true;
    f.ends[TOPIC_FINDING_UPDATED][0] = input->mark.offset;
    fake_end(&f, TOPIC_FINDING_UPDATED, 0);
    fake_step(&f);
    assert_true(input->unverified);
}

/* An input that ends behind what was read, and nothing comes. */
static void an_input_that_is_not_fetched_is_seen(void **state)
{
    (void)state;
    make_tasks(1);
    f.ends[TOPIC_TASK_UPDATED][0] += 10;
    for (int i = 0; i < 50; i++) {
        fake_step(&f);
        fake_pass(&f, 900);
    }
    assert_string_equal(engine_not_ready(f.engine), "an input partition is no longer fetched");
    f.ends[TOPIC_TASK_UPDATED][0] -= 10;
    for (int i = 0; i < 10; i++) put_resolved(f.clock.now, 0);
    for (int i = 0; i < 20; i++) {
        fake_step(&f);
        fake_pass(&f, 900);
    }
    assert_null(engine_not_ready(f.engine));
}

/* A time in seconds, none, or one that is ahead: the record counts as now, so what was due before
 * comes before it, also what the records of other topics did in the meantime. */
static void a_record_without_a_usable_time_counts_as_now(void **state)
{
    (void)state;
    const ms_t times[] = {FAKE_START / 1000, TIME_NONE, FAKE_START + 2 * LATER, RECORD_TIME_END};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        fake_tear_down(&f);
        fake_set_up(&f, 4000, NULL);
        f.policy.overdue_max = 0; /* which would stand for "due" */
        make_tasks(2);
        fake_pass(&f, LATER);
        put(TOPIC_FINDING_UPDATED, 0, times[i],
            "{\"incident_id\":\"I%d-0\",\"finding_id\":\"F\",\"status\":\"verified\"}", 0);
        put(TOPIC_FINDING_UPDATED, 0, times[i],
            "{\"incident_id\":\"I%d-0\",\"finding_id\":\"F\",\"title\":\"x\"}", 1);
        put_resolved(FAKE_START + 500, 1);
        fake_ends(&f, 0);
        fake_work_off(&f);
        /* Of the first one; the second was resolved before it was due. */
        assert_int_equal(fake_count(&f, DUE, NULL), 1);
        assert_int_equal(fake_count(&f, DUE, "I0-0"), 1);
        assert_int_equal(fake_count(&f, "epilogue.task.closed.v1", NULL), 2);
    }
}

/* Sixteen reminders and an escalation came at once of one incident whose times were in seconds. */
static void seconds_in_the_time_of_a_record_start_no_old_clock(void **state)
{
    (void)state;
    put(TOPIC_INCIDENT_CLOSED, 0, FAKE_START / 1000,
        "{\"incident_id\":\"I%d-0\",\"closed_at\":\"2026-11-01\",\"data_breach\":true}", 0);
    put(TOPIC_FINDING_UPDATED, 0, FAKE_START / 1000,
        "{\"incident_id\":\"I%d-0\",\"finding_id\":\"G\",\"category\":\"technical-lapse\"}", 0);
    fake_ends(&f, 0);
    fake_work_off(&f);
    fake_pass(&f, 1000);
    fake_ends(&f, 0);
    fake_work_off(&f);
    for (size_t i = 0; i < f.sent_n; i++) assert_int_not_equal(f.sent[i].topic, TOPIC_REMINDERS);
    assert_int_equal(fake_count(&f, "epilogue.task.created.v1", NULL), 6);
}

/* A publisher's transaction that stays open: said after ten seconds, and the worker stays ready. */
static void an_open_transaction_is_seen(void **state)
{
    (void)state;
    make_tasks(1);
    struct input *input = &f.engine->shards[0].inputs[TOPIC_TASK_UPDATED - input_topic(0)];
    f.open[TOPIC_TASK_UPDATED][0] = 3;
    for (int i = 0; i < 10; i++) {
        fake_step(&f);
        fake_pass(&f, 900);
    }
    assert_true(input->blocked.since_ms);
    assert_false(input->blocked.said_ms);
    for (int i = 0; i < 10; i++) {
        fake_step(&f);
        fake_pass(&f, 900);
    }
    assert_true(input->blocked.said_ms);
    assert_int_equal(input->blocked.offset, f.ends[TOPIC_TASK_UPDATED][0]);
    assert_null(engine_not_ready(f.engine));
    f.open[TOPIC_TASK_UPDATED][0] = 0;
    for (int i = 0; i < 10; i++) {
        fake_step(&f);
        fake_pass(&f, 900);
    }
    assert_false(input->blocked.since_ms);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reminders_from_before_a_record_come_before_it),
        TEST(the_same_however_batches_are_cut),
        TEST(a_reminder_between_two_records_of_one_batch),
        TEST(no_tick_while_the_queue_is_not_empty),
        TEST(a_tick_waits_for_the_brokers_answer),
        TEST(old_times_hold_up_no_tick),
        TEST(the_brokers_are_left_alone),
        TEST(a_record_waits_for_what_is_unread_and_not_for_ever),
        TEST(a_record_does_not_wait_in_a_full_inbox),
        TEST(waiting_does_not_add_up),
        TEST(ticks_have_their_turn_behind_a_lag),
        TEST(ticks_have_their_turn_beside_full_batches),
        TEST(an_end_before_the_mark_is_no_proof),
        TEST(a_record_without_a_usable_time_counts_as_now),
        TEST(seconds_in_the_time_of_a_record_start_no_old_clock),
        TEST(an_input_that_is_not_fetched_is_seen),
        TEST(an_open_transaction_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
