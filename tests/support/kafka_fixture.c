/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kafka/topics.h"
#include "kafka_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* A report without error and without offset is a guess. */
static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque)
{
    (void)rk, (void)opaque;
    if (m->err || m->offset < 0) fail_msg("a record has not arrived: %s", rd_kafka_err2str(m->err));
}

void fixture_setup(struct fixture *f, const char *bootstrap, const char *name)
{
    memset(f, 0, sizeof *f);
    long long unique = (long long)time(NULL) * 100000 + getpid() % 100000;
    snprintf(f->group, sizeof f->group, "%s-%lld", name, unique);
    for (int t = 1; t < topic_end; t++) {
        struct str contract = topic_name(t);
        snprintf(f->names[t], sizeof f->names[t], "%s-%.*s", f->group, STR_ARG(contract));
        f->config.topics[t] = str_of(f->names[t]);
    }
    f->start_ms = (int64_t)time(NULL) * 1000;
    f->config.bootstrap_servers = bootstrap;
    f->config.group_id = f->group;
    f->config.instance_id = "worker-1";
    f->config.static_member = true;
    f->config.session_timeout_ms = 6000;
    f->config.transaction_timeout_ms = 10000;

    char text[300];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", bootstrap, text, sizeof text);
    rd_kafka_conf_set(conf, "linger.ms", "0", text, sizeof text);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    f->client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    assert_non_null(f->client);
}

static void ignore(void *arg, const struct topics_finding *finding)
{
    (void)arg;
    (void)finding;
}

void fixture_topics(const struct fixture *f, int32_t partitions)
{
    struct error error;
    if (topics_create(&f->config, partitions, 1, ignore, NULL, &error) != OK)
        fail_msg("%s", error.text);
}

void fixture_teardown(struct fixture *f)
{
    rd_kafka_destroy(f->client);
}

void fixture_produce(struct fixture *f, int topic, int32_t partition, int first, int n)
{
    for (int i = first; i < first + n; i++) {
        char text[20];
        int size = snprintf(text, sizeof text, "%d", i);
        rd_kafka_resp_err_t err = rd_kafka_producev(
            f->client, RD_KAFKA_V_TOPIC(f->names[topic]), RD_KAFKA_V_PARTITION(partition),
            RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY("key", 3),
            RD_KAFKA_V_VALUE(text, (size_t)size), RD_KAFKA_V_HEADER("n", text, size),
            RD_KAFKA_V_HEADER("none", NULL, -1), RD_KAFKA_V_TIMESTAMP(f->start_ms + i),
            RD_KAFKA_V_END);
        assert_int_equal(err, 0);
    }
    assert_int_equal(rd_kafka_flush(f->client, FIXTURE_MS), 0);
}

struct member *member_new(const struct fixture *f, const char *instance_id)
{
    struct member *m = calloc(1, sizeof *m);
    m->config = f->config;
    m->config.instance_id = instance_id;
    m->port = kafka_port_new(&m->config, FIXTURE_PARTITIONS, &m->error);
    if (!m->port) fail_msg("%s", m->error.text);
    m->port->input->be_member(m->port->input->self, true);
    member_clear(m);
    return m;
}

static void release(struct member *m)
{
    for (size_t i = 0; i < m->n; i++)
        if (m->events[i].type == KAFKA_RECORD)
            m->port->input->release(m->port->input->self, &m->events[i].record);
    m->n = 0;
}

void member_free(struct member *m)
{
    if (!m) return;
    release(m);
    kafka_port_free(m->port);
    free(m);
}

void member_clear(struct member *m)
{
    m->records = m->ends = m->out_of_range = 0;
    memset(m->last, -1, sizeof m->last);
    memset(m->first, -1, sizeof m->first);
}

static void see_record(struct member *m, const struct record *r)
{
    int64_t *last = &m->last[r->topic][r->partition];
    if (!m->owned[r->partition]) fail_msg("a record of a shard that is not ours");
    if (r->offset <= *last)
        fail_msg("offset %lld after %lld", (long long)r->offset, (long long)*last);
    if (*last < 0) m->first[r->topic][r->partition] = r->offset;
    *last = r->offset;
    m->records++;
}

enum result member_poll(struct member *m, int timeout_ms)
{
    release(m);
    enum result r = m->port->input->poll(m->port->input->self, m->events, FIXTURE_EVENTS,
                                         timeout_ms, &m->n, &m->error);
    if (r != OK) return r;
    for (size_t i = 0; i < m->n; i++) {
        const struct kafka_event *e = &m->events[i];
        if (e->type == KAFKA_RECORD) see_record(m, &e->record);
        if (e->type == KAFKA_END) m->ends++;
        if (e->type == KAFKA_OUT_OF_RANGE) {
            m->out_of_range++;
            m->out_of_range_at = e->record;
        }
        if (e->type == KAFKA_ASSIGNED) m->assigned++;
        if (e->type == KAFKA_REVOKED) m->revoked++;
        for (size_t s = 0; s < e->shards_n; s++) m->owned[e->shards[s]] = e->type == KAFKA_ASSIGNED;
    }
    return OK;
}

