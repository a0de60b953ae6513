/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Kafka port against a real broker, whose address is in EPILOGUE_TEST_KAFKA (without it: exit
 * code 77, skipped). Each test has topics and a group of its own, so the broker can be anybody's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "kafka/lookup.h"
#include "kafka/topics.h"
#include "support/kafka_fixture.h"

static const char *bootstrap;
static struct fixture f;
static struct member *a, *b;

static void ignore(void *arg, const struct topics_finding *finding)
{
    (void)arg;
    (void)finding;
}

static void make_topics(const char *name)
{
    fixture_setup(&f, bootstrap, name);
    fixture_topics(&f, FIXTURE_PARTITIONS);
}

static int teardown(void **state)
{
    (void)state;
    member_free(a);
    member_free(b);
    a = b = NULL;
    fixture_teardown(&f);
    return 0;
}

/* ------------------------------------------------------------------ topics */

static size_t findings;
static char last_finding[1000];

static void remember(void *arg, const struct topics_finding *finding)
{
    (void)arg;
    if (finding->state != TOPICS_WRONG) return;
    findings++;
    snprintf(last_finding, sizeof last_finding, "%s: %s", finding->topic, finding->text);
}

static void test_topics(void **state)
{
    (void)state;
    struct error error;
    int32_t n;
    size_t wrong;
    fixture_setup(&f, bootstrap, "topics");
    assert_int_equal(topics_partitions(&f.config, &n, &error), FATAL);
    assert_non_null(strstr(error.text, "epilogue topics create"));
    assert_int_equal(topics_check(&f.config, 0, remember, NULL, &wrong, &error), OK);
    assert_int_equal(wrong, topic_end - 1);
    assert_int_equal(topics_create(&f.config, 3, -1, ignore, NULL, &error), OK);
    assert_int_equal(topics_create(&f.config, 5, -1, ignore, NULL, &error), OK);
    assert_int_equal(topics_partitions(&f.config, &n, &error), OK);
    assert_int_equal(n, 3);
    assert_int_equal(topics_check(&f.config, 0, remember, NULL, &wrong, &error), OK);
    assert_int_equal(wrong, 0);
    assert_int_equal(topics_check(&f.config, 5, remember, NULL, &wrong, &error), OK);
    assert_int_equal(wrong, topic_end - 1);
}

static void test_topics_wrong_settings(void **state)
{
    (void)state;
    struct error error;
    int32_t n;
    size_t wrong;
    make_topics("wrong");
    struct fixture other;
    fixture_setup(&other, bootstrap, "inputs");
    fixture_topics(&other, 2);
    /* An input topic where the log of tasks should be, and one of another partition count. */
    f.config.topics[TOPIC_TASKS] = f.config.topics[TOPIC_INCIDENT_CLOSED];
    f.config.topics[TOPIC_INCIDENT_CLOSED] = f.config.topics[TOPIC_REMINDERS];
    f.config.topics[TOPIC_REMINDERS] = f.config.topics[TOPIC_STATE];
    f.config.topics[TOPIC_STATE] = other.config.topics[TOPIC_STATE];
    assert_int_equal(topics_partitions(&f.config, &n, &error), FATAL);
    assert_non_null(strstr(error.text, "epilogue topics check"));
    findings = 0;
    assert_int_equal(topics_check(&f.config, 0, remember, NULL, &wrong, &error), OK);
    /* retention.ms and max.message.bytes, cleanup.policy, partitions */
    assert_true(findings == wrong && wrong == 4);
    assert_non_null(strstr(last_finding, "has 2 partitions"));
    fixture_teardown(&other);
}

static void test_topics_no_broker(void **state)
{
    (void)state;
    struct error error;
    int32_t n;
    fixture_setup(&f, "127.0.0.1:1", "nobody");
    assert_int_equal(topics_partitions(&f.config, &n, &error), RETRY);
    assert_non_null(strstr(error.text, "127.0.0.1:1"));
}

/* ------------------------------------------------------------------ consuming */

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

