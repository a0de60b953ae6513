/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kafka for an engine that only restores: it assigns one shard after the other, in no group, and
 * every function that would write does nothing. rebuild runs the worker's own restore over it.
 */
#include "restore_port.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "changelog_port.h"
#include "common/clock.h"
#include "core/state_key.h"

#define NO_SHARD (-1)

struct restore {
    struct real_changelog changelog; /* first: its port's functions that are not ours find theirs */
    struct restore_port port;
    struct input_port input;
    int32_t gone, given, next; /* NO_SHARD: none */
    char cluster[200];
    int64_t end;       /* of followup-state, when the brokers were asked; -1: not yet */
    bool inside_batch; /* the rest of the batch whose records were read last is still to come */
    int64_t moves;
};

static struct restore *restore_of(const struct restore_port *port)
{
    return (struct restore *)((char *)(uintptr_t)port - offsetof(struct restore, port));
}

static enum result port_poll(void *self, struct kafka_event *events, size_t max, int timeout_ms,
                             size_t *n, struct error *error)
{
    struct restore *r = self;
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

static enum result port_pause(void *self, int32_t shard, struct error *error)
{
    (void)self;
    (void)shard;
    (void)error;
    return OK;
}

static bool port_lookup_take(void *self, const struct lookup_answer **answer)
{
    struct restore *r = self;
    if (!lookup_take(r->changelog.lookup, answer)) return false;
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

static enum result port_changelog_open(void *self, int32_t shard, int64_t from, struct error *error)
{
    struct restore *r = self;
    r->inside_batch = false;
    return changelog_open(r->changelog.log, shard, from, error);
}

static enum result port_changelog_read(void *self, struct changelog_record *records, size_t max,
                                       int timeout_ms, size_t *n, struct error *error)
{
    struct restore *r = self;
    enum result result = changelog_read(r->changelog.log, records, max, timeout_ms, n, error);
    if (result == OK && *n) {
        r->inside_batch = !state_key_is_position(records[*n - 1].key);
        r->moves++;
    }
    return result;
}

/* A worker beside us adds batches behind the end that was asked for. So the end is not reached, and
 * the state is not compared with what it says of itself, while a batch is read half: `$position` is
 * its last record. */
static int64_t port_changelog_next(void *self, int32_t shard)
{
    struct restore *r = self;
    int64_t next = changelog_next(r->changelog.log, shard);
    if (!r->inside_batch || changelog_at_end(r->changelog.log, shard)) return next;
    return next < r->end ? next : r->end - 1;
}

struct restore_port *restore_port_new(const struct config *config, int32_t partitions,
                                      struct error *error)
{
    struct restore *r = calloc(1, sizeof *r);
    if (!r) abort();
    r->gone = r->given = r->next = NO_SHARD;
    r->end = -1;
    /* No record is ever given out, and nobody is told an end of an input. */
    r->input = (struct input_port){
        .self = r,
        .be_member = port_be_member,
        .poll = port_poll,
        .pause = port_pause,
        .ends_ask = port_ends_ask,
    };
    r->port = (struct restore_port){&r->input, &r->changelog.port};
    bool is_ready = changelog_port_init(&r->changelog, config, partitions, error);
    r->changelog.port.lookup_take = port_lookup_take;
    r->changelog.port.open = port_changelog_open;
    r->changelog.port.read = port_changelog_read;
    r->changelog.port.next = port_changelog_next;
    if (is_ready) return &r->port;
    restore_port_free(&r->port);
    return NULL;
}

void restore_port_free(struct restore_port *port)
{
    if (!port) return;
    struct restore *r = restore_of(port);
    changelog_port_clear(&r->changelog);
    free(r);
}

void restore_port_give(struct restore_port *port, int32_t shard)
{
    struct restore *r = restore_of(port);
    r->next = shard;
    r->end = -1;
}

struct restore_progress restore_port_progress(const struct restore_port *port)
{
    const struct restore *r = restore_of(port);
    bool reads = r->given != NO_SHARD && r->next == NO_SHARD && r->end >= 0;
    return (struct restore_progress){
        .cluster = r->cluster,
        .end = r->next == NO_SHARD ? r->end : -1,
        .next = reads ? changelog_next(r->changelog.log, r->given) : 0,
        .moves = r->moves,
    };
}
