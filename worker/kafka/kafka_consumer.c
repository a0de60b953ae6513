/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The member of the group: it polls, takes over and gives up shards in rebalances, and turns what
 * the library says in place of records into events of the port or errors. Which inputs are fetched
 * is in kafka_shard.c.
 */
#include "kafka_consumer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "kafka_consumer_private.h"
#include "kafka_message.h"
#include "kafka_wake.h"

/* A broker that is starting can say for a moment that a topic is not there. */
#define MISSING_TOPIC_GRACE_MS 5000
#define PROBE_TIMEOUT_MS 500
#define RANGE_TIMEOUT_MS 5000
#define PROBE_EVERY_MS 10000
#define PROBE_AGAIN_MS 1000               /* while something is wrong */
#define POLL_BYTES_MAX ((size_t)16 << 20) /* of records, in one poll */

static void fail(struct kafka_consumer *c, const struct error *error)
{
    c->failed = FATAL;
    c->failure = *error;
}

/* ------------------------------------------------------------------ rebalances */

/* All four partitions of each shard, or the sentence why not. */
static bool check_assignment(struct kafka_consumer *c, const rd_kafka_topic_partition_list_t *list,
                             unsigned *inputs_seen, struct error *error)
{
    for (int i = 0; i < list->cnt; i++) {
        int t = topic_of_name(c, list->elems[i].topic);
        int32_t p = list->elems[i].partition;
        if (t == 0 || p < 0 || p >= c->partitions) {
            error_set(error, FATAL,
                      "partition %" PRId32 " of %s was assigned, but the topics had %" PRId32
                      " partitions when the worker started; run `epilogue topics check`",
                      p, list->elems[i].topic, c->partitions);
            return false;
        }
        inputs_seen[p] |= 1U << t;
    }
    for (int32_t p = 0; p < c->partitions; p++) {
        if (inputs_seen[p] == 0 || inputs_seen[p] == ((1U << (INPUTS + 1)) - 2)) continue;
        error_set(error, FATAL,
                  "partition %" PRId32 " is not assigned to one worker in all input topics: they "
                  "have unequal partition counts, or another program is in group %s; run "
                  "`epilogue topics check`",
                  p, c->config->group_id);
        return false;
    }
    return true;
}

static void report(struct kafka_consumer *c, enum kafka_event_type type, bool lost)
{
    size_t n = 0;
    for (int32_t p = 0; p < c->partitions; p++)
        if (c->owned[p]) c->rebalance_shards[n++] = p;
    c->rebalance = (struct kafka_event){
        .type = type, .shards = c->rebalance_shards, .shards_n = n, .lost = lost};
    /* An empty assignment counts too: the group is joined, with more members than shards. */
    c->rebalanced = n > 0 || type == KAFKA_ASSIGNED;
}

static void stop_fetching(struct kafka_consumer *c)
{
    for (int32_t i = 0; i < c->partitions * INPUTS; i++) {
        c->expected[i] = NOT_FETCHING;
        c->turns.inputs[i] = (struct kafka_turn){0};
    }
    c->turns.is_round = false;
}

static void on_assign(struct kafka_consumer *c, rd_kafka_topic_partition_list_t *list)
{
    struct error error;
    unsigned *inputs_seen = calloc((size_t)c->partitions, sizeof *inputs_seen);
    if (!inputs_seen) abort();
    if (check_assignment(c, list, inputs_seen, &error)) {
        for (int32_t p = 0; p < c->partitions; p++) c->owned[p] = inputs_seen[p] != 0;
    } else {
        fail(c, &error);
    }
    free(inputs_seen);

    /* A concrete offset, so that librdkafka does not ask for the committed one by itself. Paused
     * before, since a fetch could be under way before a later pause; and once more after, since
     * before its first assignment a partition may not be known yet. */
    for (int i = 0; i < list->cnt; i++) list->elems[i].offset = 0;
    rd_kafka_pause_partitions(c->rk, list);
    rd_kafka_resp_err_t err = rd_kafka_assign(c->rk, list);
    if (err && kafka_error_code(c->config, err, NULL, "taking over shards", &error))
        fail(c, &error);
    rd_kafka_pause_partitions(c->rk, list);

    c->was_member = true;
    kafka_group_take(&c->group, c->rk);
    stop_fetching(c);
    report(c, KAFKA_ASSIGNED, false);
}

