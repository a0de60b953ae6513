/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ends the process when its loop does not move any more: a library call that never returns must
 * not leave a worker that looks alive and owns shards. One for each process.
 */
#ifndef EPILOGUE_ENGINE_WATCHDOG_H
#define EPILOGUE_ENGINE_WATCHDOG_H

#include <stdbool.h>

#include "common/error.h"

/*
 * Starts the thread that calls _exit(1), with a log line, once watchdog_kick was not called for
 * `limit_ms`. Time in which the whole process stood still (SIGSTOP, a suspended machine) does not
 * count: the watchdog stood still as well. FATAL when no thread can be had.
 */
enum result watchdog_start(int limit_ms, struct error *error);
/* Ends that thread; safe when there is none. */
void watchdog_stop(void);
/* The loop has moved. From any thread, at the price of one atomic increment. */
void watchdog_kick(void);
/* Whether the loop moved within half of the limit; true when no watchdog runs. */
bool watchdog_moving(void);

#endif
