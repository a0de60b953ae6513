/* SPDX-License-Identifier: Apache-2.0 */
/* One worker on a real broker (support/kafka_workers.h): consuming, transactions, the changelog. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <time.h>

#include "support/kafka_workers.h"

/* ---- consuming ---- */

static void test_resume_starts_at_the_position(void **state)
{
    (void)state;
    make_topics("resume");
    fixture_produce(&f, TOPIC_INCIDENT_CLOSED, 1, 0, 100);
    a = member_new(&f, "a");
    member_join(a, FIXTURE_PARTITIONS);
    for (int i = 0; i < 20; i++) member_poll(a, 20);
    assert_int_equal(a->records, 0); /* paused until resume */
    assert_int_equal(a->ends, 0);
    member_resume(a, 1, 42);
    member_await_records(a, 58);
    assert_int_equal(a->first[TOPIC_INCIDENT_CLOSED][1], 42);
    assert_int_equal(a->last[TOPIC_INCIDENT_CLOSED][1], 99);
    for (int i = 0; i < 20; i++) member_poll(a, 20);
    assert_int_equal(a->ends, 4); /* all four inputs of the shard, no other */
}

static void test_records_are_whole(void **state)
{
    (void)state;
    make_topics("whole");
    fixture_produce(&f, TOPIC_TASK_UPDATED, 2, 7, 1);
    a = member_new(&f, "a");
    member_join(a, FIXTURE_PARTITIONS);
    member_resume(a, 2, 0);
    member_await_records(a, 1);
    for (size_t i = 0; i < a->n; i++) {
        const struct record *r = &a->events[i].record;
        if (a->events[i].type != KAFKA_RECORD) continue;
        assert_int_equal(r->topic, TOPIC_TASK_UPDATED);
        assert_int_equal(r->partition, 2);
        assert_int_equal(r->timestamp, f.start_ms + 7);
        assert_true(str_eq(r->key, STR("key")) && str_eq(r->value, STR("7")));
        assert_int_equal(r->headers_n, 2);
        assert_true(str_eq(r->headers[0].name, STR("n")) && str_eq(r->headers[0].value, STR("7")));
        assert_true(str_eq(r->headers[1].name, STR("none")));
        assert_null(r->headers[1].value.p);
    }
}

/* Positions thrown about while thousands of records are queued: none from before may come. */
static void test_rewind_with_a_full_queue(void **state)
{
    (void)state;
    make_topics("rewind");
    for (int32_t p = 0; p < FIXTURE_PARTITIONS; p++)
        fixture_produce(&f, TOPIC_INCIDENT_CLOSED, p, 0, 5000);
    a = member_new(&f, "a");
    member_join(a, FIXTURE_PARTITIONS);
    for (int32_t p = 0; p < FIXTURE_PARTITIONS; p++) member_resume(a, p, 0);
    srand(7);
    for (int i = 0; i < 200; i++) {
        int32_t p = rand() % FIXTURE_PARTITIONS;
        int64_t to = rand() % 4900;
        for (int polls = rand() % 4; polls > 0; polls--) member_poll(a, rand() % 3);
        if (rand() % 4 == 0) {
            a->port->input->pause(a->port->input->self, p, &a->error);
            size_t before = a->records;
            int64_t last = a->last[TOPIC_INCIDENT_CLOSED][p];
            for (int polls = rand() % 4; polls > 0; polls--) member_poll(a, rand() % 3);
            assert_int_equal(a->last[TOPIC_INCIDENT_CLOSED][p], last);
            assert_true(a->records >= before);
        }
        member_resume(a, p, to);
        a->first[TOPIC_INCIDENT_CLOSED][p] = a->last[TOPIC_INCIDENT_CLOSED][p] = -1;
        for (int64_t until = now_us() + FIXTURE_MS * 1000;
             a->first[TOPIC_INCIDENT_CLOSED][p] < 0 && now_us() < until;)
            member_poll(a, 5);
        assert_int_equal(a->first[TOPIC_INCIDENT_CLOSED][p], to);
    }
}

