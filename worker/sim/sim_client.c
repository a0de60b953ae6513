/* SPDX-License-Identifier: Apache-2.0 */
/* A worker's inputs: the group's shards, and the records of those that it has resumed. */
#include "sim_client.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim_group.h"

#define POLL_BYTES_MAX ((size_t)16 << 20)

/* A record that the worker has and did not give back. */
struct sim_given {
    struct sim_given *next, **place;
    struct sim_record *record;
};

static bool is_input(int topic)
{
    return topic <= TOPIC_FORWARDED;
}

static struct sim_fetch *fetch_of(const struct sim_client *client, int topic, int32_t shard)
{
    return &client->fetches[sim_kafka_index(client->kafka, topic, shard)];
}

/* ---- rebalances ---- */

static bool owns_any(const struct sim_client *client)
{
    for (int32_t i = 0; i < client->kafka->options.partitions; i++)
        if (client->owned[i]) return true;
    return false;
}

static void stop_fetching(struct sim_client *client)
{
    size_t n = (size_t)topic_end * (size_t)client->kafka->options.partitions;
    for (size_t i = 0; i < n; i++) client->fetches[i].is_on = false;
}

static size_t tell(struct sim_client *client, struct kafka_event *events,
                   enum kafka_event_type type, bool lost)
{
    size_t n = 0;
    for (int32_t i = 0; i < client->kafka->options.partitions; i++)
        if (client->owned[i]) client->shards[n++] = i;
    events[0] =
        (struct kafka_event){.type = type, .shards = client->shards, .shards_n = n, .lost = lost};
    return 1;
}

static void disown(struct sim_client *client)
{
    for (int32_t i = 0; i < client->kafka->options.partitions; i++) client->owned[i] = false;
}

/* What is lost is another's at once; the rest the next poll gives back, so that a transaction of it
 * can be ended. */
static size_t revoke(struct sim_client *client, struct kafka_event *events, bool lost)
{
    size_t n = tell(client, events, KAFKA_REVOKED, lost);
    client->gives_back = !lost;
    if (lost) disown(client);
    stop_fetching(client);
    return n;
}

static void give_back(struct sim_client *client)
{
    client->gives_back = false;
    disown(client);
    if (client->member->is_gone) return;
    if (!client->wanted) {
        sim_group_leave(client->kafka, client->member);
        client->member = NULL;
    } else if (client->kafka->rebalancing) {
        sim_group_rejoin(client->kafka, client->member);
    }
}

static size_t take_assignment(struct sim_client *client, struct kafka_event *events)
{
    struct sim_member *member = client->member;
    member->has_news = false;
    for (int32_t i = 0; i < member->n; i++) client->owned[member->first + i] = true;
    stop_fetching(client);
    return tell(client, events, KAFKA_ASSIGNED, false);
}

/* What the group has to say; 1: the event, after which nothing more is told in this poll. */
static size_t serve_group(struct sim_client *client, struct kafka_event *events)
{
    struct sim_kafka *kafka = client->kafka;
    if (client->gives_back) give_back(client);
    if (client->member && client->member->is_gone) {
        client->member = NULL;
        if (owns_any(client)) return revoke(client, events, true);
    }
    bool has_to_go =
        client->member && (!client->wanted || (kafka->rebalancing && !client->member->has_joined));
    if (has_to_go && owns_any(client)) return revoke(client, events, false);
    if (has_to_go) give_back(client);
    if (client->wanted && !client->member)
        client->member = sim_group_join(kafka, client->name, client->is_static);
    bool has_news = client->member && client->member->has_news;
    return has_news ? take_assignment(client, events) : 0;
}

static void be_member(void *self, bool wanted)
{
    ((struct sim_client *)self)->wanted = wanted;
}

/* ---- records ---- */

static struct record hand_out(struct sim_client *client, int topic, int32_t partition,
                              struct sim_record *record)
{
    struct sim_given *given = malloc(sizeof *given);
    if (!given) abort();
    *given = (struct sim_given){client->given, &client->given, record};
    if (given->next) given->next->place = &given->next;
    client->given = given;
    client->given_n++;
    sim_record_hold(record);
    return (struct record){
        .handle = given,
        .topic = topic,
        .partition = partition,
        .offset = record->offset,
        .timestamp = record->timestamp,
        .key = record->key,
        .value = record->value,
        .headers = record->headers,
        .headers_n = record->headers_n,
    };
}

static void take_back(struct sim_client *client, struct sim_given *given)
{
    *given->place = given->next;
    if (given->next) given->next->place = given->place;
    client->given_n--;
    sim_record_release(given->record);
    free(given);
}

static void release(void *self, const struct record *record)
{
    take_back(self, record->handle);
}

