/* SPDX-License-Identifier: Apache-2.0 */
#include "check_kafka.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "common/clock.h"
#include "kafka/kafka_conf.h"
#include "kafka/kafka_error.h"
#include "kafka/kafka_rights.h"

#define STEP_MS 6000 /* the most that one of the things looked at may take */
#define STEP_MIN_MS 1000
#define POLL_MS 200

static const int read_topics[] = {TOPIC_INCIDENT_CLOSED, TOPIC_FINDING_UPDATED, TOPIC_TASK_UPDATED,
                                  TOPIC_FORWARDED, TOPIC_STATE};
static const int written_topics[] = {TOPIC_FORWARDED, TOPIC_TASKS, TOPIC_REMINDERS, TOPIC_STATE,
                                     TOPIC_DEAD_LETTERS};
#define READ_TOPICS (sizeof read_topics / sizeof *read_topics)
#define WRITTEN_TOPICS (sizeof written_topics / sizeof *written_topics)

#define NO_ANSWER RD_KAFKA_RESP_ERR__TIMED_OUT

__attribute__((format(printf, 3, 4))) static void say(const struct check_kafka *check,
                                                      enum verdict verdict, const char *format, ...)
{
    char text[KAFKA_RIGHTS_COMMAND_BYTES + 400];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    check->found(check->context, verdict, text);
}

/* Until when a step that begins now may last. */
static int64_t step_until(const struct check_kafka *check)
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

/* A handle of one side; what it does not take is said. */
static rd_kafka_t *open_side(const struct check_kafka *check, rd_kafka_conf_t *conf,
                             enum kafka_side side, struct error *error)
{
    if (conf) rd_kafka_conf_set_log_cb(conf, log_nothing);
    rd_kafka_t *rk = conf ? kafka_conf_open(conf, side, error) : NULL;
    if (!rk) say(check, VERDICT_WRONG, "kafka: %s", error->text);
    return rk;
}

static bool is_denied(rd_kafka_resp_err_t err)
{
    return err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
           err == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED ||
           err == RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED ||
           err == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED;
}

/* Says what came of a try: a missing right as the command that grants it. `subject`: what was tried,
 * as in "reading incident-closed". */
static void say_fault(const struct check_kafka *check, rd_kafka_resp_err_t err, const char *subject,
                      enum kafka_right right, const char *topic, const struct kafka_watch *watch)
{
    struct error error;
    char command[KAFKA_RIGHTS_COMMAND_BYTES];
    const char *more = watch->reason[0] ? "; " : "";
    if (is_denied(err)) {
        kafka_rights_command(check->config, right, topic, command);
        say(check, VERDICT_WRONG, "kafka %s: denied: %s", subject, command);
    } else if (err == NO_ANSWER) {
        say(check, VERDICT_WRONG, "kafka %s: no answer in time; is every broker up?%s%s", subject,
            more, watch->reason);
    } else {
        kafka_error_code(check->config, err, NULL, subject, &error);
        say(check, VERDICT_WRONG, "kafka %s%s%s", error.text, more, watch->reason);
    }
}

/* ------------------------------------------------------------------ reading */

struct fetched {
    rd_kafka_topic_t *handle; /* NULL: not looked at */
    rd_kafka_resp_err_t err;  /* NO_ANSWER at first */
};

/* Takes from the queue until each of the topics has answered, or the time is over. */
static void fetch_all(rd_kafka_t *rk, rd_kafka_queue_t *queue, struct fetched fetched[READ_TOPICS],
                      size_t wanted, int64_t until_ms)
{
    while (wanted && clock_left_ms(until_ms)) {
        rd_kafka_poll(rk, 0);
        rd_kafka_message_t *m = rd_kafka_consume_queue(queue, POLL_MS);
        if (!m) continue;
        rd_kafka_resp_err_t err = m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF ? 0 : m->err;
        for (size_t i = 0; i < READ_TOPICS; i++) {
            if (!fetched[i].handle || fetched[i].handle != m->rkt) continue;
            bool settled = fetched[i].err == 0 || is_denied(fetched[i].err);
            if (!settled) fetched[i].err = err;
            if (!settled && (err == 0 || is_denied(err))) wanted--;
        }
        rd_kafka_message_destroy(m);
    }
}

/* Without a group: partitions are started one by one, into one queue. */
static void read_ends(const struct check_kafka *check, rd_kafka_t *rk,
                      struct fetched fetched[READ_TOPICS])
{
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    size_t wanted = 0;
    for (size_t i = 0; i < READ_TOPICS; i++) {
        fetched[i] = (struct fetched){NULL, NO_ANSWER};
        if (!check->visible[read_topics[i]]) continue;
        fetched[i].handle = rd_kafka_topic_new(rk, check->config->topics[read_topics[i]].p, NULL);
        rd_kafka_consume_start_queue(fetched[i].handle, 0, RD_KAFKA_OFFSET_END, queue);
        wanted++;
    }
    fetch_all(rk, queue, fetched, wanted, step_until(check));
    for (size_t i = 0; i < READ_TOPICS; i++) {
        if (!fetched[i].handle) continue;
        rd_kafka_consume_stop(fetched[i].handle, 0);
        rd_kafka_topic_destroy(fetched[i].handle);
    }
    rd_kafka_queue_destroy(queue);
}