/* ------------------------------------------------------------------ transactions */

static int64_t committed(struct member *m, int32_t shard)
{
    return member_lookup(m, shard)->inputs[TOPIC_INCIDENT_CLOSED].committed;
}

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

/* A producer that has put the offset of a shard's first input into a transaction, and ends nothing. */
static rd_kafka_t *open_transaction(int32_t shard, int64_t offset, const char *timeout_ms)
{
    char text[300];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", bootstrap, text, sizeof text);
    rd_kafka_conf_set(conf, "transactional.id", f.group, text, sizeof text);
    rd_kafka_conf_set(conf, "transaction.timeout.ms", timeout_ms, text, sizeof text);
    rd_kafka_t *other = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, f.names[TOPIC_INCIDENT_CLOSED], shard)->offset = offset;
    rd_kafka_consumer_group_metadata_t *nobody = rd_kafka_consumer_group_metadata_new(f.group);
    assert_null(rd_kafka_init_transactions(other, FIXTURE_MS));
    assert_null(rd_kafka_begin_transaction(other));
    rd_kafka_error_t *e = rd_kafka_send_offsets_to_transaction(other, list, nobody, FIXTURE_MS);
    if (e) fail_msg("%s", rd_kafka_error_string(e));
    rd_kafka_consumer_group_metadata_destroy(nobody);
    rd_kafka_topic_partition_list_destroy(list);
    return other;
}

static const struct lookup_answer *lookup_all(struct member *m)
{
    const int32_t shards[FIXTURE_PARTITIONS] = {0, 1, 2, 3};
    const struct lookup_answer *answer;
    struct timespec pause = {.tv_nsec = 1000000};
    assert_true(
        m->port->changelog->lookup_ask(m->port->changelog->self, shards, FIXTURE_PARTITIONS));
    assert_false(
        m->port->changelog->lookup_ask(m->port->changelog->self, shards, 1)); /* one at a time */
    while (!m->port->changelog->lookup_take(m->port->changelog->self, &answer))
        nanosleep(&pause, NULL);
    assert_false(m->port->changelog->lookup_take(m->port->changelog->self, &answer)); /* once */
    assert_int_equal(answer->result, OK);
    assert_int_equal(answer->n, FIXTURE_PARTITIONS);
    return answer;
}

static void test_offsets_wait_for_open_transaction(void **state)
{
    (void)state;
    int64_t end;
    make_topics("unstable");
    f.config.transaction_timeout_ms = 3000;
    a = member_new(&f, "a");
    member_join(a, FIXTURE_PARTITIONS);
    assert_int_equal(member_transaction(a, 0, 1, 5, &end), OK);
    for (int32_t p = 0; p < FIXTURE_PARTITIONS; p++) member_lookup(a, p);
    rd_kafka_t *other = open_transaction(0, 9, "3000");

    int64_t t0 = now_us();
    const struct lookup_answer *answer = lookup_all(a);
    print_message("lookup with an open transaction: %lld us: %s\n", (long long)(now_us() - t0),
                  answer->error.text);
    assert_non_null(strstr(answer->error.text, "shard 0"));
    for (int i = 0; i < FIXTURE_PARTITIONS; i++) {
        assert_int_equal(answer->shards[i].shard, i);
        assert_int_equal(answer->shards[i].settled, i != 0);
    }
    rd_kafka_destroy(other);
    for (int i = 0; i < 400 && !lookup_all(a)->shards[0].settled; i++) member_poll(a, 20);
    print_message("stable again after %lld ms\n", (long long)(now_us() - t0) / 1000);
    assert_int_equal(committed(a, 0), 5);
}

/* What a commit says of itself comes back; and an offset with another partition count is found
 * whoever asks, and for which shard. */
