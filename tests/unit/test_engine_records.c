/* SPDX-License-Identifier: Apache-2.0 */
/* Records that cannot be read, stand in another shard, or are more than the brokers take. */
#include "engine_support.h"

#include <stdio.h>
#include <stdlib.h>

static struct fake f;
static struct error error;

static int set_up(void **state)
{
    (void)state;
    fake_set_up(&f, 4000, NULL);
    f.engine->next_retry_ms = INT64_MAX; /* no restore here */
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fake_tear_down(&f);
    return 0;
}

/* Also what no producer of ours would write. */
static void put_raw(int topic, int32_t shard, struct str key, const char *value)
{
    *ARENA_PUSH(f.arena, f.queue, f.queue_n, f.queue_cap) =
        (struct kafka_event){.type = KAFKA_RECORD,
                             .record = {.topic = topic,
                                        .partition = shard,
                                        .offset = f.ends[topic][shard]++,
                                        .timestamp = f.clock.now,
                                        .key = key,
                                        .value = arena_str(f.arena, str_of(value))}};
}

static void put_kind(const char *kind, size_t n)
{
    struct header *header = arena_zalloc(f.arena, sizeof *header);
    *header = (struct header){STR("epilogue-kind"), {kind, n}};
    put_raw(TOPIC_FORWARDED, 0, STR("I-0"), "{\"incident_id\":\"I-0\"}");
    f.queue[f.queue_n - 1].record.headers = header;
    f.queue[f.queue_n - 1].record.headers_n = 1;
}

static void put_closure(void)
{
    fake_put(&f, TOPIC_INCIDENT_CLOSED, 0, f.clock.now,
             "{\"incident_id\":\"I-0\",\"closed_at\":\"2026-11-01\",\"findings\":[{\"finding_id\":"
             "\"F\",\"title\":\"t\"}]}");
}

static void is_fatal(const char *sentence)
{
    error.text[0] = 0;
    enum result result = OK;
    for (int i = 0; i < 5 && result == OK; i++) result = engine_step(f.engine, 0, &error);
    assert_int_equal(result, FATAL);
    if (!strstr(error.text, sentence)) fail_msg("%s", error.text);
}

static const struct fake_message *only(int topic)
{
    const struct fake_message *found = NULL;
    for (size_t i = 0; i < f.sent_n; i++) {
        if (f.sent[i].topic != topic) continue;
        assert_null(found);
        found = &f.sent[i];
    }
    assert_non_null(found);
    return found;
}

/* ---- that cannot be read ---- */

/* It has no key, and says of no incident: it stays in its partition. */
static void a_record_of_nothing_is_a_dead_letter(void **state)
{
    (void)state;
    put_raw(TOPIC_INCIDENT_CLOSED, 1, STR_NONE, "?");
    fake_work_off(&f);
    assert_int_equal(only(TOPIC_DEAD_LETTERS)->partition, 1);
    assert_int_equal(f.engine->shards[1].inputs[0].next, 1);
}

static void a_dead_letter_goes_where_its_key_belongs(void **state)
{
    (void)state;
    put_raw(TOPIC_INCIDENT_CLOSED, 1, STR("I-0"), "?");
    fake_work_off(&f);
    assert_int_equal(only(TOPIC_DEAD_LETTERS)->partition, 0);
}

static void a_dead_letter_that_is_too_large_is_cut(void **state)
{
    (void)state;
    char value[3000];
    memset(value, '?', sizeof value - 1);
    value[sizeof value - 1] = 0;
    f.limits_of[TOPIC_DEAD_LETTERS] = 1500;
    put_raw(TOPIC_INCIDENT_CLOSED, 0, STR("I-0"), value);
    fake_work_off(&f);
    const struct fake_message *letter = only(TOPIC_DEAD_LETTERS);
    assert_true(letter->value.n < 1500);
    assert_non_null(letter->truncated.p);
}

static void a_dead_letter_that_cannot_be_cut_ends_the_worker(void **state)
{
    (void)state;
    f.limits_of[TOPIC_DEAD_LETTERS] = 20;
    put_raw(TOPIC_INCIDENT_CLOSED, 0, STR("I-0"), "?");
    is_fatal("takes no record of more than 20 bytes (max.message.bytes)");
    assert_int_equal(f.transactions, 0);
}

static void a_record_of_a_newer_version_waits_for_it(void **state)
{
    (void)state;
    put_kind("tomorrow", 8);
    put_raw(TOPIC_INCIDENT_CLOSED, 1, STR("I-1"),
            "{\"incident_id\":\"I-1\",\"closed_at\":\"2026-11-01\"}");
    is_fatal("of kind 'tomorrow', which this version does not know");
    assert_int_equal(f.transactions, 0);
}

