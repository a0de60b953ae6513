/* SPDX-License-Identifier: Apache-2.0 */
/* A shard is worked on only when the group's offsets, followup-state, the store and the inputs tell
 * the same story; what one of them has lost, another one shows. */
#include "engine_sim.h"

#include <stdlib.h>

#include "common/log.h"
#include "sim/sim_producer.h"

#define OPENED "epilogue.incident.opened.v1"
#define CREATED "epilogue.task.created.v1"

static struct engine_sim s;

/* Two incidents in each shard, all that follows from them is stored. */
static int set_up(void **state)
{
    (void)state;
    engine_sim_set_up(&s);
    engine_sim_close(&s, "A-0");
    engine_sim_close(&s, "B-0");
    engine_sim_close(&s, "A-1");
    engine_sim_close(&s, "B-1");
    return engine_sim_work(&s) != OK;
}

static int tear_down(void **state)
{
    (void)state;
    engine_sim_tear_down(&s);
    return 0;
}

/* Work goes on as if nothing had been: each incident is opened once, and takes another finding. */
static void goes_on(void)
{
    engine_sim_goes_on(&s, "A-0", "B-1", "G");
    assert_int_equal(engine_sim_count(&s, TOPIC_TASKS, OPENED), 4);
}

static void ends_with(const char *sentence)
{
    assert_int_equal(engine_sim_work(&s), FATAL);
    if (!strstr(s.error.text, sentence)) fail_msg("%s", s.error.text);
}

static struct sim_log *state_of(int32_t shard)
{
    return sim_kafka_log(s.kafka, TOPIC_STATE, shard);
}

static struct sim_offset *offset_of(int topic, int32_t shard)
{
    return sim_kafka_offset(s.kafka, topic, shard);
}

/* ---- the store ---- */

static void another_process_goes_on(void **state)
{
    (void)state;
    engine_sim_restart(&s);
    goes_on();
}

static void an_empty_store_is_filled(void **state)
{
    (void)state;
    struct sim_store *before = sim_store_copy(s.store);
    engine_sim_restart(&s);
    sim_store_lose(s.store, 0);
    sim_store_lose(s.store, 1);
    assert_int_equal(engine_sim_work(&s), OK);
    engine_sim_is_stored(&s, before);
    goes_on();
}

static void an_older_store_reads_the_rest(void **state)
{
    (void)state;
    struct sim_store *old = sim_store_copy(s.store);
    engine_sim_find(&s, "A-0", "H");
    engine_sim_find(&s, "A-1", "H");
    assert_int_equal(engine_sim_work(&s), OK);
    struct sim_store *before = sim_store_copy(s.store);
    sim_store_roll_back(s.store, old, 0);
    sim_store_roll_back(s.store, old, 1);
    sim_store_free(old);
    engine_sim_restart(&s);
    assert_int_equal(engine_sim_work(&s), OK);
    engine_sim_is_stored(&s, before);
    goes_on();
}

static void spoil(int32_t shard, const char *key)
{
    struct sim_entry *entry = sim_index_get(&s.store->shards[shard].by_key, 0, str_of(key));
    assert_non_null(entry);
    memset((char *)(uintptr_t)entry->value.p, '?', entry->value.n);
}

/* While a worker runs the watch finds it. */
static void a_loss_is_seen_without_a_record(void **state)
{
    (void)state;
    struct sim_store *before = sim_store_copy(s.store);
    sim_store_lose(s.store, 1);
    s.clock.monotonic_ms += 2000;
    assert_int_equal(engine_sim_work(&s), OK);
    engine_sim_is_stored(&s, before);
}