/* A log that is shorter than what was done already is another log. */
static void test_position_beyond_the_end(void **state)
{
    (void)state;
    make_topics("beyond");
    fixture_produce(&f, TOPIC_INCIDENT_CLOSED, 0, 0, 10);
    a = member_new(&f, "a");
    member_join(a, FIXTURE_PARTITIONS);
    member_resume(a, 0, 500);
    enum result r = OK;
    for (int i = 0; i < 200 && r != FATAL; i++) r = member_poll(a, 20);
    assert_int_equal(r, FATAL);
    assert_non_null(strstr(a->error.text, "/0 now ends at offset 10, but offsets below 500 were"));
}

static void delete_topic(const char *name)
{
    rd_kafka_queue_t *queue = rd_kafka_queue_new(f.client);
    rd_kafka_DeleteTopic_t *topic = rd_kafka_DeleteTopic_new(name);
    rd_kafka_DeleteTopics(f.client, &topic, 1, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, FIXTURE_MS);
    assert_non_null(event);
    assert_int_equal(rd_kafka_event_error(event), 0);
    rd_kafka_event_destroy(event);
    rd_kafka_DeleteTopic_destroy(topic);
    rd_kafka_queue_destroy(queue);
}

static void test_deleted_topic(void **state)
{
    (void)state;
    make_topics("deleted");
    a = member_new(&f, "a");
    member_join(a, FIXTURE_PARTITIONS);
    for (int32_t p = 0; p < FIXTURE_PARTITIONS; p++) member_resume(a, p, 0);
    delete_topic(f.names[TOPIC_TASK_UPDATED]);
    enum result r = OK;
    int64_t t0 = now_us();
    while (r != FATAL && now_us() - t0 < FIXTURE_MS * 1000) r = member_poll(a, 20);
    print_message("deleted topic noticed after %lld ms: %s\n", (long long)(now_us() - t0) / 1000,
                  a->error.text);
    assert_int_equal(r, FATAL);
    assert_non_null(strstr(a->error.text, f.names[TOPIC_TASK_UPDATED]));
    t0 = now_us();
    member_free(a);
    a = NULL;
    assert_true(now_us() - t0 < 3000000);
}

/* ---- transactions ---- */

/* Reads a shard's changelog to `until`; how many records it has. */
static size_t read_changelog(struct member *m, int32_t shard, int64_t from, int64_t until)
{
    struct changelog_record records[100];
    struct kafka_port *port = m->port;
    size_t total = 0, n;
    int64_t next = from;
    assert_int_equal(port->changelog->open(port->changelog->self, shard, from, &m->error), OK);
    for (int64_t limit = now_us() + FIXTURE_MS * 1000; next < until && now_us() < limit;) {
        int64_t before = next;
        assert_int_equal(
            port->changelog->read(port->changelog->self, records, 100, 20, &n, &m->error), OK);
        next = port->changelog->next(port->changelog->self, shard);
        assert_true(next >= before);
        for (size_t i = 0; i < n; i++) {
            assert_int_equal(records[i].shard, shard);
            assert_true(records[i].offset >= before);
        }
        total += n;
        member_poll(m, 0);
    }
    assert_int_equal(next, until);
    port->changelog->close(port->changelog->self, shard);
    return total;
}