static void its_kind_need_not_be_text(void **state)
{
    (void)state;
    put_kind("\xff\xfe", 2);
    is_fatal("of kind 'not UTF-8'");
}

/* ---- of another shard ---- */

static void a_record_on_another_partition_is_sent_to_its_own(void **state)
{
    (void)state;
    put_raw(TOPIC_INCIDENT_CLOSED, 1, STR("I-0"),
            "{\"incident_id\":\"I-0\",\"closed_at\":\"2026-11-01\"}");
    fake_work_off(&f);
    assert_int_equal(only(TOPIC_FORWARDED)->partition, 0);
    assert_int_equal(fake_count(&f, "epilogue.incident.opened.v1", NULL), 0);
    assert_int_equal(f.engine->shards[1].inputs[0].next, 1);
}

/* Nor round and round. */
static void it_is_sent_once(void **state)
{
    (void)state;
    static const char value[] = "{\"incident_id\":\"I-0\",\"closed_at\":\"2026-11-01\"}";
    struct header *headers = arena_zalloc(f.arena, 4 * sizeof *headers);
    headers[0] = (struct header){STR("epilogue-kind"), STR("record")};
    headers[1] = (struct header){STR("epilogue-topic"), topic_name(TOPIC_INCIDENT_CLOSED)};
    headers[2] = (struct header){STR("epilogue-partition"), STR("1")};
    headers[3] = (struct header){STR("epilogue-offset"), STR("0")};
    put_raw(TOPIC_FORWARDED, 1, STR("I-0"), value);
    f.queue[f.queue_n - 1].record.headers = headers;
    f.queue[f.queue_n - 1].record.headers_n = 4;
    fake_work_off(&f);
    assert_true(str_eq(only(TOPIC_DEAD_LETTERS)->refused, STR("key-mismatch")));
    for (size_t i = 0; i < f.sent_n; i++) assert_int_not_equal(f.sent[i].topic, TOPIC_FORWARDED);
}

static void one_that_is_too_large_to_be_sent_is_a_dead_letter(void **state)
{
    (void)state;
    f.limits_of[TOPIC_FORWARDED] = 100;
    put_raw(TOPIC_INCIDENT_CLOSED, 1, STR("I-0"),
            "{\"incident_id\":\"I-0\",\"closed_at\":\"2026-11-01\"}");
    fake_work_off(&f);
    assert_int_equal(only(TOPIC_DEAD_LETTERS)->partition, 0);
    assert_int_equal(f.keys_loaded, 0); /* its incident is another shard's */
    for (size_t i = 0; i < f.sent_n; i++) assert_int_not_equal(f.sent[i].topic, TOPIC_FORWARDED);
}

/* ---- that are refused ---- */

static void due(void)
{
    put_closure();
    fake_work_off(&f);
    f.sent_n = 0;
    fake_pass(&f, 40 * DAY_MS);
    fake_ends(&f, 0);
}

static void (*limit)(void *self, int topic, struct topic_limit *out);

/* Learned from a refusal, of a setting of the client. */
static void limit_of_client(void *self, int topic, struct topic_limit *out)
{
    limit(self, topic, out);
    out->is_known = false;
    out->setting = "kafka.message.max.bytes";
}

/* Nobody wrote the record that would have to be refused. */
static void a_state_that_a_tick_makes_too_large_ends_the_worker(void **state)
{
    (void)state;
    due();
    f.limits_of[TOPIC_STATE] = 100;
    is_fatal("takes no record of more than 100 bytes (max.message.bytes), and 'I-0");
    assert_non_null(strstr(error.text, "max.message.bytes of topic followup-state"));
}

static void a_limit_of_the_client_is_named_so(void **state)
{
    (void)state;
    due();
    limit = f.transaction.limit;
    f.transaction.limit = limit_of_client;
    f.limits_of[TOPIC_STATE] = 100;
    is_fatal("more than about 100 bytes (kafka.message.max.bytes)");
    assert_non_null(strstr(error.text, "Raise kafka.message.max.bytes, and start"));
}

/* What a broker refuses, message by message. */
static void refuse(enum refusal_kind kind, const size_t *messages, size_t n)
{
    f.abort_next = 1;
    f.refusal = (struct transaction_refusal){.kind = kind, .n = n, .condition = "not now"};
    if (n) memcpy(f.refusal.messages, messages, n * sizeof *messages);
}

