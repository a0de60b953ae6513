/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of what each topic is made with, and how bad another value is. create, check, the start
 * and the watch all read the same rows.
 */
#include "topics.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "kafka_error.h"
#include "topics_private.h"

#define CREATE_TIMEOUT_MS 30000 /* once a broker has answered: they may be many partitions */
#define VISIBLE_ATTEMPTS 100
#define VISIBLE_PAUSE_MS 100

enum rule { EXACTLY, AT_LEAST, KEPT_FOR_EVER, KEPT_AT_LEAST, NOT_COMPACTED };

/* What another value does. */
enum weight {
    WRONG,
    LOSES, /* records or state go without a word */
    RISKS, /* records go if the worker is away for long */
};

#define EACH_INPUT 0 /* of those that others publish */

/* What a topic is made with, and how far another value is wrong. AT_LEAST compares numbers. */
struct setting {
    int topic;
    const char *name, *value;
    enum rule rule;
    enum weight weight;
    const char *why;
};

static const struct setting settings[] = {
    /* How long events stay is their publishers' choice, so the inputs are made without the risks. */
    {EACH_INPUT, "cleanup.policy", "delete", NOT_COMPACTED, LOSES,
     "else of all events of an incident the last one alone stays, read or not"},
    {EACH_INPUT, "retention.ms", "604800000", KEPT_AT_LEAST, RISKS,
     "in an outage that lasts longer events go before they are read"},
    {EACH_INPUT, "retention.bytes", "-1", KEPT_FOR_EVER, RISKS,
     "behind so many bytes events go before they are read"},

    {TOPIC_TASKS, "cleanup.policy", "delete", NOT_COMPACTED, LOSES,
     "every event of a task must stay"},
    {TOPIC_TASKS, "retention.ms", "-1", KEPT_FOR_EVER, WRONG, "it is the audit log of every task"},
    {TOPIC_TASKS, "retention.bytes", "-1", KEPT_FOR_EVER, WRONG,
     "it is the audit log of every task"},
    {TOPIC_TASKS, "max.message.bytes", "4194304", AT_LEAST, WRONG,
     "a larger event could never be written"},
    {TOPIC_TASKS, "message.timestamp.type", "CreateTime", EXACTLY, WRONG,
     "events carry their own time"},

    {TOPIC_REMINDERS, "cleanup.policy", "delete", NOT_COMPACTED, LOSES,
     "every reminder must stay until it is read"},
    {TOPIC_REMINDERS, "max.message.bytes", "4194304", AT_LEAST, WRONG,
     "a larger reminder could never be written"},
    {TOPIC_REMINDERS, "message.timestamp.type", "CreateTime", EXACTLY, WRONG,
     "events carry their own time"},

    {TOPIC_STATE, "cleanup.policy", "compact", EXACTLY, LOSES, "it is the durable state"},
    {TOPIC_STATE, "delete.retention.ms", "604800000", AT_LEAST, WRONG,
     "a worker that was away for less must still see what was deleted"},
    {TOPIC_STATE, "max.message.bytes", "4194304", AT_LEAST, WRONG,
     "a larger entry could never be written"},
    {TOPIC_STATE, "message.timestamp.type", "CreateTime", EXACTLY, WRONG,
     "entries carry their own time"},

    {TOPIC_DEAD_LETTERS, "max.message.bytes", "8388608", AT_LEAST, WRONG,
     "it takes records that are too large, with our headers"},
    {TOPIC_DEAD_LETTERS, "cleanup.policy", "delete", NOT_COMPACTED, LOSES,
     "records without a key must fit, and all of one key stay"},

    {TOPIC_FORWARDED, "cleanup.policy", "delete", NOT_COMPACTED, LOSES,
     "every record must stay until it is read"},
    {TOPIC_FORWARDED, "retention.ms", "2592000000", KEPT_AT_LEAST, LOSES,
     "a record must stay until it is read, after an outage too"},
    {TOPIC_FORWARDED, "retention.bytes", "-1", KEPT_FOR_EVER, LOSES,
     "a record must stay until it is read"},
    {TOPIC_FORWARDED, "max.message.bytes", "4194304", AT_LEAST, WRONG,
     "a larger record could never be forwarded"},
    {TOPIC_FORWARDED, "message.timestamp.type", "CreateTime", EXACTLY, WRONG,
     "records carry the time at which they were sent"},
};
#define SETTINGS (sizeof settings / sizeof settings[0])

