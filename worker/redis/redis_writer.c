/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Applies run beside the loop: on a thread and a connection of their own, so that what is loaded
 * does not wait behind what is written. The server answers an apply before it is taken, so a load
 * behind the take sees it.
 */
#include <assert.h>
#include <errno.h>

#include "common/clock.h"
#include "redis_port_private.h"

/* The other connection is asked all the time, so it is the first to know that the server was
 * restarted, or another: then this one is made again too, without a failure of its own. */
static enum result apply(struct redis_port *port, struct error *error)
{
    struct redis_writer *w = &port->writer;
    bool follows = w->made_with != w->times;
    unsigned before = redis_connection_times(w->connection);
    redis_connection_renew(w->connection, follows);
    w->made_with = w->times;
    enum result result = redis_apply(port, w->applies, w->n, error);
    w->leads = !follows && redis_connection_times(w->connection) != before;
    return result;
}

/* This one was closed alone, and the address can lead to another server by now: what is written there
 * has to be read there. */
static void lead(struct redis_port *port)
{
    struct redis_writer *w = &port->writer;
    if (!w->leads) return;
    w->leads = false;
    redis_connection_renew(port->connection, true);
    w->made_with = redis_connection_times(port->connection) + 1;
}

static void *work(void *arg)
{
    struct redis_port *port = arg;
    struct redis_writer *w = &port->writer;
    pthread_mutex_lock(&w->lock);
    for (;;) {
        while (!w->wanted && !w->ending) pthread_cond_wait(&w->changed, &w->lock);
        if (!w->wanted) break;
        w->wanted = false;
        pthread_mutex_unlock(&w->lock);
        w->result = apply(port, &w->error);
        pthread_mutex_lock(&w->lock);
        w->done = true;
        pthread_cond_broadcast(&w->changed);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

static enum result start(struct redis_port *port, struct error *error)
{
    struct redis_writer *w = &port->writer;
    if (w->started) return OK;
    if (!w->connection) w->connection = redis_connection_new(port->config, error);
    if (!w->connection) return FATAL;
    if (!w->scratch) w->scratch = arena_new();
    pthread_mutex_init(&w->lock, NULL);
    clock_cond_init(&w->changed);
    w->started = pthread_create(&w->thread, NULL, work, port) == 0;
    return w->started ? OK : error_set(error, FATAL, "a thread for Redis could not be started");
}

void redis_apply_start(void *self, struct store_apply *applies, size_t n)
{
    struct redis_port *port = self;
    struct redis_writer *w = &port->writer;
    assert(!w->busy);
    w->busy = true;
    w->applies = applies;
    w->n = n;
    w->times = redis_connection_times(port->connection);
    w->result = start(port, &w->error);
    w->done = w->result != OK;
    if (w->done) return;
    pthread_mutex_lock(&w->lock);
    w->wanted = true;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
}

static bool wait_for(struct redis_writer *w, int wait_ms)
{
    struct timespec until = clock_in(wait_ms);
    if (!w->started) return w->done;
    pthread_mutex_lock(&w->lock);
    while (!w->done && wait_ms > 0)
        if (pthread_cond_timedwait(&w->changed, &w->lock, &until) == ETIMEDOUT) break;
    bool done = w->done;
    pthread_mutex_unlock(&w->lock);
    return done;
}

bool redis_apply_take(void *self, int wait_ms, enum result *result, struct error *error)
{
    struct redis_port *port = self;
    struct redis_writer *w = &port->writer;
    assert(w->busy);
    if (!wait_for(w, wait_ms)) return false;
    w->busy = false;
    w->applies = NULL;
    lead(port);
    *result = w->result;
    if (w->result != OK) *error = w->error;
    return true;
}

bool redis_writer_wait(struct redis_port *port, int wait_ms)
{
    return !port->writer.busy || wait_for(&port->writer, wait_ms);
}

void redis_writer_end(struct redis_port *port)
{
    struct redis_writer *w = &port->writer;
    if (w->started) {
        pthread_mutex_lock(&w->lock);
        w->ending = true;
        pthread_cond_broadcast(&w->changed);
        pthread_mutex_unlock(&w->lock);
        pthread_join(w->thread, NULL);
        pthread_cond_destroy(&w->changed);
        pthread_mutex_destroy(&w->lock);
    }
    redis_connection_free(w->connection);
    arena_free(w->scratch);
}
