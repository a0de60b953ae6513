/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the transactional id may be used; whoever uses it is not fenced. */
#include <stdio.h>

#include "common/clock.h"
#include "kafka_check_private.h"

/* Above every transaction.max.timeout.ms but one: the broker says so behind the rights, and before it
 * looks for the id. */
#define TIMEOUT_NOT_TAKEN "2000000000"
#define TOO_LONG RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT

/* The worker's transactional id. */
static void own_id(const struct kafka_check *check, char *id, size_t size)
{
    struct error error;
    rd_kafka_conf_t *conf = kafka_conf_new(check->config, KAFKA_PRODUCER, NULL, &error);
    id[0] = 0;
    if (!conf) return;
    rd_kafka_conf_get(conf, "transactional.id", id, &size);
    rd_kafka_conf_destroy(conf);
}

/* What the broker says to the registration of an id; false when the settings are not taken, which
 * is said then. `timeout`: NULL for the configured one. */
static bool register_id(const struct kafka_check *check, const char *id, const char *timeout,
                        struct kafka_watch *watch, rd_kafka_resp_err_t *err)
{
    struct error error;
    rd_kafka_conf_t *conf = kafka_conf_new(check->config, KAFKA_PRODUCER, watch, &error);
    if (conf) rd_kafka_conf_set(conf, "transactional.id", id, NULL, 0);
    if (conf && timeout) rd_kafka_conf_set(conf, "transaction.timeout.ms", timeout, NULL, 0);
    rd_kafka_t *rk = kafka_check_open(check, conf, KAFKA_PRODUCER, &error);
    if (!rk) return false;
    rd_kafka_error_t *e = rd_kafka_init_transactions(rk, clock_left_ms(kafka_check_until(check)));
    rd_kafka_poll(rk, 0); /* the reason, if there is one */
    *err = e ? rd_kafka_error_code(e) : 0;
    if (e && (rd_kafka_error_is_fatal(e) || *err == RD_KAFKA_RESP_ERR__FATAL))
        *err = rd_kafka_fatal_error(rk, NULL, 0);
    if (e) rd_kafka_error_destroy(e);
    kafka_conf_close(rk);
    return true;
}

void kafka_check_transactions(const struct kafka_check *check)
{
    struct error error;
    struct kafka_watch watch = {0};
    rd_kafka_resp_err_t other_err, err;
    char own[1300], other[1320]; /* each name has 200 bytes at most, encoded three times that */
    own_id(check, own, sizeof own);
    /* No worker's, since a slash in an instance.id is encoded. */
    snprintf(other, sizeof other, "%.*s/check/", (int)strcspn(own, "/"), own);
    if (!register_id(check, other, TIMEOUT_NOT_TAKEN, &watch, &other_err)) return;
    err = other_err;
    bool safe =
        other_err == TOO_LONG || (kafka_error_is_denied(other_err) && !check->result.worker_runs);
    if (safe && !register_id(check, own, TIMEOUT_NOT_TAKEN, &watch, &err)) return;
    if (!safe && kafka_error_is_denied(other_err)) {
        kafka_check_say(check, VERDICT_OK,
                        "kafka transactions: %s is in use by the worker that runs", own);
        return;
    }
    if (err && err != TOO_LONG) {
        kafka_check_fault(check, err, "transactions", KAFKA_RIGHT_TRANSACTIONS, NULL, &watch);
        return;
    }
    kafka_check_say(check, VERDICT_OK, "kafka transactions: %s may be used", own);
    if (kafka_error_is_denied(other_err) || !register_id(check, other, NULL, &watch, &err) ||
        err != TOO_LONG)
        return;
    kafka_error_code(check->config, err, NULL, "kafka transactions", &error);
    kafka_check_say(check, VERDICT_WRONG, "%s", error.text);
}