static bool is_of(const struct setting *s, int topic)
{
    return s->topic == topic || (s->topic == EACH_INPUT && topic < TOPIC_FORWARDED);
}

static void say(topics_report *report, void *arg, const char *topic, enum topics_state state,
                const char *text)
{
    report(arg, &(struct topics_finding){.topic = topic, .state = state, .text = text});
}

/* ------------------------------------------------------------------ create */

static rd_kafka_NewTopic_t *new_topic(const struct config *config, int t, int32_t partitions,
                                      int replication)
{
    char text[300];
    rd_kafka_NewTopic_t *topic =
        rd_kafka_NewTopic_new(config->topics[t].p, partitions, replication, text, sizeof text);
    for (size_t i = 0; topic && i < SETTINGS; i++)
        if (is_of(&settings[i], t) && settings[i].weight != RISKS)
            rd_kafka_NewTopic_set_config(topic, settings[i].name, settings[i].value);
    return topic;
}

/* Waits for the one result of an admin call; the caller destroys it. NULL: no answer. */
static rd_kafka_event_t *wait_result(rd_kafka_queue_t *queue, rd_kafka_event_type_t type)
{
    for (;;) {
        rd_kafka_event_t *event = rd_kafka_queue_poll(queue, CREATE_TIMEOUT_MS + 5000);
        if (!event || rd_kafka_event_type(event) == type) return event;
        rd_kafka_event_destroy(event);
    }
}

/* Why a topic could not be made, for its own line. */
static void say_not_created(const struct config *config, const rd_kafka_topic_result_t *result,
                            topics_report *report, void *arg)
{
    struct error error;
    char text[KAFKA_RIGHTS_COMMAND_BYTES + 100], command[KAFKA_RIGHTS_COMMAND_BYTES];
    const char *name = rd_kafka_topic_result_name(result);
    rd_kafka_resp_err_t err = rd_kafka_topic_result_error(result);
    if (err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED) {
        kafka_rights_command(config, KAFKA_RIGHT_CREATE, name, command);
        snprintf(text, sizeof text, "may not be created by this user: %s", command);
    } else {
        kafka_error_code(config, err, rd_kafka_topic_result_error_string(result),
                         "could not be created", &error);
        snprintf(text, sizeof text, "%s", error.text);
    }
    say(report, arg, name, TOPICS_WRONG, text);
}

static enum result report_created(const struct config *config, rd_kafka_event_t *event,
                                  topics_report *report, void *arg, struct error *error)
{
    size_t n, failed = 0;
    const rd_kafka_topic_result_t **results =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &n);
    for (size_t i = 0; i < n; i++) {
        const char *name = rd_kafka_topic_result_name(results[i]);
        rd_kafka_resp_err_t err = rd_kafka_topic_result_error(results[i]);
        if (!err) {
            say(report, arg, name, TOPICS_CREATED, "created with the required settings");
        } else if (err == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
            say(report, arg, name, TOPICS_EXISTED, "already exists, not changed");
        } else {
            say_not_created(config, results[i], report, arg);
            failed++;
        }
    }
    if (!failed) return OK;
    return error_set(error, FATAL, "%zu of %zu topics could not be created", failed, n);
}

