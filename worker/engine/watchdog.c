/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A thread that ends the process by _exit when the loop has not moved for its limit, or when an
 * orderly end takes too long. The loop only counts an atomic up, and the thread looks whether it
 * was counted.
 */
#include "watchdog.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/log_writer.h"

#define LOG_WAIT_MS 200 /* whether anybody reads the log or not, the process ends */
#define LOOKS 20        /* in one limit; so many without a kick in between, and it is over */

static struct {
    bool running; /* written under the lock too */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int limit_ms;
    /* under the lock */
    bool stopping;
    bool ending; /* the process has to have ended at `end` */
    struct timespec end;
    int end_code;
} dog = {.lock = PTHREAD_MUTEX_INITIALIZER};

static _Atomic unsigned kicks;
static _Atomic int idle_looks; /* counted, not timed: while the process is stopped none is made */

static bool is_before(struct timespec a, struct timespec b)
{
    return a.tv_sec != b.tv_sec ? a.tv_sec < b.tv_sec : a.tv_nsec < b.tv_nsec;
}

/* Waits for the next look, or for a change; the process ends here when its time is over. */
static void wait_for(struct timespec look)
{
    while (!dog.stopping && is_before(clock_in(0), look)) {
        bool end_first = dog.ending && is_before(dog.end, look);
        pthread_cond_timedwait(&dog.changed, &dog.lock, end_first ? &dog.end : &look);
        if (dog.stopping || !dog.ending || is_before(clock_in(0), dog.end)) continue;
        log_warn("stopped without waiting for Kafka and Redis; nothing is lost",
                 LOG_INT("exit_code", dog.end_code));
        log_writer_stop(LOG_WAIT_MS);
        _exit(dog.end_code);
    }
}

static void *watch(void *unused)
{
    (void)unused;
    unsigned seen = atomic_load(&kicks);
    pthread_mutex_lock(&dog.lock);
    while (!dog.stopping) {
        wait_for(clock_in(dog.limit_ms / LOOKS));
        unsigned now = atomic_load(&kicks);
        atomic_store(&idle_looks, now == seen ? atomic_load(&idle_looks) + 1 : 0);
        seen = now;
        if (atomic_load(&idle_looks) < LOOKS || dog.stopping) continue;
        log_error("main loop stalled for watchdog.timeout.ms; exiting",
                  LOG_INT("watchdog_timeout_ms", dog.limit_ms));
        log_writer_stop(LOG_WAIT_MS);
        _exit(1);
    }
    pthread_mutex_unlock(&dog.lock);
    return NULL;
}

enum result watchdog_start(int limit_ms, struct error *error)
{
    clock_cond_init(&dog.changed);
    dog.limit_ms = limit_ms;
    dog.stopping = dog.ending = false;
    atomic_store(&idle_looks, 0);
    if (pthread_create(&dog.thread, NULL, watch, NULL) != 0) {
        pthread_cond_destroy(&dog.changed);
        return error_set(error, FATAL, "the watchdog's thread could not be started");
    }
    pthread_mutex_lock(&dog.lock);
    dog.running = true;
    pthread_mutex_unlock(&dog.lock);
    return OK;
}

void watchdog_end_within(int ms, int code)
{
    pthread_mutex_lock(&dog.lock);
    if (dog.running && !dog.ending) {
        dog.ending = true;
        dog.end = clock_in(ms);
        dog.end_code = code;
        pthread_cond_signal(&dog.changed);
    }
    pthread_mutex_unlock(&dog.lock);
}

void watchdog_stop(void)
{
    if (!dog.running) return;
    pthread_mutex_lock(&dog.lock);
    dog.stopping = true;
    pthread_cond_signal(&dog.changed);
    pthread_mutex_unlock(&dog.lock);
    pthread_join(dog.thread, NULL);
    pthread_mutex_lock(&dog.lock);
    dog.running = false;
    pthread_mutex_unlock(&dog.lock);
    pthread_cond_destroy(&dog.changed);
    atomic_store(&idle_looks, 0);
}

void watchdog_kick(void)
{
    atomic_fetch_add_explicit(&kicks, 1, memory_order_relaxed);
}

bool watchdog_moving(void)
{
    return atomic_load(&idle_looks) <= LOOKS / 2;
}
