/* SPDX-License-Identifier: Apache-2.0 */
/* What is compared at the end of a restore, where test_engine_restore.c has the losses themselves. */
#include "engine_sim.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/log.h"
#include "engine/internal.h"

#define OPENED "epilogue.incident.opened.v1"

static struct engine_sim s;

static int set_up(void **state)
{
    (void)state;
    engine_sim_set_up(&s);
    engine_sim_close(&s, "A-0");
    engine_sim_close(&s, "B-0");
    engine_sim_close(&s, "A-1");
    return engine_sim_work(&s) != OK;
}

static int tear_down(void **state)
{
    (void)state;
    engine_sim_tear_down(&s);
    return 0;
}

static void goes_on(void)
{
    engine_sim_goes_on(&s, "A-0", "A-1", "G");
    assert_int_equal(engine_sim_count(&s, TOPIC_TASKS, OPENED), 3);
}

static void ends_so(const char *sentence)
{
    s.error.text[0] = 0;
    assert_int_equal(engine_sim_work(&s), FATAL);
    if (!strstr(s.error.text, sentence)) fail_msg("%s", s.error.text);
}

static void ends_with(const char *sentence)
{
    engine_sim_restart(&s);
    ends_so(sentence);
}

static struct sim_log *state_of(int32_t shard)
{
    return sim_kafka_log(s.kafka, TOPIC_STATE, shard);
}

static struct sim_entry *entry_of(int32_t shard, const char *key)
{
    struct sim_entry *entry = sim_index_get(&s.store->shards[shard].by_key, 0, str_of(key));
    assert_non_null(entry);
    return entry;
}

static void delete_entry(int32_t shard, const char *key)
{
    struct store_write gone = {.key = str_of(key), .wake_at = TIME_NONE};
    struct sim_store_shard *in = &s.store->shards[shard];
    struct store_apply apply = {.shard = shard,
                                .expected = in->checkpoint,
                                .checkpoint = in->checkpoint,
                                .stamp = in->stamp,
                                .cluster = STR("cluster"),
                                .writes = &gone,
                                .n = 1};
    struct sim_store_client other;
    enum result result;
    sim_store_connect(s.store, &other);
    other.port.apply_start(&other, &apply, 1);
    assert_true(other.port.apply_take(&other, 0, &result, &s.error) && result == OK);
}

/* ---- offsets ---- */

static void an_offset_behind_the_state_is_passed_over(void **state)
{
    (void)state;
    sim_kafka_offset(s.kafka, TOPIC_INCIDENT_CLOSED, 0)->offset--;
    engine_sim_restart(&s);
    goes_on();
}

static void an_offset_before_the_state_is_a_loss(void **state)
{
    (void)state;
    sim_kafka_offset(s.kafka, TOPIC_INCIDENT_CLOSED, 0)->offset++;
    engine_sim_close(&s, "C-0");
    ends_with("the last 1 batches are missing");
}

static void forget_offsets(void)
{
    for (int t = TOPIC_INCIDENT_CLOSED; t <= TOPIC_FORWARDED; t++)
        for (int32_t p = 0; p < SIM_SHARDS; p++)
            *sim_kafka_offset(s.kafka, t, p) = (struct sim_offset){.offset = -1};
}

static void set_count(struct str position)
{
    char *count = memmem(position.p, position.n, "\"partitions\":2", 14);
    assert_non_null(count);
    count[13] = '7';
}

/* Only one shard says so, behind the other one in followup-state: nobody works before it is read. */
static void the_count_of_partitions_is_known_at_last(void **state)
{
    (void)state;
    struct sim_log *log = state_of(1);
    forget_offsets();
    for (size_t i = log->first; i < log->n; i++)
        if (state_key_is_position(log->items[i]->key)) set_count(log->items[i]->value);
    for (int32_t i = 0; i < SIM_SHARDS; i++) sim_store_lose(s.store, i);
    engine_sim_restart(&s);
    s.client->poll_max = 1;
    assert_int_equal(engine_sim_work(&s), FATAL);
    assert_non_null(strstr(s.error.text, "was at work with 7 partitions"));
    assert_int_equal(s.engine->shards[0].phase, SHARD_RESTORED);
}

