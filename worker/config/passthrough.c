/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which settings of librdkafka go through, and which are refused since a guarantee depends on them.
 * Each refusal has its reason, which the reference prints.
 */
#include "passthrough.h"

#include <stddef.h>
#include <string.h>

const struct passthrough_rule passthrough_rules[] = {
    {"enable.auto.commit",
     "is fixed: offsets are committed inside the transaction that holds their effects"},
    {"auto.commit.enable",
     "is fixed: offsets are committed inside the transaction that holds their effects"},
    {"enable.auto.offset.store",
     "is fixed: offsets are committed inside the transaction that holds their effects"},
    {"isolation.level", "is fixed: what was not committed must never be read back"},
    {"transactional.id",
     "is fixed: it is made of group.id and instance.id, so that a second worker "
     "with the same name is fenced; without instance.id it is new with every start"},
    {"enable.idempotence", "is fixed: a retry must never write a record twice"},
    {"partition.assignment.strategy",
     "is fixed: shard n must be partition n of every topic, which the range assignor gives"},
    {"group.protocol",
     "is fixed: shard n must be partition n of every topic, which the range assignor gives"},
    {"auto.offset.reset", "is fixed: where to start is decided from followup-state"},
    {"allow.auto.create.topics",
     "is fixed: a missing topic is reported, and never created with the brokers' defaults"},
    {"partitioner", "is fixed: a record's partition is murmur2 of its key, for every publisher"},
    {"metadata.broker.list", "has a key of its own: kafka.bootstrap.servers"},
    {"group.id", "has a key of its own: group.id"},
    {"group.instance.id", "has a key of its own: instance.id"},
    {"session.timeout.ms", "has a key of its own: session.timeout.ms"},
    {"transaction.timeout.ms", "has a key of its own: transaction.timeout.ms"},
    {NULL, NULL},
};

static const char *const secrets[] = {
    "sasl.password",
    "ssl.key.password",
    "ssl.key.pem",
    "ssl.keystore.password",
    "sasl.oauthbearer.client.secret",
};

const char *passthrough_name(const char *key, enum passthrough_side *side)
{
    static const struct {
        const char *prefix;
        enum passthrough_side side;
    } sides[] = {{"kafka.consumer.", PASSTHROUGH_CONSUMER},
                 {"kafka.producer.", PASSTHROUGH_PRODUCER},
                 {"kafka.", PASSTHROUGH_COMMON}};
    for (size_t i = 0; i < sizeof sides / sizeof *sides; i++) {
        size_t n = strlen(sides[i].prefix);
        if (strncmp(key, sides[i].prefix, n) != 0) continue;
        *side = sides[i].side;
        return key + n;
    }
    return NULL;
}

const char *passthrough_refused(const char *name)
{
    for (const struct passthrough_rule *rule = passthrough_rules; rule->name; rule++)
        if (strcmp(rule->name, name) == 0) return rule->reason;
    return NULL;
}

bool passthrough_secret(const char *name)
{
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
        if (strcmp(secrets[i], name) == 0) return true;
    return false;
}