static int owned_n(const struct member *m)
{
    int n = 0;
    for (int i = 0; i < FIXTURE_PARTITIONS; i++) n += m->owned[i];
    return n;
}

void member_join(struct member *m, int n)
{
    for (int64_t until = now_us() + FIXTURE_MS * 1000; owned_n(m) != n;) {
        enum result r = member_poll(m, 20);
        if (r == FATAL || now_us() > until)
            fail_msg("owns %d shards: %s", owned_n(m), m->error.text);
    }
}

void member_await_records(struct member *m, size_t n)
{
    for (int64_t until = now_us() + FIXTURE_MS * 1000; m->records < n;) {
        enum result r = member_poll(m, 20);
        if (r == FATAL || now_us() > until)
            fail_msg("saw %zu records: %s", m->records, m->error.text);
    }
}

void member_resume(struct member *m, int32_t shard, int64_t offset)
{
    struct position p[4];
    for (int t = 1; t <= 4; t++)
        p[t - 1] = (struct position){t, shard, t == TOPIC_INCIDENT_CLOSED ? offset : 0};
    if (m->port->input->resume(m->port->input->self, p, 4, &m->error) != OK)
        fail_msg("%s", m->error.text);
}

enum result member_produce(struct member *m, int32_t shard, int n)
{
    static const struct header headers[] = {{{"a", 1}, {"b", 1}}, {{"none", 4}, {NULL, 0}}};
    for (int i = 0; i < n; i++) {
        struct message message = {
            .topic = TOPIC_STATE,
            .partition = shard,
            .timestamp = TIME_NONE,
            .key = STR("key"),
            .value = i % 2 ? STR_NONE : STR("value"),
            .headers = headers,
            .headers_n = 2,
        };
        enum result r =
            m->port->transaction->produce(m->port->transaction->self, &message, &m->error);
        if (r != OK) return r;
    }
    return OK;
}

enum result fixture_commit(const struct fixture *f, struct kafka_producer *p,
                           const struct position *position, struct shard_commit *shard,
                           struct error *error)
{
    enum result r;
    kafka_producer_prepare_start(p, position, 1, rd_kafka_consumer_group_metadata_new(f->group),
                                 NULL, shard, 1);
    while (!kafka_producer_take(p, 1000, &r, error))
        ;
    if (r != OK) return r;
    kafka_producer_commit_start(p);
    while (!kafka_producer_take(p, 1000, &r, error))
        ;
    return r;
}

enum result member_commit(struct member *m, const struct position *positions, size_t n,
                          struct shard_commit *shards, size_t shards_n)
{
    struct transaction_port *port = m->port->transaction;
    enum result r;
    port->prepare_start(port->self, positions, n, shards, shards_n);
    while (!port->prepare_take(port->self, 1000, &r, &m->error))
        ;
    if (r != OK) return r;
    port->commit_start(port->self);
    while (!port->commit_take(port->self, 1000, &r, &m->error))
        ;
    return r;
}

enum result member_transaction(struct member *m, int32_t shard, int n, int64_t position,
                               int64_t *state_end)
{
    struct position p = {TOPIC_INCIDENT_CLOSED, shard, position};
    struct shard_commit part = {.shard = shard};
    enum result r = m->port->transaction->begin(m->port->transaction->self, &m->error);
    if (r == OK) r = member_produce(m, shard, n);
    if (r == OK) r = member_commit(m, &p, 1, &part, 1);
    *state_end = part.state_end;
    return r;
}

const struct lookup_shard *member_lookup(struct member *m, int32_t shard)
{
    const struct lookup_answer *answer;
    struct timespec pause = {.tv_nsec = 1000000};
    for (int64_t until = now_us() + FIXTURE_MS * 1000; now_us() < until;) {
        assert_true(m->port->changelog->lookup_ask(m->port->changelog->self, &shard, 1));
        while (!m->port->changelog->lookup_take(m->port->changelog->self, &answer))
            nanosleep(&pause, NULL);
        m->error = answer->error;
        if (answer->result == FATAL) break;
        /* A topic just made is not known to all brokers at once. */
        if (answer->result != OK || !answer->shards[0].settled) continue;
        assert_int_equal(answer->n, 1);
        assert_int_equal(answer->shards[0].shard, shard);
        assert_true(answer->cluster[0] != 0);
        return answer->shards;
    }
    fail_msg("%s", m->error.text);
    return NULL;
}
