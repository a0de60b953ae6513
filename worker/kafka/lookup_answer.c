/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the thread of a lookup asks the brokers: ends of partitions, stable committed offsets, and
 * the partition counts that the offsets' marks tell. The order of the questions is what a restore
 * depends on.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "kafka_error.h"
#include "lookup_private.h"
#include "offset_mark.h"

#define INPUTS 4 /* the first of enum topic */
#define REQUEST_TIMEOUT_MS 5000
#define PART_TIMEOUT_MS 300 /* of a part of a question that failed as a whole */
#define CLUSTER_TIMEOUT_MS 1000
#define POLL_MS 50 /* how soon a stop is seen */

/* The times that ListOffsets takes for the two ends of a partition. */
#define EARLIEST INT64_C(-2)
#define LATEST INT64_C(-1)

static bool stopping(struct lookup *l)
{
    pthread_mutex_lock(&l->mutex);
    bool stop = l->stop;
    pthread_mutex_unlock(&l->mutex);
    return stop;
}

/* The sentence of a question that was not answered: the watch knows more than "timed out". */
static enum result unanswered(struct lookup *l, rd_kafka_resp_err_t err, const char *doing,
                              struct error *error)
{
    rd_kafka_poll(l->all, 0);
    if (l->watch.refused) err = RD_KAFKA_RESP_ERR__AUTHENTICATION;
    if (kafka_error_code(l->config, err, l->watch.refused ? l->watch.reason : NULL, doing, error) ==
        FATAL)
        return FATAL;
    if (err != RD_KAFKA_RESP_ERR__TIMED_OUT && err != RD_KAFKA_RESP_ERR__TRANSPORT) return RETRY;
    return error_set(error, RETRY, "no answer from Kafka (%s): %s", l->config->bootstrap_servers,
                     l->watch.reason[0] ? l->watch.reason : rd_kafka_err2str(err));
}

static int topic_of(const struct lookup *l, const char *name)
{
    for (int t = 1; t < topic_end; t++)
        if (strcmp(l->config->topics[t].p, name) == 0) return t;
    return 0;
}

/* ------------------------------------------------------------------ ends of partitions */

static rd_kafka_topic_partition_list_t *part_of(const rd_kafka_topic_partition_list_t *list,
                                                int from, int n)
{
    rd_kafka_topic_partition_list_t *part = rd_kafka_topic_partition_list_new(n);
    for (int i = 0; i < n; i++)
        rd_kafka_topic_partition_list_add(part, list->elems[from + i].topic,
                                          list->elems[from + i].partition);
    return part;
}

/*
 * The earliest or latest offsets of n partitions of a list, into the list: one request for each
 * broker. The library answers all or nothing, so that one partition without a leader would hold up
 * all others: what fails is asked again in halves. Those that remain have their err set.
 */
static void read_ends(struct lookup *l, rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list,
                      int from, int n, int64_t which, int timeout_ms, int64_t until_ms)
{
    rd_kafka_topic_partition_list_t *part = part_of(list, from, n);
    for (int i = 0; i < n; i++) part->elems[i].offset = which;
    rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR__TIMED_OUT;
    if (clock_monotonic_ms() < until_ms && !stopping(l))
        err = rd_kafka_offsets_for_times(rk, part, timeout_ms);
    for (int i = 0; i < n; i++) {
        rd_kafka_topic_partition_t *elem = &list->elems[from + i];
        elem->err = err ? err : part->elems[i].err;
        elem->offset = part->elems[i].offset;
        if (!elem->err && elem->offset < 0) elem->err = RD_KAFKA_RESP_ERR__PARTIAL;
    }
    rd_kafka_topic_partition_list_destroy(part);
    if (!err || n == 1 || clock_monotonic_ms() >= until_ms) return;
    read_ends(l, rk, list, from, n / 2, which, PART_TIMEOUT_MS, until_ms);
    read_ends(l, rk, list, from + n / 2, n - n / 2, which, PART_TIMEOUT_MS, until_ms);
}

