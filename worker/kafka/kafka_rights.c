/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each right as the kafka-acls.sh command that grants it, with the user as far as the settings
 * tell. check, the worker's errors and topics print the same.
 */
#include "kafka_rights.h"

#include <strings.h>

#include "core/state_key.h"

static const char *const operations[] = {
    [KAFKA_RIGHT_READ] = "Read",
    [KAFKA_RIGHT_WRITE] = "Write",
    [KAFKA_RIGHT_CREATE] = "Create",
    [KAFKA_RIGHT_DESCRIBE_CONFIGS] = "DescribeConfigs",
    [KAFKA_RIGHT_GROUP] = "Read",
    [KAFKA_RIGHT_TRANSACTIONS] = "Write",
    [KAFKA_RIGHT_IDEMPOTENT_WRITE] = "IdempotentWrite",
};

#define PLAIN_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/:@%+=,"

/* One word of a shell, in quotes where it has to be. */
static void write_word(struct buf *out, const char *word)
{
    if (*word && !word[strspn(word, PLAIN_CHARACTERS)]) {
        buf_str(out, str_of(word));
        return;
    }
    buf_char(out, '\'');
    for (; *word; word++) {
        if (*word == '\'')
            buf_lit(out, "'\\''");
        else
            buf_char(out, *word);
    }
    buf_char(out, '\'');
}

/* The last value of a librdkafka setting, of the side that uses the right before that of all handles;
 * NULL when it is not set. */
static const char *setting(const struct config *config, enum kafka_right right, const char *name)
{
    bool reads = right == KAFKA_RIGHT_READ || right == KAFKA_RIGHT_GROUP;
    const struct property_list *side = reads ? &config->kafka_consumer : &config->kafka_producer;
    const struct property_list *lists[] = {&config->kafka_common, side};
    const char *value = NULL;
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < lists[k]->n; i++)
            if (strcmp(lists[k]->items[i].name, name) == 0) value = lists[k]->items[i].value;
    return value;
}

/* Whom the broker takes us for, as far as the settings tell. The name that a certificate or a token
 * carries is for the reader to put in. */
static void write_principal(struct buf *out, const struct config *config, enum kafka_right right)
{
    const char *protocol = setting(config, right, "security.protocol");
    const char *user = setting(config, right, "sasl.username");
    struct arena *arena = arena_new();
    if (!protocol || strcasecmp(protocol, "plaintext") == 0)
        write_word(out, "User:ANONYMOUS");
    else if (user && strncasecmp(protocol, "sasl", 4) == 0)
        write_word(out, arena_printf(arena, "User:%s", user).p);
    else
        write_word(out, "User:<name of the worker>");
    arena_free(arena);
}

/* The id is made of the encoded group.id, so that is what the right must name. */
static void write_transactional_ids(struct buf *out, const struct config *config)
{
    struct arena *arena = arena_new();
    struct str group = state_encode_part(arena, str_of(config->group_id));
    buf_lit(out, " --transactional-id ");
    write_word(out, arena_printf(arena, "%.*s/", STR_ARG(group)).p);
    buf_lit(out, " --resource-pattern-type prefixed");
    arena_free(arena);
}

static void write_resource(struct buf *out, const struct config *config, enum kafka_right right,
                           const char *const *topics, size_t n)
{
    switch (right) {
    case KAFKA_RIGHT_GROUP:
        buf_lit(out, " --group ");
        write_word(out, config->group_id);
        return;
    case KAFKA_RIGHT_TRANSACTIONS: write_transactional_ids(out, config); return;
    case KAFKA_RIGHT_IDEMPOTENT_WRITE: buf_lit(out, " --cluster"); return;
    default:
        for (size_t i = 0; i < n; i++) {
            buf_lit(out, " --topic ");
            write_word(out, topics[i]);
        }
    }
}

void kafka_rights_write(struct buf *out, const struct config *config, enum kafka_right right,
                        const char *const *topics, size_t n)
{
    size_t one =
        strcspn(config->bootstrap_servers, ","); /* of several brokers, the first will do */
    buf_printf(out, "kafka-acls.sh --bootstrap-server %.*s --add --allow-principal ", (int)one,
               config->bootstrap_servers);
    write_principal(out, config, right);
    buf_printf(out, " --operation %s", operations[right]);
    write_resource(out, config, right, topics, n);
}

void kafka_rights_command(const struct config *config, enum kafka_right right, const char *topic,
                          char out[KAFKA_RIGHTS_COMMAND_BYTES])
{
    struct buf text = {0};
    kafka_rights_write(&text, config, right, &topic, topic ? 1 : 0);
    size_t n = text.n < KAFKA_RIGHTS_COMMAND_BYTES - 1 ? text.n : KAFKA_RIGHTS_COMMAND_BYTES - 1;
    memcpy(out, text.p, n);
    out[n] = 0;
    buf_free(&text);
}
