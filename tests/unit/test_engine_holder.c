/* SPDX-License-Identifier: Apache-2.0 */
/* A finding and its tasks are one entry of the store: loaded, written, due and deleted as one. */
#include "engine_support.h"

#include <stdio.h>

#define CREATED "epilogue.task.created.v1"
#define POSITION 1 /* each batch writes one */

FAKE_FIXTURE(4000)

static void close_incident(void)
{
    fake_put(&f, TOPIC_INCIDENT_CLOSED, 0, f.clock.now,
             "{\"incident_id\":\"I-0\",\"closed_at\":\"2026-11-01\",\"response_evaluation\":"
             "{\"sufficient\":true,\"complete\":true}}");
    fake_ends(&f, 0);
    fake_work_off(&f);
}

/* A finding that has an owner; a technical one, if the members do not say another category. */
static void put_finding(const char *id, const char *members)
{
    char value[400];
    snprintf(value, sizeof value,
             "{\"incident_id\":\"I-0\",\"finding_id\":\"%s\",\"severity\":\"low\"%s,"
             "\"owner\":{\"team\":\"t\",\"person\":\"p\"}%s}",
             id, strstr(members, "category") ? "" : ",\"category\":\"technical-lapse\"", members);
    fake_put(&f, TOPIC_FINDING_UPDATED, 0, f.clock.now, value);
}

static void put_update(const char *task, const char *status)
{
    char value[300];
    snprintf(value, sizeof value,
             "{\"incident_id\":\"I-0\",\"task_id\":\"I-0/%s\",\"status\":\"%s\",\"reason\":\"r\"}",
             task, status);
    fake_put(&f, TOPIC_TASK_UPDATED, 0, f.clock.now, value);
}

static struct sim_entry *stored(const char *key)
{
    struct sim_entry *entry = sim_index_get(&f.stored->shards[0].by_key, 0, str_of(key));
    if (!entry) fail_msg("the store has no %s", key);
    return entry;
}

/* When the store has the finding F due. */
static ms_t wake_at(void)
{
    return stored("I-0|f|F")->wake_at;
}

/* How many entries it has, the worker's own apart. */
static size_t stored_n(void)
{
    return f.stored->shards[0].by_key.n - f.stored->shards[0].positions;
}

static void work_off_counted(size_t loaded, size_t written)
{
    f.keys_loaded = f.keys_written = 0;
    fake_ends(&f, 0);
    fake_work_off(&f);
    assert_int_equal(f.keys_loaded, loaded);
    assert_int_equal(f.keys_written, written + POSITION);
}

/* Its header and itself; the header says that no review of the stakeholders was made. */
static void an_event_of_a_finding_is_two_keys(void **state)
{
    (void)state;
    close_incident();
    put_finding("F", ",\"sop_change\":true");
    work_off_counted(2, 2);
    assert_int_equal(fake_count(&f, CREATED, "I-0"), 2);
    put_finding("F", ",\"description\":\"d\"");
    work_off_counted(2, 1);
    put_finding("G", ",\"category\":\"process-flaw\"");
    work_off_counted(2, 3);
    put_finding("H", ",\"category\":\"process-flaw\"");
    work_off_counted(2, 2);
    assert_int_equal(fake_count(&f, CREATED, NULL), 5);
    put_update("sop-update/F", "in-progress");
    work_off_counted(2, 1);
    put_update("stakeholder-review", "in-progress");
    work_off_counted(2, 1);
    assert_int_equal(fake_count(&f, "epilogue.task.updated.v1", NULL), 4);
    /* header, closure, three findings, the review */
    assert_int_equal(stored_n(), 6);
    assert_int_equal(f.engine->shards[0].entries, 6);
}

static void a_task_is_unknown_though_its_finding_is_known(void **state)
{
    (void)state;
    static const char *const unknown[] = {"change-request/F", "sop-update/F", "bug/F~2", "bug/G",
                                          "findings-report"};
    close_incident();
    put_finding("F", "");
    for (size_t i = 0; i < 5; i++) put_update(unknown[i], "in-progress");
    put_update("bug/F", "in-progress");
    fake_ends(&f, 0);
    fake_work_off(&f);
    size_t refused = 0;
    for (size_t i = 0; i < f.sent_n; i++) refused += f.sent[i].topic == TOPIC_DEAD_LETTERS;
    assert_int_equal(refused, 5);
    assert_int_equal(fake_count(&f, "epilogue.task.updated.v1", "I-0"), 1);
}

