/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kafka for an engine that only restores: it assigns one shard after the other, in no group, and
 * every function that would write does nothing. rebuild runs the worker's own restore over it.
 */
#include "restore_port.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "changelog.h"
#include "common/clock.h"
#include "core/state.h"
#include "lookup.h"

#define NO_SHARD (-1)

struct restore_port {
    struct kafka_port port;
    struct changelog *changelog;
    struct lookup *lookup;
    int32_t gone, given, next; /* NO_SHARD: none */
    char cluster[200];
    int64_t end;       /* of followup-state, when the brokers were asked; -1: not yet */
    bool inside_batch; /* the rest of the batch whose records were read last is still to come */
    int64_t moves;
};

static enum result port_poll(void *self, struct kafka_event *events, size_t max, int timeout_ms,
                             size_t *n, struct error *error)
{
    struct restore_port *r = self;
    (void)error;
    (void)max;
    *n = 0;
    if (r->next == NO_SHARD) {
        clock_sleep(timeout_ms);
        return OK;
    }
    r->gone = r->given;
    if (r->gone != NO_SHARD)
        events[(*n)++] =
            (struct kafka_event){.type = KAFKA_REVOKED, .shards = &r->gone, .shards_n = 1};
    r->given = r->next;
    r->next = NO_SHARD;
    events[(*n)++] =
        (struct kafka_event){.type = KAFKA_ASSIGNED, .shards = &r->given, .shards_n = 1};
    return OK;
}

static void port_release(void *self, const struct record *record)
{
    (void)self;
    (void)record;
}

static enum result port_resume(void *self, const struct position *positions, size_t n,
                               struct error *error)
{
    (void)self;
    (void)positions;
    (void)n;
    (void)error;
    return OK;
}

static enum result port_pause(void *self, int32_t shard, struct error *error)
{
    (void)self;
    (void)shard;
    (void)error;
    return OK;
}

static bool port_lookup_ask(void *self, const int32_t *shards, size_t n)
{
    struct restore_port *r = self;
    return lookup_ask(r->lookup, shards, n);
}

static bool port_lookup_take(void *self, const struct lookup_answer **answer)
{
    struct restore_port *r = self;
    if (!lookup_take(r->lookup, answer)) return false;
    const struct lookup_answer *a = *answer;
    if (a->result == OK) snprintf(r->cluster, sizeof r->cluster, "%s", a->cluster);
    for (size_t i = 0; i < a->n && a->result == OK; i++) {
        if (a->shards[i].shard != r->given || !a->shards[i].settled) continue;
        r->end = a->shards[i].high;
        r->moves++;
    }
    return true;
}

/* It is in no group. */
static void port_be_member(void *self, bool wanted)
{
    (void)self, (void)wanted;
}

static bool port_ends_ask(void *self, const int32_t *shards, size_t n, bool high)
{
    (void)self;
    (void)shards;
    (void)n;
    (void)high;
    return false;
}

static bool port_ends_take(void *self, const struct input_end **ends, size_t *n)
{
    (void)self;
    (void)ends;
    (void)n;
    return false;
}

static enum result port_changelog_open(void *self, int32_t shard, int64_t from, struct error *error)
{
    struct restore_port *r = self;
    r->inside_batch = false;
    return changelog_open(r->changelog, shard, from, error);
}

static enum result port_changelog_read(void *self, struct changelog_record *records, size_t max,
                                       int timeout_ms, size_t *n, struct error *error)
{
    struct restore_port *r = self;
    enum result result = changelog_read(r->changelog, records, max, timeout_ms, n, error);
    if (result == OK && *n) {
        r->inside_batch = !state_key_is_internal(records[*n - 1].key);
        r->moves++;
    }
    return result;
}

/* A worker beside us adds batches behind the end that was asked for. So the end is not reached, and
 * the state is not compared with what it says of itself, while a batch is read half: `$position` is
 * its last record. */
static int64_t port_changelog_next(void *self, int32_t shard)
{
    struct restore_port *r = self;
    int64_t next = changelog_next(r->changelog, shard);
    if (!r->inside_batch || changelog_at_end(r->changelog, shard)) return next;
    return next < r->end ? next : r->end - 1;
}

static void port_changelog_close(void *self, int32_t shard)
{
    struct restore_port *r = self;
    changelog_close(r->changelog, shard);
}

static enum result no_transaction(void *self, struct error *error)
{
    (void)self;
    assert(!"an engine that only restores writes nothing");
    return error_set(error, FATAL, "an engine that only restores writes nothing");
}

static enum result no_produce(void *self, const struct message *message, struct error *error)
{
    (void)message;
    return no_transaction(self, error);
}

static enum result no_commit(void *self, const struct position *positions, size_t n,
                             struct shard_commit *shards, size_t shards_n, struct error *error)
{
    (void)positions;
    (void)n;
    (void)shards;
    (void)shards_n;
    return no_transaction(self, error);
}

struct kafka_port *restore_port_new(const struct config *config, int32_t partitions,
                                    struct error *error)
{
    struct restore_port *r = calloc(1, sizeof *r);
    if (!r) abort();
    r->port = (struct kafka_port){
        .self = r,
        .be_member = port_be_member,
        .poll = port_poll,
        .release = port_release,
        .resume = port_resume,
        .pause = port_pause,
        .lookup_ask = port_lookup_ask,
        .lookup_take = port_lookup_take,
        .ends_ask = port_ends_ask,
        .ends_take = port_ends_take,
        .changelog_open = port_changelog_open,
        .changelog_read = port_changelog_read,
        .changelog_next = port_changelog_next,
        .changelog_close = port_changelog_close,
        .begin = no_transaction,
        .produce = no_produce,
        .commit = no_commit,
        .abort = no_transaction,
        .recover = no_transaction,
    };
    r->gone = r->given = r->next = NO_SHARD;
    r->end = -1;
    r->changelog = changelog_new(config, partitions);
    r->lookup = lookup_new(config, partitions, error);
    if (r->lookup) return &r->port;
    restore_port_free(&r->port);
    return NULL;
}

void restore_port_free(struct kafka_port *port)
{
    if (!port) return;
    struct restore_port *r = port->self;
    lookup_free(r->lookup);
    changelog_free(r->changelog);
    free(r);
}

void restore_port_give(struct kafka_port *port, int32_t shard)
{
    struct restore_port *r = port->self;
    r->next = shard;
    r->end = -1;
}

struct restore_progress restore_port_progress(const struct kafka_port *port)
{
    const struct restore_port *r = port->self;
    bool reads = r->given != NO_SHARD && r->next == NO_SHARD && r->end >= 0;
    return (struct restore_progress){
        .cluster = r->cluster,
        .end = r->next == NO_SHARD ? r->end : -1,
        .next = reads ? changelog_next(r->changelog, r->given) : 0,
        .moves = r->moves,
    };
}
