/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A right to read that is missing while the worker is at work was taken away, and may be given
 * back. So it is waited for: the partitions are assigned again every two seconds, and the error has
 * the command that grants the right.
 */
#include "common/clock.h"
#include "kafka_consumer_private.h"
#include "kafka_verdict.h"

#define DENIED_MS 5000       /* so long after the last word of it a right is missing */
#define DENIED_AGAIN_MS 2000 /* how often it is tried again */

void kafka_denied_note(struct kafka_consumer *c, rd_kafka_resp_err_t code, unsigned topics)
{
    struct refused_write read = {.code = code, .topics = topics, .partition = -1, .reading = true};
    kafka_verdict_say(c->config, &read, "consuming", &c->denied);
    c->denied_ms = clock_monotonic_ms();
    if (topics && !c->denied_again_ms) c->denied_again_ms = c->denied_ms + DENIED_AGAIN_MS;
}

enum result kafka_denied_serve(struct kafka_consumer *c, struct error *error)
{
    int64_t now = clock_monotonic_ms();
    if (!c->denied_ms) return OK;
    if (now - c->denied_ms > DENIED_MS) {
        c->denied_ms = c->denied_again_ms = 0;
        return OK;
    }
    if (c->denied_again_ms && now >= c->denied_again_ms) {
        c->denied_again_ms = now + DENIED_AGAIN_MS;
        kafka_consumer_reassign(c);
    }
    *error = c->denied;
    return RETRY;
}
