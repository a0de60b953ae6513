/* SPDX-License-Identifier: Apache-2.0 */
/*
 * librdkafka before 2.2 that has found its queue full looks again when something wakes the thread
 * that fetches, which else sleeps up to a second. A queue is full as soon as anything is in it
 * (queued.min.messages), the member's so that one fetch is made for each poll and not for each
 * record, the changelog's for the memory. Of all that wakes that thread, setting the user's name
 * and password, to what they are, is the one call without another effect.
 */
#include "kafka_wake.h"

#include <stdbool.h>

#define LOOKS_BY_ITSELF_SINCE 0x02020000
#define TEXT_MAX 4096

/* Whether the setting fits; "" when there is none. */
static bool get(const rd_kafka_conf_t *conf, const char *name, char text[TEXT_MAX])
{
    size_t n = TEXT_MAX;
    text[0] = 0;
    if (rd_kafka_conf_get(conf, name, text, &n) != RD_KAFKA_CONF_OK) text[0] = 0;
    return n <= TEXT_MAX;
}

void kafka_wake_fetching(rd_kafka_t *rk)
{
    if (rd_kafka_version() >= LOOKS_BY_ITSELF_SINCE) return;
    char username[TEXT_MAX], password[TEXT_MAX];
    const rd_kafka_conf_t *conf = rd_kafka_conf(rk);
    if (!get(conf, "sasl.username", username) || !get(conf, "sasl.password", password)) return;
    rd_kafka_error_t *error = rd_kafka_sasl_set_credentials(rk, username, password);
    if (error) rd_kafka_error_destroy(error);
}
