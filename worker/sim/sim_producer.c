/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The transaction coordinator in memory. What a transaction has decided reaches its partitions one
 * after the other, as markers do: the group's offsets are one of them.
 */
#include <assert.h>
#include <stdlib.h>

#include "sim_group.h"
#include "sim_producer.h"

#define GROW(items, n, cap) \
    ((n) < (cap) ? (items) : ((items) = grow((items), &(cap), sizeof *(items))))

static void *grow(void *items, size_t *cap, size_t size)
{
    *cap = *cap ? 2 * *cap : 8;
    items = realloc(items, *cap * size);
    if (!items) abort();
    return items;
}

/* ---- markers ---- */

static void commit_offsets(struct sim_kafka *kafka, struct sim_producer *producer)
{
    for (size_t i = 0; i < producer->offsets_n && producer->state == SIM_COMMITS; i++)
        *sim_kafka_offset(kafka, producer->positions[i].topic, producer->positions[i].shard) =
            producer->offsets[i];
    producer->offsets_n = 0;
}

/* The end of the transaction in the partition of one of its records. */
static void mark_partition(struct sim_kafka *kafka, struct sim_producer *producer,
                           const struct sim_sent *one)
{
    const struct sim_clock *clock = kafka->options.clock;
    enum sim_record_state state = producer->state == SIM_COMMITS ? SIM_COMMITTED : SIM_ABORTED;
    for (size_t i = 0; i < producer->sent_n; i++) {
        struct sim_sent *sent = &producer->sent[i];
        if (sent->topic == one->topic && sent->partition == one->partition)
            sent->record->state = sent->is_withheld ? SIM_ABORTED : state;
    }
    producer->first[sim_kafka_index(kafka, one->topic, one->partition)] = -1;
    sim_log_append(sim_kafka_log(kafka, one->topic, one->partition), NULL, SIM_MARKER, clock->now);
}

/* One more marker, or nothing is left of the transaction; false: there was none to write. */
static bool write_marker(struct sim_kafka *kafka, struct sim_producer *producer)
{
    if (producer->state != SIM_COMMITS && producer->state != SIM_ABORTS) return false;
    if (kafka->offsets_first && producer->offsets_n) {
        commit_offsets(kafka, producer);
        return true;
    }
    for (size_t i = 0; i < producer->sent_n; i++) {
        if (producer->sent[i].record->state != SIM_OPEN) continue;
        mark_partition(kafka, producer, &producer->sent[i]);
        return true;
    }
    commit_offsets(kafka, producer);
    for (size_t i = 0; i < producer->sent_n; i++) sim_record_release(producer->sent[i].record);
    producer->sent_n = 0;
    producer->state = SIM_NO_TRANSACTION;
    return true;
}

static void decide(struct sim_kafka *kafka, struct sim_producer *producer, bool commit)
{
    const struct sim_kafka_options *options = &kafka->options;
    producer->state = commit ? SIM_COMMITS : SIM_ABORTS;
    producer->decided_ms = kafka->options.clock->monotonic_ms;
    for (size_t i = 0; i < producer->sent_n && commit && options->on_commit; i++) {
        struct sim_sent *sent = &producer->sent[i];
        sent->is_withheld =
            !options->on_commit(options->self, sent->topic, sent->partition, sent->record);
    }
    for (int n = kafka->markers_at_once; n && write_marker(kafka, producer); n--) continue;
}

static void write_all_markers(struct sim_kafka *kafka, struct sim_producer *producer)
{
    while (write_marker(kafka, producer)) continue;
}

void sim_producer_serve(struct sim_kafka *kafka)
{
    int64_t now_ms = kafka->options.clock->monotonic_ms;
    for (size_t i = 0; i < kafka->producers_n; i++) {
        struct sim_producer *producer = kafka->producers[i];
        if (now_ms - producer->decided_ms >= kafka->markers_later_ms)
            write_all_markers(kafka, producer);
        if (producer->state != SIM_UNDER_WAY) continue;
        if (now_ms - producer->began_ms < kafka->options.transaction_timeout_ms) continue;
        producer->epoch++; /* who began it is fenced */
        decide(kafka, producer, false);
    }
}

/* ---- requests ---- */