void kafka_consumer_give_back(struct kafka_consumer *c)
{
    for (int32_t p = 0; p < c->partitions; p++) c->owned[p] = false;
    c->gives_back = false;
    kafka_group_forget(&c->group);
    rd_kafka_assign(c->rk, NULL);
}

/* The library waits for the assignment to be given back before it joins again (the state
 * wait-unassign-call), and fetches nothing of it meanwhile; so a transaction of it can be ended.
 * What is lost is another's already. */
static void on_revoke(struct kafka_consumer *c)
{
    bool lost = rd_kafka_assignment_lost(c->rk) != 0;
    report(c, KAFKA_REVOKED, lost);
    stop_fetching(c);
    c->gives_back = true;
    if (lost || c->leaving) kafka_consumer_give_back(c);
}

void kafka_consumer_reassign(struct kafka_consumer *c)
{
    if (c->gives_back || rd_kafka_assignment_lost(c->rk)) return; /* the next poll will tell */
    rd_kafka_topic_partition_list_t *all = rd_kafka_topic_partition_list_new(c->partitions);
    rd_kafka_topic_partition_list_t *paused = rd_kafka_topic_partition_list_new(c->partitions);
    for (int32_t i = 0; i < c->partitions * INPUTS; i++) {
        int32_t shard = i / INPUTS;
        const char *topic = c->config->topics[i % INPUTS + 1].p;
        bool fetched = c->expected[i] != NOT_FETCHING;
        if (!c->owned[shard]) continue;
        rd_kafka_topic_partition_list_add(all, topic, shard)->offset = fetched ? c->expected[i] : 0;
        if (!fetched) rd_kafka_topic_partition_list_add(paused, topic, shard);
    }
    if (paused->cnt) rd_kafka_pause_partitions(c->rk, paused);
    rd_kafka_assign(c->rk, all); /* if it fails, the seek that follows does, too */
    if (paused->cnt) rd_kafka_pause_partitions(c->rk, paused);
    rd_kafka_topic_partition_list_destroy(all);
    rd_kafka_topic_partition_list_destroy(paused);
}

/* Runs within consumer_poll or consumer_close. */
static void on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t err,
                         rd_kafka_topic_partition_list_t *list, void *opaque)
{
    struct kafka_watch *watch = opaque;
    struct kafka_consumer *c =
        (struct kafka_consumer *)((char *)watch - offsetof(struct kafka_consumer, watch));
    if (err == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS)
        on_assign(c, list);
    else
        on_revoke(c);
    /* consumer_poll would go on to the next message: events must keep their order. */
    rd_kafka_yield(rk);
}

/* ------------------------------------------------------------------ life */

static bool open_handle(struct kafka_consumer *c, struct error *error)
{
    rd_kafka_conf_t *conf = kafka_conf_new(c->config, KAFKA_CONSUMER, &c->watch, error);
    if (!conf) return false;
    rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
    c->rk = kafka_conf_open(conf, KAFKA_CONSUMER, error);
    if (!c->rk) return false;
    rd_kafka_poll_set_consumer(c->rk);
    c->queue = rd_kafka_queue_get_consumer(c->rk);
    kafka_wake_start(&c->wake, c->queue);
    for (int t = 1; t <= INPUTS; t++)
        c->topics[t] = rd_kafka_topic_new(c->rk, c->config->topics[t].p, NULL);
    return true;
}

struct kafka_consumer *kafka_consumer_new(const struct config *config, int32_t partitions,
                                          struct error *error)
{
    assert(partitions > 0);
    struct kafka_consumer *c = calloc(1, sizeof *c);
    if (!c) abort();
    c->config = config;
    c->partitions = partitions;
    c->rebalance_shards = calloc((size_t)partitions, sizeof *c->rebalance_shards);
    c->owned = calloc((size_t)partitions, sizeof *c->owned);
    c->expected = calloc((size_t)partitions * INPUTS, sizeof *c->expected);
    c->turns.inputs = calloc((size_t)partitions * INPUTS, sizeof *c->turns.inputs);
    c->troubles = calloc((size_t)partitions * INPUTS + 1, sizeof *c->troubles);
    if (!c->owned || !c->expected || !c->turns.inputs || !c->troubles || !c->rebalance_shards)
        abort();
    stop_fetching(c);
    if (open_handle(c, error)) return c;
    kafka_consumer_free(c);
    return NULL;
}

