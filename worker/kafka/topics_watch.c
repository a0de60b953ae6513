/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looks again at topics and settings while a worker runs, on a handle of its own. What to do about
 * a finding is in its text; how often to look, and when to believe it, is the caller's.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "topics_private.h"

struct topics_watch {
    const struct config *config;
    int32_t partitions;
    struct kafka_watch watch;
    rd_kafka_t *rk; /* stays open: a new one for each look would log in each time */
};

struct topics_watch *topics_watch_new(const struct config *config, int32_t partitions,
                                      struct error *error)
{
    struct topics_watch *w = calloc(1, sizeof *w);
    if (!w) abort();
    w->config = config;
    w->partitions = partitions;
    w->rk = topics_open(config, &w->watch, error);
    if (w->rk) return w;
    free(w);
    return NULL;
}

void topics_watch_free(struct topics_watch *w)
{
    if (!w) return;
    kafka_conf_close(w->rk);
    free(w);
}

/* What to do where a topic is gone: the durable state is not made again by an empty one. */
static const char *remedy(int topic)
{
    if (topic == TOPIC_STATE)
        return "restore it; Redis may be the last copy of the state (docs/operations.md)";
    return "recreate it (epilogue topics create); the worker then continues by itself";
}

enum result topics_watch_look(struct topics_watch *w, topics_report *report, void *arg,
                              struct error *error)
{
    struct topics_fact facts[topic_end];
    enum result r = topics_find(w->config, w->rk, &w->watch, facts, error);
    for (int t = 1; t < topic_end && r == OK; t++) {
        char text[200];
        int32_t n = facts[t].partitions;
        if (facts[t].err || n >= w->partitions) continue; /* more: the consumer sees to it */
        if (n)
            snprintf(text, sizeof text,
                     "has %" PRId32 " partitions, but had %" PRId32
                     " when the worker started: recreate it with that many",
                     n, w->partitions);
        else
            snprintf(text, sizeof text, "does not exist any more: %s", remedy(t));
        report(arg, &(struct topics_finding){w->config->topics[t].p, TOPICS_WRONG, text, t, n > 0,
                                             false});
    }
    return r;
}