/* The first reminder that speaks of a task. */
static size_t place_of(const char *task_id)
{
    struct str member = arena_printf(f.arena, "\"task_id\":\"%s\"", task_id);
    for (size_t i = 0; i < f.sent_n; i++)
        if (f.sent[i].topic == TOPIC_REMINDERS &&
            memmem(f.sent[i].value.p, f.sent[i].value.n, member.p, member.n))
            return i;
    fail_msg("no reminder of %s", task_id);
    return 0;
}

/* Of two findings that are due in one batch: what their tasks want comes in the order of time, one
 * between the two of the other. */
static void parts_have_their_turns_in_the_order_of_time(void **state)
{
    (void)state;
    close_incident();
    put_finding("F", ",\"sop_change\":true,\"due_at\":\"2026-11-04\"");
    put_finding("G", ",\"due_at\":\"2026-11-05\"");
    fake_ends(&f, 0);
    fake_work_off(&f);
    fake_pass(&f, 200 * DAY_MS);
    fake_work_off(&f);
    assert_true(place_of("I-0/bug/F") < place_of("I-0/bug/G"));
    assert_true(place_of("I-0/bug/G") < place_of("I-0/sop-update/F"));
    assert_true(wake_at() > f.clock.now);
}

/* The store has the first time of all. */
static void a_holder_is_due_with_its_first_part(void **state)
{
    (void)state;
    close_incident();
    put_finding("F", ",\"due_at\":\"2026-11-04\"");
    fake_ends(&f, 0);
    fake_work_off(&f);
    ms_t bug = wake_at();
    put_finding("F", ",\"sop_change\":true");
    fake_ends(&f, 0);
    fake_work_off(&f);
    assert_true(wake_at() == bug);
    put_update("bug/F", "closed");
    fake_ends(&f, 0);
    fake_work_off(&f);
    ms_t sop = wake_at();
    assert_true(sop > bug);
    put_update("sop-update/F", "closed");
    fake_ends(&f, 0);
    fake_work_off(&f);
    assert_true(wake_at() == TIME_NONE);
}

/* As it is when the policy was another when it was stored. */
static void an_old_wake_time_is_written_anew(void **state)
{
    (void)state;
    close_incident();
    put_finding("F", ",\"due_at\":\"2026-11-04\"");
    fake_ends(&f, 0);
    fake_work_off(&f);
    ms_t right = wake_at();
    size_t sent = f.sent_n;
    fake_pass(&f, 1000);
    const struct sim_entry *entry = stored("I-0|f|F");
    struct store_write write = {.key = arena_str(f.arena, entry->key),
                                .value = arena_str(f.arena, entry->value),
                                .wake_at = f.clock.now};
    struct store_apply apply = {.expected = f.stored->shards[0].checkpoint,
                                .checkpoint = f.stored->shards[0].checkpoint,
                                .writes = &write,
                                .n = 1};
    struct error error;
    enum result result;
    f.store.apply_start(f.store.self, &apply, 1);
    assert_true(f.store.apply_take(f.store.self, 0, &result, &error));
    assert_true(wake_at() == f.clock.now);
    f.engine->shards[0].next_wake = f.clock.now;
    int before = f.transactions;
    fake_work_off(&f);
    assert_true(wake_at() == right);
    assert_int_equal(f.transactions, before + 1);
    assert_int_equal(f.sent_n, sent + 1 + POSITION); /* the entry */
}

static void what_is_past_goes_with_its_parts(void **state)
{
    (void)state;
    close_incident();
    put_finding("F", ",\"sop_change\":true");
    put_update("bug/F", "closed");
    put_update("sop-update/F", "closed");
    fake_ends(&f, 0);
    fake_work_off(&f);
    assert_int_equal(stored_n(), 3);
    fake_pass(&f, 400 * DAY_MS);
    f.keys_written = 0;
    fake_work_off(&f);
    assert_int_equal(stored_n(), 1);
    assert_int_equal(f.engine->shards[0].entries, 1);
    assert_int_equal(f.keys_written, 3 + POSITION);
    /* The same finding in a later life: the names of its tasks are new ones. */
    put_finding("F", "");
    put_update("bug/F", "in-progress");
    put_update("bug/F~3", "in-progress"); /* of its third occurrence */
    fake_ends(&f, 0);
    fake_work_off(&f);
    assert_int_equal(fake_count(&f, "epilogue.task.updated.v1", "I-0"), 1);
    assert_int_equal(stored_n(), 2);
    assert_int_equal(f.engine->shards[0].entries, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_event_of_a_finding_is_two_keys),
        TEST(a_task_is_unknown_though_its_finding_is_known),
        TEST(parts_have_their_turns_in_the_order_of_time),
        TEST(a_holder_is_due_with_its_first_part),
        TEST(an_old_wake_time_is_written_anew),
        TEST(what_is_past_goes_with_its_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
