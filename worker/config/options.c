/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of all options: key, type, bounds, default and help text in one row, and the functions
 * that read each type. The reference is printed from the same rows.
 */
#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "common/text.h"

#define AT(member) offsetof(struct config, member)
#define TOPIC(id) offsetof(struct config, topics) + sizeof(struct str) * (id)

const struct option options[] = {
    {"kafka.bootstrap.servers", OPTION_SERVERS, AT(bootstrap_servers), "localhost:9092", 1, 4096,
     .section = "Kafka", .help = "The brokers to ask first."},
    {"group.id", OPTION_TEXT, AT(group_id), "epilogue", 1, 200,
     .help = "The consumer group: all workers with one group.id share the work. It is also part of "
             "`ce_source` of every event that goes out and of the keys in Redis, so change it only "
             "to start over."},
    {"instance.id", OPTION_TEXT, AT(instance_id), NULL, 1, 200, "none: a dynamic member",
     .help =
         "Makes this worker a static member of the group, of this name: started again under it "
         "within session.timeout.ms it has its shards back, and the other workers do not notice; "
         "but when it ends for good its shards wait for that time, after a clean stop too. Must "
         "differ between workers; a second one with the same name fences the first. Without it a "
         "worker is a dynamic member and leaves the group whenever it ends; its transactional id "
         "is then `<group.id>/<host name>-<random>`."},
    {"session.timeout.ms", OPTION_INT, AT(session_timeout_ms), "10000", 6000, 300000,
     .help = "How long a worker may be silent before its shards go to another one. Of a static "
             "member: longer than a restart takes. The broker has bounds of its own "
             "(`group.min.session.timeout.ms` and `group.max.session.timeout.ms`)."},
    {"batch.max", OPTION_INT, AT(batch_max), "2000", 1, 10000,
     .help = "The most records that one transaction takes in. An idle worker commits a single "
             "record at once; a busy one fills batches up to this, or to about 16 MB and 20,000 "
             "messages of what follows from them."},
    {"transaction.timeout.ms", OPTION_INT, AT(transaction_timeout_ms), "10000", 1000, 900000,
     .help = "After this time, and up to 10 s in which it looks for such ones "
             "(`transaction.abort.timed.out.transaction.cleanup.interval.ms`), the broker aborts "
             "a transaction whose worker is gone; its shards, and consumers, wait for that long. A "
             "static member that is back aborts its own at once. The worker gives one up that "
             "takes longer than 80 % of it, "
             "and makes the next one half as large. At most the broker's "
             "`transaction.max.timeout.ms`."},
    {"watchdog.timeout.ms", OPTION_INT, AT(watchdog_timeout_ms), "60000", 5000, 3600000,
     .help = "A worker whose loop has not moved for so long ends itself, to be started again. At "
             "least twice `transaction.timeout.ms` and 20 s."},

    {"topic.incident-closed", OPTION_TOPIC, TOPIC(TOPIC_INCIDENT_CLOSED), "incident-closed", 1, 249,
     .section = "Topics", .help = "In: incidents that were closed."},
    {"topic.finding-updated", OPTION_TOPIC, TOPIC(TOPIC_FINDING_UPDATED), "finding-updated", 1, 249,
     .help = "In: findings and their progress."},
    {"topic.task-updated", OPTION_TOPIC, TOPIC(TOPIC_TASK_UPDATED), "task-updated", 1, 249,
     .help = "In: what engineering trackers report back."},
    {"topic.followup-tasks", OPTION_TOPIC, TOPIC(TOPIC_TASKS), "followup-tasks", 1, 249,
     .help = "Out: every event of every task; the audit log."},
    {"topic.followup-reminders", OPTION_TOPIC, TOPIC(TOPIC_REMINDERS), "followup-reminders", 1, 249,
     .help = "Out: reminders."},
    {"topic.followup-state", OPTION_TOPIC, TOPIC(TOPIC_STATE), "followup-state", 1, 249,
     .help = "Out, also read back: the durable state; compacted."},
    {"topic.followup-dead-letters", OPTION_TOPIC, TOPIC(TOPIC_DEAD_LETTERS),
     "followup-dead-letters", 1, 249, .help = "Out: records that were refused, with the reason."},
    {"topic.epilogue-forwarded", OPTION_TOPIC, TOPIC(TOPIC_FORWARDED), "epilogue-forwarded", 1, 249,
     .help =
         "Internal: records that arrived on a partition that is not their key's, and findings of "
         "merged incidents on their way."},

    {"topics.check", OPTION_SWITCH, AT(topics_check), "true",
     .help = "Whether a worker compares the settings of its topics with what it relies on, at its "
             "start and while it runs, which needs DescribeConfigs; `epilogue topics check` does "
             "so at any time."},
    {"settings.check.interval.ms", OPTION_INT, AT(settings_check_interval_ms), "600000", 1000,
     86400000,
     .help = "How often a worker that runs looks at the settings of topics and Redis by which "
             "records would be lost."},

    {"redis.url", OPTION_REDIS, AT(redis_url), "redis://127.0.0.1:6379/0", .section = "Redis",
     .help = "`redis://[user:password@]host[:port][/database]`, the same with `rediss://` for TLS, "
             "or `unix:/path[?db=N]`."},
    {"redis.username", OPTION_TEXT, AT(redis_username), NULL, 1, 256,
     .help = "The ACL user; comes before the one in redis.url."},
    {"redis.password", OPTION_SECRET, AT(redis_password), NULL, 1, 4096,
     .help = "Comes before the one in redis.url."},
    {"redis.tls.ca.file", OPTION_TEXT, AT(redis_tls_ca_file), NULL, 1, 4096,
     "what the system trusts",
     .help = "Certificate authorities (PEM) that the server's certificate must come from."},
    {"redis.tls.cert.file", OPTION_TEXT, AT(redis_tls_cert_file), NULL, 1, 4096,
     .help = "The client's certificate (PEM), where the server asks for one."},
    {"redis.tls.key.file", OPTION_TEXT, AT(redis_tls_key_file), NULL, 1, 4096,
     .help = "The private key (PEM) of redis.tls.cert.file."},
    {"redis.key.prefix", OPTION_PREFIX, AT(redis_key_prefix), "epilogue", 1, 100,
     .help = "All keys are `<redis.key.prefix>:<group.id>:{<shard>}:…`."},

    {"policy.file", OPTION_TEXT, AT(policy_file), NULL, 1, 4096, "the built-in default policy",
     .section = "Policy and limits",
     .help = "The policy: a JSON file (`schemas/policy.schema.json`)."},
    {"limits.record.bytes", OPTION_SIZE, AT(limits.record_bytes), "1000000", 1024, 4000000,
     .help = "Bytes of a record's value; a larger one is refused as `too-large`. The topics' "
             "`max.message.bytes` must leave room for it."},
    {"limits.depth", OPTION_INT, AT(limits.depth), "32", 8, 512,
     .help = "Objects and arrays inside one another; a deeper record is refused as `too-deep`."},
    {"limits.title.bytes", OPTION_SIZE, AT(limits.title_bytes), "1024", 64, 65536,
     .help = "A longer title is cut at a character in tasks and reminders, with a warning."},
    {"limits.description.bytes", OPTION_SIZE, AT(limits.description_bytes), "65536", 256, 1000000,
     .help = "A record with a longer description is refused as `too-large`."},
    {"limits.findings", OPTION_SIZE, AT(limits.findings), "1000", 1, 100000,
     .help = "Findings in one closure; one with more is refused as `too-large`."},
    {"limits.timeline", OPTION_SIZE, AT(limits.timeline), "10000", 2, 1000000,
     .help = "Timeline entries in one closure; one with more is refused as `too-large`."},

    {"http.listen", OPTION_LISTEN, AT(http), "127.0.0.1:9464", .section = "Running it",
     .help = "Where `/metrics`, `/healthz` and `/readyz` are served; port 0 takes any free one, "
             "`off` serves none. Nothing there asks who you are: keep it off the open network."},
    {"log.level", OPTION_LEVEL, AT(log_level), "info", .help = "The least that is logged."},
    {"log.format", OPTION_FORMAT, AT(log_json), "logfmt",
     .help = "One line each on standard error: key=value, or one JSON object."},
    {NULL},
};