void kafka_consumer_free(struct kafka_consumer *c)
{
    if (!c) return;
    if (c->rk) {
        kafka_wake_stop(&c->wake);
        rd_kafka_queue_destroy(c->queue);
        for (int t = 1; t <= INPUTS; t++)
            if (c->topics[t]) rd_kafka_topic_destroy(c->topics[t]);
        kafka_conf_close(c->rk);
    }
    kafka_group_forget(&c->group);
    free(c->rebalance_shards);
    free(c->owned);
    free(c->expected);
    free(c->turns.inputs);
    free(c->troubles);
    free(c);
}

/* ------------------------------------------------------------------ poll */

void kafka_consumer_release(struct kafka_consumer *c, const struct record *record)
{
    (void)c;
    free(record->handle);
}

static int topic_of(const struct kafka_consumer *c, const rd_kafka_message_t *m)
{
    for (int t = 1; t <= INPUTS; t++)
        if (c->topics[t] == m->rkt) return t;
    return m->rkt ? topic_of_name(c, rd_kafka_topic_name(m->rkt)) : 0;
}

/* Of the message's partition; the last one for what is of none. */
static struct kafka_trouble *trouble_of(struct kafka_consumer *c, const rd_kafka_message_t *m)
{
    int topic = m->rkt ? topic_of(c, m) : 0;
    size_t last = (size_t)c->partitions * INPUTS;
    bool known = topic && m->partition >= 0 && m->partition < c->partitions;
    return &c->troubles[known ? (size_t)(m->partition * INPUTS + topic - 1) : last];
}

/*
 * librdkafka's version barriers keep back what was queued before a resume, a pause or a revocation;
 * so a record from before the position can only mean that the log itself is not the one that the
 * position was of.
 */
static bool is_expected(struct kafka_consumer *c, int topic, const rd_kafka_message_t *m)
{
    int64_t *expected = expected_of(c, topic, m->partition);
    if (*expected == NOT_FETCHING) return false;
    if (m->offset < *expected) {
        struct error error;
        error_set(&error, FATAL,
                  "%s/%" PRId32 " now starts at offset %" PRId64 ", but offsets below %" PRId64
                  " were already processed (topic recreated or truncated). Restore it, or start "
                  "over with a new group.id and new output topics",
                  c->config->topics[topic].p, m->partition, m->offset, *expected);
        fail(c, &error);
        return false;
    }
    *expected = m->err ? m->offset : m->offset + 1;
    *trouble_of(c, m) = (struct kafka_trouble){0};
    return true;
}

/* An error that came in a message's place. */
static void on_consumer_error(struct kafka_consumer *c, const rd_kafka_message_t *m)
{
    struct error error;
    if (m->err == RD_KAFKA_RESP_ERR__FATAL) {
        kafka_error_fatal(c->config, c->rk, "consuming", &error);
        fail(c, &error);
        return;
    }
    if (kafka_error_is_missing(m->err)) {
        if (!c->missing_since_ms) c->missing_since_ms = clock_monotonic_ms();
        return;
    }
    if (kafka_error_is_denied(m->err) && c->was_member) {
        kafka_denied_note(c, m->err,
                          m->rkt ? 1U << topic_of_name(c, rd_kafka_topic_name(m->rkt)) : 0);
        return;
    }
    enum result r = kafka_error_message(c->config, m, "consuming", &error);
    if (r != FATAL) r = kafka_trouble_note(trouble_of(c, m), m, clock_monotonic_ms(), &error);
    if (r == FATAL) fail(c, &error);
    if (r == RETRY)
        log_warn("consuming continues after an error",
                 LOG_TEXT("topic", m->rkt ? rd_kafka_topic_name(m->rkt) : "-"),
                 LOG_INT("partition", m->partition), LOG_TEXT("error", rd_kafka_err2name(m->err)),
                 LOG_TEXT("text", rd_kafka_message_errstr(m)));
}

