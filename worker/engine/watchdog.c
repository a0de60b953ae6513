/* SPDX-License-Identifier: Apache-2.0 */
#include "watchdog.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"
#include "common/log_writer.h"

#define LOG_WAIT_MS 200 /* whether anybody reads the log or not, the process ends */
#define LOOKS 20        /* in one limit; so many without a kick in between, and it is over */

static struct {
    bool running;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t stop_asked;
    bool stopping; /* under the lock */
    int limit_ms;
} dog = {.lock = PTHREAD_MUTEX_INITIALIZER};

static _Atomic unsigned kicks;
static _Atomic int idle_looks; /* counted, not timed: while the process is stopped none is made */

static void wait_until_next_look(void)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    long ns = until.tv_nsec + (long)(dog.limit_ms % (LOOKS * 1000)) * (1000000 / LOOKS);
    until.tv_sec += dog.limit_ms / (LOOKS * 1000) + ns / 1000000000;
    until.tv_nsec = ns % 1000000000;
    pthread_cond_timedwait(&dog.stop_asked, &dog.lock, &until);
}

static void *watch(void *unused)
{
    (void)unused;
    unsigned seen = atomic_load(&kicks);
    pthread_mutex_lock(&dog.lock);
    while (!dog.stopping) {
        wait_until_next_look();
        unsigned now = atomic_load(&kicks);
        atomic_store(&idle_looks, now == seen ? atomic_load(&idle_looks) + 1 : 0);
        seen = now;
        if (atomic_load(&idle_looks) < LOOKS || dog.stopping) continue;
        log_error("the loop has not moved for its limit: ending this process",
                  "watchdog_timeout_ms=%d", dog.limit_ms);
        log_writer_stop(LOG_WAIT_MS);
        _exit(1);
    }
    pthread_mutex_unlock(&dog.lock);
    return NULL;
}

enum result watchdog_start(int limit_ms, struct error *error)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&dog.stop_asked, &monotonic);
    pthread_condattr_destroy(&monotonic);
    dog.limit_ms = limit_ms;
    dog.stopping = false;
    atomic_store(&idle_looks, 0);
    if (pthread_create(&dog.thread, NULL, watch, NULL) != 0) {
        pthread_cond_destroy(&dog.stop_asked);
        return error_set(error, FATAL, "the watchdog's thread could not be started");
    }
    dog.running = true;
    return OK;
}

void watchdog_stop(void)
{
    if (!dog.running) return;
    pthread_mutex_lock(&dog.lock);
    dog.stopping = true;
    pthread_cond_signal(&dog.stop_asked);
    pthread_mutex_unlock(&dog.lock);
    pthread_join(dog.thread, NULL);
    pthread_cond_destroy(&dog.stop_asked);
    dog.running = false;
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
