/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the configuration comes from and which source wins. Every value is kept with its origin, so
 * that an error names the file and line, the variable or the option that has it; values themselves
 * are checked by options.c.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "environment.h"
#include "nearest.h"
#include "options.h"
#include "passthrough.h"
#include "properties.h"

#define SECRET_BYTES_MAX ((size_t)64 * 1024)

/* One key=value of any source, its key known to exist. */
struct setting {
    const char *key;   /* redis.password, also when it came as redis.password.file */
    const char *value; /* empty: the default */
    const char *origin;
    const char *written_key;     /* as it was written */
    bool is_file;                /* `value` names a file that holds the value */
    const struct option *option; /* NULL: a kafka.* that goes through */
};

struct loader {
    struct arena *arena;
    struct config *config;
    struct setting *settings; /* by rising precedence */
    size_t n, cap;
    struct error *error;
};

static enum result unknown_key(struct loader *l, const char *origin, const char *key)
{
    struct nearest nearest = {.word = key};
    for (const struct option *o = options; o->key; o++) nearest_try(&nearest, o->key);
    return error_set(l->error, FATAL, "%s: unknown setting \"%s\"; %s", origin, key,
                     nearest_hint(l->arena, &nearest));
}

/* `redis.password.file` as `redis.password`, NULL when the key does not end so. */
static const char *without_file(struct arena *arena, const char *key)
{
    struct str s = str_of(key), suffix = STR(".file");
    if (s.n <= suffix.n || strcmp(key + s.n - suffix.n, suffix.p) != 0) return NULL;
    return arena_str(arena, (struct str){key, s.n - suffix.n}).p;
}

/* Finds out what a key is; FATAL when it is nothing, or not allowed. */
static enum result classify(struct loader *l, struct setting *s)
{
    s->option = options_find(s->key);
    if (s->option) return OK;
    const char *secret = without_file(l->arena, s->key);
    const struct option *option = secret ? options_find(secret) : NULL;
    if (option && option->type == OPTION_SECRET) {
        s->key = secret;
        s->option = option;
        s->is_file = true;
        return OK;
    }
    enum passthrough_side side;
    const char *name = passthrough_name(s->key, &side);
    if (!name || !*name) return unknown_key(l, s->origin, s->key);
    const char *refused = passthrough_refused(name);
    if (refused) return error_set(l->error, FATAL, "%s: %s %s", s->origin, s->key, refused);
    if (secret && passthrough_secret(passthrough_name(secret, &side))) {
        s->key = secret;
        s->is_file = true;
    }
    return OK;
}

static enum result add(struct loader *l, const char *key, const char *value, const char *origin)
{
    struct setting setting = {.key = key, .value = value, .origin = origin, .written_key = key};
    enum result result = classify(l, &setting);
    if (result == OK) *ARENA_PUSH(l->arena, l->settings, l->n, l->cap) = setting;
    return result;
}

static enum result add_file(struct loader *l, const char *path)
{
    struct properties lines;
    enum result result = properties_read(l->arena, path, &lines, l->error);
    for (size_t i = 0; result == OK && i < lines.n; i++) {
        const struct properties_line *line = &lines.items[i];
        const char *origin = arena_printf(l->arena, "%s:%d", path, line->line).p;
        result = add(l, line->key, line->value, origin);
        /* The file comes first, so all that is there is of this file. */
        for (size_t j = 0; result == OK && j + 1 < l->n; j++)
            if (strcmp(l->settings[j].key, l->settings[l->n - 1].key) == 0)
                result = error_set(l->error, FATAL, "%s: %s was already set at %s", origin,
                                   line->key, l->settings[j].origin);
    }
    return result;
}

static enum result add_environment(struct loader *l, const char *const *environment)
{
    enum result result = OK;
    for (; environment && *environment && result == OK; environment++) {
        const char *key, *name, *value;
        result = environment_read(l->arena, *environment, &key, &name, &value, l->error);
        if (result == OK && key)
            result = add(l, key, value, arena_printf(l->arena, "environment: %s", name).p);
    }
    return result;
}

static enum result add_argument(struct loader *l, const char *argument)
{
    const char *equals = strchr(argument, '=');
    if (!equals || equals == argument)
        return error_set(l->error, FATAL, "-s %.100s: write -s key=value", argument);
    const char *key = arena_str(l->arena, (struct str){argument, (size_t)(equals - argument)}).p;
    return add(l, key, arena_str(l->arena, str_of(equals + 1)).p, "-s");
}

/* The value of a setting, also where it is in a file; without the line break that editors put at
 * the end of one. */
static enum result resolve(struct loader *l, const struct setting *s, const char **value)
{
    *value = s->value;
    if (!s->is_file) return OK;
    struct str bytes;
    struct error why;
    if (properties_read_bytes(l->arena, s->value, SECRET_BYTES_MAX, &bytes, &why) != OK)
        return error_set(l->error, FATAL, "%s: %s: %s", s->origin, s->written_key, why.text);
    if (bytes.n && bytes.p[bytes.n - 1] == '\n') bytes.n--;
    if (bytes.n && bytes.p[bytes.n - 1] == '\r') bytes.n--;
    *value = arena_str(l->arena, bytes).p;
    return OK;
}

