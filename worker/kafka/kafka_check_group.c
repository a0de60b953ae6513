/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the group may be joined, and whether our worker is in it; nobody joins it for that. */
#include <stdio.h>

#include "common/clock.h"
#include "kafka_check_private.h"

/* The answer of one admin call; KAFKA_CHECK_NO_ANSWER when it did not come. The caller destroys *event. */
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
    return KAFKA_CHECK_NO_ANSWER;
}

static rd_kafka_AdminOptions_t *options_of(rd_kafka_t *rk, rd_kafka_admin_op_t op)
{
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(rk, op);
    rd_kafka_AdminOptions_set_request_timeout(options, KAFKA_CONF_ABANDONED_MS, NULL, 0);
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
static rd_kafka_resp_err_t commit_nothing(const struct kafka_check *check, rd_kafka_t *rk)
{
    int64_t until_ms = kafka_check_until(check);
    rd_kafka_event_t *event;
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_AdminOptions_t *options = options_of(rk, RD_KAFKA_ADMIN_OP_ALTERCONSUMERGROUPOFFSETS);
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

static rd_kafka_t *open_admin(const struct kafka_check *check, struct kafka_watch *watch)
{
    struct error error;
    rd_kafka_conf_t *conf = kafka_conf_new(check->config, KAFKA_ADMIN, watch, &error);
    return kafka_check_open(check, conf, KAFKA_ADMIN, &error);
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
static bool worker_is_there(const struct kafka_check *check, rd_kafka_t *rk)
{
    rd_kafka_event_t *event;
    int64_t until_ms = kafka_check_until(check);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_AdminOptions_t *options = options_of(rk, RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS);
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

void kafka_check_group(struct kafka_check *check)
{
    struct kafka_watch watch = {0};
    rd_kafka_t *rk = open_admin(check, &watch);
    if (!rk) return;
    rd_kafka_resp_err_t err = commit_nothing(check, rk);
    if (passed_group(err)) check->result.worker_runs = worker_is_there(check, rk);
    rd_kafka_poll(rk, 0);
    kafka_conf_close(rk);
    if (passed_group(err))
        kafka_check_say(check, VERDICT_OK, "kafka group: %s may be joined%s",
                        check->config->group_id,
                        check->result.worker_runs ? "; a worker of this name is in it" : "");
    else
        kafka_check_fault(check, err, "group", KAFKA_RIGHT_GROUP, NULL, &watch);
}
