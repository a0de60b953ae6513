/* SPDX-License-Identifier: Apache-2.0 */
/* The worker without a world around it: what goes out, and when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <glob.h>

#include <cmocka.h>

#include "codec/envelope.h"
#include "common/log.h"
#include "config/policy_file.h"
#include "jsonl/line_json.h"
#include "jsonl/lines.h"
#include "sim/dry_run.h"

#define START INT64_C(1793610000000) /* 2026-11-02T09:00:00Z */
#define MESSAGES_MAX 100

static struct arena *arena;
static struct policy policy, other;
static struct limits limits;
static struct dry_run *run;
static struct {
    struct str type;
    ms_t now;
} sent[MESSAGES_MAX];
static size_t sent_n;

static void emit(void *self, const struct message *message, ms_t now)
{
    assert_ptr_equal(self, &sent);
    assert_true(sent_n < MESSAGES_MAX);
    struct str type = topic_name(message->topic);
    for (size_t i = 0; i < message->headers_n; i++)
        if (str_eq(message->headers[i].name, STR("ce_type"))) type = message->headers[i].value;
    sent[sent_n].type = arena_str(arena, type);
    sent[sent_n++].now = now;
}

static int set_up(void **state)
{
    (void)state;
    arena = arena_new();
    limits = LIMITS_DEFAULT;
    struct error error;
    if (policy_file_load(NULL, arena, &policy, &error) != OK) return 1;
    for (int p = PRIORITY_P1; p < priority_end; p++) policy.at_once[p] = true;
    policy.review_on = 0;
    policy.review_every = (struct duration){7 * DAY_MS, false};
    policy.digest = false;
    other = policy;
    other.version = STR("other");
    struct dry_run_settings settings = {.policy = &policy,
                                        .limits = &limits,
                                        .group_id = STR("test"),
                                        .start = START,
                                        .emit = emit,
                                        .self = &sent};
    for (int topic = 0; topic < topic_end; topic++) settings.topic_names[topic] = topic_name(topic);
    run = dry_run_new(&settings);
    sent_n = 0;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    dry_run_free(run);
    dry_run_free(NULL);
    arena_free(arena);
    return 0;
}

static void take(int topic, ms_t at, const char *value)
{
    struct error error;
    struct record record = {.topic = topic, .timestamp = at, .value = str_of(value)};
    assert_int_equal(dry_run_take(run, &record, &error), OK);
}

static void advance(ms_t until)
{
    struct error error;
    assert_int_equal(dry_run_advance(run, until, &error), OK);
}

static void assert_sent(size_t i, const char *type, ms_t now)
{
    assert_true(i < sent_n);
    assert_true(str_eq(sent[i].type, str_of(type)));
    assert_int_equal(sent[i].now, now);
}

static const struct task *task(const char *incident_id, const char *key)
{
    struct entry **entries;
    struct error error;
    size_t n;
    assert_int_equal(dry_run_incident(run, arena, str_of(incident_id), &entries, &n, &error), OK);
    for (size_t i = 0; i < n; i++)
        if (str_eq(entries[i]->key, str_of(key))) return entries[i]->task;
    fail_msg("there is no %s", key);
    return NULL;
}

#define EVALUATED ",\"response_evaluation\":{\"sufficient\":true,\"complete\":true}}"
#define CLOSED "{\"incident_id\":\"I\",\"closed_at\":\"2026-11-01\"" EVALUATED
#define FINDING                                                                     \
    "{\"incident_id\":\"I\",\"finding_id\":\"F\",\"category\":\"technical-lapse\"," \
    "\"severity\":\"low\",\"owner\":{\"team\":\"t\",\"person\":\"p\"}}"

static void nothing_is_scheduled_without_a_record(void **state)
{
    (void)state;
    assert_true(dry_run_next(run) == TIME_NONE);
    advance(START);
    assert_int_equal(sent_n, 0);
}

static void what_is_complete_is_silent_until_its_retention_and_after(void **state)
{
    (void)state;
    advance(START);
    take(TOPIC_INCIDENT_CLOSED, START, CLOSED);
    assert_sent(0, "epilogue.incident.opened.v1", START);
    assert_sent(1, "epilogue.incident.completed.v1", START);
    assert_int_equal(dry_run_next(run), START + 365 * DAY_MS);
    advance(START + 365 * DAY_MS);
    assert_true(dry_run_next(run) == TIME_NONE);
    assert_int_equal(sent_n, 2);
}

static void time_stops_where_it_was_told_to(void **state)
{
    (void)state;
    advance(START);
    take(TOPIC_FINDING_UPDATED, START, FINDING);
    ms_t due = START + 7 * DAY_MS;
    assert_int_equal(dry_run_next(run), due);
    advance(due - 1);
    assert_int_equal(sent_n, 0);
    advance(due);
    assert_int_equal(sent_n, 1);
    assert_sent(0, "epilogue.reminder.orphan-finding.v1", due);
    advance(START); /* it does not go back */
    take(TOPIC_INCIDENT_CLOSED, START + 30 * DAY_MS, CLOSED);
    assert_sent(1, "epilogue.incident.opened.v1", due);
    assert_int_equal(task("I", "I|t|bug/F")->created_at,
                     due); /* a record is never later than now */
}

