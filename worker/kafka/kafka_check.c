/* SPDX-License-Identifier: Apache-2.0 */
/* What `epilogue check` asks the brokers: the order of it, and how a finding is said. The tries are in
 * kafka_check_records.c, kafka_check_group.c and kafka_check_transactions.c. */
#include <stdarg.h>
#include <stdio.h>

#include "common/clock.h"
#include "kafka_check_private.h"
#include "topics.h"

#define ALL_MS 24000 /* the most that all of it may take, the first answer apart */
#define STEP_MS 6000 /* the most that one of the things looked at may take */
#define STEP_MIN_MS 1000

void kafka_check_say(const struct kafka_check *check, enum verdict verdict, const char *format, ...)
{
    char text[KAFKA_RIGHTS_COMMAND_BYTES + 700];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    check->found(check->context, verdict, text);
}

int64_t kafka_check_until(const struct kafka_check *check)
{
    int64_t now = clock_monotonic_ms(), until = now + STEP_MS;
    if (until > check->until_ms) until = check->until_ms;
    return until < now + STEP_MIN_MS ? now + STEP_MIN_MS : until;
}

/* What is tried here is meant to be refused: librdkafka's lines about it would only frighten. */
static void log_nothing(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    (void)rk, (void)level, (void)facility, (void)text;
}

rd_kafka_t *kafka_check_open(const struct kafka_check *check, rd_kafka_conf_t *conf,
                             enum kafka_side side, struct error *error)
{
    if (conf) rd_kafka_conf_set_log_cb(conf, log_nothing);
    rd_kafka_t *rk = conf ? kafka_conf_open(conf, side, error) : NULL;
    if (!rk) kafka_check_say(check, VERDICT_WRONG, "kafka: %s", error->text);
    return rk;
}

void kafka_check_fault(const struct kafka_check *check, rd_kafka_resp_err_t err,
                       const char *subject, enum kafka_right right, const char *topic,
                       const struct kafka_watch *watch)
{
    struct error error;
    char command[KAFKA_RIGHTS_COMMAND_BYTES];
    const char *more = watch->reason[0] ? "; " : "";
    if (kafka_error_is_denied(err)) {
        kafka_rights_command(check->config, right, topic, command);
        kafka_check_say(check, VERDICT_WRONG, "kafka %s: denied: %s", subject, command);
    } else if (err == KAFKA_CHECK_NO_ANSWER) {
        kafka_check_say(check, VERDICT_WRONG,
                        "kafka %s: no answer in time; is every broker up?%s%s", subject, more,
                        watch->reason);
    } else {
        kafka_error_code(check->config, err, NULL, subject, &error);
        kafka_check_say(check, VERDICT_WRONG, "kafka %s%s%s", error.text, more, watch->reason);
    }
}

static void report_topic(void *context, const struct topics_finding *finding)
{
    static const enum verdict verdicts[] = {[TOPICS_FINE] = VERDICT_OK,
                                            [TOPICS_UNCHECKED] = VERDICT_NOTE,
                                            [TOPICS_RISK] = VERDICT_NOTE,
                                            [TOPICS_WRONG] = VERDICT_WRONG};
    struct kafka_check *check = context;
    check->visible[finding->id] = finding->visible;
    check->reached = true;
    kafka_check_say(check, verdicts[finding->state], "kafka topic %s: %s", finding->topic,
                    finding->text);
}

struct kafka_check_result kafka_check(const struct config *config, verdict_report *found,
                                      void *context)
{
    struct error error;
    size_t wrong;
    struct kafka_check check = {.config = config, .found = found, .context = context};
    if (topics_check(config, 0, report_topic, &check, &wrong, &error) != OK) {
        check.result.usage = error.usage;
        kafka_check_say(&check, VERDICT_WRONG, "kafka: %s", error.text);
    }
    if (!check.reached) {
        kafka_check_say(&check, VERDICT_NOTE,
                        "kafka reading, writing, group and transactions: not checked, for no "
                        "broker told of the topics");
        return check.result;
    }
    check.until_ms = clock_monotonic_ms() + ALL_MS;
    kafka_check_reading(&check);
    kafka_check_writing(&check);
    kafka_check_group(&check);
    kafka_check_transactions(&check);
    return check.result;
}