static void test_marks_of_offsets(void **state)
{
    (void)state;
    int64_t end;
    make_topics("marks");
    a = member_new(&f, "a");
    member_join(a, FIXTURE_PARTITIONS);
    assert_int_equal(member_transaction(a, 1, 1, 5, &end), OK); /* batch 0: no mark of ours */
    assert_false(lookup_all(a)->count_confirmed);
    struct position p = {TOPIC_INCIDENT_CLOSED, 1, 6};
    struct shard_commit part = {.shard = 1, .batch = 7, .checkpoint = 2};
    assert_int_equal(a->port->transaction->begin(a->port->transaction->self, &a->error), OK);
    assert_int_equal(member_produce(a, 1, 1), OK);
    assert_int_equal(member_commit(a, &p, 1, &part, 1), OK);
    for (int i = 0; i < 400 && !lookup_all(a)->shards[1].settled; i++) member_poll(a, 20);
    const struct lookup_answer *answer = lookup_all(a);
    const struct lookup_input *input = &answer->shards[1].inputs[TOPIC_INCIDENT_CLOSED];
    assert_true(answer->count_confirmed && input->ours);
    assert_int_equal(answer->other, 0);
    assert_int_equal(input->committed, 6);
    assert_int_equal(input->batch, 7);
    assert_int_equal(input->checkpoint, 2);
    assert_false(answer->shards[0].inputs[TOPIC_INCIDENT_CLOSED].ours);

    member_free(a);
    a = NULL;
    struct error error;
    struct lookup *l = lookup_new(&f.config, 2, &error); /* a worker that sees two partitions */
    const int32_t shard = 0;
    assert_non_null(l);
    assert_true(lookup_ask(l, &shard, 1));
    while (!lookup_take(l, &answer)) continue;
    assert_int_equal(answer->other, FIXTURE_PARTITIONS);
    assert_int_equal(answer->other_shard, 1);
    assert_int_equal(answer->other_topic, TOPIC_INCIDENT_CLOSED);
    lookup_free(l);
}

/* The high watermark for the changelog and the inputs, the last stable offset for `ends`. */
static void test_ends(void **state)
{
    (void)state;
    int64_t end;
    make_topics("ends");
    fixture_produce(&f, TOPIC_TASK_UPDATED, 2, 0, 30);
    a = member_new(&f, "a");
    b = member_new(&f, "b");
    member_join(a, FIXTURE_PARTITIONS);
    assert_int_equal(member_transaction(a, 2, 3, 10, &end), OK);
    assert_int_equal(b->port->transaction->begin(b->port->transaction->self, &b->error), OK);
    struct message message = {.topic = TOPIC_FORWARDED,
                              .partition = 2,
                              .timestamp = TIME_NONE,
                              .key = STR("k"),
                              .value = STR("v")};
    for (int i = 0; i < 300; i++) /* more than what is held back */
        assert_int_equal(
            b->port->transaction->produce(b->port->transaction->self, &message, &b->error), OK);
    const struct lookup_shard *found;
    int64_t limit = now_us() + FIXTURE_MS * 1000;
    do found = member_lookup(a, 2);
    while (found->inputs[TOPIC_FORWARDED].high < 300 && now_us() < limit);
    assert_int_equal(found->inputs[TOPIC_FORWARDED].high, 300);
    assert_int_equal(found->inputs[TOPIC_TASK_UPDATED].high, 30);
    assert_int_equal(found->inputs[TOPIC_TASK_UPDATED].low, 0);

    const int32_t shards[] = {2};
    const struct input_end *ends;
    struct timespec pause = {.tv_nsec = 1000000};
    size_t n;
    assert_true(a->port->input->ends_ask(a->port->input->self, shards, 1, true));
    while (!a->port->input->ends_take(a->port->input->self, &ends, &n)) nanosleep(&pause, NULL);
    assert_int_equal(n, 4);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(ends[i].shard, 2);
        assert_int_equal(ends[i].end, ends[i].topic == TOPIC_TASK_UPDATED ? 30 : 0);
    }
    assert_false(a->port->input->ends_take(a->port->input->self, &ends, &n));
    assert_int_equal(b->port->transaction->abort(b->port->transaction->self, &b->error), OK);
}