const struct option *options_find(const char *key)
{
    for (const struct option *o = options; o->key; o++)
        if (strcmp(o->key, key) == 0) return o;
    return NULL;
}

static bool parse_integer(const char *value, long min, long max, long *out)
{
    if (!*value || strlen(value) > 18 || strspn(value, "0123456789") != strlen(value)) return false;
    *out = strtol(value, NULL, 10);
    return *out >= min && *out <= max;
}

static bool length_allowed(const struct option *option, const char *value)
{
    size_t n = strlen(value);
    return n >= (size_t)option->min && n <= (size_t)option->max;
}

/* Each of these writes the member at `at` and returns true, or leaves it and returns false. */

static bool set_text(struct config *config, const struct option *option, const char *value,
                     void *at)
{
    (void)config;
    for (const char *p = value; *p; p++)
        if (text_control(p, 1)) return false;
    if (!length_allowed(option, value)) return false;
    *(const char **)at = value;
    return true;
}

static bool set_int(struct config *config, const struct option *option, const char *value, void *at)
{
    (void)config;
    long number;
    if (!parse_integer(value, option->min, option->max, &number)) return false;
    *(int *)at = (int)number;
    return true;
}

static bool set_size(struct config *config, const struct option *option, const char *value,
                     void *at)
{
    (void)config;
    long number;
    if (!parse_integer(value, option->min, option->max, &number)) return false;
    *(size_t *)at = (size_t)number;
    return true;
}

