/* SPDX-License-Identifier: Apache-2.0 */
/* What a batch sees of those that are under way: a story has the same end however they overlap. */
#include "engine_support.h"

#include <stdio.h>
#include <stdlib.h>

#define LATER (5 * DAY_MS)

FAKE_FIXTURE(2)

static void put(int topic, ms_t at, const char *format, int n)
{
    char value[600];
    snprintf(value, sizeof value, format, n, n);
    fake_put(&f, topic, 0, at, value);
}

#define CLOSE "{\"incident_id\":\"I%d-0\",\"closed_at\":\"2026-11-01\"}"
/* Nothing is left to do but what its findings ask for. */
#define CLOSE_LIGHT                                                                 \
    "{\"incident_id\":\"I%d-0\",\"closed_at\":\"2026-11-01\",\"severity\":\"low\"," \
    "\"customer_impacting\":false,\"data_breach\":false,\"response_evaluation\":"   \
    "{\"sufficient\":true,\"complete\":true}}"
/* A bug that is due a second after FAKE_START. */
#define FINDING                                                                         \
    "{\"incident_id\":\"I%d-0\",\"finding_id\":\"F\",\"category\":\"technical-lapse\"," \
    "\"severity\":\"low\",\"owner\":{\"team\":\"t\",\"person\":\"p\"},"                 \
    "\"due_at\":\"2026-11-02T09:00:01Z\"}"
#define RESOLVED "{\"incident_id\":\"I%d-0\",\"task_id\":\"I%d-0/bug/F\",\"status\":\"resolved\"}"
#define OPEN "{\"incident_id\":\"I%d-0\",\"task_id\":\"I%d-0/bug/F\",\"status\":\"open\"}"
#define PUT_ASIDE                                                        \
    "{\"incident_id\":\"I%d-0\",\"closed_at\":\"2026-11-01T01:00:00Z\"," \
    "\"disposition\":\"false-positive\"}"
#define BACK                                                             \
    "{\"incident_id\":\"I%d-0\",\"closed_at\":\"2026-11-01T02:00:00Z\"," \
    "\"disposition\":\"true-positive\"}"

static const struct shard *shard(void)
{
    return &f.engine->shards[0];
}

/* ---- what it sees ---- */

static int by_bytes(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* All that was sent and is stored, in an order that does not depend on batches. */
static struct str history(void)
{
    struct str *lines = NULL;
    size_t n = 0, cap = 0;
    for (size_t i = 0; i < f.sent_n; i++) {
        const struct fake_message *m = &f.sent[i];
        if (m->topic == TOPIC_STATE) continue;
        *ARENA_PUSH(f.arena, lines, n, cap) =
            arena_printf(f.arena, "%d %.*s %.*s %.*s %.*s", m->topic, STR_ARG(m->key),
                         STR_ARG(m->type), STR_ARG(m->ce_time), STR_ARG(m->value));
    }
    const struct sim_node *node = f.stored->shards[0].by_key.first[0];
    for (; node; node = node->next[0]) {
        const struct sim_entry *entry = node->item;
        if (state_key_is_position(entry->key)) continue;
        *ARENA_PUSH(f.arena, lines, n, cap) =
            arena_printf(f.arena, "stored %.*s %lld %.*s", STR_ARG(entry->key),
                         (long long)entry->wake_at, STR_ARG(entry->value));
    }
    qsort(lines, n, sizeof *lines, by_bytes);
    struct buf out = {0};
    for (size_t i = 0; i < n; i++) buf_printf(&out, "%.*s\n", STR_ARG(lines[i]));
    struct str copy = arena_str(f.arena, buf_slice(&out));
    buf_free(&out);
    return copy;
}

/* Until nothing comes any more. The wall clock stands, so that only the batches differ. */
static int work_off(void)
{
    int beside = 0;
    for (int idle = 0, i = 0; idle < 20; i++) {
        assert_true(i < 20000);
        int before = f.transactions;
        fake_step(&f);
        f.clock.monotonic_ms += 10;
        beside += f.engine->flight && (f.engine->ahead || f.engine->applying);
        bool left = f.given < f.queue_n || f.engine->inbox_n || batch_is_under_way(f.engine);
        idle = left || f.transactions > before ? 0 : idle + 1;
    }
    assert_int_equal(shard()->entries, f.stored->shards[0].by_key.n - 1);
    return beside;
}

/* However far batches overlap, a story has the same end. */
static void same_beside_each_other(int batch_max, void (*story)(void))
{
    static const struct {
        int commit, apply;
    } waits[] = {{0, 0}, {5, 0}, {0, 25}, {5, 60}, {9, 15}};
    struct buf first = {0};
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
        fake_tear_down(&f);
        fake_set_up(&f, batch_max, NULL);
        f.commit_waits = waits[i].commit;
        f.apply_waits = waits[i].apply;
        story();
        int beside = work_off();
        if ((beside > 0) != (i > 0)) fail_msg("%zu: %d steps beside each other", i, beside);
        struct str now = history();
        if (!i) buf_str(&first, now);
        if (!str_eq(now, buf_slice(&first)))
            fail_msg("commit %d apply %d:\n%.*s\nis not\n%.*s", waits[i].commit, waits[i].apply,
                     STR_ARG(now), STR_ARG(buf_slice(&first)));
    }
    buf_free(&first);
}