static void test_commit_and_abort(void **state)
{
    (void)state;
    int64_t end;
    make_topics("commit");
    a = member_new(&f, "a");
    member_join(a, FIXTURE_PARTITIONS);
    assert_int_equal(committed(a, 2), -1);
    assert_int_equal(member_transaction(a, 2, 3, 10, &end), OK);
    assert_int_equal(end, 3);
    assert_int_equal(committed(a, 2), 10);
    assert_int_equal(member_transaction(a, 2, 0, 11, &end), OK); /* positions alone */
    assert_int_equal(end, -1);
    assert_int_equal(committed(a, 2), 11);

    assert_int_equal(a->port->transaction->begin(a->port->transaction->self, &a->error), OK);
    assert_int_equal(member_produce(a, 2, 5), OK);
    assert_int_equal(a->port->transaction->abort(a->port->transaction->self, &a->error), OK);
    assert_int_equal(committed(a, 2), 11);
    assert_int_equal(member_transaction(a, 2, 1, 12, &end), OK);
    assert_true(end >= 5); /* 3 records and a marker; the aborted 5 may have been written */
    const struct lookup_shard *found = member_lookup(a, 2);
    int64_t high = found->high;
    assert_int_equal(found->low, 0);
    assert_int_equal(high, end + 1); /* and the last marker */
    assert_int_equal(read_changelog(a, 2, 0, high), 4);
    assert_int_equal(read_changelog(a, 2, end, high), 0); /* the marker alone */
}

static void await_high(struct member *m, int32_t shard, int64_t high)
{
    for (int64_t limit = now_us() + FIXTURE_MS * 1000; now_us() < limit;)
        if (member_lookup(m, shard)->high == high) return;
    fail();
}

/* The end to wait for lies behind a transaction that is still open; reading stops before it. */
static void test_changelog_waits_for_open_transaction(void **state)
{
    (void)state;
    int64_t end;
    size_t n, seen = 0;
    struct changelog_record records[10];
    make_topics("open");
    a = member_new(&f, "a");
    b = member_new(&f, "b");
    member_join(a, FIXTURE_PARTITIONS);
    assert_int_equal(member_transaction(a, 0, 2, 1, &end), OK);
    assert_int_equal(b->port->transaction->begin(b->port->transaction->self, &b->error), OK);
    assert_int_equal(member_produce(b, 0, 3), OK);
    await_high(a, 0, 6);
    assert_int_equal(a->port->changelog->open(a->port->changelog->self, 0, 0, &a->error), OK);
    for (int i = 0; i < 50 || a->port->changelog->next(a->port->changelog->self, 0) < 3; i++) {
        assert_true(i < 1000);
        a->port->changelog->read(a->port->changelog->self, records, 10, 10, &n, &a->error);
        seen += n;
    }
    assert_int_equal(seen, 2);
    assert_int_equal(a->port->changelog->next(a->port->changelog->self, 0), 3);
    assert_int_equal(b->port->transaction->abort(b->port->transaction->self, &b->error), OK);
    for (int64_t limit = now_us() + FIXTURE_MS * 1000;
         a->port->changelog->next(a->port->changelog->self, 0) < 7 && now_us() < limit;) {
        a->port->changelog->read(a->port->changelog->self, records, 10, 10, &n, &a->error);
        seen += n;
    }
    assert_int_equal(seen, 2);
    /* past the aborted records and their marker */
    assert_int_equal(a->port->changelog->next(a->port->changelog->self, 0), 7);
    a->port->changelog->close(a->port->changelog->self, 0);
}

/* All shards at once, each from its own offset; one that is closed and opened again begins where it
 * is told, whatever was queued before. */
