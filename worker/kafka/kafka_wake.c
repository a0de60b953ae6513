/* SPDX-License-Identifier: Apache-2.0 */
/*
 * librdkafka before 2.2 that has found its queue full looks again when something wakes the thread
 * that fetches, which else sleeps up to a second. When a queue is full queued.min.messages says: the
 * member's as soon as anything is in it, so that one fetch is made for each poll and not for each
 * record; the changelog's with what a restore reads at once. Of all that wakes that thread, setting
 * the user's name and password, to what they are, is the one call without another effect.
 */
#include "kafka_wake.h"

#define LOOKS_BY_ITSELF_SINCE 0x02020000
#define TEXT_MAX 4096

/* Called by the library's threads when something comes into an empty queue, under its lock. */
static void note_filled(rd_kafka_t *rk, void *opaque)
{
    (void)rk;
    struct kafka_wake *wake = opaque;
    atomic_store(&wake->filled, true);
}

void kafka_wake_start(struct kafka_wake *wake, rd_kafka_queue_t *queue)
{
    *wake = (struct kafka_wake){.queue = queue};
    rd_kafka_queue_cb_event_enable(queue, note_filled, wake);
}

void kafka_wake_stop(struct kafka_wake *wake)
{
    if (wake->queue) rd_kafka_queue_cb_event_enable(wake->queue, NULL, NULL);
    wake->queue = NULL;
}

/* Whether the setting fits; "" when there is none. */
static bool get(const rd_kafka_conf_t *conf, const char *name, char text[TEXT_MAX])
{
    size_t n = TEXT_MAX;
    text[0] = 0;
    if (rd_kafka_conf_get(conf, name, text, &n) != RD_KAFKA_CONF_OK) text[0] = 0;
    return n <= TEXT_MAX;
}

static void wake_threads(rd_kafka_t *rk)
{
    if (rd_kafka_version() >= LOOKS_BY_ITSELF_SINCE) return;
    char username[TEXT_MAX], password[TEXT_MAX];
    const rd_kafka_conf_t *conf = rd_kafka_conf(rk);
    if (!get(conf, "sasl.username", username) || !get(conf, "sasl.password", password)) return;
    rd_kafka_error_t *error = rd_kafka_sasl_set_credentials(rk, username, password);
    if (error) rd_kafka_error_destroy(error);
}

void kafka_wake_before(struct kafka_wake *wake)
{
    wake->has_come |= atomic_exchange(&wake->filled, false);
}

/* What comes from here on sets `filled` anew, for the next reading. */
void kafka_wake_after(struct kafka_wake *wake, rd_kafka_t *rk, bool has_taken, bool is_empty)
{
    wake->has_come |= has_taken || atomic_load(&wake->filled);
    if (!is_empty || !wake->has_come) return;
    wake->has_come = false;
    wake_threads(rk);
}