/* Nobody answers: that is said, and nobody waits for the thread. */
static void test_lookup_without_a_broker(void **state)
{
    (void)state;
    struct error error;
    const int32_t shard = 0;
    const struct lookup_answer *answer;
    fixture_setup(&f, "127.0.0.1:1", "away");
    struct lookup *l = lookup_new(&f.config, FIXTURE_PARTITIONS, &error);
    struct timespec pause = {.tv_nsec = 1000000};
    assert_non_null(l);
    assert_true(lookup_ask(l, &shard, 1));
    while (!lookup_take(l, &answer)) nanosleep(&pause, NULL);
    assert_int_equal(answer->result, RETRY);
    print_message("%s\n", answer->error.text);
    assert_non_null(strstr(answer->error.text, "127.0.0.1:1"));
    assert_true(lookup_ask(l, &shard, 1));
    nanosleep(&pause, NULL);
    int64_t t0 = now_us();
    lookup_free(l);
    assert_true(now_us() - t0 < 3000000);
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

/* ------------------------------------------------------------------ more than one worker */

static void test_same_instance_id_is_fenced(void **state)
{
    (void)state;
    int64_t end;
    make_topics("fence");
    a = member_new(&f, "same");
    member_join(a, FIXTURE_PARTITIONS);
    assert_int_equal(member_transaction(a, 0, 1, 1, &end), OK);
    assert_int_equal(a->port->transaction->begin(a->port->transaction->self, &a->error), OK);
    assert_int_equal(member_produce(a, 0, 1), OK);
    b = member_new(&f, "same");
    member_join(b, FIXTURE_PARTITIONS);
    struct position p = {TOPIC_INCIDENT_CLOSED, 0, 2};
    struct shard_commit part = {.shard = 0};
    enum result r = member_commit(a, &p, 1, &part, 1);
    print_message("zombie's commit: %s\n", a->error.text);
    assert_int_equal(r, FATAL);
    assert_non_null(strstr(a->error.text, "instance.id"));
    r = OK;
    for (int i = 0; i < 500 && r != FATAL; i++) r = member_poll(a, 20);
    print_message("zombie's poll: %s\n", a->error.text);
    assert_int_equal(r, FATAL);
    assert_non_null(strstr(a->error.text, "instance.id"));
    assert_int_equal(committed(b, 0), 1);
    assert_int_equal(member_transaction(b, 0, 1, 2, &end), OK);
}

/* Polls both until each has `n` shards. */
static void share(int n)
{
    int left = 0;
    int64_t t0 = now_us();
    do {
        assert_true(member_poll(a, 5) != FATAL && member_poll(b, 5) != FATAL);
        int of_a = 0, of_b = 0;
        for (int i = 0; i < FIXTURE_PARTITIONS; i++) {
            of_a += a->owned[i];
            of_b += b->owned[i];
        }
        left = of_a != n || of_b != FIXTURE_PARTITIONS - n;
    } while (left && now_us() - t0 < FIXTURE_MS * 1000);
    assert_false(left);
    print_message("shared after %lld ms\n", (long long)(now_us() - t0) / 1000);
}

/* One that has no use of its shards gives them up, in whichever form it is a member: the other has
 * them long before a session of two minutes is over. And it comes back, more than once. */
static void leaves_and_joins(const char *name, bool is_static)
{
    make_topics(name);
    f.config.session_timeout_ms = 120000;
    f.config.static_member = is_static;
    a = member_new(&f, "leaves");
    b = member_new(&f, "stays");
    share(FIXTURE_PARTITIONS / 2);
    for (int i = 0; i < 2; i++) {
        a->port->input->be_member(a->port->input->self, false);
        int64_t until = now_us() + 30000000;
        int of_b = 0;
        while (of_b < FIXTURE_PARTITIONS && now_us() < until) {
            assert_true(member_poll(a, 20) != FATAL && member_poll(b, 20) != FATAL);
            of_b = 0;
            for (int p = 0; p < FIXTURE_PARTITIONS; p++) of_b += b->owned[p];
        }
        assert_int_equal(of_b, FIXTURE_PARTITIONS);
        a->port->input->be_member(a->port->input->self, true);
        share(FIXTURE_PARTITIONS / 2);
    }
}

static void test_a_static_member_leaves_and_joins(void **state)
{
    (void)state;
    leaves_and_joins("leavestatic", true);
}

static void test_a_dynamic_member_leaves_and_joins(void **state)
{
    (void)state;
    leaves_and_joins("leavedynamic", false);
}

static void test_rebalance(void **state)
{
    (void)state;
    int64_t end;
    make_topics("rebalance");
    for (int32_t p = 0; p < FIXTURE_PARTITIONS; p++)
        fixture_produce(&f, TOPIC_INCIDENT_CLOSED, p, 0, 2000);
    a = member_new(&f, "a");
    member_join(a, FIXTURE_PARTITIONS);
    for (int32_t p = 0; p < FIXTURE_PARTITIONS; p++) {
        member_resume(a, p, 0);
        assert_int_equal(member_transaction(a, p, 1, 100 + p, &end), OK);
    }
    /* A transaction that is open while the shards go. */
    assert_int_equal(a->port->transaction->begin(a->port->transaction->self, &a->error), OK);
    b = member_new(&f, "b");
    share(2);
    assert_int_equal(a->revoked, 1);
    assert_int_equal(a->assigned, 2);
    member_clear(a);
    member_clear(b);
    int32_t lost = a->owned[0] ? 2 : 0, kept = a->owned[0] ? 0 : 2;
    struct position p = {TOPIC_INCIDENT_CLOSED, lost, 150};
    struct shard_commit part = {.shard = lost};
    assert_int_equal(member_commit(a, &p, 1, &part, 1), ABORT);
    assert_int_equal(a->port->transaction->abort(a->port->transaction->self, &a->error), OK);
    assert_int_equal(committed(b, lost), 100 + lost);
    assert_int_equal(member_transaction(a, kept, 1, 200, &end), OK);
    assert_int_equal(member_transaction(b, lost, 1, 200, &end), OK);
    for (int i = 0; i < 30; i++) {
        member_poll(a, 10);
        member_poll(b, 10);
    }
    assert_int_equal(a->records + b->records, 0); /* all are paused again */
    member_resume(b, lost, 200);
    member_await_records(b, 1800);
    assert_int_equal(b->first[TOPIC_INCIDENT_CLOSED][lost], 200);
    member_resume(a, kept, 200);
    member_await_records(a, 1800);
    assert_int_equal(a->first[TOPIC_INCIDENT_CLOSED][kept], 200);
}

/* A member that does not poll any more is taken for dead; its commit must not go through. */
static void test_slow_member_loses_its_shards(void **state)
{
    (void)state;
    make_topics("slow");
    struct property slow[] = {{"max.poll.interval.ms", "6000", "test", false}};
    f.config.transaction_timeout_ms = 60000; /* it is the group that has to refuse the commit */
    f.config.kafka_consumer = (struct property_list){slow, 1};
    a = member_new(&f, "a");
    b = member_new(&f, "b");
    member_join(a, FIXTURE_PARTITIONS);
    assert_int_equal(a->port->transaction->begin(a->port->transaction->self, &a->error), OK);
    assert_int_equal(member_produce(a, 0, 1), OK);
    member_join(b, FIXTURE_PARTITIONS); /* once a has not polled for its 6 s */
    struct position p = {TOPIC_INCIDENT_CLOSED, 0, 77};
    struct shard_commit part = {.shard = 0};
    enum result r = member_commit(a, &p, 1, &part, 1);
    print_message("slow member's commit: %d %s\n", r, a->error.text);
    assert_int_equal(r, ABORT);
    assert_int_equal(a->port->transaction->abort(a->port->transaction->self, &a->error), OK);
    assert_int_equal(committed(b, 0), -1);
    for (int i = 0; i < 100 && !a->revoked; i++) assert_int_equal(member_poll(a, 20), OK);
    assert_int_equal(a->revoked, 1);
}

/* ------------------------------------------------------------------ figures */

static int by_value(const void *x, const void *y)
{
    int64_t a_us = *(const int64_t *)x, b_us = *(const int64_t *)y;
    return a_us < b_us ? -1 : a_us > b_us;
}

static void test_figures(void **state)
{
    (void)state;
    enum { TIMES = 300 };
    static int64_t us[TIMES];
    int64_t end;
    make_topics("figures");
    a = member_new(&f, "a");
    member_join(a, FIXTURE_PARTITIONS);
    for (int i = 0; i < TIMES; i++) {
        int64_t t0 = now_us();
        assert_int_equal(member_transaction(a, i % 4, 1, i, &end), OK);
        us[i] = now_us() - t0;
    }
    qsort(us, TIMES, sizeof us[0], by_value);
    print_message("transaction of one record, back to back: p50 %lld us, p99 %lld us\n",
                  (long long)us[TIMES / 2], (long long)us[TIMES * 99 / 100]);
    for (int i = 0; i < TIMES; i++) {
        struct timespec pause = {.tv_nsec = 20000000};
        nanosleep(&pause, NULL);
        int64_t t0 = now_us();
        assert_int_equal(member_transaction(a, i % 4, 1, i, &end), OK);
        us[i] = now_us() - t0;
    }
    qsort(us, TIMES, sizeof us[0], by_value);
    print_message("transaction of one record, every 20 ms: p50 %lld us, p99 %lld us\n",
                  (long long)us[TIMES / 2], (long long)us[TIMES * 99 / 100]);
    enum { BIG = 5000 };
    int64_t t0 = now_us();
    for (int i = 0; i < 20; i++) assert_int_equal(member_transaction(a, i % 4, BIG, i, &end), OK);
    print_message("transactions of %d records: %lld records/s\n", BIG,
                  (long long)(20LL * BIG * 1000000 / (now_us() - t0)));
    t0 = now_us();
    size_t n = read_changelog(a, 0, 0, member_lookup(a, 0)->high);
    print_message("changelog: %zu records in %lld ms\n", n, (long long)(now_us() - t0) / 1000);
}

int main(void)
{
    bootstrap = getenv("EPILOGUE_TEST_KAFKA");
    if (!bootstrap) return 77;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_topics, teardown),
        cmocka_unit_test_teardown(test_topics_wrong_settings, teardown),
        cmocka_unit_test_teardown(test_topics_no_broker, teardown),
        cmocka_unit_test_teardown(test_resume_starts_at_the_position, teardown),
        cmocka_unit_test_teardown(test_records_are_whole, teardown),
        cmocka_unit_test_teardown(test_rewind_with_a_full_queue, teardown),
        cmocka_unit_test_teardown(test_position_beyond_the_end, teardown),
        cmocka_unit_test_teardown(test_deleted_topic, teardown),
        cmocka_unit_test_teardown(test_commit_and_abort, teardown),
        cmocka_unit_test_teardown(test_changelog_waits_for_open_transaction, teardown),
        cmocka_unit_test_teardown(test_changelogs_side_by_side, teardown),
        cmocka_unit_test_teardown(test_offsets_wait_for_open_transaction, teardown),
        cmocka_unit_test_teardown(test_marks_of_offsets, teardown),
        cmocka_unit_test_teardown(test_ends, teardown),
        cmocka_unit_test_teardown(test_lookup_without_a_broker, teardown),
        cmocka_unit_test_teardown(test_recover, teardown),
        cmocka_unit_test_teardown(test_same_instance_id_is_fenced, teardown),
        cmocka_unit_test_teardown(test_rebalance, teardown),
        cmocka_unit_test_teardown(test_a_static_member_leaves_and_joins, teardown),
        cmocka_unit_test_teardown(test_a_dynamic_member_leaves_and_joins, teardown),
        cmocka_unit_test_teardown(test_slow_member_loses_its_shards, teardown),
        cmocka_unit_test_teardown(test_figures, teardown),
    };
    cmocka_set_test_filter(getenv("EPILOGUE_TEST_FILTER"));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