static void test_changelogs_side_by_side(void **state)
{
    (void)state;
    static struct changelog_record records[700];
    int64_t end, next[FIXTURE_PARTITIONS];
    size_t n, seen[FIXTURE_PARTITIONS] = {0};
    make_topics("beside");
    a = member_new(&f, "a");
    member_join(a, FIXTURE_PARTITIONS);
    for (int32_t p = 0; p < FIXTURE_PARTITIONS; p++) {
        for (int i = 0; i < 3; i++) assert_int_equal(member_transaction(a, p, 1000, 1, &end), OK);
        next[p] = p * 100;
        a->port->changelog->open(a->port->changelog->self, p, next[p], &a->error);
    }
    bool again = false;
    for (int64_t limit = now_us() + FIXTURE_MS * 1000; now_us() < limit;) {
        size_t left = 0;
        assert_int_equal(
            a->port->changelog->read(a->port->changelog->self, records, 700, 50, &n, &a->error),
            OK);
        for (size_t i = 0; i < n; i++) {
            assert_true(records[i].offset >= next[records[i].shard]);
            assert_true(records[i].offset <= next[records[i].shard] + 1); /* a marker between */
            next[records[i].shard] = records[i].offset + 1;
            seen[records[i].shard]++;
        }
        for (int32_t p = 0; p < FIXTURE_PARTITIONS; p++)
            left += a->port->changelog->next(a->port->changelog->self, p) < 3003;
        if (!again && seen[2] > 500) {
            a->port->changelog->close(a->port->changelog->self, 2);
            a->port->changelog->open(a->port->changelog->self, 2, 50, &a->error);
            next[2] = 50;
            seen[2] = 150;
            again = true;
        }
        if (!left) break;
    }
    assert_true(again);
    for (int32_t p = 0; p < FIXTURE_PARTITIONS; p++)
        assert_int_equal(seen[p] + (size_t)p * 100, 3000 + (p == 2 ? 300 : 0));
}

static void test_recover(void **state)
{
    (void)state;
    int64_t end;
    make_topics("recover");
    a = member_new(&f, "a");
    member_join(a, FIXTURE_PARTITIONS);
    assert_int_equal(member_transaction(a, 3, 2, 1, &end), OK);
    assert_int_equal(a->port->transaction->begin(a->port->transaction->self, &a->error), OK);
    assert_int_equal(member_produce(a, 3, 7), OK);
    int64_t t0 = now_us();
    assert_int_equal(a->port->transaction->recover(a->port->transaction->self, &a->error), OK);
    print_message("recover: %lld ms\n", (long long)(now_us() - t0) / 1000);
    assert_int_equal(committed(a, 3), 1);
    assert_int_equal(member_transaction(a, 3, 2, 2, &end), OK);
    assert_int_equal(read_changelog(a, 3, 0, end + 1), 4);
}

/* ---- markers that come alone ---- */

enum { LARGE_TIMES = 8, LARGE_STATE = 1300 * 1000, LARGE_INPUT = 400 * 1000 };

/* Transactions of one large record in followup-state and one in an input, which nothing makes smaller:
 * what fits into a fetch behind each of them is its transaction's marker, and no more. */
static void write_large(struct member *m)
{
    char *bytes = malloc(LARGE_STATE);
    assert_non_null(bytes);
    uint64_t r = 1;
    for (size_t i = 0; i < LARGE_STATE; i++) {
        r = r * 6364136223846793005U + 1442695040888963407U;
        bytes[i] = (char)(r >> 56);
    }
    const struct message messages[] = {
        {.topic = TOPIC_STATE, .timestamp = TIME_NONE, .key = STR("key"), {bytes, LARGE_STATE}},
        {.topic = TOPIC_FORWARDED, .timestamp = TIME_NONE, .key = STR("key"), {bytes, LARGE_INPUT}},
    };
    struct transaction_port *transaction = m->port->transaction;
    for (int i = 0; i < LARGE_TIMES; i++) {
        struct position position = {TOPIC_INCIDENT_CLOSED, 0, i};
        struct shard_commit part = {.shard = 0};
        assert_int_equal(transaction->begin(transaction->self, &m->error), OK);
        for (size_t k = 0; k < 2; k++)
            assert_int_equal(transaction->produce(transaction->self, &messages[k], &m->error), OK);
        assert_int_equal(member_commit(m, &position, 1, &part, 1), OK);
    }
    free(bytes);
}

/* A marker makes the library's queue full, and nobody is told when it was taken. Without being woken
 * the library of Debian 12 then fetches nothing for a second, of any partition: 100 reads of 10 ms. */