static enum result request_creation(const struct config *config, rd_kafka_t *rk,
                                    struct kafka_watch *watch, rd_kafka_NewTopic_t **topics,
                                    size_t n, topics_report *report, void *arg, struct error *error)
{
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_AdminOptions_t *options =
        rd_kafka_AdminOptions_new(rk, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    rd_kafka_AdminOptions_set_request_timeout(options, CREATE_TIMEOUT_MS, NULL, 0);
    rd_kafka_CreateTopics(rk, topics, n, options, queue);
    rd_kafka_event_t *event = wait_result(queue, RD_KAFKA_EVENT_CREATETOPICS_RESULT);
    rd_kafka_resp_err_t err = event ? rd_kafka_event_error(event) : RD_KAFKA_RESP_ERR__TIMED_OUT;
    enum result r = err ? topics_unanswered(config, rk, watch, err, "making the topics", error)
                        : report_created(config, event, report, arg, error);
    if (event) rd_kafka_event_destroy(event);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_queue_destroy(queue);
    return r;
}

static enum result wait_visible(const struct config *config, rd_kafka_t *rk,
                                struct kafka_watch *watch, struct error *error)
{
    for (int attempt = 0; attempt < VISIBLE_ATTEMPTS; attempt++) {
        struct topics_fact facts[topic_end];
        enum result r = topics_find(config, rk, watch, facts, error);
        if (r == OK) r = topics_judge(config, facts, error);
        if (r == FATAL) return r;
        int missing = r != OK;
        for (int t = 1; t < topic_end && r == OK; t++) missing |= facts[t].partitions == 0;
        if (!missing) return OK;
        clock_sleep(VISIBLE_PAUSE_MS);
    }
    return error_set(error, FATAL,
                     "the topics were created, but the brokers do not show them yet; run `epilogue "
                     "topics check` in a few seconds");
}

enum result topics_create(const struct config *config, int32_t partitions, int replication,
                          topics_report *report, void *arg, struct error *error)
{
    struct kafka_watch watch = {0};
    rd_kafka_NewTopic_t *topics[topic_end];
    size_t n = 0;
    rd_kafka_t *rk = topics_open(config, &watch, error);
    if (!rk) return FATAL;
    struct topics_fact facts[topic_end];
    enum result r = topics_find(config, rk, &watch, facts, error);
    for (int t = 1; t < topic_end && r == OK; t++) {
        topics[n] = new_topic(config, t, partitions, replication);
        if (topics[n])
            n++;
        else
            r = error_set(error, FATAL,
                          "topic %s cannot have %" PRId32 " partitions and %d replicas",
                          config->topics[t].p, partitions, replication);
    }
    if (r == OK) r = request_creation(config, rk, &watch, topics, n, report, arg, error);
    if (r == OK) r = wait_visible(config, rk, &watch, error);
    rd_kafka_NewTopic_destroy_array(topics, n);
    kafka_conf_close(rk);
    return r;
}

/* ------------------------------------------------------------------ check */

struct check {
    const struct config *config;
    topics_report *report;
    void *arg;
    const struct topics_fact *facts; /* by enum topic */
    int32_t expected;                /* how many partitions each should have */
    size_t wrong;
    bool topic_is_fine;
};

static void tell_weighty(struct check *c, int t, enum topics_state state, const char *text,
                         bool loses)
{
    c->wrong += state == TOPICS_WRONG;
    c->topic_is_fine = false;
    c->report(c->arg, &(struct topics_finding){c->config->topics[t].p, state, text, t,
                                               c->facts[t].partitions > 0, loses});
}

static void tell(struct check *c, int t, enum topics_state state, const char *text)
{
    tell_weighty(c, t, state, text, false);
}

static bool setting_is_right(const struct setting *s, const char *value)
{
    switch (s->rule) {
    case EXACTLY: return strcmp(value, s->value) == 0;
    case AT_LEAST: return strtoll(value, NULL, 10) >= strtoll(s->value, NULL, 10);
    case KEPT_FOR_EVER: return strtoll(value, NULL, 10) < 0;
    case KEPT_AT_LEAST:
        return strtoll(value, NULL, 10) < 0 ||
               strtoll(value, NULL, 10) >= strtoll(s->value, NULL, 10);
    case NOT_COMPACTED: return !strstr(value, "compact");
    }
    return false;
}

static void tell_setting(struct check *c, int t, const struct setting *s, const char *value)
{
    bool least = s->rule == AT_LEAST || s->rule == KEPT_AT_LEAST;
    char text[600];
    snprintf(text, sizeof text,
             "%s is %s, but %s be %s%s (%s): kafka-configs.sh --bootstrap-server %s --alter "
             "--entity-type topics --entity-name %s --add-config %s=%s",
             s->name, value, s->weight == RISKS ? "should" : "must", least ? "at least " : "",
             s->value, s->why, c->config->bootstrap_servers, c->config->topics[t].p, s->name,
             s->value);
    tell_weighty(c, t, s->weight == RISKS ? TOPICS_RISK : TOPICS_WRONG, text, s->weight == LOSES);
}

static void check_settings(struct check *c, int t, const rd_kafka_ConfigResource_t *resource)
{
    size_t n;
    const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(resource, &n);
    for (size_t i = 0; i < SETTINGS; i++) {
        const struct setting *s = &settings[i];
        const char *value = NULL;
        for (size_t j = 0; j < n && !value; j++)
            if (strcmp(rd_kafka_ConfigEntry_name(entries[j]), s->name) == 0)
                value = rd_kafka_ConfigEntry_value(entries[j]);
        if (is_of(s, t) && value && !setting_is_right(s, value)) tell_setting(c, t, s, value);
    }
}

/* The count that most topics have: the others are the wrong ones. */
static int32_t usual_count(const struct topics_fact facts[topic_end])
{
    int32_t usual = 0;
    int most = 0;
    for (int t = 1; t < topic_end; t++) {
        int same = 0;
        for (int u = 1; u < topic_end; u++) same += facts[u].partitions == facts[t].partitions;
        if (facts[t].partitions > 0 && same > most) {
            most = same;
            usual = facts[t].partitions;
        }
    }
    return usual;
}

/* A topic that the brokers do not show. */
static void check_unseen(struct check *c, int t)
{
    char text[KAFKA_RIGHTS_COMMAND_BYTES + 100], command[KAFKA_RIGHTS_COMMAND_BYTES];
    rd_kafka_resp_err_t err = c->facts[t].err;
    if (!err) {
        tell(c, t, TOPICS_WRONG, "does not exist: epilogue topics create");
        return;
    }
    topics_name_right(c->config, t, command);
    if (err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
        snprintf(text, sizeof text, "may not be seen by this user: %s", command);
    else
        snprintf(text, sizeof text, "the brokers gave no information about it: %s",
                 rd_kafka_err2str(err));
    tell(c, t, TOPICS_WRONG, text);
}

/* `why`: the settings could not be looked at, of this topic or of all; NULL when they could. */
static void check_topic(struct check *c, int t, const rd_kafka_ConfigResource_t *resource,
                        const char *why)
{
    char text[KAFKA_RIGHTS_COMMAND_BYTES + 100];
    int32_t count = c->facts[t].partitions;
    c->topic_is_fine = true;
    if (count == 0) {
        check_unseen(c, t);
        return;
    }
    if (count != c->expected) {
        snprintf(text, sizeof text,
                 "has %" PRId32 " partitions, but all topics must have %" PRId32
                 ": recreate it with that many (adding partitions would split the records of "
                 "existing keys)",
                 count, c->expected);
        tell(c, t, TOPICS_WRONG, text);
    }
    if (resource && !why) check_settings(c, t, resource);
    if (!c->topic_is_fine) return;
    snprintf(text, sizeof text, "%" PRId32 " partitions, settings %s%s", count,
             why ? "not checked: " : "right", why ? why : "");
    tell(c, t, why ? TOPICS_UNCHECKED : TOPICS_FINE, text);
}

/* Why a topic's settings were not told; NULL when they were. */
static const char *unread(const struct check *c, int t, const rd_kafka_ConfigResource_t *resource,
                          char text[KAFKA_RIGHTS_COMMAND_BYTES + 50])
{
    char command[KAFKA_RIGHTS_COMMAND_BYTES];
    rd_kafka_resp_err_t err = resource ? rd_kafka_ConfigResource_error(resource) : 0;
    if (!err) return NULL;
    kafka_rights_command(c->config, KAFKA_RIGHT_DESCRIBE_CONFIGS, c->config->topics[t].p, command);
    bool denied = err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
    snprintf(text, KAFKA_RIGHTS_COMMAND_BYTES + 50, "%s%s",
             denied ? "needs DescribeConfigs: " : rd_kafka_ConfigResource_error_string(resource),
             denied ? command : "");
    return text;
}

/* `why` no settings could be looked at at all; NULL when `resources` has them. */
static void check_all(struct check *c, const rd_kafka_ConfigResource_t **resources, size_t n,
                      const char *why)
{
    char text[KAFKA_RIGHTS_COMMAND_BYTES + 50];
    if (c->expected == 0) c->expected = usual_count(c->facts);
    for (int t = 1; t < topic_end; t++) {
        const rd_kafka_ConfigResource_t *found = NULL;
        for (size_t i = 0; i < n; i++)
            if (strcmp(rd_kafka_ConfigResource_name(resources[i]), c->config->topics[t].p) == 0)
                found = resources[i];
        check_topic(c, t, found, why ? why : unread(c, t, found, text));
    }
}

/* Asks for the settings of the topics that exist; the caller destroys the event and the queue. */
static rd_kafka_event_t *describe(const struct config *config, rd_kafka_t *rk,
                                  const struct topics_fact facts[topic_end],
                                  rd_kafka_queue_t *queue)
{
    rd_kafka_ConfigResource_t *asked[topic_end];
    size_t n = 0;
    for (int t = 1; t < topic_end; t++)
        if (facts[t].partitions > 0)
            asked[n++] = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, config->topics[t].p);
    rd_kafka_DescribeConfigs(rk, asked, n, NULL, queue);
    rd_kafka_ConfigResource_destroy_array(asked, n);
    return wait_result(queue, RD_KAFKA_EVENT_DESCRIBECONFIGS_RESULT);
}

static enum result check_described(struct check *c, rd_kafka_t *rk, struct kafka_watch *watch,
                                   struct error *error)
{
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_event_t *event = describe(c->config, rk, c->facts, queue);
    rd_kafka_resp_err_t err = event ? rd_kafka_event_error(event) : RD_KAFKA_RESP_ERR__TIMED_OUT;
    enum result r = OK;
    if (err) {
        r = topics_unanswered(c->config, rk, watch, err, "reading the topics' settings", error);
        check_all(c, NULL, 0, error->text);
    } else {
        size_t n;
        const rd_kafka_ConfigResource_t **resources = rd_kafka_DescribeConfigs_result_resources(
            rd_kafka_event_DescribeConfigs_result(event), &n);
        check_all(c, resources, n, NULL);
    }
    if (event) rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    return r;
}

enum result topics_check(const struct config *config, int32_t expected_partitions,
                         topics_report *report, void *arg, size_t *wrong_n, struct error *error)
{
    struct kafka_watch watch = {0};
    struct topics_fact facts[topic_end];
    struct check c = {.config = config,
                      .report = report,
                      .arg = arg,
                      .facts = facts,
                      .expected = expected_partitions};
    *wrong_n = 0;
    rd_kafka_t *rk = topics_open(config, &watch, error);
    if (!rk) return FATAL;
    enum result r = topics_find(config, rk, &watch, facts, error);
    if (r == OK && usual_count(facts) == 0)
        check_all(&c, NULL, 0, NULL); /* none is seen, so there are no settings to ask for */
    else if (r == OK)
        r = check_described(&c, rk, &watch, error);
    kafka_conf_close(rk);
    *wrong_n = c.wrong;
    return r;
}