/* A place in the log as an event carries it. */
static struct record place_of(int topic, int32_t partition, int64_t offset)
{
    return (struct record){
        .topic = topic, .partition = partition, .offset = offset, .timestamp = TIME_NONE};
}

/*
 * The partition does not have the position. Before the first record that it has: retention was
 * faster, and the shard has to be placed anew. Behind the last one: it is another log than the one
 * that the position was of, or it lost its end.
 */
static bool take_out_of_range(struct kafka_consumer *c, const rd_kafka_message_t *m,
                              struct kafka_event *event)
{
    int topic = topic_of(c, m);
    int64_t low, high;
    if (!topic) return false;
    int64_t *expected = expected_of(c, topic, m->partition);
    if (*expected == NOT_FETCHING) return false;
    const char *name = c->config->topics[topic].p;
    rd_kafka_resp_err_t err =
        rd_kafka_query_watermark_offsets(c->rk, name, m->partition, &low, &high, RANGE_TIMEOUT_MS);
    if (!err && *expected > high) {
        struct error error;
        error_set(&error, FATAL,
                  "%s/%" PRId32 " now ends at offset %" PRId64 ", but offsets below %" PRId64
                  " were already processed (topic recreated or truncated). Restore it, or start "
                  "over with a new group.id and new output topics",
                  name, m->partition, high, *expected);
        fail(c, &error);
        return false;
    }
    *event = (struct kafka_event){.type = KAFKA_OUT_OF_RANGE,
                                  .record = place_of(topic, m->partition, *expected)};
    *expected = NOT_FETCHING;
    return true;
}

/* Fills *event and returns true; or there is nothing to give out of this message. Takes it. */
static bool take_message(struct kafka_consumer *c, rd_kafka_message_t *m, struct kafka_event *event)
{
    bool taken = false;
    bool end = m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
    int topic = m->err && !end ? 0 : topic_of(c, m);
    if (topic != 0) c->watch.brokers_down = false;
    if (kafka_error_is_out_of_range(m->err)) {
        taken = take_out_of_range(c, m, event);
    } else if (topic == 0) {
        if (m->err) on_consumer_error(c, m);
    } else if (is_expected(c, topic, m)) {
        *event = (struct kafka_event){.type = end ? KAFKA_END : KAFKA_RECORD};
        taken = true;
        kafka_turns_note(c, topic, m);
        /* A message keeps the whole answer that it came with, and a record can wait for long. */
        event->record =
            end ? place_of(topic, m->partition, m->offset) : kafka_message_copy(topic, m);
    }
    rd_kafka_message_destroy(m);
    return taken;
}

/* Appends the rebalance. Records of shards that go were not handled yet and cannot be any more; the
 * group is eager, so that is all of them. */
static size_t add_rebalance(struct kafka_consumer *c, struct kafka_event *events, size_t n)
{
    size_t kept = n;
    if (c->rebalance.type == KAFKA_REVOKED) {
        kept = 0;
        for (size_t i = 0; i < n; i++) {
            if (events[i].type == KAFKA_RECORD) kafka_consumer_release(c, &events[i].record);
            if (events[i].type == KAFKA_ASSIGNED || events[i].type == KAFKA_REVOKED)
                events[kept++] = events[i];
        }
    }
    events[kept++] = c->rebalance;
    c->rebalanced = false;
    return kept;
}