static size_t of_topic(int topic)
{
    for (size_t i = 0; i < f.pending_n; i++)
        if (f.sent[f.sent_n + i].topic == topic) return i;
    fail_msg("no message of this topic");
    return 0;
}

/* Makes the batch, and stops before it is known what becomes of it. */
static void make_batch(void)
{
    f.prepare_waits = 1;
    for (int i = 0; i < 5 && !f.engine->flight; i++) fake_step(&f);
    assert_non_null(f.engine->flight);
}

/* A message of this topic is too large for a broker, and no record is to blame. */
static void refused_for_nobody(int topic)
{
    make_batch();
    size_t first = of_topic(topic);
    refuse(REFUSAL_TOO_LARGE, &first, 1);
    fake_step(&f);
    assert_null(f.engine->flight);
    assert_int_equal(f.engine->oversized_n, 0);
}

/* It will be cut when it comes again: the limit is known to be lower then. */
static void a_message_of_a_tick_is_nobodys_fault(void **state)
{
    (void)state;
    due();
    refused_for_nobody(TOPIC_REMINDERS);
    assert_int_equal(f.engine->shards[0].phase, SHARD_WAITS_FOR_BROKERS);
}

static void nor_is_a_dead_letter(void **state)
{
    (void)state;
    put_raw(TOPIC_INCIDENT_CLOSED, 0, STR("I-0"), "?");
    refused_for_nobody(TOPIC_DEAD_LETTERS);
}

/* Of two the first is looked at last; what no record brought about is not looked at further. */
static void a_position_that_is_refused_ends_the_worker(void **state)
{
    (void)state;
    put_closure();
    make_batch();
    size_t messages[] = {0, f.pending_n - 1};
    refuse(REFUSAL_TOO_LARGE, messages, 2);
    is_fatal("and '$position/0' has");
    assert_int_equal(f.engine->oversized_n, 0);
}

/* Of no message in particular: all shards of the batch wait. */
static void a_condition_of_nothing_in_particular(void **state)
{
    (void)state;
    put_closure();
    fake_put(&f, TOPIC_INCIDENT_CLOSED, 1, f.clock.now,
             "{\"incident_id\":\"I-1\",\"closed_at\":\"2026-11-01\"}");
    make_batch();
    refuse(REFUSAL_CONDITION, NULL, 0);
    fake_step(&f);
    for (int32_t i = 0; i < FAKE_SHARDS; i++) assert_true(f.engine->shards[i].is_hindered);
    assert_string_equal(engine_not_ready(f.engine), "not now");
}

/* What another shard waits for is another matter, and is said, too. */
static void a_condition_beside_another(void **state)
{
    (void)state;
    put_closure();
    make_batch();
    f.engine->shards[1].is_hindered = true;
    f.engine->shards[1].condition = "another";
    f.engine->condition = "another";
    f.engine->next_condition_ms = INT64_MAX;
    refuse(REFUSAL_CONDITION, NULL, 0);
    fake_step(&f);
    assert_string_equal(f.engine->condition, "not now");
    assert_true(f.engine->next_condition_ms < INT64_MAX);
}

static void a_condition_that_another_shard_waits_for_is_not_said_again(void **state)
{
    (void)state;
    put_closure();
    make_batch();
    refuse(REFUSAL_CONDITION, NULL, 0);
    f.engine->shards[1].is_hindered = true;
    f.engine->shards[1].condition = f.refusal.condition;
    f.engine->next_condition_ms = INT64_MAX;
    fake_step(&f);
    assert_true(f.engine->shards[0].is_hindered);
    assert_null(f.engine->condition);
    assert_true(f.engine->next_condition_ms == INT64_MAX);
}

static void put_finding(int bytes)
{
    char value[5200];
    snprintf(value, sizeof value,
             "{\"incident_id\":\"I-0\",\"finding_id\":\"G\",\"description\":\"%0*d\"}", bytes, 7);
    fake_put(&f, TOPIC_FINDING_UPDATED, 0, f.clock.now, value);
}

/* What was found out about an incident is forgotten after a minute, and found out again; of records
 * that say of no incident it says nothing. */
