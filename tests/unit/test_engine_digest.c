/* SPDX-License-Identifier: Apache-2.0 */
/* Reminders of several shards on their way to one digest, and what can happen to them there. */
#include <stdio.h>
#include <stdlib.h>

#include "engine/internal.h"
#include "engine_sim.h"

#define DIGEST "epilogue.reminder.digest.v1"
#define EVA "person:eva"
#define LONG_TITLE 900

static struct engine_sim s;
static struct metrics *metrics;

static int set_up(void **state)
{
    (void)state;
    engine_sim_set_up(&s);
    metrics = metrics_new();
    s.engine->metrics = metrics;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    engine_sim_tear_down(&s);
    metrics_free(metrics);
    return 0;
}

/* An incident of shard `id`'s last digit, with so many findings that are Eva's. */
static void close_with(const char *id, int findings, int title_bytes)
{
    struct buf value = {0};
    buf_printf(&value, "{\"incident_id\":\"%s\",\"closed_at\":\"2026-11-01\",\"findings\":[", id);
    for (int i = 0; i < findings; i++)
        buf_printf(&value,
                   "%s{\"finding_id\":\"F%d\",\"category\":\"technical-lapse\",\"severity\":"
                   "\"low\",\"title\":\"%0*d\",\"owner\":{\"person\":\"eva\"}}",
                   i ? "," : "", i, title_bytes, i);
    buf_lit(&value, "]}");
    engine_sim_put(&s, TOPIC_INCIDENT_CLOSED, id, arena_str(s.arena, buf_slice(&value)).p);
    buf_free(&value);
    assert_int_equal(engine_sim_work(&s), OK);
}

/* From one thing that is scheduled to the next, as the clock would. */
static void run_until(ms_t until)
{
    ms_t next;
    while ((next = sim_next_wake(s.store)) != TIME_NONE && next <= until) {
        s.clock.now = next;
        if (engine_sim_work(&s) != OK) fail_msg("%s", s.error.text);
    }
    s.clock.now = until;
}

static size_t count_of(struct str text, const char *part)
{
    size_t n = 0, length = strlen(part);
    for (const char *at = text.p; (at = memmem(at, (size_t)(text.p + text.n - at), part, length));)
        at += length, n++;
    return n;
}

/* Of all digests for Eva: how many there are, and how often they say `part`. */
static size_t digests(const char *part, size_t *times)
{
    size_t n = 0;
    *times = 0;
    for (int32_t p = 0; p < SIM_SHARDS; p++) {
        const struct sim_log *log = sim_kafka_log(s.kafka, TOPIC_REMINDERS, p);
        for (size_t i = log->first; i < log->n; i++) {
            const struct sim_record *record = log->items[i];
            if (record->state != SIM_COMMITTED || !str_eq(record->key, STR(EVA))) continue;
            n++;
            *times += count_of(record->value, part);
        }
    }
    return n;
}

/* The records of items for Eva that were sent, and the largest of them. */
static size_t items_records(size_t *largest)
{
    size_t n = 0;
    *largest = 0;
    for (int32_t p = 0; p < SIM_SHARDS; p++) {
        const struct sim_log *log = sim_kafka_log(s.kafka, TOPIC_FORWARDED, p);
        for (size_t i = log->first; i < log->n; i++) {
            const struct sim_record *record = log->items[i];
            if (record->state != SIM_COMMITTED || !str_eq(record->key, STR(EVA))) continue;
            if (record->value.n > *largest) *largest = record->value.n;
            n++;
        }
    }
    return n;
}

static int64_t gauge(const char *name)
{
    struct buf out = {0};
    metrics_write(metrics, &out);
    buf_char(&out, 0);
    struct str line = arena_printf(s.arena, "\n%s ", name);
    const char *at = strstr(out.p, line.p);
    if (!at) fail_msg("there is no %s", name);
    int64_t value = strtoll(at + line.n, NULL, 10);
    buf_free(&out);
    return value;
}

#define FIRST (SIM_START + 30 * DAY_MS) /* of P4: stale */