#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

static bool set_topic(struct config *config, const struct option *option, const char *value,
                      void *at)
{
    (void)config;
    if (!length_allowed(option, value) || strcmp(value, ".") == 0 || strcmp(value, "..") == 0 ||
        value[strspn(value, NAME_CHARACTERS)])
        return false;
    *(struct str *)at = str_of(value);
    return true;
}

/* No braces: Redis Cluster would take them for the hash tag that names the shard. */
static bool set_prefix(struct config *config, const struct option *option, const char *value,
                       void *at)
{
    (void)config;
    if (!length_allowed(option, value) || value[strspn(value, NAME_CHARACTERS ":")]) return false;
    *(const char **)at = value;
    return true;
}

/* The place of `value` in `names`, -1 when it is not there. */
static int choice(const char *const *names, const char *value)
{
    for (int i = 0; names[i]; i++)
        if (strcmp(names[i], value) == 0) return i;
    return -1;
}

static bool set_level(struct config *config, const struct option *option, const char *value,
                      void *at)
{
    static const char *const names[] = {"debug", "info", "warn", "error", NULL};
    (void)config, (void)option;
    int index = choice(names, value);
    if (index >= 0) *(enum log_level *)at = (enum log_level)index;
    return index >= 0;
}

static bool set_format(struct config *config, const struct option *option, const char *value,
                       void *at)
{
    static const char *const names[] = {"logfmt", "json", NULL};
    (void)config, (void)option;
    int index = choice(names, value);
    if (index >= 0) *(bool *)at = index == 1;
    return index >= 0;
}

static bool set_switch(struct config *config, const struct option *option, const char *value,
                       void *at)
{
    static const char *const names[] = {"false", "true", NULL};
    (void)config, (void)option;
    int index = choice(names, value);
    if (index >= 0) *(bool *)at = index == 1;
    return index >= 0;
}

static bool set_redis(struct config *config, const struct option *option, const char *value,
                      void *at)
{
    static const char *const schemes[] = {"redis://", "rediss://", "unix:"};
    (void)config, (void)option;
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        size_t n = strlen(schemes[i]);
        if (strncmp(value, schemes[i], n) != 0 || !value[n]) continue;
        *(const char **)at = value;
        return true;
    }
    return false;
}