static struct sim_producer *find(struct sim_kafka *kafka, const char *id)
{
    for (size_t i = 0; i < kafka->producers_n; i++)
        if (strcmp(kafka->producers[i]->id, id) == 0) return kafka->producers[i];
    struct sim_producer *producer = calloc(1, sizeof *producer);
    size_t n = (size_t)topic_end * (size_t)kafka->options.partitions;
    if (!producer) abort();
    producer->id = strdup(id);
    producer->first = malloc(n * sizeof *producer->first);
    if (!producer->id || !producer->first) abort();
    for (size_t i = 0; i < n; i++) producer->first[i] = -1;
    GROW(kafka->producers, kafka->producers_n, kafka->producers_cap);
    return kafka->producers[kafka->producers_n++] = producer;
}

void sim_producer_free(struct sim_producer *producer)
{
    for (size_t i = 0; i < producer->sent_n; i++) sim_record_release(producer->sent[i].record);
    free(producer->sent);
    free(producer->positions);
    free(producer->offsets);
    free(producer->first);
    free(producer->id);
    free(producer);
}

struct sim_producer *sim_producer_register(struct sim_kafka *kafka, const char *id, int32_t *epoch)
{
    struct sim_producer *producer = find(kafka, id);
    if (producer->state == SIM_UNDER_WAY) decide(kafka, producer, false);
    write_all_markers(kafka, producer);
    *epoch = ++producer->epoch;
    return producer;
}

static enum result check(const struct sim_producer *producer, int32_t epoch, struct error *error)
{
    if (producer->epoch == epoch) return OK;
    return error_set(error, FATAL, "the producer %s is fenced", producer->id);
}

enum result sim_producer_begin(struct sim_kafka *kafka, struct sim_producer *producer,
                               int32_t epoch, struct error *error)
{
    if (check(producer, epoch, error) != OK) return FATAL;
    write_all_markers(kafka, producer);
    assert(producer->state == SIM_NO_TRANSACTION);
    producer->state = SIM_UNDER_WAY;
    producer->began_ms = kafka->options.clock->monotonic_ms;
    return OK;
}

enum result sim_producer_produce(struct sim_kafka *kafka, struct sim_producer *producer,
                                 int32_t epoch, const struct message *message, int64_t *offset,
                                 struct error *error)
{
    const struct sim_clock *clock = kafka->options.clock;
    if (check(producer, epoch, error) != OK) return FATAL;
    assert(producer->state == SIM_UNDER_WAY);
    struct sim_log *log = sim_kafka_log(kafka, message->topic, message->partition);
    struct sim_record *record = sim_log_append(log, message, SIM_OPEN, clock->now);
    sim_record_hold(record);
    GROW(producer->sent, producer->sent_n, producer->sent_cap);
    producer->sent[producer->sent_n++] =
        (struct sim_sent){message->topic, message->partition, record, false};
    int64_t *first = &producer->first[sim_kafka_index(kafka, message->topic, message->partition)];
    if (*first < 0) *first = record->offset;
    *offset = record->offset;
    return OK;
}

enum result sim_producer_offsets(struct sim_kafka *kafka, struct sim_producer *producer,
                                 int32_t epoch, const struct sim_member *member,
                                 const struct position *positions, const struct sim_offset *offsets,
                                 size_t n, struct error *error)
{
    if (check(producer, epoch, error) != OK) return FATAL;
    if (member->is_fenced)
        return error_set(error, FATAL, "the member %s has a successor", member->name);
    if (member->is_gone || member->generation != kafka->generation)
        return error_set(error, ABORT, "%s is not a member of generation %d", member->name,
                         kafka->generation);
    assert(producer->state == SIM_UNDER_WAY && !producer->offsets_n);
    while (producer->offsets_cap < n) {
        size_t cap = producer->offsets_cap;
        producer->positions = grow(producer->positions, &cap, sizeof *producer->positions);
        producer->offsets =
            grow(producer->offsets, &producer->offsets_cap, sizeof *producer->offsets);
    }
    memcpy(producer->positions, positions, n * sizeof *positions);
    memcpy(producer->offsets, offsets, n * sizeof *offsets);
    producer->offsets_n = n;
    return OK;
}

enum result sim_producer_end(struct sim_kafka *kafka, struct sim_producer *producer, int32_t epoch,
                             bool commit, struct error *error)
{
    if (check(producer, epoch, error) != OK) return FATAL;
    if (producer->state == SIM_UNDER_WAY) decide(kafka, producer, commit);
    return OK;
}