static void reminders_of_all_shards_are_one_event(void **state)
{
    (void)state;
    size_t times, largest;
    close_with("A-0", 2, 1);
    close_with("B-1", 1, 1);
    run_until(FIRST + 4 * MINUTE_MS);
    assert_int_equal(digests("\"task_id\"", &times), 0);
    assert_int_equal(items_records(&largest), 2);
    assert_true(gauge("epilogue_items_waiting") > 3); /* the response team's, too */
    run_until(FIRST + 5 * MINUTE_MS);
    assert_int_equal(digests("\"task_id\"", &times), 1);
    assert_int_equal(times, 3);
    assert_int_equal(gauge("epilogue_items_waiting"), 0);
    assert_true(gauge("epilogue_digests_total") > 1);
    assert_int_equal(gauge("epilogue_digests_urgent_total"), 0);
    assert_int_equal(gauge("epilogue_digest_lateness_seconds_count"),
                     gauge("epilogue_digests_total"));
    assert_int_equal(engine_sim_count(&s, TOPIC_REMINDERS, "epilogue.reminder.stale.v1"), 0);
}

/* The process dies between the two; what the next one knows is what is stored. */
static void what_waits_outlives_the_process(void **state)
{
    (void)state;
    size_t times;
    close_with("A-0", 2, 1);
    run_until(FIRST);
    int64_t waiting = gauge("epilogue_items_waiting");
    assert_true(waiting > 2);
    engine_sim_restart(&s);
    s.engine->metrics = metrics;
    metrics_set(metrics, METRIC_ITEMS_WAITING, -1);
    assert_int_equal(engine_sim_work(&s), OK);
    assert_int_equal(gauge("epilogue_items_waiting"), waiting);
    sim_store_lose(s.store, 0);
    sim_store_lose(s.store, 1);
    assert_int_equal(engine_sim_work(&s), OK);
    run_until(FIRST + HOUR_MS);
    assert_int_equal(digests("\"task_id\"", &times), 1);
    assert_int_equal(times, 2);
}

/* Else what can wait till a morning would wait as long as what is urgent, and that is told less and less
 * often. */
static void what_can_wait_goes_apart(void **state)
{
    (void)state;
    size_t largest;
    s.options.batch_max = 4000;
    engine_sim_put(
        &s, TOPIC_INCIDENT_CLOSED, "A-0",
        "{\"incident_id\":\"A-0\",\"closed_at\":\"2026-11-01\",\"findings\":["
        "{\"finding_id\":\"F1\",\"category\":\"technical-lapse\",\"severity\":\"critical\","
        "\"owner\":{\"person\":\"eva\"}},"
        "{\"finding_id\":\"F2\",\"category\":\"technical-lapse\",\"severity\":\"low\","
        "\"owner\":{\"person\":\"eva\"}}]}");
    assert_int_equal(engine_sim_work(&s), OK);
    s.clock.now = FIRST + HOUR_MS;
    assert_int_equal(engine_sim_work(&s), OK);
    assert_int_equal(items_records(&largest), 2);
}

static void many_items_go_in_several_records(void **state)
{
    (void)state;
    size_t times, largest;
    s.options.batch_max = 4000;
    close_with("A-0", 300, LONG_TITLE);
    run_until(FIRST + HOUR_MS);
    assert_true(items_records(&largest) > 3);
    assert_true(largest < 100000);
    assert_int_equal(digests("\"task_id\"", &times), 1);
    assert_int_equal(times, 200);
    assert_int_equal(digests("\"omitted\":100,", &times), 1);
    assert_int_equal(times, 1);
}

/* A topic that takes little has more of them, and digests with less in each. */
static void small_topics_get_small_records(void **state)
{
    (void)state;
    size_t times, largest;
    close_with("A-0", 20, LONG_TITLE);
    s.client->limit[TOPIC_FORWARDED] = 6000;
    s.client->limit[TOPIC_REMINDERS] = 9000;
    run_until(FIRST + HOUR_MS);
    assert_true(items_records(&largest) > 5);
    assert_true(largest < 6000);
    assert_int_equal(digests("\"task_id\"", &times), 1);
    assert_true(times > 1 && times < 20);
    assert_int_equal(digests(arena_printf(s.arena, "\"omitted\":%zu,", 20 - times).p, &times), 1);
    assert_int_equal(times, 1);
}

