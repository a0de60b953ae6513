/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/buf.h"
#include "common/file.h"
#include "config/config.h"
#include "config/reference.h"

static char file[] = "/tmp/test_config_XXXXXX";
static char secret_file[] = "/tmp/test_config_secret_XXXXXX";
static struct config *config;
static struct error error;

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static int make_files(void **state)
{
    (void)state;
    int a = mkstemp(file), b = mkstemp(secret_file);
    close(a);
    close(b);
    return a < 0 || b < 0;
}

static int remove_files(void **state)
{
    (void)state;
    return unlink(file) || unlink(secret_file);
}

static int forget(void **state)
{
    (void)state;
    config_free(config);
    config = NULL;
    return 0;
}

#define LIST(...)         \
    (const char *const[]) \
    {                     \
        __VA_ARGS__, NULL \
    }

static enum result load(const char *text, const char *const *environment,
                        const char *const *settings)
{
    forget(NULL);
    if (text) write_file(file, text);
    struct config_sources sources = {text ? file : NULL, environment, settings, 0};
    while (settings && settings[sources.settings_n]) sources.settings_n++;
    error.text[0] = 0;
    enum result result = config_load(&sources, &config, &error);
    if (result != OK) assert_null(config);
    return result;
}

static void assert_loads(const char *text, const char *const *environment,
                         const char *const *settings)
{
    enum result result = load(text, environment, settings);
    if (result != OK) print_error("%s\n", error.text);
    assert_int_equal(result, OK);
}

/* The sentence, with the temporary file's name as FILE. */
static void assert_refused(const char *expected)
{
    char text[1200], *out = text;
    for (const char *p = error.text; *p;) {
        bool named = strncmp(p, file, strlen(file)) == 0;
        if (named)
            out = stpcpy(out, "FILE");
        else
            *out++ = *p;
        p += named ? strlen(file) : 1;
    }
    *out = 0;
    assert_string_equal(text, expected);
}

static void defaults(void **state)
{
    (void)state;
    assert_loads(NULL, NULL, NULL);
    char host[256];
    gethostname(host, sizeof host);
    assert_string_equal(config->bootstrap_servers, "localhost:9092");
    assert_string_equal(config->group_id, "epilogue");
    assert_false(config->static_member);
    assert_memory_equal(config->instance_id, host, strlen(host));
    assert_int_equal(strlen(config->instance_id), strlen(host) + 9);
    assert_string_equal(config->redis_url, "redis://127.0.0.1:6379/0");
    assert_null(config->redis_username);
    assert_null(config->redis_password);
    assert_string_equal(config->redis_key_prefix, "epilogue");
    assert_null(config->policy_file);
    assert_string_equal(config->http.host, "127.0.0.1");
    assert_int_equal(config->http.port, 9464);
    assert_int_equal(config->batch_max, 2000);
    assert_int_equal(config->log_level, LOG_INFO);
    assert_false(config->log_json);
    for (int t = 1; t < topic_end; t++) assert_string_equal(config->topics[t].p, topic_name(t).p);
    struct limits limits = LIMITS_DEFAULT;
    assert_int_equal(config->limits.record_bytes, limits.record_bytes);
    assert_int_equal(config->limits.depth, limits.depth);
    assert_int_equal(config->limits.title_bytes, limits.title_bytes);
    assert_int_equal(config->limits.description_bytes, limits.description_bytes);
    assert_int_equal(config->limits.findings, limits.findings);
    assert_int_equal(config->limits.timeline, limits.timeline);
    assert_int_equal(config->kafka_common.n, 0);
}

static void the_later_source_counts(void **state)
{
    (void)state;
    const char *text = "group.id=of-file\nbatch.max=1\nredis.username=of-file\n";
    assert_loads(text, NULL, NULL);
    assert_string_equal(config->group_id, "of-file");
    const char *const *environment =
        LIST("PATH=/bin", "EPILOGUE_BATCH_MAX=2", "EPILOGUE_REDIS_USERNAME=of-environment");
    assert_loads(text, environment, LIST("batch.max=3", "batch.max=4"));
    assert_string_equal(config->group_id, "of-file");
    assert_string_equal(config->redis_username, "of-environment");
    assert_int_equal(config->batch_max, 4);
    /* an empty value takes back what came before */
    assert_loads(text, environment, LIST("batch.max=", "redis.username="));
    assert_int_equal(config->batch_max, 2000);
    assert_null(config->redis_username);
}

