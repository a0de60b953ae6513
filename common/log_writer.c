/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The worker must not wait for whoever reads its log. A ring of lines and a thread of its own take
 * the waiting; when the ring is full, lines are dropped, counted, and told once there is room.
 */
#include "log_writer.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"

static struct {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t filled, emptied;
    /* under the lock */
    bool running, stopping;
    char ring[LOG_RING_BYTES]; /* whole lines, one behind the other */
    size_t first, n;
    bool writing;     /* what is out of the ring is not yet written */
    int64_t not_said; /* lines dropped that no line tells of yet */
} writer = {.lock = PTHREAD_MUTEX_INITIALIZER, .filled = PTHREAD_COND_INITIALIZER};

static _Atomic int64_t dropped;

int64_t log_writer_dropped(void)
{
    return atomic_load(&dropped);
}

/* A log that cannot be written has nobody to tell. Somebody may have made the descriptor one that
 * does not wait, a shell for instance: it is waited for. */
static void write_out(const char *p, size_t n)
{
    while (n) {
        ssize_t written = write(STDERR_FILENO, p, n);
        if (written > 0) {
            p += written;
            n -= (size_t)written;
        } else if (written < 0 && errno == EAGAIN) {
            poll(&(struct pollfd){.fd = STDERR_FILENO, .events = POLLOUT}, 1, -1);
        } else if (written == 0 || errno != EINTR) {
            return;
        }
    }
}

/* ---- the ring; under the lock ---- */

static bool is_idle(void)
{
    return !writer.n && !writer.writing && !writer.not_said;
}

static void ring_put(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        writer.ring[(writer.first + writer.n + i) % LOG_RING_BYTES] = p[i];
    writer.n += n;
}

/* Takes the first line into `line`; its length. */
static size_t ring_take(char line[LOG_LINE_BYTES])
{
    size_t n = 0;
    do line[n] = writer.ring[(writer.first + n) % LOG_RING_BYTES];
    while (line[n++] != '\n');
    writer.first = (writer.first + n) % LOG_RING_BYTES;
    writer.n -= n;
    return n;
}

/* ---- the thread ---- */

/* What was dropped is told once the reader has taken all that came before it. */
static void say_dropped(void)
{
    int64_t n = writer.not_said;
    writer.not_said = 0;
    writer.writing = true;
    pthread_mutex_unlock(&writer.lock);
    log_warn("log lines were dropped: the reader of the log is too slow", LOG_INT("lines", n));
    pthread_mutex_lock(&writer.lock);
    writer.writing = false;
}

static void write_next(void)
{
    char line[LOG_LINE_BYTES];
    size_t n = ring_take(line);
    writer.writing = true;
    pthread_mutex_unlock(&writer.lock);
    write_out(line, n);
    pthread_mutex_lock(&writer.lock);
    writer.writing = false;
}

static void *run(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&writer.lock);
    while (writer.n || writer.not_said || !writer.stopping) {
        if (writer.n) {
            write_next();
        } else if (writer.not_said) {
            say_dropped();
        } else {
            pthread_cond_broadcast(&writer.emptied);
            pthread_cond_wait(&writer.filled, &writer.lock);
        }
    }
    pthread_cond_broadcast(&writer.emptied);
    pthread_mutex_unlock(&writer.lock);
    return NULL;
}

enum result log_writer_start(struct error *error)
{
    sigset_t all, before;
    clock_cond_init(&writer.emptied);
    writer.stopping = false;
    sigfillset(&all); /* signals are the main thread's */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&writer.thread, NULL, run, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed)
        return error_set(error, FATAL, "the log's thread could not be started: %s",
                         strerror(failed));
    pthread_mutex_lock(&writer.lock);
    writer.running = true;
    pthread_mutex_unlock(&writer.lock);
    return OK;
}

void log_writer_stop(int wait_ms)
{
    struct timespec until = clock_in(wait_ms);

    pthread_mutex_lock(&writer.lock);
    bool ours = writer.running && !writer.stopping;
    writer.stopping = true;
    pthread_cond_signal(&writer.filled);
    int failed = 0;
    while (ours && !failed && !is_idle())
        failed = pthread_cond_timedwait(&writer.emptied, &writer.lock, &until);
    bool done = ours && is_idle();
    if (done) writer.running = false;
    pthread_mutex_unlock(&writer.lock);
    if (done)
        pthread_join(writer.thread, NULL);
    else if (ours)
        pthread_detach(writer.thread);
}

void log_writer_put(const char *line, size_t n)
{
    pthread_mutex_lock(&writer.lock);
    bool direct = !writer.running;
    if (!direct && LOG_RING_BYTES - writer.n >= n) {
        ring_put(line, n);
        pthread_cond_signal(&writer.filled);
    } else if (!direct) {
        writer.not_said++;
        atomic_fetch_add(&dropped, 1);
    }
    pthread_mutex_unlock(&writer.lock);
    if (direct) write_out(line, n);
}
