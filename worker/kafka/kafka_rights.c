/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_rights.h"

#include <strings.h>

#include "core/state.h"

static const char *const operations[] = {
    [KAFKA_RIGHT_READ] = "Read",     [KAFKA_RIGHT_WRITE] = "Write",
    [KAFKA_RIGHT_CREATE] = "Create", [KAFKA_RIGHT_DESCRIBE_CONFIGS] = "DescribeConfigs",
    [KAFKA_RIGHT_GROUP] = "Read",    [KAFKA_RIGHT_TRANSACTIONS] = "Write",
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

/* The last value of a librdkafka setting of all handles, NULL when it is not set. */
static const char *setting(const struct config *config, const char *name)
{
    const char *value = NULL;
    for (size_t i = 0; i < config->kafka_common.n; i++)
        if (strcmp(config->kafka_common.items[i].name, name) == 0)
            value = config->kafka_common.items[i].value;
    return value;
}

/* Whom the broker takes us for, as far as the settings tell. The name that a certificate or a token
 * carries is for the reader to put in. */
static void write_principal(struct buf *out, const struct config *config)
{
    const char *protocol = setting(config, "security.protocol");
    const char *user = setting(config, "sasl.username");
    struct arena *arena = arena_new();
    if (!protocol || strcasecmp(protocol, "plaintext") == 0)
        write_word(out, "User:ANONYMOUS");
    else if (user && strncasecmp(protocol, "sasl", 4) == 0)
        write_word(out, arena_printf(arena, "User:%s", user).p);
    else
        write_word(out, "User:<name of the worker>");
    arena_free(arena);
}

static void write_resource(struct buf *out, const struct config *config, enum kafka_right right,
                           const char *topic)
{
    if (right == KAFKA_RIGHT_GROUP) {
        buf_lit(out, " --group ");
        write_word(out, config->group_id);
    } else if (right == KAFKA_RIGHT_TRANSACTIONS) {
        struct arena *arena = arena_new();
        struct str group = state_encode_part(arena, str_of(config->group_id));
        buf_lit(out, " --transactional-id ");
        write_word(out, arena_printf(arena, "%.*s/", STR_ARG(group)).p);
        buf_lit(out, " --resource-pattern-type prefixed");
        arena_free(arena);
    } else {
        buf_lit(out, " --topic ");
        write_word(out, topic);
    }
}

void kafka_rights_command(const struct config *config, enum kafka_right right, const char *topic,
                          char out[KAFKA_RIGHTS_COMMAND_BYTES])
{
    struct buf text = {0};
    size_t one =
        strcspn(config->bootstrap_servers, ","); /* of several brokers, the first will do */
    buf_printf(&text, "kafka-acls.sh --bootstrap-server %.*s --add --allow-principal ", (int)one,
               config->bootstrap_servers);
    write_principal(&text, config);
    buf_printf(&text, " --operation %s", operations[right]);
    write_resource(&text, config, right, topic);
    size_t n = text.n < KAFKA_RIGHTS_COMMAND_BYTES - 1 ? text.n : KAFKA_RIGHTS_COMMAND_BYTES - 1;
    memcpy(out, text.p, n);
    out[n] = 0;
    buf_free(&text);
}