static void test_markers_alone_hold_up_nobody(void **state)
{
    (void)state;
    enum { WAIT_MS = 10, EMPTY_MAX = LARGE_TIMES * 30 };
    struct changelog_record record;
    int empty = 0;
    size_t n;
    make_topics("markers");
    a = member_new(&f, "a");
    member_join(a, FIXTURE_PARTITIONS);
    write_large(a);
    struct changelog_port *changelog = a->port->changelog;
    int64_t high = member_lookup(a, 0)->high;
    assert_int_equal(changelog->open(changelog->self, 0, 0, &a->error), OK);
    while (changelog->next(changelog->self, 0) < high) {
        assert_int_equal(changelog->read(changelog->self, &record, 1, WAIT_MS, &n, &a->error), OK);
        empty += n == 0;
        assert_in_range(empty, 0, EMPTY_MAX);
    }
    changelog->close(changelog->self, 0);

    member_resume(a, 0, 0);
    for (empty = 0; a->records < LARGE_TIMES;) {
        size_t before = a->records;
        member_poll(a, WAIT_MS);
        empty += a->records == before;
        assert_in_range(empty, 0, EMPTY_MAX);
    }
}

/* ---- turns ---- */

enum { BACKLOG = 60, FIRST_BACKLOGS = 3 };

/* On the first partitions record batches of which an answer holds one. */
static void write_backlogs(void)
{
    char *bytes = malloc(LARGE_INPUT);
    assert_non_null(bytes);
    memset(bytes, 'x', LARGE_INPUT);
    for (int32_t i = 0; i < BACKLOG * FIRST_BACKLOGS; i++)
        assert_int_equal(
            rd_kafka_producev(f.client, RD_KAFKA_V_TOPIC(f.names[TOPIC_FORWARDED]),
                              RD_KAFKA_V_PARTITION(i % FIRST_BACKLOGS), RD_KAFKA_V_KEY("key", 3),
                              RD_KAFKA_V_VALUE(bytes, LARGE_INPUT),
                              RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END),
            0);
    assert_int_equal(rd_kafka_flush(f.client, FIXTURE_MS), 0);
    free(bytes);
}

/* A publisher that does not end its transaction: there is something behind it, and nothing comes. */
static rd_kafka_t *begin_and_wait(int32_t partition)
{
    char text[300];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", f.config.bootstrap_servers, text, sizeof text);
    rd_kafka_conf_set(conf, "transactional.id", f.group, text, sizeof text);
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    assert_non_null(rk);
    assert_null(rd_kafka_init_transactions(rk, FIXTURE_MS));
    assert_null(rd_kafka_begin_transaction(rk));
    assert_int_equal(rd_kafka_producev(rk, RD_KAFKA_V_TOPIC(f.names[TOPIC_FORWARDED]),
                                       RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_VALUE("x", 1),
                                       RD_KAFKA_V_END),
                     0);
    assert_int_equal(rd_kafka_flush(rk, FIXTURE_MS), 0);
    return rk;
}

/* A broker gives one large batch an answer, and librdkafka asks for the same partition first. */
static void test_backlogs_have_turns(void **state)
{
    (void)state;
    make_topics("turns");
    write_backlogs();
    rd_kafka_t *open = begin_and_wait(FIXTURE_PARTITIONS - 1);
    a = member_new(&f, "a");
    member_join(a, FIXTURE_PARTITIONS);
    for (int32_t p = 0; p < FIXTURE_PARTITIONS; p++) member_resume(a, p, 0);
    int64_t least, most;
    do {
        struct timespec work = {.tv_nsec = 20000000};
        nanosleep(&work, NULL);
        assert_int_not_equal(member_poll(a, 5), FATAL);
        least = most = a->last[TOPIC_FORWARDED][0];
        for (int32_t p = 1; p < FIRST_BACKLOGS; p++) {
            int64_t last = a->last[TOPIC_FORWARDED][p];
            least = last < least ? last : least;
            most = last > most ? last : most;
        }
    } while (most < BACKLOG - 1);
    assert_in_range(least, BACKLOG / 4, BACKLOG);
    member_await_records(a, (size_t)BACKLOG * FIRST_BACKLOGS);
    rd_kafka_destroy(open);
}

