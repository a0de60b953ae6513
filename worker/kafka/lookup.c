/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thread that asks the brokers for the engine, and the hand-over of questions and answers. One
 * question of each kind is under way at a time; the loop never waits.
 */
#include "lookup.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "lookup_private.h"

#define STOP_TIMEOUT_MS 1000
#define SERVE_EVERY_MS 1000

/* With the mutex held; returns at the latest when the handles' events are to be served again. */
static void wait_for_question(struct lookup *l)
{
    struct timespec until = clock_in(SERVE_EVERY_MS);
    if (pthread_cond_timedwait(&l->changed, &l->mutex, &until) == 0) return;
    pthread_mutex_unlock(&l->mutex);
    rd_kafka_poll(l->all, 0);
    rd_kafka_poll(l->stable, 0);
    pthread_mutex_lock(&l->mutex);
}

static void *run(void *self)
{
    struct lookup *l = self;
    pthread_mutex_lock(&l->mutex);
    while (!l->stop) {
        struct question *question = l->facts.state == ASKED  ? &l->facts
                                    : l->ends.state == ASKED ? &l->ends
                                                             : NULL;
        if (!question) wait_for_question(l);
        if (!question) continue;
        pthread_mutex_unlock(&l->mutex);
        if (question == &l->facts)
            lookup_answer_facts(l);
        else
            lookup_answer_ends(l);
        pthread_mutex_lock(&l->mutex);
        question->state = ANSWERED;
    }
    pthread_mutex_unlock(&l->mutex);
    return NULL;
}

/* ------------------------------------------------------------------ the caller's side */

static bool ask(struct lookup *l, struct question *question, const int32_t *shards, size_t n,
                bool high)
{
    pthread_mutex_lock(&l->mutex);
    bool free_to_ask = question->state != ASKED;
    if (free_to_ask) {
        if (question == &l->ends) l->high = high;
        for (size_t i = 0; i < n; i++) assert(shards[i] >= 0 && shards[i] < l->partitions);
        assert(n <= (size_t)l->partitions);
        memcpy(question->shards, shards, n * sizeof *shards);
        question->n = n;
        question->state = ASKED;
        pthread_cond_signal(&l->changed);
    }
    pthread_mutex_unlock(&l->mutex);
    return free_to_ask;
}

static bool take(struct lookup *l, struct question *question)
{
    pthread_mutex_lock(&l->mutex);
    bool answered = question->state == ANSWERED;
    if (answered) question->state = IDLE;
    pthread_mutex_unlock(&l->mutex);
    return answered;
}

bool lookup_ask(struct lookup *l, const int32_t *shards, size_t n)
{
    return ask(l, &l->facts, shards, n, false);
}

bool lookup_take(struct lookup *l, const struct lookup_answer **answer)
{
    *answer = &l->answer;
    return take(l, &l->facts);
}

bool lookup_ends_ask(struct lookup *l, const int32_t *shards, size_t n, bool high)
{
    return ask(l, &l->ends, shards, n, high);
}

bool lookup_ends_take(struct lookup *l, const struct input_end **ends, size_t *n)
{
    if (!take(l, &l->ends)) return false;
    *ends = l->input_ends;
    *n = l->input_ends_n;
    return true;
}

/* ------------------------------------------------------------------ life */

/* In the group by name alone: it never joins. */
static rd_kafka_t *open_handle(struct lookup *l, const char *isolation, struct kafka_watch *watch,
                               struct error *error)
{
    rd_kafka_conf_t *conf = kafka_conf_new(l->config, KAFKA_READER, watch, error);
    if (!conf) return NULL;
    char session[16]; /* of the user, who may have set others that have to be above it */
    snprintf(session, sizeof session, "%d", l->config->session_timeout_ms);
    rd_kafka_conf_set(conf, "session.timeout.ms", session, NULL, 0);
    rd_kafka_conf_set(conf, "group.id", l->config->group_id, NULL, 0);
    rd_kafka_conf_set(conf, "isolation.level", isolation, NULL, 0);
    return kafka_conf_open(conf, KAFKA_READER, error);
}

struct lookup *lookup_new(const struct config *config, int32_t partitions, struct error *error)
{
    struct lookup *l = calloc(1, sizeof *l);
    if (!l) abort();
    l->config = config;
    l->partitions = partitions;
    l->at = calloc((size_t)partitions, sizeof *l->at);
    l->facts.shards = calloc((size_t)partitions, sizeof *l->facts.shards);
    l->ends.shards = calloc((size_t)partitions, sizeof *l->ends.shards);
    if (!l->at || !l->facts.shards || !l->ends.shards) abort();
    pthread_mutex_init(&l->mutex, NULL);
    clock_cond_init(&l->changed);
    l->all = open_handle(l, "read_uncommitted", &l->watch, error);
    if (l->all) l->stable = open_handle(l, "read_committed", NULL, error);
    if (l->stable) {
        if (pthread_create(&l->thread, NULL, run, l)) abort();
        l->started = true;
        return l;
    }
    lookup_free(l);
    return NULL;
}

/* Whether the thread has ended. */
static bool stop(struct lookup *l)
{
    if (!l->started) return true;
    pthread_mutex_lock(&l->mutex);
    l->stop = true;
    pthread_cond_signal(&l->changed);
    pthread_mutex_unlock(&l->mutex);
    return clock_join(l->thread, STOP_TIMEOUT_MS);
}

void lookup_free(struct lookup *l)
{
    if (!l || !stop(l)) return;
    kafka_conf_close(l->all);
    kafka_conf_close(l->stable);
    pthread_mutex_destroy(&l->mutex);
    pthread_cond_destroy(&l->changed);
    free(l->answer.shards);
    free(l->input_ends);
    free(l->facts.shards);
    free(l->ends.shards);
    free(l->at);
    free(l);
}