/* What is on its way has to fit where it will wait, too. */
static void a_small_topic_of_state_has_small_records(void **state)
{
    (void)state;
    size_t times, largest;
    close_with("A-0", 20, LONG_TITLE);
    s.client->limit[TOPIC_STATE] = 6000;
    run_until(FIRST + HOUR_MS);
    assert_true(items_records(&largest) > 5);
    assert_true(largest < 6000);
    assert_int_equal(digests("\"task_id\"", &times), 1);
    assert_int_equal(times, 20);
}

static void a_topic_that_takes_no_item_ends_the_worker(void **state)
{
    (void)state;
    close_with("A-0", 3, LONG_TITLE); /* which go by halves, down to a single one */
    s.client->limit[TOPIC_FORWARDED] = 500;
    s.clock.now = FIRST;
    assert_int_equal(engine_sim_work(&s), FATAL);
    assert_non_null(strstr(s.error.text, "topic epilogue-forwarded takes no record of more than"));
}

/* ---- records that are not as ours ---- */

static void put_items(const char *origin, ms_t at, bool urgent)
{
    struct header headers[] = {{STR("epilogue-kind"), STR("items")},
                               {STR("epilogue-origin"), str_of(origin)}};
    struct str key = STR(EVA);
    sim_kafka_append(
        s.kafka, &(struct message){.topic = TOPIC_FORWARDED,
                                   .partition = s.options.partition_of(key, SIM_SHARDS),
                                   .timestamp = at,
                                   .key = key,
                                   .value = arena_printf(
                                       s.arena,
                                       "{\"v\":1,\"type\":\"items\",%s\"items\":[{\"kind\":\"due\","
                                       "\"number\":1,\"incident_id\":\"I\",\"name\":\"bug/%s\"}]}",
                                       urgent ? "\"urgent\":true," : "", origin),
                                   .headers = headers,
                                   .headers_n = 2});
}

static void a_record_that_comes_twice_is_one(void **state)
{
    (void)state;
    size_t times;
    put_items("1", SIM_START, false);
    assert_int_equal(engine_sim_work(&s), OK);
    put_items("1", SIM_START, false);
    put_items("2", SIM_START + MINUTE_MS, true);
    run_until(SIM_START + HOUR_MS);
    assert_int_equal(digests("\"task_id\"", &times), 1);
    assert_int_equal(times, 2);
    assert_int_equal(gauge("epilogue_digests_urgent_total"), 1);
}

/* More entries than a digest takes: the next one has the rest, at once. */
static void many_records_take_several_digests(void **state)
{
    (void)state;
    size_t times;
    char origin[16];
    for (int i = 0; i < 250; i++) {
        snprintf(origin, sizeof origin, "%04d", i);
        put_items(origin, SIM_START, false);
    }
    assert_int_equal(engine_sim_work(&s), OK);
    run_until(SIM_START + 5 * MINUTE_MS);
    assert_int_equal(digests("\"task_id\"", &times), 3);
    assert_int_equal(times, 250);
    assert_int_equal(gauge("epilogue_items_waiting"), 0);
    /* As many entries as one takes, and not one more. */
    for (int i = 0; i < 100; i++) {
        snprintf(origin, sizeof origin, "%04d", i);
        put_items(origin, SIM_START + HOUR_MS, false);
    }
    assert_int_equal(engine_sim_work(&s), OK);
    run_until(SIM_START + 2 * HOUR_MS);
    assert_int_equal(digests("\"n\":4,", &times), 4);
    assert_int_equal(times, 1);
}

static void a_strangers_items_are_refused(void **state)
{
    (void)state;
    put_items("../..", SIM_START, false);
    assert_int_equal(engine_sim_work(&s), OK);
    size_t refused = 0;
    for (int32_t p = 0; p < SIM_SHARDS; p++)
        refused += sim_kafka_log(s.kafka, TOPIC_DEAD_LETTERS, p)->n;
    assert_int_equal(refused, 2); /* and the marker of its transaction */
    assert_int_equal(gauge("epilogue_items_waiting"), 0);
}

