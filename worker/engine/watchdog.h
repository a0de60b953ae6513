/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ends the process when its loop does not move any more, or when it was told to end and does not: a
 * library call that never returns must not leave a worker that looks alive and owns shards, or one
 * that nobody can stop. One for each process.
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
/*
 * The process is to end by itself within `ms`; if it does not, that thread calls _exit(code), with a
 * log line. From any thread, not from a signal handler; the first call counts, and none does before
 * watchdog_start.
 */
void watchdog_end_within(int ms, int code);
/* Ends that thread; safe when there is none. */
void watchdog_stop(void);
/* The loop has moved. From any thread, at the price of one atomic increment. */
void watchdog_kick(void);
/* Whether the loop moved within half of the limit; true when no watchdog runs. */
bool watchdog_moving(void);

#endif