/* host:port or [IPv6]:port; without a port it is `*port`, where `*port` is not negative. */
static bool parse_address(struct str text, long port_min, struct str *host, long *port)
{
    const char *end = text.p + text.n, *colon = memrchr(text.p, ':', text.n);
    bool bracket = text.n && *text.p == '[';
    const char *close = bracket ? memchr(text.p, ']', text.n) : NULL;
    if (bracket && !close) return false;
    if (close && colon < close) colon = NULL; /* one within the brackets */
    if (!colon && *port < 0) return false;
    char digits[8] = "";
    if (colon && end - colon - 1 < (ptrdiff_t)sizeof digits)
        memcpy(digits, colon + 1, (size_t)(end - colon - 1));
    if (colon && !parse_integer(digits, port_min, 65535, port)) return false;
    *host = (struct str){text.p, (size_t)((colon ? colon : end) - text.p)};
    if (bracket && (host->n < 3 || close != host->p + host->n - 1)) return false;
    if (bracket) *host = (struct str){host->p + 1, host->n - 2};
    return host->n && (bracket || !memchr(host->p, ':', host->n));
}

static bool set_listen(struct config *config, const struct option *option, const char *value,
                       void *at)
{
    (void)option;
    struct listen_address address = {NULL, 0};
    if (strcmp(value, "off") != 0) {
        struct str host;
        long port = -1;
        if (!parse_address(str_of(value), 0, &host, &port)) return false;
        address = (struct listen_address){arena_str(config->arena, host).p, (int)port};
    }
    *(struct listen_address *)at = address;
    return true;
}

/* One broker; librdkafka takes what it cannot read for a host, and a port too large for another. */
static bool is_server(struct str text)
{
    static const char *const protocols[] = {"PLAINTEXT://", "SSL://", "SASL_PLAINTEXT://",
                                            "SASL_SSL://"};
    struct str host;
    long port = 9092;
    for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++) {
        size_t n = strlen(protocols[i]);
        if (text.n < n || strncasecmp(text.p, protocols[i], n) != 0) continue;
        text = (struct str){text.p + n, text.n - n};
        break;
    }
    return parse_address(text, 1, &host, &port) && !memchr(host.p, '/', host.n) &&
           !memchr(host.p, ' ', host.n);
}

static bool set_servers(struct config *config, const struct option *option, const char *value,
                        void *at)
{
    if (!set_text(config, option, value, at)) return false;
    for (const char *p = value;; p++) {
        p += strspn(p, " ");
        struct str one = {p, strcspn(p, ",")};
        p += one.n;
        while (one.n && one.p[one.n - 1] == ' ') one.n--;
        if (!is_server(one)) return false;
        if (!*p) return true;
    }
}

static const struct {
    bool (*set)(struct config *config, const struct option *option, const char *value, void *at);
    const char *allowed; /* NULL: from min and max, in what `unit` says */
    const char *unit;
} types[] = {
    [OPTION_TEXT] = {set_text, .unit = "bytes of text without control characters"},
    [OPTION_SECRET] = {set_text, .unit = "bytes of text without control characters"},
    [OPTION_INT] = {set_int},
    [OPTION_SIZE] = {set_size},
    [OPTION_TOPIC] = {set_topic, .unit = "letters, digits, `.`, `_` and `-`"},
    [OPTION_PREFIX] = {set_prefix, .unit = "letters, digits, `.`, `_`, `-` and `:`"},
    [OPTION_LEVEL] = {set_level, "`debug`, `info`, `warn` or `error`", NULL},
    [OPTION_FORMAT] = {set_format, "`logfmt` or `json`", NULL},
    [OPTION_SWITCH] = {set_switch, "`true` or `false`", NULL},
    [OPTION_REDIS] = {set_redis, "a URL that begins with `redis://`, `rediss://` or `unix:`", NULL},
    [OPTION_SERVERS] = {set_servers, "`host:port` or `[IPv6]:port`, several with commas", NULL},
    [OPTION_LISTEN] = {set_listen, "`host:port`, `[IPv6]:port` or `off`", NULL},
};

bool options_set(struct config *config, const struct option *option, const char *value)
{
    return types[option->type].set(config, option, value, (char *)config + option->offset);
}

void options_allowed(const struct option *option, struct buf *out)
{
    const char *allowed = types[option->type].allowed;
    const char *unit = types[option->type].unit;
    if (allowed)
        buf_printf(out, "%s", allowed);
    else if (unit)
        buf_printf(out, "%ld to %ld %s", option->min, option->max, unit);
    else
        buf_printf(out, "an integer from %ld to %ld", option->min, option->max);
}
