/* SPDX-License-Identifier: Apache-2.0 */
/* A thread that takes the signals, so that a loop that stands can still be stopped. */
#include "signals.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli.h"
#include "common/log.h"
#include "common/log_writer.h"
#include "engine/watchdog.h"

#define LOG_WAIT_MS 200 /* whether anybody reads the log or not, the process ends */

static sigset_t taken;
static int stop_within_ms;
static _Atomic bool stop_asked, reload_asked;

static void take(int signal)
{
    if (signal == SIGHUP) {
        atomic_store(&reload_asked, true);
    } else if (!atomic_exchange(&stop_asked, true)) {
        watchdog_end_within(stop_within_ms, EXIT_DONE);
    } else {
        log_warn("stopped at once by a second signal; nothing is lost");
        log_writer_stop(LOG_WAIT_MS);
        _exit(EXIT_DONE);
    }
}

static void *listen_to_signals(void *unused)
{
    (void)unused;
    int signal;
    for (;;)
        if (sigwait(&taken, &signal) == 0) take(signal);
    return NULL;
}

void signals_start(int stop_ms)
{
    pthread_t thread;
    stop_within_ms = stop_ms;
    /* They mean nothing here, and a stray one would end the process. */
    signal(SIGUSR1, SIG_IGN);
    signal(SIGUSR2, SIG_IGN);
    sigemptyset(&taken);
    sigaddset(&taken, SIGTERM);
    sigaddset(&taken, SIGINT);
    sigaddset(&taken, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &taken, NULL);
    if (pthread_create(&thread, NULL, listen_to_signals, NULL)) abort();
    pthread_detach(thread);
}

bool signals_stop_asked(void)
{
    return atomic_load(&stop_asked);
}

bool signals_take_reload(void)
{
    return atomic_exchange(&reload_asked, false);
}
