/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tries each command that the worker uses by itself, since of a script Redis 6 and 7.0 do not say
 * which command was denied. The sentence has the ACL rule that grants it.
 */
#include "redis_rights.h"

#include <stdio.h>
#include <string.h>

#include "common/text.h"

#define WORDS_MAX 6

/*
 * One try of each command, so that what is denied is known by name: of a script Redis 6 and 7.0 only
 * say that something in it was. The keys do not exist, ZADD XX adds nothing, and HSET with a field
 * that has no value is refused behind the rights and before it writes. @: one of a shard's keys.
 */
static const char *const tries[][WORDS_MAX] = {
    {"HMGET", "@state", "$checkpoint"},
    {"HGET", "@state", "$checkpoint"},
    {"HLEN", "@state"},
    {"HSET", "@state", "field", "value", "field"},
    {"HDEL", "@state", "field"},
    {"ZCARD", "@index"},
    {"ZADD", "@index", "XX", "0", "member"},
    {"ZREM", "@index", "member"},
    {"ZRANGE", "@wake", "0", "0", "WITHSCORES"},
    {"ZRANGEBYSCORE", "@wake", "-inf", "0"},
    {"ZRANGEBYLEX", "@index", "-", "+"},
    {"ZLEXCOUNT", "@index", "-", "+"},
    {"UNLINK", "@state"},
    {"WATCH", "@state"},
    {"MULTI"},
    {"EXEC"},
    {"EVAL", "return 1", "1", "@state"},
};
#define TRIES (sizeof tries / sizeof *tries)

static size_t words_of(const char *const *words)
{
    size_t n = 0;
    while (n < WORDS_MAX && words[n]) n++;
    return n;
}

static void write_try(struct redis_port *port, struct redis_connection *c, const char *const *words)
{
    size_t n = words_of(words);
    redis_connection_command(c, n);
    for (size_t i = 0; i < n; i++)
        redis_connection_arg(c, words[i][0] == '@'
                                    ? redis_port_key(port, port->scratch, -1, words[i] + 1)
                                    : str_of(words[i]));
}

/* The pattern of all our keys; what a pattern would take for its own signs is escaped. */
static const char *keys_of(struct redis_port *port)
{
    struct buf out = {0};
    for (const char *at = port->prefix.p; *at; at++) {
        if (strchr("*?[]\\", *at)) buf_char(&out, '\\');
        buf_char(&out, *at);
    }
    buf_lit(&out, ":*");
    const char *pattern = arena_str(port->scratch, buf_slice(&out)).p;
    buf_free(&out);
    return pattern;
}

/* The name by which ACL rules know a command: "zadd". */
static void rule_of(const char *const *words, char *out, size_t size)
{
    snprintf(out, size, "%s", words[0]);
    for (; *out; out++) *out = text_lower(*out);
}

/* The first word of an answer that it has in quotes, '…' or (Redis 6) `…`; "" for none. */
static void quoted_word(const char *text, char *out, size_t size)
{
    const char *open = strpbrk(text, "'`");
    const char *close = open ? strchr(open + 1, *open) : NULL;
    snprintf(out, size, "%.*s", close ? (int)(close - open - 1) : 0, open ? open + 1 : "");
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

bool redis_rights_denied(const char *answer, const char *rule, const char *user, const char *keys,
                         char *out, size_t size)
{
    char word[64] = "";
    /* Of EXEC itself. */
    const char *aborted = "EXECABORT Transaction discarded because of: ";
    if (begins(answer, aborted)) answer += strlen(aborted);
    bool named = begins(answer, "NOPERM") || begins(answer, "ERR unknown command");
    bool unknown = begins(answer, "ERR unknown command") || strstr(answer, "Unknown Redis command");
    /* Redis 6 wraps what a script met: "ERR Error running script (…): … The user executing…". */
    if (!named && !unknown && !strstr(answer, "The user executing the script")) return false;
    if (!rule && named) quoted_word(answer, word, sizeof word);
    if (!rule) rule = word[0] ? word : "a command of its script (`epilogue check` says which)";
    if (!user) user = "<user>";
    if (unknown)
        snprintf(out, size,
                 "there is no command %s, which the worker needs by this name: take its "
                 "rename-command out of redis.conf",
                 rule);
    else if (strstr(answer, "access") && strstr(answer, " key"))
        snprintf(out, size, "user %s may not use the worker's keys: ACL SETUSER %s ~%s", user, user,
                 keys ? keys : "<redis.key.prefix>:<group.id>:*");
    else
        snprintf(out, size, "user %s may not run %s: ACL SETUSER %s +%s", user, rule, user,
                 *rule == 'a' && rule[1] == ' ' ? "<command>" : rule);
    return true;
}

struct said {
    char sentences[TRIES][300];
    size_t n;
};

/* Each of several equal sentences once: all tries meet the same keys. */
static bool is_new(struct said *said, const char *sentence)
{
    for (size_t i = 0; i < said->n; i++)
        if (strcmp(said->sentences[i], sentence) == 0) return false;
    snprintf(said->sentences[said->n++], sizeof *said->sentences, "%s", sentence);
    return true;
}

enum result redis_rights_try(struct redis_port *port, struct redis_connection *connection,
                             void (*refuse)(void *context, const char *sentence), void *context,
                             struct error *error)
{
    redisReply **replies;
    size_t n;
    struct said said = {.n = 0};
    char rule[32], sentence[300];
    const char *keys = keys_of(port), *user = redis_connection_user(connection);
    enum result result = redis_connection_ensure(connection, error);
    if (result) return result;
    for (size_t i = 0; i < TRIES; i++) write_try(port, connection, tries[i]);
    result = redis_connection_exchange(connection, port->scratch, &replies, &n, error);
    for (size_t i = 0; i < n && result == OK; i++) {
        rule_of(tries[i], rule, sizeof rule);
        if (replies[i]->type == REDIS_REPLY_ERROR &&
            redis_rights_denied(replies[i]->str, rule, user, keys, sentence, sizeof sentence) &&
            is_new(&said, sentence))
            refuse(context, sentence);
    }
    return result;
}