void check_kafka_reading(const struct check_kafka *check)
{
    struct error error;
    struct kafka_watch watch = {0};
    struct fetched fetched[READ_TOPICS];
    rd_kafka_conf_t *conf = kafka_conf_new(check->config, KAFKA_READER, &watch, &error);
    rd_kafka_t *rk = open_side(check, conf, KAFKA_READER, &error);
    if (!rk) return;
    read_ends(check, rk, fetched);
    kafka_conf_close(rk);
    size_t read = 0;
    for (size_t i = 0; i < READ_TOPICS; i++) {
        const char *topic = check->config->topics[read_topics[i]].p;
        char subject[300];
        snprintf(subject, sizeof subject, "reading %s", topic);
        if (fetched[i].handle && fetched[i].err)
            say_fault(check, fetched[i].err, subject, KAFKA_RIGHT_READ, topic, &watch);
        read += fetched[i].handle && !fetched[i].err;
    }
    if (read == READ_TOPICS)
        say(check, VERDICT_OK, "kafka reading: the inputs, %s and %s can be read",
            check->config->topics[TOPIC_FORWARDED].p, check->config->topics[TOPIC_STATE].p);
}

/* ------------------------------------------------------------------ writing */

/* What no broker takes: all, none or the leader's are the only ones. */
#define ACKNOWLEDGEMENTS "2"
#define NOT_TAKEN RD_KAFKA_RESP_ERR_INVALID_REQUIRED_ACKS

struct written {
    struct kafka_watch watch; /* first: it is what callbacks get */
    rd_kafka_resp_err_t errs[topic_end];
    size_t reported;
};

static void on_report(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque)
{
    struct written *written = opaque;
    (void)rk;
    written->errs[(intptr_t)m->_private] = m->err;
    written->reported++;
}

static size_t offer_records(const struct check_kafka *check, rd_kafka_t *rk, int timeout_ms)
{
    size_t offered = 0;
    char text[16];
    snprintf(text, sizeof text, "%d", timeout_ms);
    for (size_t i = 0; i < WRITTEN_TOPICS; i++) {
        int t = written_topics[i];
        if (!check->visible[t]) continue;
        rd_kafka_topic_conf_t *conf = rd_kafka_topic_conf_new();
        rd_kafka_topic_conf_set(conf, "request.required.acks", ACKNOWLEDGEMENTS, NULL, 0);
        rd_kafka_topic_conf_set(conf, "message.timeout.ms", text, NULL, 0);
        rd_kafka_topic_t *topic = rd_kafka_topic_new(rk, check->config->topics[t].p, conf);
        offered += rd_kafka_produce(topic, 0, RD_KAFKA_MSG_F_COPY, "", 0, "check", 5,
                                    (void *)(intptr_t)t) == 0;
        rd_kafka_topic_destroy(topic);
    }
    return offered;
}

static void say_written(const struct check_kafka *check, const struct written *written)
{
    size_t good = 0;
    for (size_t i = 0; i < WRITTEN_TOPICS; i++) {
        int t = written_topics[i];
        const char *topic = check->config->topics[t].p;
        char subject[300];
        if (!check->visible[t]) continue;
        snprintf(subject, sizeof subject, "writing %s", topic);
        if (written->errs[t] == NOT_TAKEN || !written->errs[t])
            good++;
        else
            say_fault(check, written->errs[t], subject, KAFKA_RIGHT_WRITE, topic, &written->watch);
    }
    if (good == WRITTEN_TOPICS)
        say(check, VERDICT_OK, "kafka writing: the outputs, %s and %s may be written to",
            check->config->topics[TOPIC_FORWARDED].p, check->config->topics[TOPIC_STATE].p);
}

void check_kafka_writing(const struct check_kafka *check)
{
    struct error error;
    struct written written = {.reported = 0};
    for (int t = 1; t < topic_end; t++) written.errs[t] = NO_ANSWER;
    /* The side that is not idempotent: with it, librdkafka does not take these acknowledgements. */
    rd_kafka_conf_t *conf = kafka_conf_new(check->config, KAFKA_ADMIN, &written.watch, &error);
    if (conf) rd_kafka_conf_set_dr_msg_cb(conf, on_report);
    rd_kafka_t *rk = open_side(check, conf, KAFKA_ADMIN, &error);
    if (!rk) return;
    int64_t until_ms = step_until(check);
    size_t offered = offer_records(check, rk, clock_left_ms(until_ms));
    while (written.reported < offered && clock_left_ms(until_ms)) rd_kafka_poll(rk, POLL_MS);
    rd_kafka_purge(rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT |
                           RD_KAFKA_PURGE_F_NON_BLOCKING);
    struct written seen = written;
    kafka_conf_close(rk);
    say_written(check, &seen);
}