/* What a broker says of the input topics. librdkafka 2.0 is silent when one is deleted. */
static void check_topics(struct kafka_consumer *c, const struct rd_kafka_metadata *metadata)
{
    const char *missing = NULL;
    for (int i = 0; i < metadata->topic_cnt; i++) {
        const struct rd_kafka_metadata_topic *t = &metadata->topics[i];
        if (kafka_error_is_denied(t->err))
            kafka_denied_note(c, t->err, 1U << topic_of_name(c, t->topic));
        if (t->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
            missing = t->topic;
        else if (!t->err && t->partition_cnt != c->partitions)
            c->failed = error_set(&c->failure, FATAL,
                                  "topic %s has %d partitions now, but had %" PRId32
                                  " when the worker started; run `epilogue topics check`",
                                  t->topic, t->partition_cnt, c->partitions);
    }
    int64_t now_ms = clock_monotonic_ms();
    if (!missing)
        c->missing_since_ms = 0;
    else if (c->missing_since_ms == 0)
        c->missing_since_ms = now_ms;
    else if (now_ms - c->missing_since_ms > MISSING_TOPIC_GRACE_MS)
        c->failed = error_set(&c->failure, FATAL,
                              "topic %s does not exist; run `epilogue topics create`", missing);
}

/* Asks for what cannot be seen from outside: whether a broker answers again, and whether the input
 * topics are still what they were. */
static void probe(struct kafka_consumer *c)
{
    bool wrong = c->watch.brokers_down || c->missing_since_ms || c->denied_ms;
    int64_t now_ms = clock_monotonic_ms();
    if (now_ms - c->probed_ms < (wrong ? PROBE_AGAIN_MS : PROBE_EVERY_MS)) return;
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_resp_err_t err = rd_kafka_metadata(c->rk, 0, NULL, &metadata, PROBE_TIMEOUT_MS);
    c->probed_ms = clock_monotonic_ms();
    if (err) {
        /* A broker that stands still keeps its connections, which says nothing for long. */
        if (!c->watch.brokers_down)
            snprintf(c->watch.reason, sizeof c->watch.reason, "%s", rd_kafka_err2str(err));
        c->watch.brokers_down = true;
        return;
    }
    c->watch.brokers_down = false;
    check_topics(c, metadata);
    rd_kafka_metadata_destroy(metadata);
}

enum result kafka_consumer_poll(struct kafka_consumer *c, struct kafka_event *events, size_t max,
                                int timeout_ms, size_t *n, struct error *error)
{
    size_t bytes = 0;
    bool has_taken = false, is_empty = false;
    *n = 0;
    if (c->gives_back) kafka_consumer_give_back(c);
    if (c->wanted && !c->subscribed) {
        enum result r = kafka_consumer_subscribe(c, error);
        if (r != OK) return r;
    }
    probe(c);
    timeout_ms = kafka_turns_wait_ms(c, timeout_ms);
    /* Behind a rebalance nothing more: the event points to a list that the next one overwrites, and
     * what is revoked has to be done with before anything is assigned. */
    for (bool told = false; *n < max && bytes < POLL_BYTES_MAX && c->failed == OK && !told;) {
        kafka_wake_before(&c->wake);
        rd_kafka_message_t *m = rd_kafka_consumer_poll(c->rk, timeout_ms);
        timeout_ms = 0;
        told = c->rebalanced;
        if (told) *n = add_rebalance(c, events, *n);
        is_empty = !m && !told;
        if (!m) break;
        has_taken = true;
        if (take_message(c, m, &events[*n])) bytes += events[(*n)++].record.value.n;
    }
    if (is_empty) kafka_turns_serve(c);
    kafka_wake_after(&c->wake, c->rk, has_taken, is_empty);
    /* A revocation that came with the failure is still told first. */
    if (*n > 0) return OK;
    if (c->failed != OK) return error_set(error, c->failed, "%s", c->failure.text);
    enum result denied = kafka_denied_serve(c, error);
    if (denied != OK || !c->watch.brokers_down) return denied;
    return error_set(error, RETRY, "no Kafka broker answers (%s): %s", c->config->bootstrap_servers,
                     c->watch.reason);
}

rd_kafka_consumer_group_metadata_t *kafka_consumer_group(const struct kafka_consumer *c,
                                                         const struct position *positions, size_t n,
                                                         struct error *error)
{
    for (size_t i = 0; i < n; i++) {
        assert(positions[i].offset >= 0 && "no offset fences nothing");
        if (c->owned[positions[i].shard]) continue;
        error_set(error, ABORT, "shard %" PRId32 " was reassigned before its commit",
                  positions[i].shard);
        return NULL;
    }
    rd_kafka_consumer_group_metadata_t *copy = kafka_group_copy(&c->group);
    if (copy) return copy;
    error_set(error, ABORT, "the worker is in no generation of group %s", c->config->group_id);
    return NULL;
}