/* Made, due and closed in three batches: the store does not know yet of the tick between them. */
static bool takes_ticks_later; /* every other batch takes those behind its records */

static void a_late_story(void)
{
    f.clock.now += LATER;
    if (takes_ticks_later) put(TOPIC_INCIDENT_CLOSED, FAKE_START, CLOSE, 2);
    put(TOPIC_INCIDENT_CLOSED, FAKE_START, CLOSE, 1);
    put(TOPIC_FINDING_UPDATED, FAKE_START + 1, FINDING, 1);
    put(TOPIC_TASK_UPDATED, FAKE_START + 3000, RESOLVED, 1);
    fake_ends(&f, 0);
}

static void ticks_that_the_store_does_not_know_are_taken(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        takes_ticks_later = i;
        same_beside_each_other(1, a_late_story);
        assert_int_equal(fake_count(&f, "epilogue.reminder.due.v1", "I1-0"), 1);
        assert_int_equal(fake_count(&f, "epilogue.task.closed.v1", NULL), 1);
    }
}

static void many_due_at_once(void)
{
    for (int i = 0; i < 9; i++) {
        put(TOPIC_INCIDENT_CLOSED, FAKE_START, CLOSE, i);
        put(TOPIC_FINDING_UPDATED, FAKE_START, FINDING, i);
    }
    fake_ends(&f, 0);
    work_off();
    f.clock.now += LATER;
    for (int i = 0; i < 9; i++) put(TOPIC_TASK_UPDATED, FAKE_START + 3000, RESOLVED, i);
    fake_ends(&f, 0);
}

/* The store's page is full of ticks that were taken. */
static void pages_of_ticks_go_on(void **state)
{
    (void)state;
    same_beside_each_other(2, many_due_at_once);
    assert_int_equal(fake_count(&f, "epilogue.reminder.due.v1", NULL), 9);
}

/* The end of the first life is one batch, the first record of the second the next. */
static void two_lives(void)
{
    put(TOPIC_INCIDENT_CLOSED, FAKE_START, CLOSE_LIGHT, 1);
    put(TOPIC_FINDING_UPDATED, FAKE_START, FINDING, 1);
    put(TOPIC_TASK_UPDATED, FAKE_START, RESOLVED, 1);
    fake_ends(&f, 0);
    work_off();
    f.clock.now += 500 * DAY_MS;
    put(TOPIC_FINDING_UPDATED, f.clock.now, FINDING, 1);
    fake_ends(&f, 0);
    for (int i = 0; i < 9; i++) put(TOPIC_TASK_UPDATED, f.clock.now, OPEN, 2);
}

static void what_was_deleted_is_not_read(void **state)
{
    (void)state;
    same_beside_each_other(1, two_lives);
    assert_int_equal(fake_count(&f, "epilogue.task.created.v1", NULL), 2);
}