/* ------------------------------------------------------------------ group */

/* The answer of one admin call; NO_ANSWER when it did not come. The caller destroys *event. */
static rd_kafka_resp_err_t await(rd_kafka_queue_t *queue, rd_kafka_event_type_t type,
                                 int64_t until_ms, rd_kafka_event_t **event)
{
    *event = NULL;
    while (clock_left_ms(until_ms)) {
        *event = rd_kafka_queue_poll(queue, clock_left_ms(until_ms));
        if (*event && rd_kafka_event_type(*event) == type) return rd_kafka_event_error(*event);
        if (*event) rd_kafka_event_destroy(*event);
        *event = NULL;
    }
    return NO_ANSWER;
}

static rd_kafka_AdminOptions_t *options_of(rd_kafka_t *rk, rd_kafka_admin_op_t op, int64_t until_ms)
{
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(rk, op);
    int timeout_ms = clock_left_ms(until_ms) - POLL_MS;
    rd_kafka_AdminOptions_set_request_timeout(options, timeout_ms > 0 ? timeout_ms : 1, NULL, 0);
    return options;
}

/* The error of the one partition that the answer is about. */
static rd_kafka_resp_err_t committed_error(rd_kafka_event_t *event)
{
    size_t n;
    const rd_kafka_group_result_t **groups = rd_kafka_AlterConsumerGroupOffsets_result_groups(
        rd_kafka_event_AlterConsumerGroupOffsets_result(event), &n);
    const rd_kafka_error_t *error = n ? rd_kafka_group_result_error(groups[0]) : NULL;
    if (error) return rd_kafka_error_code(error);
    const rd_kafka_topic_partition_list_t *list =
        n ? rd_kafka_group_result_partitions(groups[0]) : NULL;
    return list && list->cnt ? list->elems[0].err : 0;
}

/* The broker looks for the right on the group first, then for the topic's, then for the partition. */
static rd_kafka_resp_err_t commit_nothing(const struct check_kafka *check, rd_kafka_t *rk)
{
    int64_t until_ms = step_until(check);
    rd_kafka_event_t *event;
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_AdminOptions_t *options =
        options_of(rk, RD_KAFKA_ADMIN_OP_ALTERCONSUMERGROUPOFFSETS, until_ms);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, check->config->topics[TOPIC_INCIDENT_CLOSED].p,
                                      INT32_MAX)
        ->offset = 0;
    rd_kafka_AlterConsumerGroupOffsets_t *ask =
        rd_kafka_AlterConsumerGroupOffsets_new(check->config->group_id, list);
    rd_kafka_AlterConsumerGroupOffsets(rk, &ask, 1, options, queue);
    rd_kafka_resp_err_t err =
        await(queue, RD_KAFKA_EVENT_ALTERCONSUMERGROUPOFFSETS_RESULT, until_ms, &event);
    if (event && !err) err = committed_error(event);
    if (event) rd_kafka_event_destroy(event);
    rd_kafka_AlterConsumerGroupOffsets_destroy(ask);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_queue_destroy(queue);
    return err;
}

/* What the broker says once it has found the right on the group. */
static bool passed_group(rd_kafka_resp_err_t err)
{
    return !err || err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
           err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
           err == RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID ||
           err == RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION ||
           err == RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS;
}

static rd_kafka_t *open_admin(const struct check_kafka *check, struct kafka_watch *watch)
{
    struct error error;
    rd_kafka_conf_t *conf = kafka_conf_new(check->config, KAFKA_ADMIN, watch, &error);
    return open_side(check, conf, KAFKA_ADMIN, &error);
}

/* How much of a name is not the random end that a dynamic member's name has ("-" and 8 hex digits). */
static size_t lasting(const char *name)
{
    size_t n = strlen(name);
    bool random = n > 9 && name[n - 9] == '-' && strspn(name + n - 8, "0123456789abcdef") == 8;
    return random ? n - 9 : n;
}

/* Whether a member is the worker of our instance.id, or, dynamic, one of this machine. */
static bool is_ours(const rd_kafka_MemberDescription_t *member, const char *instance_id)
{
    char client_id[300];
    const char *id = rd_kafka_MemberDescription_group_instance_id(member);
    const char *name = rd_kafka_MemberDescription_client_id(member);
    if (id) return strcmp(id, instance_id) == 0;
    snprintf(client_id, sizeof client_id, "epilogue-%s", instance_id);
    return name && lasting(name) == lasting(client_id) &&
           strncmp(name, client_id, lasting(name)) == 0;
}