/* ---- how long they stand there ---- */

static void an_old_record_is_warned_of(void **state)
{
    (void)state;
    put_items("1", SIM_START - 21 * DAY_MS, false);
    int64_t oldest = 0;
    for (int i = 0; i < 500; i++) {
        int64_t now_ms = s.clock.monotonic_ms, before = s.engine->next_old_ms;
        assert_true(engine_step(s.engine, 0, &s.error) != FATAL);
        if (s.engine->next_old_ms != before) /* again in ten minutes */
            assert_int_equal(s.engine->next_old_ms, now_ms + 10 * MINUTE_MS);
        s.clock.monotonic_ms += 10;
        int64_t age = gauge("epilogue_forwarded_age_seconds");
        if (age > oldest) oldest = age;
    }
    assert_int_equal(oldest, 21 * 86400);
    assert_true(s.engine->next_old_ms > 0); /* it was said */
    assert_int_equal(gauge("epilogue_forwarded_age_seconds"), 0);
    size_t times;
    run_until(SIM_START + HOUR_MS); /* late, and told all the same */
    assert_int_equal(digests("\"task_id\"", &times), 1);
}

/* Of all in hand, one without a time apart; and it is said once in ten minutes. */
static void the_oldest_is_spoken_of(void **state)
{
    (void)state;
    static const ms_t ages[] = {21 * DAY_MS, 25 * DAY_MS, 23 * DAY_MS};
    const struct record record = {.topic = TOPIC_FORWARDED};
    struct engine *engine = s.engine;
    inbox_add(engine, &record, TIME_NONE);
    inbox_watch_forwarded(engine);
    assert_int_equal(gauge("epilogue_forwarded_age_seconds"), 0);
    assert_int_equal(engine->next_old_ms, 0);
    for (size_t i = 0; i < 3; i++) inbox_add(engine, &record, SIM_START - ages[i]);
    inbox_watch_forwarded(engine);
    assert_int_equal(gauge("epilogue_forwarded_age_seconds"), 25 * 86400);
    int64_t next_ms = engine->next_old_ms;
    assert_int_equal(next_ms, s.clock.monotonic_ms + 10 * MINUTE_MS);
    s.clock.monotonic_ms = next_ms - 1;
    inbox_watch_forwarded(engine);
    assert_int_equal(engine->next_old_ms, next_ms);
    s.clock.monotonic_ms = next_ms;
    inbox_watch_forwarded(engine);
    assert_int_equal(engine->next_old_ms, next_ms + 10 * MINUTE_MS);
    engine->inbox_n = engine->inbox_bytes = 0; /* they were nobody's */
}

static void a_younger_one_is_not(void **state)
{
    (void)state;
    put_items("1", SIM_START - 20 * DAY_MS + SECOND_MS, false);
    int64_t oldest = 0;
    for (int i = 0; i < 500; i++) {
        assert_true(engine_step(s.engine, 0, &s.error) != FATAL);
        s.clock.monotonic_ms += 10;
        int64_t age = gauge("epilogue_forwarded_age_seconds");
        if (age > oldest) oldest = age;
    }
    assert_int_equal(oldest, 20 * 86400 - 1);
    assert_int_equal(s.engine->next_old_ms, 0);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FRESH(reminders_of_all_shards_are_one_event),
        FRESH(what_waits_outlives_the_process),
        FRESH(what_can_wait_goes_apart),
        FRESH(many_items_go_in_several_records),
        FRESH(small_topics_get_small_records),
        FRESH(a_small_topic_of_state_has_small_records),
        FRESH(a_topic_that_takes_no_item_ends_the_worker),
        FRESH(a_record_that_comes_twice_is_one),
        FRESH(many_records_take_several_digests),
        FRESH(a_strangers_items_are_refused),
        FRESH(an_old_record_is_warned_of),
        FRESH(the_oldest_is_spoken_of),
        FRESH(a_younger_one_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