static void read_all_ends(struct lookup *l, rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list,
                          int64_t which)
{
    read_ends(l, rk, list, 0, list->cnt, which, REQUEST_TIMEOUT_MS / 2,
              clock_monotonic_ms() + REQUEST_TIMEOUT_MS);
}

/* ------------------------------------------------------------------ committed offsets */

static rd_kafka_topic_partition_list_t *inputs_of(const struct lookup *l, const int32_t *shards,
                                                  size_t n)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)n * INPUTS + 1);
    for (int t = 1; t <= INPUTS; t++)
        for (size_t i = 0; i < n; i++)
            rd_kafka_topic_partition_list_add(list, l->config->topics[t].p, shards[i]);
    return list;
}

static rd_kafka_event_t *wait_offsets(struct lookup *l, rd_kafka_queue_t *queue)
{
    rd_kafka_event_t *event = NULL;
    int64_t until_ms = clock_monotonic_ms() + REQUEST_TIMEOUT_MS + 1000;
    while (!event && !stopping(l) && clock_monotonic_ms() < until_ms) {
        rd_kafka_poll(l->all, 0);
        event = rd_kafka_queue_poll(queue, POLL_MS);
        if (!event || rd_kafka_event_type(event) == RD_KAFKA_EVENT_LISTCONSUMERGROUPOFFSETS_RESULT)
            continue;
        rd_kafka_event_destroy(event);
        event = NULL;
    }
    return event;
}

/* Asks for the group's offsets of a list. With `stable` those that an open transaction may still
 * change come with an error instead. The caller destroys the event; NULL and the sentence. */
static rd_kafka_event_t *read_offsets(struct lookup *l, rd_kafka_topic_partition_list_t *list,
                                      bool stable, enum result *result, struct error *error)
{
    static const char doing[] = "reading the group's committed offsets";
    rd_kafka_queue_t *queue = rd_kafka_queue_new(l->all);
    rd_kafka_AdminOptions_t *options =
        rd_kafka_AdminOptions_new(l->all, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS);
    rd_kafka_AdminOptions_set_request_timeout(options, KAFKA_CONF_ABANDONED_MS, NULL, 0);
    rd_kafka_error_t *e = rd_kafka_AdminOptions_set_require_stable_offsets(options, stable);
    if (e) rd_kafka_error_destroy(e);
    rd_kafka_ListConsumerGroupOffsets_t *request =
        rd_kafka_ListConsumerGroupOffsets_new(l->config->group_id, list);
    rd_kafka_ListConsumerGroupOffsets(l->all, &request, 1, options, queue);
    rd_kafka_event_t *event = wait_offsets(l, queue);
    rd_kafka_ListConsumerGroupOffsets_destroy(request);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_queue_destroy(queue);
    rd_kafka_resp_err_t err = event ? rd_kafka_event_error(event) : RD_KAFKA_RESP_ERR__TIMED_OUT;
    if (!err) return event;
    *result = unanswered(l, err, doing, error);
    if (event) rd_kafka_event_destroy(event);
    return NULL;
}

/* The partitions of a result; of a group that failed as a whole NULL and the sentence. */
static const rd_kafka_topic_partition_list_t *offsets_of(struct lookup *l, rd_kafka_event_t *event,
                                                         enum result *result, struct error *error)
{
    size_t n;
    const rd_kafka_group_result_t **groups = rd_kafka_ListConsumerGroupOffsets_result_groups(
        rd_kafka_event_ListConsumerGroupOffsets_result(event), &n);
    const rd_kafka_error_t *e = n == 1 ? rd_kafka_group_result_error(groups[0]) : NULL;
    if (n == 1 && !e) return rd_kafka_group_result_partitions(groups[0]);
    *result = unanswered(l, e ? rd_kafka_error_code(e) : RD_KAFKA_RESP_ERR__PARTIAL,
                         "reading the group's committed offsets", error);
    return NULL;
}

/* librdkafka's copy of the metadata has no NUL. */
static bool read_mark(const rd_kafka_topic_partition_t *p, struct offset_mark *mark)
{
    char text[OFFSET_MARK_BYTES];
    if (!p->metadata || p->metadata_size >= sizeof text) return false;
    memcpy(text, p->metadata, p->metadata_size);
    text[p->metadata_size] = 0;
    return offset_mark_read(text, mark);
}