static bool has_instance(rd_kafka_event_t *event, const char *instance_id)
{
    size_t n;
    const rd_kafka_ConsumerGroupDescription_t **groups =
        rd_kafka_DescribeConsumerGroups_result_groups(
            rd_kafka_event_DescribeConsumerGroups_result(event), &n);
    for (size_t m = 0; n && m < rd_kafka_ConsumerGroupDescription_member_count(groups[0]); m++)
        if (is_ours(rd_kafka_ConsumerGroupDescription_member(groups[0], m), instance_id))
            return true;
    return false;
}

/* Whether a member of the group has our instance.id, or (a dynamic member) the name that comes of it. */
static bool worker_is_there(const struct check_kafka *check, rd_kafka_t *rk)
{
    rd_kafka_event_t *event;
    int64_t until_ms = step_until(check);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_AdminOptions_t *options =
        options_of(rk, RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS, until_ms);
    rd_kafka_DescribeConsumerGroups(rk, (const char *[]){check->config->group_id}, 1, options,
                                    queue);
    rd_kafka_resp_err_t err =
        await(queue, RD_KAFKA_EVENT_DESCRIBECONSUMERGROUPS_RESULT, until_ms, &event);
    bool there = event && !err && has_instance(event, check->config->instance_id);
    if (event) rd_kafka_event_destroy(event);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_queue_destroy(queue);
    return there;
}

void check_kafka_group(struct check_kafka *check)
{
    struct kafka_watch watch = {0};
    rd_kafka_t *rk = open_admin(check, &watch);
    if (!rk) return;
    rd_kafka_resp_err_t err = commit_nothing(check, rk);
    if (passed_group(err)) check->worker_runs = worker_is_there(check, rk);
    rd_kafka_poll(rk, 0);
    kafka_conf_close(rk);
    if (passed_group(err))
        say(check, VERDICT_OK, "kafka group: %s may be joined%s", check->config->group_id,
            check->worker_runs ? "; a worker of this name is in it" : "");
    else
        say_fault(check, err, "group", KAFKA_RIGHT_GROUP, NULL, &watch);
}

/* ------------------------------------------------------------------ transactions */

/* Above every transaction.max.timeout.ms but one: the broker says so behind the rights, and before it
 * looks for the id. */
#define TIMEOUT_NOT_TAKEN "2000000000"
#define TOO_LONG RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT

/* The worker's transactional id. */
static void own_id(const struct check_kafka *check, char *id, size_t size)
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
static bool register_id(const struct check_kafka *check, const char *id, const char *timeout,
                        struct kafka_watch *watch, rd_kafka_resp_err_t *err)
{
    struct error error;
    rd_kafka_conf_t *conf = kafka_conf_new(check->config, KAFKA_PRODUCER, watch, &error);
    if (conf) rd_kafka_conf_set(conf, "transactional.id", id, NULL, 0);
    if (conf && timeout) rd_kafka_conf_set(conf, "transaction.timeout.ms", timeout, NULL, 0);
    rd_kafka_t *rk = open_side(check, conf, KAFKA_PRODUCER, &error);
    if (!rk) return false;
    rd_kafka_error_t *e = rd_kafka_init_transactions(rk, clock_left_ms(step_until(check)));
    rd_kafka_poll(rk, 0); /* the reason, if there is one */
    *err = e ? rd_kafka_error_code(e) : 0;
    if (e && (rd_kafka_error_is_fatal(e) || *err == RD_KAFKA_RESP_ERR__FATAL))
        *err = rd_kafka_fatal_error(rk, NULL, 0);
    if (e) rd_kafka_error_destroy(e);
    kafka_conf_close(rk);
    return true;
}

void check_kafka_transactions(const struct check_kafka *check)
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
    bool safe = other_err == TOO_LONG || (is_denied(other_err) && !check->worker_runs);
    if (safe && !register_id(check, own, TIMEOUT_NOT_TAKEN, &watch, &err)) return;
    if (!safe && is_denied(other_err)) {
        say(check, VERDICT_OK, "kafka transactions: %s is in use by the worker that runs", own);
        return;
    }
    if (err && err != TOO_LONG) {
        say_fault(check, err, "transactions", KAFKA_RIGHT_TRANSACTIONS, NULL, &watch);
        return;
    }
    say(check, VERDICT_OK, "kafka transactions: %s may be used", own);
    if (is_denied(other_err) || !register_id(check, other, NULL, &watch, &err) || err != TOO_LONG)
        return;
    kafka_error_code(check->config, err, NULL, "kafka transactions", &error);
    say(check, VERDICT_WRONG, "%s", error.text);
}
