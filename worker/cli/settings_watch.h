/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What others can change under a worker that runs, and by which records are lost without a word: a
 * topic that is deleted, a topic that is turned to another cleanup.policy, a Redis that evicts. A
 * thread of its own asks for it, so that the loop never waits. Each finding is an error line, a
 * reason of /readyz and one in epilogue_faults; the worker works on, for ending would save nothing.
 */
#ifndef EPILOGUE_SETTINGS_WATCH_H
#define EPILOGUE_SETTINGS_WATCH_H

#include "config/config.h"
#include "engine/metrics.h"

struct settings_watch;

/* Starts the thread. `partitions`: of each topic. NULL and a sentence: a setting is bad, or there is
 * no thread to be had. */
struct settings_watch *settings_watch_start(const struct config *config, int32_t partitions,
                                            struct metrics *metrics, struct error *error);
/* Afterwards nothing of `metrics` is touched. Waits for the thread a moment at most; one that an
 * absent broker holds up for longer is left to the end of the process. NULL is safe. */
void settings_watch_stop(struct settings_watch *watch);

#endif