static void the_count_of_partitions_stands_in_the_state(void **state)
{
    (void)state;
    forget_offsets();
    set_count(entry_of(1, "$position/1")->value);
    ends_with("was at work with 7 partitions (the state of shard 1 says so)");
}

static int set_up_empty(void **state)
{
    (void)state;
    engine_sim_set_up(&s);
    return 0;
}

/* Where nothing is known of the shard it begins at the start all the same. */
static void a_strangers_offset_of_a_new_group(void **state)
{
    (void)state;
    engine_sim_close(&s, "A-0");
    engine_sim_close(&s, "B-0");
    engine_sim_close(&s, "C-0");
    *sim_kafka_offset(s.kafka, TOPIC_INCIDENT_CLOSED, 0) = (struct sim_offset){.offset = 2};
    assert_int_equal(engine_sim_work(&s), OK);
    assert_int_equal(engine_sim_count(&s, TOPIC_TASKS, OPENED), 3);
}

/* ---- the store ---- */

static void entries_are_missing_that_nobody_has(void **state)
{
    (void)state;
    sim_log_trim(state_of(0), state_of(0)->low + 2);
    delete_entry(0, "A-0|f|F");
    ends_with("so it cannot be rebuilt. Restore the topic or Redis");
    assert_non_null(strstr(s.error.text, "--accept-state-loss"));
    s.options.accept_state_loss = true;
    engine_sim_restart(&s);
    assert_int_equal(engine_sim_work(&s), OK);
}

static void a_cluster_without_a_name_is_not_another(void **state)
{
    (void)state;
    s.kafka->options.cluster = "";
    engine_sim_restart(&s);
    goes_on();
}

static bool is_spoilt(int32_t shard)
{
    const struct sim_entry *position = entry_of(shard, shard ? "$position/1" : "$position/0");
    return position->value.p[0] == '?';
}

/* A position that cannot be read is its owner's matter. */
static void a_position_of_anothers_shard(void **state)
{
    (void)state;
    struct sim_client *other = sim_client_new(s.kafka, "another", "another", false);
    struct kafka_event events[4];
    size_t n;
    memset((char *)(uintptr_t)entry_of(0, "$position/0")->value.p, '?', 1);
    memset((char *)(uintptr_t)entry_of(1, "$position/1")->value.p, '?', 1);
    engine_sim_restart(&s);
    other->input.be_member(other, true);
    for (int i = 0; i < 200 && engine_not_ready(s.engine); i++) {
        assert_int_equal(other->input.poll(other, events, 1, 0, &n, &s.error), OK);
        assert_int_not_equal(engine_step(s.engine, 0, &s.error), FATAL);
        s.clock.monotonic_ms += 10;
    }
    assert_null(engine_not_ready(s.engine));
    for (int32_t i = 0; i < SIM_SHARDS; i++) {
        assert_int_equal(s.engine->shards[i].phase,
                         other->owned[i] ? SHARD_NOT_OURS : SHARD_ACTIVE);
        assert_int_equal(is_spoilt(i), other->owned[i]);
        assert_false(s.engine->shards[i].distrusted);
    }
    assert_true(other->owned[0] != other->owned[1]);
    sim_client_free(other);
}

/* followup-state has lost its start, and the store has all of it: a person has to know. */
static void a_changelog_without_its_start_is_spoken_of(void **state)
{
    (void)state;
    sim_log_trim(state_of(1), state_of(1)->low + 2);
    engine_sim_restart(&s);
    assert_int_equal(engine_sim_work(&s), OK);
    assert_int_equal(s.engine->next_loss_ms, 0);
    assert_int_equal(engine_step(s.engine, 0, &s.error), OK);
    int64_t next_ms = s.engine->next_loss_ms;
    assert_true(next_ms > s.clock.monotonic_ms);
    s.clock.monotonic_ms += 1000;
    assert_int_equal(engine_step(s.engine, 0, &s.error), OK);
    assert_true(s.engine->next_loss_ms == next_ms);
}

/* The changelog itself says it so: no rebuild helps. */
static void a_position_that_followup_state_spoils(void **state)
{
    (void)state;
    struct sim_log *log = state_of(0);
    for (size_t i = log->first; i < log->n; i++)
        if (state_key_is_position(log->items[i]->key))
            memset((char *)(uintptr_t)log->items[i]->value.p, '?', log->items[i]->value.n);
    sim_store_lose(s.store, 0);
    ends_with("$position");
}