/* The next event of one input; false: nothing has come. */
static bool fetch_one(struct sim_client *client, int topic, int32_t shard,
                      struct kafka_event *event)
{
    struct sim_fetch *fetch = fetch_of(client, topic, shard);
    const struct sim_log *log = sim_kafka_log(client->kafka, topic, shard);
    struct record place = {.topic = topic, .partition = shard, .timestamp = TIME_NONE};
    if (!fetch->is_on) return false;
    place.offset = fetch->next;
    if (fetch->next < log->low || fetch->next > log->high) {
        fetch->is_on = false;
        *event = (struct kafka_event){.type = KAFKA_OUT_OF_RANGE, .record = place};
        return true;
    }
    struct sim_record *record = sim_kafka_next(client->kafka, topic, shard, fetch);
    if (record) {
        fetch->next++;
        fetch->has_told_end = false;
        *event = (struct kafka_event){.type = KAFKA_RECORD,
                                      .record = hand_out(client, topic, shard, record)};
        return true;
    }
    if (fetch->has_told_end && place.offset == fetch->next) return false;
    fetch->has_told_end = true;
    place.offset = fetch->next;
    *event = (struct kafka_event){.type = KAFKA_END, .record = place};
    return true;
}

static size_t fetch(struct sim_client *client, struct kafka_event *events, size_t max)
{
    int32_t partitions = client->kafka->options.partitions;
    size_t n = 0, bytes = 0;
    for (int32_t i = 0; i < partitions; i++) {
        int32_t shard = (client->turn + i) % partitions;
        for (int t = TOPIC_INCIDENT_CLOSED; is_input(t); t++)
            while (n < max && bytes < POLL_BYTES_MAX && fetch_one(client, t, shard, &events[n]))
                bytes += events[n++].record.value.n;
    }
    client->turn = (client->turn + 1) % partitions;
    return n;
}

static enum result poll(void *self, struct kafka_event *events, size_t max, int timeout_ms,
                        size_t *n, struct error *error)
{
    struct sim_client *client = self;
    (void)timeout_ms, (void)error;
    if (client->member) client->member->seen_ms = client->kafka->options.clock->monotonic_ms;
    sim_kafka_serve(client->kafka);
    if (client->member && client->member->is_fenced)
        return error_set(error, FATAL, "the member %s has a successor", client->name);
    *n = serve_group(client, events);
    if (client->poll_max && max > client->poll_max) max = client->poll_max;
    if (!*n) *n = fetch(client, events, max);
    return OK;
}

static enum result resume(void *self, const struct position *positions, size_t n,
                          struct error *error)
{
    struct sim_client *client = self;
    for (size_t i = 0; i < n; i++)
        if (!client->owned[positions[i].shard] || client->gives_back)
            return error_set(error, ABORT, "shard %d is not this worker's", positions[i].shard);
    for (size_t i = 0; i < n; i++)
        *fetch_of(client, positions[i].topic, positions[i].shard) =
            (struct sim_fetch){.is_on = true, .next = positions[i].offset};
    return OK;
}

static enum result pause(void *self, int32_t shard, struct error *error)
{
    struct sim_client *client = self;
    (void)error;
    for (int t = TOPIC_INCIDENT_CLOSED; is_input(t); t++) fetch_of(client, t, shard)->is_on = false;
    return OK;
}

/* ---- life ---- */

struct sim_client *sim_client_new(struct sim_kafka *kafka, const char *name,
                                  const char *transactional_id, bool is_static)
{
    struct sim_client *client = calloc(1, sizeof *client);
    size_t partitions = (size_t)kafka->options.partitions;
    if (!client) abort();
    client->kafka = kafka;
    client->is_static = is_static;
    snprintf(client->name, sizeof client->name, "%s", name);
    snprintf(client->transactional_id, sizeof client->transactional_id, "%s", transactional_id);
    client->owned = calloc(partitions, sizeof *client->owned);
    client->shards = calloc(partitions, sizeof *client->shards);
    client->fetches = calloc(partitions * topic_end, sizeof *client->fetches);
    if (!client->owned || !client->shards || !client->fetches) abort();
    client->input = (struct input_port){.self = client,
                                        .be_member = be_member,
                                        .poll = poll,
                                        .release = release,
                                        .resume = resume,
                                        .pause = pause};
    sim_lookup_init(client);
    sim_changelog_init(client);
    sim_sender_init(client);
    return client;
}

void sim_client_free(struct sim_client *client)
{
    if (!client) return;
    while (client->given) take_back(client, client->given);
    sim_sender_free(client);
    sim_changelog_free(client);
    sim_lookup_free(client);
    free(client->fetches);
    free(client->shards);
    free(client->owned);
    free(client);
}