static void a_late_record_keeps_its_own_time(void **state)
{
    (void)state;
    advance(START);
    take(TOPIC_INCIDENT_CLOSED, START - HOUR_MS, CLOSED);
    take(TOPIC_FINDING_UPDATED, START - MINUTE_MS, FINDING);
    assert_int_equal(task("I", "I|t|bug/F")->created_at, START - MINUTE_MS);
    assert_sent(sent_n - 1, "epilogue.task.created.v1", START);
}

static void refusals_are_dead_letters(void **state)
{
    (void)state;
    advance(START);
    take(TOPIC_FINDING_UPDATED, START, "{");
    take(TOPIC_TASK_UPDATED, START,
         "{\"incident_id\":\"I\",\"task_id\":\"I/bug/F\",\"status\":\"open\"}");
    assert_int_equal(sent_n, 2);
    assert_sent(0, "followup-dead-letters", START);
    assert_sent(1, "followup-dead-letters", START);
}

static void a_merged_finding_comes_back_in_the_other_incident(void **state)
{
    (void)state;
    advance(START);
    take(TOPIC_INCIDENT_CLOSED, START,
         "{\"incident_id\":\"J\",\"closed_at\":\"2026-11-01\"" EVALUATED);
    take(TOPIC_INCIDENT_CLOSED, START,
         "{\"incident_id\":\"I\",\"closed_at\":\"2026-11-01\",\"merged_into\":\"J\"" EVALUATED);
    take(TOPIC_FINDING_UPDATED, START, FINDING);
    assert_true(str_eq(task("J", "J|t|bug/I:F")->owner.person, STR("p")));
}

static void another_policy(void **state)
{
    (void)state;
    advance(START);
    take(TOPIC_INCIDENT_CLOSED, START, CLOSED);
    struct error error;
    assert_int_equal(dry_run_set_policy(run, &other, &error), OK);
    take(TOPIC_FINDING_UPDATED, START, FINDING);
    assert_true(str_eq(task("I", "I|t|bug/F")->policy_version, STR("other")));
}

/* ---- events in parts ---- */

struct audience {
    struct arena *scratch;
    struct buf out;
    struct str names[topic_end];
};

static void tell(void *self, const struct message *message, ms_t now)
{
    struct audience *t = self;
    struct message timed = *message;
    const struct record carrier = {.headers = message->headers, .headers_n = message->headers_n};
    if (envelope_kind(&carrier) == ENVELOPE_ITEMS) return; /* their digest is told */
    timed.timestamp = now;
    arena_reset(t->scratch, 1 << 16);
    line_json_write(&t->out, t->scratch, &timed, t->names);
}

static void play(const struct lines *lines, size_t step_max, struct audience *telling)
{
    struct error error;
    struct policy digests = policy;
    digests.digest = true;
    struct dry_run_settings settings = {.policy = &digests,
                                        .limits = &limits,
                                        .group_id = STR("test"),
                                        .start = lines->items[0].record.timestamp,
                                        .emit = tell,
                                        .self = telling,
                                        .step_max = step_max};
    telling->scratch = arena_new();
    for (int topic = 0; topic < topic_end; topic++)
        settings.topic_names[topic] = telling->names[topic] = topic_name(topic);
    struct dry_run *player = dry_run_new(&settings);
    ms_t at = 0;
    for (size_t i = 0; i < lines->n; i++) {
        at = lines->items[i].record.timestamp;
        assert_int_equal(dry_run_advance(player, at, &error), OK);
        assert_int_equal(dry_run_take(player, &lines->items[i].record, &error), OK);
    }
    assert_int_equal(dry_run_advance(player, at + 500 * DAY_MS, &error), OK);
    dry_run_free(player);
    arena_free(telling->scratch);
}

/* Each story goes the same way, however small the parts are in which an event is decided. */
static void events_in_parts_say_the_same_in_the_same_order(void **state)
{
    (void)state;
    glob_t traces;
    assert_int_equal(glob(SOURCE_DIR "/tests/trace/*.trace", 0, NULL, &traces), 0);
    for (size_t i = 0; i < traces.gl_pathc; i++) {
        struct audience whole = {0}, in_parts = {0};
        struct lines lines = {0};
        struct error error;
        struct str names[topic_end];
        for (int topic = 0; topic < topic_end; topic++) names[topic] = topic_name(topic);
        assert_int_equal(lines_read(arena, traces.gl_pathv[i], names, 0, &lines, &error), OK);
        play(&lines, SIZE_MAX, &whole);
        play(&lines, 1 + i % 2, &in_parts);
        if (whole.out.n != in_parts.out.n || memcmp(whole.out.p, in_parts.out.p, whole.out.n))
            fail_msg("%s goes on in another way", traces.gl_pathv[i]);
        buf_free(&whole.out);
        buf_free(&in_parts.out);
    }
    globfree(&traces);
}

#define IN_TURN(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    log_setup(LOG_ERROR, false);
    const struct CMUnitTest tests[] = {
        IN_TURN(nothing_is_scheduled_without_a_record),
        IN_TURN(what_is_complete_is_silent_until_its_retention_and_after),
        IN_TURN(time_stops_where_it_was_told_to),
        IN_TURN(a_late_record_keeps_its_own_time),
        IN_TURN(refusals_are_dead_letters),
        IN_TURN(a_merged_finding_comes_back_in_the_other_incident),
        IN_TURN(another_policy),
        IN_TURN(events_in_parts_say_the_same_in_the_same_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