/* The partition counts that all our offsets of the group speak of, whoever owns their shards. */
static enum result read_counts(struct lookup *l, struct lookup_answer *a)
{
    int32_t *all = malloc((size_t)l->partitions * sizeof *all);
    if (!all) abort();
    for (int32_t i = 0; i < l->partitions; i++) all[i] = i;
    rd_kafka_topic_partition_list_t *list = inputs_of(l, all, (size_t)l->partitions);
    enum result result = OK;
    rd_kafka_event_t *event = read_offsets(l, list, false, &result, &a->error);
    const rd_kafka_topic_partition_list_t *found =
        event ? offsets_of(l, event, &result, &a->error) : NULL;
    for (int i = 0; found && i < found->cnt; i++) {
        struct offset_mark mark;
        const rd_kafka_topic_partition_t *p = &found->elems[i];
        if (p->err || p->offset < 0 || !read_mark(p, &mark)) continue;
        a->count_confirmed |= mark.partitions == l->partitions;
        if (mark.partitions == l->partitions) continue;
        a->other = mark.partitions;
        a->other_shard = p->partition;
        a->other_topic = topic_of(l, p->topic);
    }
    if (event) rd_kafka_event_destroy(event);
    rd_kafka_topic_partition_list_destroy(list);
    free(all);
    return result;
}

static void unsettle(struct lookup_answer *a, struct lookup_shard *s, const struct error *why)
{
    s->settled = false;
    if (!a->error.text[0]) a->error = *why;
}

/* One partition's stable offset. */
static enum result take_offset(struct lookup *l, struct lookup_answer *a,
                               const rd_kafka_topic_partition_t *p)
{
    int64_t at = p->partition >= 0 && p->partition < l->partitions ? l->at[p->partition] : -1;
    int topic = topic_of(l, p->topic);
    struct error error;
    struct offset_mark mark;
    if (at < 0 || topic < 1 || topic > INPUTS) return OK;
    struct lookup_shard *s = &a->shards[at];
    if (p->err == RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT) {
        error_set(&error, RETRY,
                  "shard %" PRId32 ": a transaction of the worker that owned it before is still "
                  "open; Kafka ends it after transaction.timeout.ms, and up to 10 s in which it "
                  "looks for such ones",
                  p->partition);
        unsettle(a, s, &error);
        return OK;
    }
    if (p->err) {
        enum result result = kafka_error_code(l->config, p->err, NULL,
                                              "reading the group's committed offsets", &error);
        if (result == FATAL) a->error = error;
        unsettle(a, s, &error);
        return result == FATAL ? FATAL : OK;
    }
    struct lookup_input *input = &s->inputs[topic];
    input->committed = p->offset >= 0 ? p->offset : -1;
    input->ours = p->offset >= 0 && read_mark(p, &mark);
    input->batch = input->ours ? mark.batch : 0;
    input->checkpoint = input->ours ? mark.checkpoint : 0;
    return OK;
}

static enum result read_stable_offsets(struct lookup *l, struct lookup_answer *a)
{
    rd_kafka_topic_partition_list_t *list = inputs_of(l, l->facts.shards, l->facts.n);
    enum result result = OK;
    rd_kafka_event_t *event = read_offsets(l, list, true, &result, &a->error);
    const rd_kafka_topic_partition_list_t *found =
        event ? offsets_of(l, event, &result, &a->error) : NULL;
    for (int i = 0; found && i < found->cnt && result == OK; i++)
        result = take_offset(l, a, &found->elems[i]);
    if (event) rd_kafka_event_destroy(event);
    rd_kafka_topic_partition_list_destroy(list);
    return result;
}

/* ------------------------------------------------------------------ bounds of shards */