static void properties_syntax(void **state)
{
    (void)state;
    assert_loads("\xEF\xBB\xBF# a comment\n! another\n\n"
                 "  group.id :  a group \t\r\n"
                 "topic.incident-closed=closed.v1\n"
                 "kafka.bootstrap.servers = a:9092,\\\n"
                 "    b:9092,\\\r\n"
                 "\tc:9092\n"
                 "redis.password=a\\\\b\\=c\\:d\\ \n"
                 "redis.url=redis://h:1/2",
                 NULL, NULL);
    assert_string_equal(config->group_id, "a group");
    assert_string_equal(config->topics[TOPIC_INCIDENT_CLOSED].p, "closed.v1");
    assert_int_equal(config->topics[TOPIC_INCIDENT_CLOSED].n, 9);
    assert_string_equal(config->bootstrap_servers, "a:9092,b:9092,c:9092");
    assert_string_equal(config->redis_url, "redis://h:1/2");
    assert_string_equal(config->redis_password, "a\\b=c:d ");
}

static void unicode_escapes(void **state)
{
    (void)state;
    assert_loads("redis.password=\\u00e9\\u0041\\u20AC\\uD83D\\uDE00\\\\u0041\n"
                 "gro\\u0075p.id=x\n",
                 NULL, NULL);
    assert_string_equal(config->redis_password, "\xC3\xA9"
                                                "A\xE2\x82\xAC\xF0\x9F\x98\x80\\u0041");
    assert_string_equal(config->group_id, "x");
    static const char *const bad[] = {"\\u",     "\\u00e",  "\\u00eg",  "\\u0000",
                                      "\\uD83D", "\\uDE00", "\\uD83Dx", "\\uD83D\\u0041"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[80];
        snprintf(text, sizeof text, "\ngroup.id=%s\n", bad[i]);
        load(text, NULL, NULL);
        assert_refused(
            "FILE:2: \\u needs the four hexadecimal digits of a character, twice for one "
            "above \\uFFFF; write a backslash itself as \\\\");
    }
}

static void bad_files(void **state)
{
    (void)state;
    load("group.id=a\n\nredis url\n", NULL, NULL);
    assert_refused("FILE:3: \"redis url\" is not a setting; write key=value");
    load("group.id=a\\\nb\n=x\n", NULL, NULL);
    assert_refused("FILE:3: unknown setting \"\"; the nearest known one is \"group.id\"");
    load("group.id=a\nbatch.max=1\ngroup.id=b\n", NULL, NULL);
    assert_refused("FILE:3: group.id was already set at FILE:1");
    load("redis.password=a\nredis.password.file=b\n", NULL, NULL);
    assert_refused("FILE:2: redis.password.file was already set at FILE:1");
    struct config_sources sources = {.file = "/nowhere/epilogue.properties"};
    assert_int_equal(config_load(&sources, &config, &error), FATAL);
    assert_string_equal(error.text, "/nowhere/epilogue.properties: No such file or directory");
    sources.file = "/tmp";
    assert_int_equal(config_load(&sources, &config, &error), FATAL);
    assert_string_equal(error.text, "/tmp: Is a directory");
}

static void unknown_keys_name_the_nearest(void **state)
{
    (void)state;
    load("\n\nredis.ulr=x\n", NULL, NULL);
    assert_refused("FILE:3: unknown setting \"redis.ulr\"; did you mean \"redis.url\"?");
    load(NULL, NULL, LIST("topic.incidents-closed=x"));
    assert_refused("-s: unknown setting \"topic.incidents-closed\"; did you mean "
                   "\"topic.incident-closed\"?");
    load(NULL, LIST("EPILOGUE_REDIS_ULR=x"), NULL);
    assert_refused("environment: unknown setting EPILOGUE_REDIS_ULR; did you mean "
                   "\"EPILOGUE_REDIS_URL\"?");
    load(NULL, NULL, LIST("colour=x"));
    assert_refused("-s: unknown setting \"colour\"; the nearest known one is \"group.id\"");
    load(NULL, NULL, LIST("kafka.=x"));
    assert_non_null(strstr(error.text, "unknown setting \"kafka.\""));
    load(NULL, NULL, LIST("redis.url.file=x"));
    assert_non_null(strstr(error.text, "unknown setting \"redis.url.file\""));
    load(NULL, NULL, LIST("redis.url"));
    assert_refused("-s redis.url: write -s key=value");
}

static void the_environment_has_others(void **state)
{
    (void)state;
    assert_loads(NULL,
                 LIST("EPILOGUE_FAILPOINT=commit", "EPILOGUE_CACHE=/tmp", "EPILOGUE_TEST_LONG=1",
                      "EPILOGUE_SERVICE_HOST=10.0.0.1", "EPILOGUE_SERVICE_PORT_METRICS=9464",
                      "EPILOGUE_PORT=tcp://10.0.0.1:9464", "EPILOGUE_PORT_9464_TCP_ADDR=10.0.0.1",
                      "EPILOGUE_REDIS_PORT=tcp://10.0.0.2:6379", "EPILOGUES=1", "no-equals"),
                 NULL);
    load(NULL, LIST("EPILOGUE_PORT=9464"), NULL);
    assert_non_null(strstr(error.text, "unknown setting EPILOGUE_PORT"));
}

