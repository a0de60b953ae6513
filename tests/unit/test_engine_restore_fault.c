/* SPDX-License-Identifier: Apache-2.0 */
/* Each call of a restore fails once, or somebody else moves between two of them: it begins again, and
 * comes to the same end. */
#include "engine_sim.h"

#include "common/log.h"
#include "engine/internal.h"

#define WISH "the test's fault"

static struct engine_sim s;

/* What happens at the call behind the next `left` ones of this kind; FAULT_NONE: nothing. */
enum fault_kind {
    FAULT_NONE,
    FAULT_LOAD,
    FAULT_APPLY,
    FAULT_OPEN,
    FAULT_READ,
    FAULT_ANSWER,
    FAULT_RESUME,
    FAULT_ASK
};
static struct fault {
    enum fault_kind kind;
    int left;
    enum result result; /* OK: instead of a failure: */
    void (*happens)(void);
    bool is_between; /* the brokers have to be asked again before anything else */
} fault;
static struct input_port input; /* behind the faults */
static struct changelog_port changelog;
static struct store_port store;
static struct kafka_event told; /* by the next poll; no shards: nothing */
static bool holds_changelog, holds_answer;
static int closed, asked;
static bool moved;   /* the store: what was known of it holds no more */
static size_t piece; /* records of a poll and of a read; 0: as many as there are */
static bool is_applying;
static int beside; /* reads that gave something during an apply */

static enum result strike(enum fault_kind kind, struct error *error)
{
    if (fault.kind != kind || fault.left-- > 0) return OK;
    fault.kind = FAULT_NONE;
    if (fault.happens) fault.happens();
    moved = fault.is_between;
    return fault.result == OK ? OK : error_set(error, fault.result, WISH);
}

static enum result poll(void *self, struct kafka_event *events, size_t max, int timeout_ms,
                        size_t *n, struct error *error)
{
    if (!told.shards_n) return input.poll(self, events, max, timeout_ms, n, error);
    events[0] = told;
    told.shards_n = 0;
    *n = 1;
    return OK;
}

static enum result resume(void *self, const struct position *positions, size_t n,
                          struct error *error)
{
    enum result result = strike(FAULT_RESUME, error);
    assert_false(moved);
    return result != OK ? result : input.resume(self, positions, n, error);
}

static bool lookup_ask(void *self, const int32_t *shards, size_t n)
{
    struct error ignored;
    asked++;
    moved = false;
    return strike(FAULT_ASK, &ignored) == OK && changelog.lookup_ask(self, shards, n);
}

static bool lookup_take(void *self, const struct lookup_answer **answer)
{
    static struct lookup_answer failed;
    if (holds_answer || !changelog.lookup_take(self, answer)) return false;
    failed = (struct lookup_answer){.result = strike(FAULT_ANSWER, &failed.error)};
    if (failed.result == OK) return true;
    error_set(&failed.error, failed.result, WISH);
    *answer = &failed;
    return true;
}

static enum result open(void *self, int32_t shard, int64_t from, struct error *error)
{
    enum result result = strike(FAULT_OPEN, error);
    assert_false(moved);
    return result != OK ? result : changelog.open(self, shard, from, error);
}

static enum result read(void *self, struct changelog_record *records, size_t max, int timeout_ms,
                        size_t *n, struct error *error)
{
    *n = 0;
    assert_false(moved);
    if (holds_changelog) return OK;
    enum result result = strike(FAULT_READ, error);
    if (result == OK) result = changelog.read(self, records, max, timeout_ms, n, error);
    beside += is_applying && *n;
    return result;
}

static void close(void *self, int32_t shard)
{
    closed++;
    changelog.close(self, shard);
}

static enum result load(void *self, struct arena *arena, struct store_load *loads, size_t n,
                        struct error *error)
{
    enum result result = strike(FAULT_LOAD, error);
    return result != OK ? result : store.load(self, arena, loads, n, error);
}

static void apply_start(void *self, struct store_apply *applies, size_t n)
{
    struct error ignored;
    if (fault.result == OK) (void)strike(FAULT_APPLY, &ignored);
    store.apply_start(self, applies, n);
    is_applying = true;
}

static bool apply_take(void *self, int wait_ms, enum result *result, struct error *error)
{
    if (!store.apply_take(self, wait_ms, result, error)) return false;
    is_applying = false;
    enum result struck = fault.result == OK ? OK : strike(FAULT_APPLY, error);
    if (struck != OK) *result = struck;
    return true;
}