/* A closure asks for all of its incident, of which the store has nothing yet. */
static void put_aside(void)
{
    f.clock.now += 10;
    put(TOPIC_INCIDENT_CLOSED, FAKE_START, CLOSE, 1);
    put(TOPIC_FINDING_UPDATED, FAKE_START + 1, FINDING, 1);
    put(TOPIC_INCIDENT_CLOSED, FAKE_START + 2, PUT_ASIDE, 1);
    put(TOPIC_INCIDENT_CLOSED, FAKE_START + 3, BACK, 1);
    fake_ends(&f, 0);
}

static void all_of_an_incident_is_found(void **state)
{
    (void)state;
    same_beside_each_other(1, put_aside);
    assert_int_equal(fake_count(&f, "epilogue.task.closed.v1", NULL), 2);
    assert_int_equal(fake_count(&f, "epilogue.task.reopened.v1", NULL), 2);
}

/* Of one record several batches have a part, each while the one before is under way. */
static void in_parts(void)
{
    struct buf value = {0};
    buf_lit(&value, "{\"incident_id\":\"L-0\",\"closed_at\":\"2026-11-01\",\"findings\":[");
    for (int i = 0; i < 30; i++) buf_printf(&value, "%s{\"finding_id\":\"F-%d\"}", i ? "," : "", i);
    buf_printf(&value, "]}%c", 0);
    f.engine->options.step_max = 7;
    fake_put(&f, TOPIC_INCIDENT_CLOSED, 0, FAKE_START, value.p);
    buf_free(&value);
    fake_ends(&f, 0);
}

static void a_record_goes_on_in_the_next(void **state)
{
    (void)state;
    same_beside_each_other(1, in_parts);
    assert_true(f.transactions > 3);
    assert_int_equal(f.released, 1);
    assert_int_equal(f.engine->inbox_n, 0);
}

/* One record of items for somebody. */
static void put_items(int n)
{
    static struct header headers[250][2];
    char value[200];
    snprintf(value, sizeof value,
             "{\"v\":1,\"type\":\"items\",\"items\":[{\"kind\":\"due\",\"number\":1,"
             "\"incident_id\":\"I1-0\",\"name\":\"bug/%d\"}]}",
             n);
    fake_put(&f, TOPIC_FORWARDED, 0, FAKE_START, value);
    struct record *record = &f.queue[f.queue_n - 1].record;
    headers[n][0] = (struct header){STR("epilogue-kind"), STR("items")};
    headers[n][1] = (struct header){STR("epilogue-origin"), arena_printf(f.arena, "%04d", n)};
    record->key = STR("person:eva-0");
    record->headers = headers[n];
    record->headers_n = 2;
}

static size_t items_told(void)
{
    size_t n = 0;
    for (size_t i = 0; i < f.sent_n; i++) {
        if (!str_eq(f.sent[i].type, STR("epilogue.reminder.digest.v1"))) continue;
        const char *at = f.sent[i].value.p;
        while ((at = strstr(at, "\"task_id\"")) != NULL) at++, n++;
    }
    return n;
}

/* A digest takes a hundred entries; behind the first the store has these still. */
static void what_waits_behind_a_digest_is_found(void **state)
{
    (void)state;
    fake_tear_down(&f);
    fake_set_up(&f, 20, NULL);
    f.commit_waits = 5;
    f.apply_waits = 60;
    for (int i = 0; i < 250; i++) put_items(i);
    fake_ends(&f, 0);
    work_off();
    assert_int_equal(items_told(), 0);
    f.clock.now += LATER;
    for (int i = 0; i < 200; i++) put(TOPIC_INCIDENT_CLOSED, FAKE_START + DAY_MS, CLOSE_LIGHT, i);
    fake_ends(&f, 0);
    assert_true(work_off() > 0);
    assert_int_equal(items_told(), 250);
    assert_int_equal(shard()->waiting, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(ticks_that_the_store_does_not_know_are_taken),
        TEST(pages_of_ticks_go_on),
        TEST(what_was_deleted_is_not_read),
        TEST(all_of_an_incident_is_found),
        TEST(a_record_goes_on_in_the_next),
        TEST(what_waits_behind_a_digest_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
