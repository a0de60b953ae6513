/* SPDX-License-Identifier: Apache-2.0 */
/* redis.url taken apart, and what Redis's error answers mean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "redis/redis_reply.h"
#include "redis/redis_url.h"

static void is(const char *actual, const char *expected)
{
    if (!expected)
        assert_null(actual);
    else
        assert_string_equal(actual ? actual : "(none)", expected);
}

static void test_urls(void **state)
{
    (void)state;
    static const struct {
        const char *text, *host;
        int port, database;
        const char *username, *password, *path, *display;
        bool tls;
    } cases[] = {
        {"redis://cache", "cache", 6379, 0, NULL, NULL, NULL, "cache:6379", false},
        {"redis://cache/", "cache", 6379, 0, NULL, NULL, NULL, "cache:6379", false},
        {"redis://127.0.0.1:7000/3", "127.0.0.1", 7000, 3, NULL, NULL, NULL, "127.0.0.1:7000",
         false},
        {"rediss://u:p%40%2f%3A@h:1", "h", 1, 0, "u", "p@/:", NULL, "h:1", true},
        {"redis://:secret@[::1]:6380/1", "::1", 6380, 1, NULL, "secret", NULL, "[::1]:6380", false},
        {"redis://a@b@[fe80::1]", "fe80::1", 6379, 0, "a@b", NULL, NULL, "[fe80::1]:6379", false},
        {"unix:/run/redis.sock", NULL, 0, 0, NULL, NULL, "/run/redis.sock", "unix:/run/redis.sock",
         false},
        {"unix:///tmp/r?db=4", NULL, 0, 4, NULL, NULL, "/tmp/r", "unix:/tmp/r", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct redis_url url;
        struct error error = {.text = ""};
        assert_int_equal(redis_url_parse(cases[i].text, &url, &error), OK);
        is(url.host, cases[i].host);
        assert_int_equal(url.port, cases[i].port);
        assert_int_equal(url.database, cases[i].database);
        is(url.username, cases[i].username);
        is(url.password, cases[i].password);
        is(url.path, cases[i].path);
        is(url.display, cases[i].display);
        assert_int_equal(url.tls, cases[i].tls);
        redis_url_free(&url);
    }
}

static void test_bad_urls(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",           "cache:6379",         "http://cache",   "redis://",        "redis://:6379",
        "redis://h:", "redis://h:0",        "redis://h:x",    "redis://h:65536", "redis://h/x",
        "redis://h?", "redis://[::1",       "redis://[::1]x", "redis://h/1/2",   "unix:relative",
        "unix:",      "unix:/p?database=1", "unix:/p?db=",    "redis://h/-1",    "redis://u:p@",
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct redis_url url;
        struct error error = {.text = ""};
        assert_int_equal(redis_url_parse(cases[i], &url, &error), FATAL);
        assert_non_null(strstr(error.text, "redis.url: "));
        assert_null(url.host);
    }
    struct redis_url url;
    struct error error = {.text = ""};
    assert_int_equal(redis_url_parse("redis://u:hunter2@h:x", &url, &error), FATAL);
    assert_null(strstr(error.text, "hunter2"));
}

static void a_percent_that_means_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *text, *place;
    } cases[] = {
        {"redis://u:hunter2%4@h", "character 18 "},  {"redis://u:hunter2%@h", "character 18 "},
        {"rediss://%zz:hunter2@h", "character 10 "}, {"redis://:hunter2%00@h", "character 17 "},
        {"redis://u:%25%2@h", "character 14 "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct redis_url url;
        struct error error = {.text = ""};
        assert_int_equal(redis_url_parse(cases[i].text, &url, &error), FATAL);
        assert_non_null(strstr(error.text, cases[i].place));
        assert_null(strstr(error.text, "hunter2"));
    }
}

static void test_classes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum result result;
        bool reconnect;
    } cases[] = {
        {"LOADING Redis is loading the dataset in memory", RETRY, false},
        {"READONLY You can't write against a read only replica.", RETRY, true},
        {"OOM command not allowed when used memory > 'maxmemory'.", RETRY, false},
        {"OOM command not allowed when used memory > 'maxmemory'. script: c8f4, on "
         "@user_script:1.",
         RETRY, false},
        {"ERR Error running script (call to f_c8f4): @user_script:2: -OOM command not allowed "
         "when used memory > 'maxmemory'.",
         RETRY, false},
        {"ERR Error running script (call to f_c8f4): @user_script:2: WRONGTYPE Operation against a "
         "key holding the wrong kind of value",
         FATAL, false},
        {"EXECABORT Transaction discarded because of: OOM command not allowed when used memory > "
         "'maxmemory'.",
         RETRY, false},
        {"EXECABORT Transaction discarded because of: READONLY You can't write against a read only "
         "replica.",
         RETRY, true},
        {"EXECABORT Transaction discarded because of previous errors.", FATAL, false},
        {"NOAUTH Authentication required.", FATAL, true},
        {"WRONGPASS invalid username-password pair or user is disabled.", FATAL, true},
        {"MOVED 3999 127.0.0.1:6381", FATAL, true},
        {"ERR max number of clients reached", RETRY, true},
        {"ERR unknown command", FATAL, true},
        {"NOPERM this user has no permissions to run the 'zadd' command", FATAL, true},
        {"OOMPH is no word of Redis", FATAL, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error error = {.text = ""};
        bool reconnect = !cases[i].reconnect;
        assert_int_equal(redis_reply_class(cases[i].text, "cache:6379", &reconnect, &error),
                         cases[i].result);
        assert_int_equal(reconnect, cases[i].reconnect);
        assert_non_null(strstr(error.text, "cache:6379"));
    }
}

/* What Redis 6, 7.0 and 7.2 answer where a right is missing, alone or in a script. */
static void test_denials(void **state)
{
    (void)state;
    static const struct {
        const char *answer, *says;
    } cases[] = {
        {"NOPERM this user has no permissions to run the 'zadd' command", "SETUSER <user> +zadd"},
        {"EXECABORT Transaction discarded because of: NOPERM this user has no permissions to run "
         "the "
         "'exec' command",
         "SETUSER <user> +exec"},
        {"NOPERM this user has no permissions to run the 'script' command or its subcommand",
         "SETUSER <user> +script"},
        {"NOPERM User epi has no permissions to run the 'script|load' command", "+script|load"},
        {"NOPERM this user has no permissions to access one of the keys used as arguments",
         "ACL SETUSER <user> ~<redis.key.prefix>"},
        {"NOPERM No permissions to access a key", "ACL SETUSER <user> ~<redis.key.prefix>"},
        {"ERR The user executing the script can't run this command or subcommand script: bcb6, on "
         "@user_script:1.",
         "`epilogue check` says which"},
        {"ERR Error running script (call to f_c8f4): @user_script:3: @user_script: 3: The user "
         "executing the script can't run this command or subcommand",
         "`epilogue check` says which"},
        {"ERR The user executing the script can't access at least one of the keys mentioned in "
         "the command arguments script: f9de, on @user_script:1.",
         "ACL SETUSER <user> ~<redis.key.prefix>"},
        {"ERR unknown command 'UNLINK', with args beginning with: 'a' ", "no command UNLINK"},
        {"ERR unknown command `UNLINK`, with args beginning with: `a`, ", "no command UNLINK"},
        {"ERR Unknown Redis command called from script script: d1bf, on @user_script:1.",
         "rename-command"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error error;
        bool reconnect;
        assert_int_equal(redis_reply_class(cases[i].answer, "cache:6379", &reconnect, &error),
                         FATAL);
        if (!strstr(error.text, cases[i].says)) fail_msg("%s: %s", cases[i].says, error.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_urls),
        cmocka_unit_test(test_bad_urls),
        cmocka_unit_test(a_percent_that_means_nothing),
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_denials),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