static void a_copy_that_lacks_an_entry_is_rebuilt(void **state)
{
    (void)state;
    struct sim_store *before = sim_store_copy(s.store);
    struct store_write gone = {.key = STR("A-0|f|F"), .wake_at = TIME_NONE};
    struct sim_store_shard *shard = &s.store->shards[0];
    assert_non_null(sim_index_get(&shard->by_key, 0, gone.key));
    struct store_apply apply = {.expected = shard->checkpoint,
                                .checkpoint = shard->checkpoint,
                                .stamp = shard->stamp,
                                .cluster = STR("cluster"),
                                .writes = &gone,
                                .n = 1};
    struct sim_store_client other;
    enum result result;
    sim_store_connect(s.store, &other);
    other.port.apply_start(&other, &apply, 1);
    assert_true(other.port.apply_take(&other, 0, &result, &s.error) && result == OK);
    engine_sim_restart(&s);
    assert_int_equal(engine_sim_work(&s), OK);
    engine_sim_is_stored(&s, before);
}

static void an_entry_that_cannot_be_read_is_read_again(void **state)
{
    (void)state;
    spoil(0, "A-0");
    goes_on();
}

static void a_store_ahead_of_the_changelog_is_left_alone(void **state)
{
    (void)state;
    s.store->shards[0].checkpoint = state_of(0)->high + 7;
    engine_sim_restart(&s);
    ends_with("the topic was recreated or has lost its end");
    assert_int_equal(s.store->shards[0].checkpoint, state_of(0)->high + 7);
    s.options.accept_state_loss = true;
    engine_sim_restart(&s);
    goes_on();
}

static void a_store_of_another_cluster_ends_the_worker(void **state)
{
    (void)state;
    memcpy(s.store->shards[1].cluster, "other", sizeof "other");
    engine_sim_restart(&s);
    ends_with("from Kafka cluster other");
}

/* Deletions that followed it may be compacted away. */
static void a_copy_that_is_too_old_is_rebuilt(void **state)
{
    (void)state;
    struct sim_store *old = sim_store_copy(s.store);
    old->shards[0].stamp -= 2 * DAY_MS;
    engine_sim_find(&s, "A-0", "H");
    assert_int_equal(engine_sim_work(&s), OK);
    struct sim_store *before = sim_store_copy(s.store);
    sim_store_roll_back(s.store, old, 0);
    sim_store_free(old);
    spoil(0, "B-0|f|F"); /* which nobody asks for */
    engine_sim_restart(&s);
    assert_int_equal(engine_sim_work(&s), OK);
    engine_sim_is_stored(&s, before);
}

static void a_copy_of_the_future_is_rebuilt(void **state)
{
    (void)state;
    struct sim_store *before = sim_store_copy(s.store);
    s.store->shards[0].stamp += 2 * HOUR_MS;
    spoil(0, "B-0|f|F");
    engine_sim_restart(&s);
    assert_int_equal(engine_sim_work(&s), OK);
    engine_sim_is_stored(&s, before);
}

static void a_position_that_cannot_be_read_is_read_again(void **state)
{
    (void)state;
    struct sim_store *before = sim_store_copy(s.store);
    spoil(1, "$position/1");
    engine_sim_restart(&s);
    assert_int_equal(engine_sim_work(&s), OK);
    engine_sim_is_stored(&s, before);
    goes_on();
}

/* ---- followup-state ---- */

static void without_what_follows_the_store_nothing_goes_on(void **state)
{
    (void)state;
    struct sim_store *old = sim_store_copy(s.store);
    engine_sim_find(&s, "A-0", "H");
    assert_int_equal(engine_sim_work(&s), OK);
    sim_store_roll_back(s.store, old, 0);
    sim_store_free(old);
    sim_log_trim(state_of(0), state_of(0)->high - 1);
    engine_sim_restart(&s);
    ends_with("followup-state no longer has what follows it");
}

static void an_entry_that_is_missing_is_counted(void **state)
{
    (void)state;
    struct sim_record *gone = state_of(0)->items[state_of(0)->first + 1];
    assert_false(state_key_is_position(gone->key));
    gone->state = SIM_ABORTED; /* nobody sees it any more */
    sim_store_lose(s.store, 0);
    engine_sim_restart(&s);
    ends_with("but its last batch counted");
}

