/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which variables of the environment are settings, and which only look like it. Kubernetes puts
 * names that begin like ours into every container, and those must not end a start.
 */
#include "environment.h"

#include <ctype.h>

#include "common/text.h"
#include "nearest.h"
#include "options.h"

#define PREFIX "EPILOGUE_"
#define KAFKA_PREFIX "EPILOGUE_KAFKA_"

const char *environment_name(struct arena *arena, const char *key)
{
    size_t n = strlen(key);
    char *name = arena_alloc(arena, sizeof PREFIX + n);
    memcpy(name, PREFIX, sizeof PREFIX);
    for (size_t i = 0; i <= n; i++)
        name[sizeof PREFIX - 1 + i] =
            key[i] == '.' || key[i] == '-' ? '_' : (char)toupper((unsigned char)key[i]);
    return name;
}

/* Ours, but no settings: of tests, scripts and failpoints. */
static bool no_setting(const char *name)
{
    return strcmp(name, "EPILOGUE_FAILPOINT") == 0 || strcmp(name, "EPILOGUE_CACHE") == 0 ||
           strncmp(name, "EPILOGUE_TEST_", 14) == 0;
}

/*
 * Kubernetes puts variables for every Service of the namespace into every container:
 * EPILOGUE_SERVICE_HOST, EPILOGUE_REDIS_PORT=tcp://…, EPILOGUE_PORT_9464_TCP_ADDR. Whoever calls a
 * Service "epilogue" or "epilogue-redis" did not mean to configure anything.
 */
static bool service_link(const char *name, const char *value)
{
    if (strstr(name, "_SERVICE_HOST") || strstr(name, "_SERVICE_PORT")) return true;
    const char *port = strstr(name, "_PORT");
    if (!port) return false;
    port += strlen("_PORT");
    if (!*port) return strncmp(value, "tcp://", 6) == 0 || strncmp(value, "udp://", 6) == 0;
    if (*port != '_' || !isdigit((unsigned char)port[1])) return false;
    port += 1 + strspn(port + 1, "0123456789");
    return strncmp(port, "_TCP", 4) == 0 || strncmp(port, "_UDP", 4) == 0;
}

/* EPILOGUE_KAFKA_SECURITY_PROTOCOL is kafka.security.protocol. */
static const char *kafka_key(struct arena *arena, const char *name)
{
    char *key = arena_copy(arena, name + strlen(PREFIX), strlen(name) - strlen(PREFIX) + 1);
    for (char *p = key; *p; p++) *p = *p == '_' ? '.' : text_lower(*p);
    return key;
}

static enum result find_key(struct arena *arena, const char *name, const char **key,
                            struct error *error)
{
    struct nearest nearest = {.word = name};
    for (const struct option *o = options; o->key; o++) {
        const char *candidate = environment_name(arena, o->key);
        *key = o->key;
        if (strcmp(candidate, name) == 0) return OK;
        nearest_try(&nearest, candidate);
        if (o->type != OPTION_SECRET) continue;
        *key = arena_printf(arena, "%s.file", o->key).p;
        candidate = environment_name(arena, *key);
        if (strcmp(candidate, name) == 0) return OK;
        nearest_try(&nearest, candidate);
    }
    *key = NULL;
    if (strncmp(name, KAFKA_PREFIX, strlen(KAFKA_PREFIX)) == 0 && name[strlen(KAFKA_PREFIX)]) {
        *key = kafka_key(arena, name);
        return OK;
    }
    return error_set(error, FATAL, "environment: unknown setting %s; %s", name,
                     nearest_hint(arena, &nearest));
}

enum result environment_read(struct arena *arena, const char *variable, const char **key,
                             const char **name, const char **value, struct error *error)
{
    *key = NULL;
    const char *equals = strchr(variable, '=');
    if (!equals || strncmp(variable, PREFIX, strlen(PREFIX)) != 0) return OK;
    *name = arena_str(arena, (struct str){variable, (size_t)(equals - variable)}).p;
    *value = arena_str(arena, str_of(equals + 1)).p;
    if (no_setting(*name) || service_link(*name, *value)) return OK;
    return find_key(arena, *name, key, error);
}