static void deletions_are_deletions(void **state)
{
    (void)state;
    struct message message = {
        .topic = TOPIC_STATE,
        .key = STR("X-0|c"),
        .value = STR("{\"v\":1,\"type\":\"closure\",\"sufficient\":true,\"complete\":true}")};
    sim_kafka_append(s.kafka, &message);
    message.value = STR_NONE;
    sim_kafka_append(s.kafka, &message);
    sim_store_lose(s.store, 0);
    engine_sim_restart(&s);
    s.client->poll_max = 1; /* or the entry would not be met */
    assert_int_equal(engine_sim_work(&s), OK);
    assert_null(sim_index_get(&s.store->shards[0].by_key, 0, message.key));
    goes_on();
}

/* ---- the inputs ---- */

static void an_input_that_ends_before_the_position_begins_anew(void **state)
{
    (void)state;
    sim_log_free(sim_kafka_log(s.kafka, TOPIC_INCIDENT_CLOSED, 0));
    ends_with("were already processed");
    s.options.accept_state_loss = true;
    engine_sim_restart(&s);
    assert_int_equal(engine_sim_work(&s), OK);
    for (int i = 0; i < 3; i++) engine_sim_close(&s, arena_printf(s.arena, "C%d-0", i).p);
    assert_int_equal(engine_sim_work(&s), OK);
    assert_int_equal(engine_sim_count(&s, TOPIC_TASKS, OPENED), 6);
}

/* Whether the topic is the same cannot be told from what comes behind it. */
static void a_mark_that_is_compacted_away_tells_nothing(void **state)
{
    (void)state;
    struct sim_log *log = sim_kafka_log(s.kafka, TOPIC_INCIDENT_CLOSED, 0);
    log->items[log->n - 1]->state = SIM_ABORTED;
    engine_sim_restart(&s);
    engine_sim_close(&s, "C-0");
    assert_int_equal(engine_sim_work(&s), OK);
    assert_int_equal(engine_sim_count(&s, TOPIC_TASKS, OPENED), 4);
}

/* ---- modes ---- */

static enum result no_resume(void *self, const struct position *positions, size_t n,
                             struct error *error)
{
    (void)self, (void)positions, (void)n, (void)error;
    return OK;
}

/* What a rebuild finds lost is not to be accepted by a worker's flag; and beside a worker the state is
 * later than the brokers' answer. */
static void a_restore_beside_a_worker(void **state)
{
    (void)state;
    sim_kafka_offset(s.kafka, TOPIC_INCIDENT_CLOSED, 0)->offset--;
    s.options.restore_only = true;
    engine_sim_restart(&s);
    s.client->input.resume = no_resume;
    for (int i = 0; i < 200 && engine_not_ready(s.engine); i++) {
        assert_int_not_equal(engine_step(s.engine, 0, &s.error), FATAL);
        s.clock.monotonic_ms += 10;
    }
    assert_null(engine_not_ready(s.engine));
    s.store->shards[0].checkpoint = state_of(0)->high + 7;
    engine_sim_restart(&s);
    s.client->input.resume = no_resume;
    ends_so("the topic was recreated or has lost its end");
    assert_null(strstr(s.error.text, "--accept-state-loss"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    log_setup(LOG_ERROR, false);
    const struct CMUnitTest tests[] = {
        TEST(an_offset_behind_the_state_is_passed_over),
        TEST(an_offset_before_the_state_is_a_loss),
        cmocka_unit_test_setup_teardown(a_strangers_offset_of_a_new_group, set_up_empty, tear_down),
        TEST(the_count_of_partitions_is_known_at_last),
        TEST(the_count_of_partitions_stands_in_the_state),
        TEST(entries_are_missing_that_nobody_has),
        TEST(a_cluster_without_a_name_is_not_another),
        TEST(a_position_of_anothers_shard),
        TEST(a_changelog_without_its_start_is_spoken_of),
        TEST(a_position_that_followup_state_spoils),
        TEST(deletions_are_deletions),
        TEST(an_input_that_ends_before_the_position_begins_anew),
        TEST(a_mark_that_is_compacted_away_tells_nothing),
        TEST(a_restore_beside_a_worker),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