/* ---- figures ---- */

static int by_value(const void *x, const void *y)
{
    int64_t a_us = *(const int64_t *)x, b_us = *(const int64_t *)y;
    return a_us < b_us ? -1 : a_us > b_us;
}

static void test_figures(void **state)
{
    (void)state;
    enum { TIMES_MAX = 300 };
    static int64_t us[TIMES_MAX];
    int64_t end;
    const char *is_long = getenv("EPILOGUE_TEST_LONG");
    bool all = is_long && strcmp(is_long, "1") == 0; /* a minute; else the same path, a few times */
    int times = all ? TIMES_MAX : 10, big_times = all ? 20 : 2;
    make_topics("figures"); /* which teardown ends */
    a = member_new(&f, "a");
    member_join(a, FIXTURE_PARTITIONS);
    for (int i = 0; i < times; i++) {
        int64_t t0 = now_us();
        assert_int_equal(member_transaction(a, i % 4, 1, i, &end), OK);
        us[i] = now_us() - t0;
    }
    qsort(us, (size_t)times, sizeof us[0], by_value);
    print_message("transaction of one record, back to back: p50 %lld us, p99 %lld us\n",
                  (long long)us[times / 2], (long long)us[times * 99 / 100]);
    for (int i = 0; i < times; i++) {
        struct timespec pause = {.tv_nsec = 20000000};
        nanosleep(&pause, NULL);
        int64_t t0 = now_us();
        assert_int_equal(member_transaction(a, i % 4, 1, i, &end), OK);
        us[i] = now_us() - t0;
    }
    qsort(us, (size_t)times, sizeof us[0], by_value);
    print_message("transaction of one record, every 20 ms: p50 %lld us, p99 %lld us\n",
                  (long long)us[times / 2], (long long)us[times * 99 / 100]);
    enum { BIG = 5000 };
    int64_t t0 = now_us();
    for (int i = 0; i < big_times; i++)
        assert_int_equal(member_transaction(a, i % 4, BIG, i, &end), OK);
    print_message("transactions of %d records: %lld records/s\n", BIG,
                  (long long)((int64_t)big_times * BIG * 1000000 / (now_us() - t0)));
    t0 = now_us();
    size_t n = read_changelog(a, 0, 0, member_lookup(a, 0)->high);
    /* Every fourth transaction was of shard 0. */
    size_t expected = 2 * (size_t)((times + 3) / 4) + (size_t)((big_times + 3) / 4) * BIG;
    assert_int_equal(n, expected);
    print_message("changelog: %zu records in %lld ms\n", n, (long long)(now_us() - t0) / 1000);
}

int main(void)
{
    if (!find_broker()) return NO_BROKER;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_resume_starts_at_the_position, teardown),
        cmocka_unit_test_teardown(test_records_are_whole, teardown),
        cmocka_unit_test_teardown(test_rewind_with_a_full_queue, teardown),
        cmocka_unit_test_teardown(test_position_beyond_the_end, teardown),
        cmocka_unit_test_teardown(test_deleted_topic, teardown),
        cmocka_unit_test_teardown(test_commit_and_abort, teardown),
        cmocka_unit_test_teardown(test_changelog_waits_for_open_transaction, teardown),
        cmocka_unit_test_teardown(test_changelogs_side_by_side, teardown),
        cmocka_unit_test_teardown(test_recover, teardown),
        cmocka_unit_test_teardown(test_markers_alone_hold_up_nobody, teardown),
        cmocka_unit_test_teardown(test_backlogs_have_turns, teardown),
        cmocka_unit_test_teardown(test_figures, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