static void bad_values_name_what_is_allowed(void **state)
{
    (void)state;
    load("group.id=g\nbatch.max = 0\n", NULL, NULL);
    assert_refused("FILE:2: batch.max = \"0\" is not allowed; allowed: an integer from 1 to 10000");
    load(NULL, LIST("EPILOGUE_LOG_LEVEL=loud"), NULL);
    assert_refused("environment: EPILOGUE_LOG_LEVEL: log.level = \"loud\" is not allowed; allowed: "
                   "`debug`, `info`, `warn` or `error`");
    static const char *const bad[] = {
        "batch.max=10001",
        "batch.max=-1",
        "batch.max=1e3",
        "batch.max=10 ",
        "log.format=xml",
        "batch.max=99999999999999999999",
        "redis.url=http://x",
        "redis.url=redis://",
        "kafka.bootstrap.servers=:9092",
        "kafka.bootstrap.servers=h:99999",
        "kafka.bootstrap.servers=h:0",
        "kafka.bootstrap.servers=h:abc",
        "kafka.bootstrap.servers=h:",
        "kafka.bootstrap.servers=http://h:9092",
        "kafka.bootstrap.servers=h:9092,",
        "kafka.bootstrap.servers=h:9092,,g:9092",
        "kafka.bootstrap.servers=h:9092 g:9092",
        "kafka.bootstrap.servers=::1:9092",
        "kafka.bootstrap.servers=[::1",
        "kafka.bootstrap.servers=SSL://",
        "http.listen=9464",
        "http.listen=:9464",
        "http.listen=h:65536",
        "http.listen=h:",
        "http.listen=::1:80",
        "http.listen=[::1]",
        "http.listen=[]:1",
        "topic.followup-tasks=..",
        "topic.followup-tasks=a b",
        "redis.key.prefix={a}",
        "limits.depth=7",
        "group.id=a\nb",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (load(NULL, NULL, LIST(bad[i])) == OK) print_error("%s\n", bad[i]);
        assert_null(config);
        assert_non_null(strstr(error.text, " is not allowed; allowed: "));
    }
    load(NULL, NULL, LIST("redis.password=hush\x01"));
    assert_null(strstr(error.text, "hush"));
    load(NULL, NULL, LIST("redis.url=http://user:hush@host"));
    assert_null(strstr(error.text, "hush"));
}

static void what_is_wrong_together(void **state)
{
    (void)state;
    load(NULL, NULL, LIST("topic.followup-tasks=a", "topic.task-updated=a"));
    assert_refused("topic.task-updated and topic.followup-tasks are both a; each needs a topic of "
                   "its own");
    load(NULL, NULL, LIST("redis.tls.cert.file=/c"));
    assert_non_null(strstr(error.text, "belong together"));
    load(NULL, NULL, LIST("watchdog.timeout.ms=9000"));
    assert_non_null(strstr(error.text, "watchdog.timeout.ms (9000) must be at least 40000"));
}

static void listen_addresses(void **state)
{
    (void)state;
    assert_loads(NULL, NULL, LIST("http.listen=[::]:0"));
    assert_string_equal(config->http.host, "::");
    assert_int_equal(config->http.port, 0);
    assert_loads(NULL, NULL, LIST("http.listen=off"));
    assert_null(config->http.host);
}

static void broker_addresses(void **state)
{
    (void)state;
    static const char *const good[] = {
        "h",           "h:9092",          "a:1,b:65535",       " a:9092 , b:9092 ",
        "[::1]:9092",  "[fe80::1]",       "SASL_SSL://h:9092", "plaintext://[::1]:1,h",
        "10.0.0.1:91", "kafka-0.kafka:1",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        char setting[100];
        snprintf(setting, sizeof setting, "kafka.bootstrap.servers=%s", good[i]);
        assert_loads(NULL, NULL, LIST(setting));
        assert_string_equal(config->bootstrap_servers, good[i]);
    }
}