static void a_suspicion_has_its_time(void **state)
{
    (void)state;
    f.limits_of[TOPIC_STATE] = 2000;
    put_finding(10);
    put_finding(5000);
    fake_step(&f);
    assert_true(f.engine->suspect.n > 0);
    fake_pass(&f, 61000);
    fake_step(&f);
    assert_int_equal(f.transactions, 0);
    assert_true(f.engine->suspect_until_ms > f.clock.monotonic_ms);
    put_raw(TOPIC_INCIDENT_CLOSED, 0, STR("I-0"), "?");
    f.queue[f.queue_n - 1].record.timestamp = f.clock.now - 62000; /* comes first */
    fake_work_off(&f);
    size_t letters = 0;
    for (size_t i = 0; i < f.sent_n; i++) letters += f.sent[i].topic == TOPIC_DEAD_LETTERS;
    assert_int_equal(letters, 2);
}

/* A hindered shard asks for nothing until its time has come. */
static void a_shard_that_waits_does_not_ask(void **state)
{
    (void)state;
    f.engine->next_retry_ms = 0;
    put_closure();
    make_batch();
    refuse(REFUSAL_CONDITION, NULL, 0);
    f.engine->shards[1].phase = SHARD_WAITS_FOR_BROKERS;
    fake_step(&f);
    fake_step(&f);
    assert_int_equal(f.asked_for[0], 0);
    assert_true(f.asked_for[1] > 0);
    fake_pass(&f, 5001);
    fake_step(&f);
    assert_true(f.asked_for[0] > 0);
}

/* ---- the store's copy ---- */

/* What followup-state says, too, is no fault of the copy. */
static void an_entry_that_cannot_be_read_twice_ends_the_worker(void **state)
{
    (void)state;
    put_closure();
    fake_work_off(&f);
    struct sim_entry *entry = sim_index_get(&f.stored->shards[0].by_key, 0, STR("I-0"));
    assert_non_null(entry);
    memset((char *)(uintptr_t)entry->value.p, '?', entry->value.n);
    put_closure();
    fake_step(&f);
    assert_int_equal(f.engine->shards[0].phase, SHARD_WAITS_FOR_BROKERS);
    assert_true(f.engine->shards[0].distrusted);
    f.engine->shards[0].phase = SHARD_ACTIVE; /* as behind a restore */
    f.ends[TOPIC_INCIDENT_CLOSED][0]--;
    put_closure();
    is_fatal("followup-state/0: the entry I-0 cannot be read");
}

static void another_entry_does_not_clear_the_suspicion(void **state)
{
    (void)state;
    put_closure();
    fake_work_off(&f);
    f.engine->shards[0].corrupt_entry = 42;
    f.engine->shards[0].corrupt_key = 43;
    put_closure();
    f.commit_waits = 1; /* the commit ends it in any case */
    fake_step(&f);
    assert_true(f.engine->shards[0].corrupt_entry == 42);
    fake_work_off(&f);
    assert_true(f.engine->shards[0].corrupt_entry == 0);
}

/* ---- modes ---- */

static void nothing_is_worked_on_while_only_restoring(void **state)
{
    (void)state;
    f.engine->options.restore_only = true;
    put_closure();
    for (int i = 0; i < 5; i++) fake_step(&f);
    assert_int_equal(f.transactions, 0);
    assert_int_equal(f.engine->inbox_n, 1);
}

static void no_engine_is_nothing(void **state)
{
    (void)state;
    engine_stop(NULL);
    engine_release(NULL);
    engine_free(NULL);
    assert_int_equal(f.released, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_record_of_nothing_is_a_dead_letter),
        TEST(a_dead_letter_goes_where_its_key_belongs),
        TEST(a_dead_letter_that_is_too_large_is_cut),
        TEST(a_dead_letter_that_cannot_be_cut_ends_the_worker),
        TEST(a_record_of_a_newer_version_waits_for_it),
        TEST(its_kind_need_not_be_text),
        TEST(a_record_on_another_partition_is_sent_to_its_own),
        TEST(it_is_sent_once),
        TEST(one_that_is_too_large_to_be_sent_is_a_dead_letter),
        TEST(a_state_that_a_tick_makes_too_large_ends_the_worker),
        TEST(a_limit_of_the_client_is_named_so),
        TEST(a_message_of_a_tick_is_nobodys_fault),
        TEST(nor_is_a_dead_letter),
        TEST(a_position_that_is_refused_ends_the_worker),
        TEST(a_condition_of_nothing_in_particular),
        TEST(a_condition_beside_another),
        TEST(a_condition_that_another_shard_waits_for_is_not_said_again),
        TEST(a_suspicion_has_its_time),
        TEST(a_shard_that_waits_does_not_ask),
        TEST(an_entry_that_cannot_be_read_twice_ends_the_worker),
        TEST(another_entry_does_not_clear_the_suspicion),
        TEST(nothing_is_worked_on_while_only_restoring),
        TEST(no_engine_is_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
