/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thread of a producer: it prepares and commits while the loop goes on. It looks at nothing but
 * what was started, one thing at a time, and sleeps between them.
 */
#include <assert.h>
#include <errno.h>

#include "common/clock.h"
#include "kafka_producer_private.h"

static void *work(void *arg)
{
    struct kafka_producer *p = arg;
    struct kafka_job *job = &p->job;
    pthread_mutex_lock(&job->lock);
    for (;;) {
        while (job->wanted == JOB_NONE) pthread_cond_wait(&job->changed, &job->lock);
        if (job->wanted == JOB_END) break;
        bool prepares = job->wanted == JOB_PREPARE;
        job->wanted = JOB_NONE;
        pthread_mutex_unlock(&job->lock);
        job->result = prepares ? kafka_producer_prepare(p, job, &job->error)
                               : kafka_producer_commit(p, &job->error);
        pthread_mutex_lock(&job->lock);
        job->done = true;
        pthread_cond_broadcast(&job->changed);
    }
    pthread_mutex_unlock(&job->lock);
    return NULL;
}

enum result kafka_job_start(struct kafka_producer *p, struct error *error)
{
    struct kafka_job *job = &p->job;
    pthread_mutex_init(&job->lock, NULL);
    clock_cond_init(&job->changed);
    job->started = pthread_create(&job->thread, NULL, work, p) == 0;
    if (job->started) return OK;
    return error_set(error, FATAL, "the producer's thread could not be started");
}

static void forget(struct kafka_job *job)
{
    if (job->group) rd_kafka_consumer_group_metadata_destroy(job->group);
    job->group = NULL;
    job->positions = NULL;
    job->shards = NULL;
}

static void want(struct kafka_job *job, int what)
{
    pthread_mutex_lock(&job->lock);
    assert(job->wanted == JOB_NONE);
    job->wanted = what;
    pthread_cond_broadcast(&job->changed);
    pthread_mutex_unlock(&job->lock);
}

void kafka_job_end(struct kafka_producer *p)
{
    struct kafka_job *job = &p->job;
    if (!job->started) return;
    want(job, JOB_END);
    pthread_join(job->thread, NULL);
    forget(job);
    pthread_cond_destroy(&job->changed);
    pthread_mutex_destroy(&job->lock);
    job->started = job->busy = false;
}

static void begin(struct kafka_producer *p)
{
    assert(!p->job.busy && p->in_transaction);
    p->job.limits = p->limits;
    p->job.done = false;
    p->job.busy = true;
}

void kafka_producer_prepare_start(struct kafka_producer *p, const struct position *positions,
                                  size_t n, rd_kafka_consumer_group_metadata_t *group,
                                  const struct error *why, struct shard_commit *shards,
                                  size_t shards_n)
{
    struct kafka_job *job = &p->job;
    begin(p);
    job->positions = positions;
    job->positions_n = n;
    job->group = group;
    job->shards = shards;
    job->shards_n = shards_n;
    if (group) {
        want(job, JOB_PREPARE);
        return;
    }
    job->result = ABORT;
    job->error = *why;
    job->done = true;
}

void kafka_producer_commit_start(struct kafka_producer *p)
{
    begin(p);
    want(&p->job, JOB_COMMIT);
}

bool kafka_producer_take(struct kafka_producer *p, int wait_ms, enum result *result,
                         struct error *error)
{
    struct kafka_job *job = &p->job;
    struct timespec until = clock_in(wait_ms);
    assert(job->busy);
    pthread_mutex_lock(&job->lock);
    while (!job->done && wait_ms > 0)
        if (pthread_cond_timedwait(&job->changed, &job->lock, &until) == ETIMEDOUT) break;
    bool done = job->done;
    pthread_mutex_unlock(&job->lock);
    if (!done) return false;
    job->busy = false;
    forget(job);
    *result = job->result;
    if (job->result != OK) *error = job->error;
    return true;
}

bool kafka_producer_is_busy(const struct kafka_producer *p)
{
    return p->job.busy;
}