static enum result bad_value(struct loader *l, const struct setting *s, const char *value)
{
    struct buf allowed = {0};
    options_allowed(s->option, &allowed);
    bool hidden = s->option->type == OPTION_SECRET || s->option->type == OPTION_REDIS;
    error_set(l->error, FATAL, "%s: %s%s%.100s%s is not allowed; allowed: %.*s", s->origin,
              s->written_key, hidden ? "" : " = \"", hidden ? "" : value, hidden ? "" : "\"",
              STR_ARG(buf_slice(&allowed)));
    buf_free(&allowed);
    return FATAL;
}

static void pass_through(struct loader *l, const struct setting *s, const char *value)
{
    enum passthrough_side side;
    const char *name = passthrough_name(s->key, &side);
    struct property_list *list = side == PASSTHROUGH_CONSUMER   ? &l->config->kafka_consumer
                                 : side == PASSTHROUGH_PRODUCER ? &l->config->kafka_producer
                                                                : &l->config->kafka_common;
    /* No list can be longer than all settings. */
    if (!list->items) list->items = arena_alloc(l->arena, l->n * sizeof *list->items);
    list->items[list->n++] = (struct property){name, value, s->origin, passthrough_secret(name)};
}

static enum result apply(struct loader *l)
{
    for (size_t i = 0; i < l->n; i++) {
        const struct setting *s = &l->settings[i];
        bool overridden = false;
        for (size_t j = i + 1; j < l->n; j++) overridden |= strcmp(l->settings[j].key, s->key) == 0;
        if (overridden || !*s->value) continue;
        const char *value;
        enum result result = resolve(l, s, &value);
        if (result != OK) return result;
        if (!s->option)
            pass_through(l, s, value);
        else if (!options_set(l->config, s->option, value))
            return bad_value(l, s, value);
    }
    return OK;
}

static enum result set_defaults(struct loader *l)
{
    for (const struct option *o = options; o->key; o++)
        if (o->default_value) options_set(l->config, o, o->default_value);
    return OK;
}

/* Files that are only opened when a connection is made. */
static enum result check_files(const struct config *c, struct error *error)
{
    const struct {
        const char *key, *path;
    } files[] = {{"redis.tls.ca.file", c->redis_tls_ca_file},
                 {"redis.tls.cert.file", c->redis_tls_cert_file},
                 {"redis.tls.key.file", c->redis_tls_key_file}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (files[i].path && access(files[i].path, R_OK) != 0)
            return error_usage(error, "%s: %s: %s", files[i].key, files[i].path, strerror(errno));
    return OK;
}

/* A name that no other process has, now or later: what is kept under it in Kafka is this one's. */
static void set_name(struct config *config)
{
    char host[256] = "";
    uint32_t random;
    config->static_member = config->instance_id != NULL;
    if (config->static_member) return;
    if (gethostname(host, sizeof host - 1) != 0 || !*host) strcpy(host, "localhost");
    if (getrandom(&random, sizeof random, 0) != sizeof random) abort();
    config->instance_id = arena_printf(config->arena, "%.200s-%08" PRIx32, host, random).p;
}

/* What is wrong only together. */
static enum result check(const struct config *c, struct error *error)
{
    for (int a = 1; a < topic_end; a++)
        for (int b = a + 1; b < topic_end; b++)
            if (str_eq(c->topics[a], c->topics[b]))
                return error_set(error, FATAL,
                                 "topic.%s and topic.%s are both %s; each needs a topic of its own",
                                 topic_name(a).p, topic_name(b).p, c->topics[a].p);
    if (!c->redis_tls_cert_file != !c->redis_tls_key_file)
        return error_set(error, FATAL,
                         "redis.tls.cert.file and redis.tls.key.file belong together; give both or "
                         "none of them");
    /* A commit and an abort may each take that time, then come the producer and a restore. */
    int slowest_ms = 2 * c->transaction_timeout_ms + 20000;
    if (c->watchdog_timeout_ms < slowest_ms)
        return error_set(
            error, FATAL,
            "watchdog.timeout.ms (%d) must be at least %d (twice transaction.timeout.ms "
            "and 20 s), or a slow commit would look like a worker that hangs",
            c->watchdog_timeout_ms, slowest_ms);
    return OK;
}

enum result config_load(const struct config_sources *sources, struct config **config,
                        struct error *error)
{
    struct arena *arena = arena_new();
    struct loader l = {.arena = arena, .config = ARENA_NEW(arena, struct config), .error = error};
    l.config->arena = arena;
    enum result result = set_defaults(&l);
    if (result == OK && sources->file) result = add_file(&l, sources->file);
    if (result == OK) result = add_environment(&l, sources->environment);
    for (size_t i = 0; result == OK && i < sources->settings_n; i++)
        result = add_argument(&l, sources->settings[i]);
    if (result == OK) result = apply(&l);
    if (result == OK) set_name(l.config);
    if (result == OK) result = check(l.config, error);
    if (result == OK) result = check_files(l.config, error);
    *config = result == OK ? l.config : NULL;
    if (result != OK) arena_free(arena);
    return result;
}

void config_free(struct config *config)
{
    if (config) arena_free(config->arena);
}