/* Another process in its place, with a store that has lost these shards. */
static void restart(bool lost)
{
    for (int32_t i = 0; lost && i < SIM_SHARDS; i++) sim_store_lose(s.store, i);
    engine_sim_restart(&s);
    input = s.client->input;
    changelog = s.client->changelog;
    store = s.store_client.port;
    s.client->input.poll = poll;
    s.client->input.resume = resume;
    s.client->changelog.lookup_ask = lookup_ask;
    s.client->changelog.lookup_take = lookup_take;
    s.client->changelog.open = open;
    s.client->changelog.read = read;
    s.client->changelog.close = close;
    s.store_client.port.load = load;
    s.store_client.port.apply_start = apply_start;
    s.store_client.port.apply_take = apply_take;
    s.client->poll_max = piece;
    asked = closed = beside = 0;
    moved = false;
}

static int set_up(void **state)
{
    (void)state;
    engine_sim_set_up(&s);
    fault = (struct fault){.kind = FAULT_NONE};
    told.shards_n = 0;
    holds_changelog = holds_answer = false;
    piece = 0;
    for (int i = 0; i < 4; i++) {
        const char *id = arena_printf(s.arena, "%c-%d", 'A' + i / 2, i % 2).p;
        engine_sim_put(&s, TOPIC_INCIDENT_CLOSED, id,
                       arena_printf(s.arena,
                                    "{\"incident_id\":\"%s\",\"closed_at\":\"2026-11-01\","
                                    "\"findings\":[{\"finding_id\":\"F\"}]}",
                                    id)
                           .p);
    }
    return engine_sim_work(&s) != OK;
}

static int tear_down(void **state)
{
    (void)state;
    engine_sim_tear_down(&s);
    return 0;
}

static void is_whole(struct sim_store *expected)
{
    static int n; /* another finding each time */
    engine_sim_is_stored(&s, expected);
    engine_sim_goes_on(&s, "A-0", "A-1", arena_printf(s.arena, "G%d", n++).p);
}

/* At its call of this kind behind `n` others; false: there were no more. */
static bool survives_at(enum fault_kind kind, int n, enum result result)
{
    struct sim_store *before = sim_store_copy(s.store);
    restart(true);
    fault = (struct fault){.kind = kind, .left = n, .result = result};
    for (int i = 0; i < 100 && engine_not_ready(s.engine); i++) {
        assert_int_not_equal(engine_step(s.engine, 0, &s.error), FATAL);
        s.clock.monotonic_ms += 10;
    }
    bool struck = fault.kind == FAULT_NONE;
    fault.kind = FAULT_NONE;
    assert_int_equal(engine_sim_work(&s), OK);
    is_whole(before);
    return struck;
}

/* At each of its calls, one after the other; how many there were. */
static int survives(enum fault_kind kind, enum result result)
{
    int n = 0;
    while (survives_at(kind, n, result)) assert_true(n++ < 50);
    return n;
}

static void a_store_that_fails(void **state)
{
    (void)state;
    assert_true(survives(FAULT_LOAD, RETRY) >= 2);
    assert_true(survives(FAULT_APPLY, RETRY) >= 2);
}

/* Between two pieces, too. */
static void a_store_that_fails_in_the_middle(void **state)
{
    (void)state;
    piece = 3;
    for (int n = 0; n < 5; n++) {
        assert_true(survives_at(FAULT_APPLY, n, RETRY));
        assert_true(survives_at(FAULT_READ, n, RETRY));
    }
}

static void a_store_that_takes_its_time(void **state)
{
    (void)state;
    struct sim_store *before = sim_store_copy(s.store);
    restart(true);
    s.store_client.late = 3;
    assert_int_equal(engine_sim_work(&s), OK);
    is_whole(before);
}

static void brokers_that_fail(void **state)
{
    (void)state;
    assert_true(survives(FAULT_OPEN, RETRY) >= SIM_SHARDS);
    assert_true(survives(FAULT_READ, RETRY) >= 1);
    assert_true(survives(FAULT_RESUME, RETRY) >= 1);
    assert_true(survives(FAULT_ANSWER, RETRY) >= 1);
    assert_true(survives(FAULT_ASK, RETRY) >= 1); /* a question is still open */
}

/* A shard is not ours any more, which the poll behind it says. */
static void a_shard_that_goes_before_it_is_resumed(void **state)
{
    (void)state;
    assert_true(survives(FAULT_RESUME, ABORT) >= 1);
    restart(true);
    fault = (struct fault){.kind = FAULT_RESUME, .result = ABORT};
    for (int i = 0; i < 20 && fault.kind; i++)
        assert_int_equal(engine_step(s.engine, 0, &s.error), OK);
    assert_int_equal(s.engine->next_retry_ms, 0); /* no failure that is waited for */
}