static void a_record_that_cannot_be_read_is_named(void **state)
{
    (void)state;
    int64_t at = sim_kafka_append(s.kafka, &(struct message){.topic = TOPIC_STATE,
                                                             .timestamp = s.clock.now,
                                                             .key = STR("A-0"),
                                                             .value = STR("?")});
    sim_store_lose(s.store, 0);
    engine_sim_restart(&s);
    ends_with(arena_printf(s.arena, "followup-state/0 at offset %lld", (long long)at).p);
}

/* A worker that is gone has left it open in followup-state. */
static void what_a_restore_waits_for_is_said(void **state)
{
    (void)state;
    int32_t epoch;
    int64_t offset;
    struct sim_producer *other = sim_producer_register(s.kafka, "other", &epoch);
    struct message message = {.topic = TOPIC_STATE, .key = STR("A-0"), .value = STR("?")};
    s.kafka->options.transaction_timeout_ms = 30000;
    assert_int_equal(sim_producer_begin(s.kafka, other, epoch, &s.error), OK);
    assert_int_equal(sim_producer_produce(s.kafka, other, epoch, &message, &offset, &s.error), OK);
    engine_sim_restart(&s);
    for (int i = 0; i < 1500; i++) {
        assert_int_not_equal(engine_step(s.engine, 0, &s.error), FATAL);
        s.clock.monotonic_ms += 10;
    }
    assert_non_null(strstr(engine_not_ready(s.engine),
                           "waits for a transaction that is open in followup-state"));
    goes_on();
}

static void without_its_start_an_empty_store_stays_empty(void **state)
{
    (void)state;
    sim_log_trim(state_of(0), state_of(0)->low + 2);
    engine_sim_restart(&s);
    assert_int_equal(engine_sim_work(&s), OK); /* the store has all of it */
    sim_store_lose(s.store, 0);
    engine_sim_restart(&s);
    ends_with("followup-state/0 has lost");
}

static void a_changelog_that_lost_its_end_is_shown_by_the_offsets(void **state)
{
    (void)state;
    offset_of(TOPIC_INCIDENT_CLOSED, 1)->batch += 3;
    engine_sim_restart(&s);
    ends_with("followup-state/1 has lost its end");
}

static void what_it_takes_below_the_checkpoint_is_not_committed(void **state)
{
    (void)state;
    size_t before = engine_sim_count(&s, TOPIC_TASKS, CREATED);
    state_of(0)->high -= 5; /* as behind an unclean election */
    engine_sim_find(&s, "A-0", "H");
    ends_with("lost records");
    assert_int_equal(engine_sim_count(&s, TOPIC_TASKS, CREATED), before);
}

/* ---- the group's offsets ---- */

static void without_offsets_the_state_says_where_to_go_on(void **state)
{
    (void)state;
    for (int t = TOPIC_INCIDENT_CLOSED; t <= TOPIC_FORWARDED; t++)
        for (int32_t p = 0; p < SIM_SHARDS; p++)
            *offset_of(t, p) = (struct sim_offset){.offset = -1};
    engine_sim_restart(&s);
    goes_on();
}

static void a_strangers_offset_means_nothing(void **state)
{
    (void)state;
    *offset_of(TOPIC_INCIDENT_CLOSED, 0) = (struct sim_offset){.offset = 0};
    *offset_of(TOPIC_INCIDENT_CLOSED, 1) = (struct sim_offset){.offset = 99};
    engine_sim_restart(&s);
    goes_on();
}

static void another_partition_count_ends_the_worker(void **state)
{
    (void)state;
    offset_of(TOPIC_TASK_UPDATED, 1)->partitions = 3;
    engine_sim_restart(&s);
    ends_with("was at work with 3 partitions");
}