static enum result take_bound(struct lookup *l, struct lookup_answer *a,
                              const rd_kafka_topic_partition_t *p, int64_t which)
{
    struct lookup_shard *s = &a->shards[l->at[p->partition]];
    int topic = topic_of(l, p->topic);
    struct error error;
    if (p->err) {
        enum result result = unanswered(l, p->err, "reading the ends of a topic", &error);
        if (result == FATAL) a->error = error;
        unsettle(a, s, &error);
        return result == FATAL ? FATAL : OK;
    }
    int64_t *low = topic == TOPIC_STATE ? &s->low : &s->inputs[topic].low;
    int64_t *high = topic == TOPIC_STATE ? &s->high : &s->inputs[topic].high;
    *(which == EARLIEST ? low : high) = p->offset;
    return OK;
}

/* Of the shards whose offsets are stable. */
static enum result read_bounds(struct lookup *l, struct lookup_answer *a)
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new((int)a->n * (INPUTS + 1) + 1);
    for (size_t i = 0; i < a->n; i++) {
        if (!a->shards[i].settled) continue;
        for (int t = 1; t <= INPUTS; t++)
            rd_kafka_topic_partition_list_add(list, l->config->topics[t].p, a->shards[i].shard);
        rd_kafka_topic_partition_list_add(list, l->config->topics[TOPIC_STATE].p,
                                          a->shards[i].shard);
    }
    enum result result = OK;
    for (int64_t which = EARLIEST; which <= LATEST && list->cnt; which++) {
        read_all_ends(l, l->all, list, which);
        for (int i = 0; i < list->cnt && result == OK; i++)
            result = take_bound(l, a, &list->elems[i], which);
    }
    rd_kafka_topic_partition_list_destroy(list);
    return result;
}

/* ------------------------------------------------------------------ answers */

static void read_cluster(struct lookup *l)
{
    if (l->cluster[0]) return;
    char *id = rd_kafka_clusterid(l->all, CLUSTER_TIMEOUT_MS);
    if (!id) return;
    snprintf(l->cluster, sizeof l->cluster, "%s", id);
    rd_kafka_mem_free(l->all, id);
}

void lookup_answer_facts(struct lookup *l)
{
    struct lookup_answer *a = &l->answer;
    free(a->shards);
    *a = (struct lookup_answer){.n = l->facts.n, .cluster = l->cluster};
    a->shards = calloc(a->n + 1, sizeof *a->shards);
    if (!a->shards) abort();
    for (int32_t i = 0; i < l->partitions; i++) l->at[i] = -1;
    for (size_t i = 0; i < a->n; i++) {
        a->shards[i] = (struct lookup_shard){.shard = l->facts.shards[i], .settled = true};
        l->at[l->facts.shards[i]] = (int64_t)i;
    }
    a->result = read_counts(l, a);
    if (a->result == OK) a->result = read_stable_offsets(l, a);
    if (a->result == OK) a->result = read_bounds(l, a);
    if (a->result != OK) return;
    read_cluster(l);
    l->watch = (struct kafka_watch){0};
}

void lookup_answer_ends(struct lookup *l)
{
    rd_kafka_topic_partition_list_t *list = inputs_of(l, l->ends.shards, l->ends.n);
    free(l->input_ends);
    l->input_ends_n = 0;
    l->input_ends = calloc((size_t)list->cnt + 1, sizeof *l->input_ends);
    if (!l->input_ends) abort();
    rd_kafka_poll(l->stable, 0);
    rd_kafka_topic_partition_list_t *highs =
        l->high ? inputs_of(l, l->ends.shards, l->ends.n) : NULL;
    /* The stable ends last: one that has moved on meanwhile is no longer held up. */
    if (highs && highs->cnt) read_all_ends(l, l->all, highs, LATEST);
    if (list->cnt) read_all_ends(l, l->stable, list, LATEST);
    for (int i = 0; i < list->cnt; i++) {
        const rd_kafka_topic_partition_t *p = &list->elems[i];
        if (p->err) continue;
        l->input_ends[l->input_ends_n++] = (struct input_end){
            .topic = topic_of(l, p->topic),
            .shard = p->partition,
            .end = p->offset,
            .high = highs && !highs->elems[i].err ? highs->elems[i].offset : -1,
        };
    }
    rd_kafka_topic_partition_list_destroy(list);
    if (highs) rd_kafka_topic_partition_list_destroy(highs);
}