static void ends_at(enum fault_kind kind)
{
    restart(true);
    fault = (struct fault){.kind = kind, .result = FATAL};
    assert_int_equal(engine_sim_work(&s), FATAL);
    assert_string_equal(s.error.text, WISH);
}

static void what_is_fatal_ends_the_worker(void **state)
{
    (void)state;
    for (enum fault_kind kind = FAULT_LOAD; kind <= FAULT_RESUME; kind++) ends_at(kind);
}

static void brokers_that_do_not_answer_are_named(void **state)
{
    (void)state;
    restart(false);
    fault = (struct fault){.kind = FAULT_ANSWER, .result = RETRY};
    for (int i = 0; i < 20 && fault.kind; i++) {
        assert_int_not_equal(engine_step(s.engine, 0, &s.error), FATAL);
        s.clock.monotonic_ms += 10;
    }
    assert_string_equal(engine_not_ready(s.engine), "restoring shards: " WISH);
}

/* ---- somebody else moves ---- */

static void lose_again(void)
{
    for (int32_t i = 0; i < SIM_SHARDS; i++) sim_store_lose(s.store, i);
}

static void touch(void)
{
    for (int32_t i = 0; i < SIM_SHARDS; i++) s.store->shards[i].checkpoint = 1;
}

static void spoil(void)
{
    struct sim_entry *entry = sim_index_get(&s.store->shards[0].by_key, 0, STR("$position/0"));
    memset((char *)(uintptr_t)entry->value.p, '?', entry->value.n);
}

static void a_position_that_is_spoilt_meanwhile(void **state)
{
    (void)state;
    struct sim_store *before = sim_store_copy(s.store);
    restart(false);
    fault = (struct fault){.kind = FAULT_LOAD, .left = 1, .happens = spoil};
    assert_int_equal(engine_sim_work(&s), OK);
    assert_int_equal(fault.kind, FAULT_NONE);
    is_whole(before);
}

static void (*const moves[])(void) = {lose_again, touch};

static void survives_a_move(struct fault move)
{
    struct sim_store *before = sim_store_copy(s.store);
    restart(true);
    fault = move;
    assert_int_equal(engine_sim_work(&s), OK);
    fault.kind = FAULT_NONE;
    assert_true(asked > 0);
    is_whole(before);
}

/* Before the shard is cleared, before a piece is written, and before it is compared. */
static void a_store_that_moves_meanwhile(void **state)
{
    (void)state;
    static const enum fault_kind kinds[] = {FAULT_APPLY, FAULT_LOAD};
    for (int m = 0; m < 2; m++)
        for (int k = 0; k < 2; k++)
            for (int n = 0; n < 4; n++)
                survives_a_move((struct fault){kinds[k], n, OK, moves[m],
                                               n == 1 || (n == 0 && k == 0 && m == 1)});
}

/* Which is not written where it has moved. */
static void more_is_read_while_the_store_takes_some(void **state)
{
    (void)state;
    struct sim_store *before = sim_store_copy(s.store);
    piece = 3;
    restart(true);
    assert_int_equal(engine_sim_work(&s), OK);
    assert_true(beside >= 2);
    is_whole(before);
    for (int n = 1; n < 10; n++)
        survives_a_move((struct fault){FAULT_APPLY, n, OK, moves[n % 2], false});
}

static void tell(enum kafka_event_type type)
{
    static const int32_t all[SIM_SHARDS] = {0, 1};
    told = (struct kafka_event){.type = type, .shards = all, .shards_n = SIM_SHARDS};
    assert_int_not_equal(engine_step(s.engine, 0, &s.error), FATAL);
}

static void all_are(enum shard_phase phase)
{
    for (int i = 0; i < 30; i++)
        if (s.engine->shards[0].phase != phase)
            assert_int_not_equal(engine_step(s.engine, 0, &s.error), FATAL);
    for (int32_t i = 0; i < SIM_SHARDS; i++) assert_int_equal(s.engine->shards[i].phase, phase);
}

static void revoked_while_it_reads(void **state)
{
    (void)state;
    struct sim_store *before = sim_store_copy(s.store);
    restart(true);
    holds_changelog = true;
    all_are(SHARD_READS_CHANGELOG);
    tell(KAFKA_REVOKED);
    all_are(SHARD_NOT_OURS);
    assert_int_equal(closed, SIM_SHARDS);
    holds_changelog = false;
    tell(KAFKA_ASSIGNED);
    assert_int_equal(engine_sim_work(&s), OK);
    is_whole(before);
}