static void secrets_as_files(void **state)
{
    (void)state;
    char setting[100], kafka[100];
    snprintf(setting, sizeof setting, "redis.password.file=%s", secret_file);
    snprintf(kafka, sizeof kafka, "EPILOGUE_KAFKA_SASL_PASSWORD_FILE=%s", secret_file);
    write_file(secret_file, "\xEF\xBB\xBF hush hush \r\n");
    assert_loads(NULL, LIST(kafka), LIST(setting));
    assert_string_equal(config->redis_password, " hush hush ");
    assert_int_equal(config->kafka_common.n, 1);
    assert_string_equal(config->kafka_common.items[0].name, "sasl.password");
    assert_string_equal(config->kafka_common.items[0].value, " hush hush ");
    assert_true(config->kafka_common.items[0].secret);
    /* overridden: the file is not even read */
    assert_loads("redis.password.file=/nowhere\n", NULL, LIST("redis.password=x"));
    assert_string_equal(config->redis_password, "x");
    load("redis.password.file=/nowhere\n", NULL, NULL);
    assert_refused("FILE:1: redis.password.file: /nowhere: No such file or directory");
    write_file(secret_file, "");
    load(NULL, NULL, LIST(setting));
    assert_non_null(strstr(error.text, "redis.password.file is not allowed"));
}

static void librdkafka_settings_go_through(void **state)
{
    (void)state;
    assert_loads("kafka.security.protocol=SASL_SSL\nkafka.consumer.fetch.wait.max.ms=5\n",
                 LIST("EPILOGUE_KAFKA_SECURITY_PROTOCOL=PLAINTEXT",
                      "EPILOGUE_KAFKA_BOOTSTRAP_SERVERS=b:1",
                      "EPILOGUE_KAFKA_PRODUCER_LINGER_MS=0"),
                 LIST("kafka.client.rack=r1"));
    assert_string_equal(config->bootstrap_servers, "b:1");
    assert_int_equal(config->kafka_common.n, 2);
    assert_string_equal(config->kafka_common.items[0].name, "security.protocol");
    assert_string_equal(config->kafka_common.items[0].value, "PLAINTEXT");
    assert_string_equal(config->kafka_common.items[0].origin,
                        "environment: EPILOGUE_KAFKA_SECURITY_PROTOCOL");
    assert_string_equal(config->kafka_common.items[1].name, "client.rack");
    assert_int_equal(config->kafka_consumer.n, 1);
    assert_string_equal(config->kafka_consumer.items[0].name, "fetch.wait.max.ms");
    assert_int_equal(config->kafka_producer.n, 1);
    assert_string_equal(config->kafka_producer.items[0].name, "linger.ms");

    static const char *const refused[] = {
        "kafka.enable.auto.commit=x",
        "kafka.producer.allow.auto.create.topics=x",
        "kafka.consumer.enable.auto.offset.store=x",
        "kafka.isolation.level=x",
        "kafka.producer.transactional.id=x",
        "kafka.enable.idempotence=x",
        "kafka.partition.assignment.strategy=x",
        "kafka.auto.offset.reset=x",
        "kafka.group.id=x",
        "kafka.session.timeout.ms=1",
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        assert_int_equal(load(NULL, NULL, LIST(refused[i])), FATAL);
    load("kafka.consumer.isolation.level=read_uncommitted\n", NULL, NULL);
    assert_refused("FILE:1: kafka.consumer.isolation.level is fixed: what was not committed must "
                   "never be read back");
}

static void the_reference_has_not_drifted(void **state)
{
    (void)state;
    struct buf expected = {0};
    struct str found;
    struct arena *arena = arena_new();
    reference_write(&expected);
    int fd = open(SOURCE_DIR "/docs/configuration.md", O_RDONLY);
    assert_int_equal(file_read(arena, fd, "configuration.md", SIZE_MAX, &found, &error), OK);
    close(fd);
    bool same = str_eq(buf_slice(&expected), found);
    buf_free(&expected);
    arena_free(arena);
    if (!same) print_error("run: epilogue help config > docs/configuration.md\n");
    assert_true(same);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(defaults, forget),
        cmocka_unit_test_teardown(the_later_source_counts, forget),
        cmocka_unit_test_teardown(properties_syntax, forget),
        cmocka_unit_test_teardown(unicode_escapes, forget),
        cmocka_unit_test_teardown(bad_files, forget),
        cmocka_unit_test_teardown(unknown_keys_name_the_nearest, forget),
        cmocka_unit_test_teardown(the_environment_has_others, forget),
        cmocka_unit_test_teardown(bad_values_name_what_is_allowed, forget),
        cmocka_unit_test_teardown(what_is_wrong_together, forget),
        cmocka_unit_test_teardown(listen_addresses, forget),
        cmocka_unit_test_teardown(broker_addresses, forget),
        cmocka_unit_test_teardown(secrets_as_files, forget),
        cmocka_unit_test_teardown(librdkafka_settings_go_through, forget),
        cmocka_unit_test(the_reference_has_not_drifted),
    };
    return cmocka_run_group_tests(tests, make_files, remove_files);
}