/* Of the worker before, which may still commit: its offsets are waited for. */
static void an_open_transaction_is_waited_for(void **state)
{
    (void)state;
    int32_t epoch;
    struct sim_producer *other = sim_producer_register(s.kafka, "other", &epoch);
    struct position position = {TOPIC_INCIDENT_CLOSED, 0, 1};
    s.kafka->options.transaction_timeout_ms = 5000;
    engine_sim_restart(&s);
    assert_int_equal(sim_producer_begin(s.kafka, other, epoch, &s.error), OK);
    other->positions = malloc(sizeof position);
    other->offsets = calloc(1, sizeof *other->offsets);
    other->positions[0] = position;
    other->offsets_n = other->offsets_cap = 1;
    for (int i = 0; i < 300; i++) {
        assert_int_not_equal(engine_step(s.engine, 0, &s.error), FATAL);
        s.clock.monotonic_ms += 10;
    }
    assert_non_null(strstr(engine_not_ready(s.engine), "shard 0: a transaction is open"));
    goes_on();
}

/* ---- the inputs ---- */

static void an_input_that_ends_before_the_position_ends_the_worker(void **state)
{
    (void)state;
    sim_log_free(sim_kafka_log(s.kafka, TOPIC_INCIDENT_CLOSED, 0));
    engine_sim_restart(&s);
    ends_with("were already processed (topic recreated or truncated)");
}

static void an_input_with_other_records_ends_the_worker(void **state)
{
    (void)state;
    sim_log_free(sim_kafka_log(s.kafka, TOPIC_INCIDENT_CLOSED, 0));
    for (int i = 0; i < 5; i++) engine_sim_close(&s, "C-0");
    engine_sim_restart(&s);
    ends_with("has another record at offset");
    s.options.accept_state_loss = true;
    engine_sim_restart(&s);
    assert_int_equal(engine_sim_work(&s), OK);
    assert_int_equal(engine_sim_count(&s, TOPIC_TASKS, OPENED), 5);
}

static void records_that_retention_took_are_passed_over(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++) engine_sim_find(&s, "A-0", "H");
    struct sim_log *log = sim_kafka_log(s.kafka, TOPIC_FINDING_UPDATED, 0);
    sim_log_trim(log, log->high);
    goes_on();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    log_setup(LOG_ERROR, false);
    const struct CMUnitTest tests[] = {
        TEST(another_process_goes_on),
        TEST(an_empty_store_is_filled),
        TEST(an_older_store_reads_the_rest),
        TEST(a_loss_is_seen_without_a_record),
        TEST(a_copy_that_lacks_an_entry_is_rebuilt),
        TEST(an_entry_that_cannot_be_read_is_read_again),
        TEST(a_store_ahead_of_the_changelog_is_left_alone),
        TEST(a_store_of_another_cluster_ends_the_worker),
        TEST(a_copy_that_is_too_old_is_rebuilt),
        TEST(a_copy_of_the_future_is_rebuilt),
        TEST(a_position_that_cannot_be_read_is_read_again),
        TEST(without_what_follows_the_store_nothing_goes_on),
        TEST(an_entry_that_is_missing_is_counted),
        TEST(a_record_that_cannot_be_read_is_named),
        TEST(what_a_restore_waits_for_is_said),
        TEST(without_its_start_an_empty_store_stays_empty),
        TEST(a_changelog_that_lost_its_end_is_shown_by_the_offsets),
        TEST(what_it_takes_below_the_checkpoint_is_not_committed),
        TEST(without_offsets_the_state_says_where_to_go_on),
        TEST(a_strangers_offset_means_nothing),
        TEST(another_partition_count_ends_the_worker),
        TEST(an_open_transaction_is_waited_for),
        TEST(an_input_that_ends_before_the_position_ends_the_worker),
        TEST(an_input_with_other_records_ends_the_worker),
        TEST(records_that_retention_took_are_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