/* Of two shards that were asked for one goes, and comes again. */
static void one_is_revoked_while_it_asks(void **state)
{
    (void)state;
    static const int32_t one[] = {1};
    struct sim_store *before = sim_store_copy(s.store);
    restart(true);
    holds_answer = true;
    all_are(SHARD_WAITS_FOR_BROKERS);
    told = (struct kafka_event){.type = KAFKA_REVOKED, .shards = one, .shards_n = 1};
    assert_int_not_equal(engine_step(s.engine, 0, &s.error), FATAL);
    holds_answer = false;
    for (int i = 0; i < 30; i++) assert_int_equal(engine_step(s.engine, 0, &s.error), OK);
    assert_int_equal(s.engine->shards[0].phase, SHARD_ACTIVE);
    assert_int_equal(s.engine->shards[1].phase, SHARD_NOT_OURS);
    told = (struct kafka_event){.type = KAFKA_ASSIGNED, .shards = one, .shards_n = 1};
    assert_int_equal(engine_sim_work(&s), OK);
    is_whole(before);
}

/* What Kafka refused is not over because the shard is restored, but with its next batch. */
static void a_hindered_shard_stays_so_until_it_writes(void **state)
{
    (void)state;
    struct sim_store *before = sim_store_copy(s.store);
    restart(false);
    holds_answer = true;
    all_are(SHARD_WAITS_FOR_BROKERS);
    s.engine->shards[0].is_hindered = true;
    s.engine->shards[0].hindered_until_ms = s.clock.monotonic_ms;
    s.engine->shards[0].condition = WISH;
    holds_answer = false;
    all_are(SHARD_ACTIVE);
    assert_true(s.engine->shards[0].is_hindered);
    assert_string_equal(engine_not_ready(s.engine), WISH);
    is_whole(before);
    assert_false(s.engine->shards[0].is_hindered);
}

/* One shard begins again, and again; the other one works on. */
static void a_restore_that_fails_beside_a_shard_at_work(void **state)
{
    (void)state;
    struct sim_store *before = sim_store_copy(s.store);
    restart(false);
    assert_int_equal(engine_sim_work(&s), OK);
    sim_store_lose(s.store, 1);
    fault = (struct fault){.kind = FAULT_OPEN, .result = RETRY};
    s.clock.monotonic_ms += 2000; /* the watch finds it */
    for (int i = 0; i < 10 && fault.kind; i++)
        assert_int_equal(engine_step(s.engine, 0, &s.error), OK);
    assert_int_equal(fault.kind, FAULT_NONE);
    assert_int_equal(s.engine->shards[0].phase, SHARD_ACTIVE);
    assert_int_equal(s.engine->shards[1].phase, SHARD_WAITS_FOR_BROKERS);
    assert_int_equal(engine_sim_work(&s), OK);
    is_whole(before);
}

/* An answer to a question of an earlier ownership says nothing of this one. */
static void revoked_while_it_asks(void **state)
{
    (void)state;
    struct sim_store *before = sim_store_copy(s.store);
    restart(true);
    holds_answer = true;
    all_are(SHARD_WAITS_FOR_BROKERS);
    tell(KAFKA_REVOKED);
    holds_answer = false;
    assert_int_not_equal(engine_step(s.engine, 0, &s.error), FATAL);
    all_are(SHARD_NOT_OURS);
    tell(KAFKA_ASSIGNED);
    tell(KAFKA_REVOKED); /* asked once more, and not answered */
    holds_answer = true;
    tell(KAFKA_ASSIGNED);
    all_are(SHARD_WAITS_FOR_BROKERS);
    holds_answer = false;
    assert_int_equal(engine_sim_work(&s), OK);
    is_whole(before);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    log_setup(LOG_ERROR, false);
    const struct CMUnitTest tests[] = {
        TEST(a_store_that_fails),
        TEST(a_store_that_fails_in_the_middle),
        TEST(a_store_that_takes_its_time),
        TEST(brokers_that_fail),
        TEST(a_shard_that_goes_before_it_is_resumed),
        TEST(what_is_fatal_ends_the_worker),
        TEST(brokers_that_do_not_answer_are_named),
        TEST(a_position_that_is_spoilt_meanwhile),
        TEST(a_store_that_moves_meanwhile),
        TEST(more_is_read_while_the_store_takes_some),
        TEST(revoked_while_it_reads),
        TEST(one_is_revoked_while_it_asks),
        TEST(a_hindered_shard_stays_so_until_it_writes),
        TEST(a_restore_that_fails_beside_a_shard_at_work),
        TEST(revoked_while_it_asks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
