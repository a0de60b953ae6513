/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP side as a client on a socket sees it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/http.h"

static struct metrics *metrics;
static struct http *http;
static char reply[65536];

static int begin(void **state)
{
    (void)state;
    struct error error;
    const struct listen_address any_port = {"127.0.0.1", 0};
    metrics = metrics_new();
    return http_start(&any_port, metrics, &http, &error);
}

static int end(void **state)
{
    (void)state;
    http_stop(http);
    metrics_free(metrics);
    return 0;
}

/* Sends one request and reads all of the answer; its status. */
static int status_of(const char *request_line)
{
    char request[300];
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)http_port(http))};
    inet_pton(AF_INET, "127.0.0.1", &at.sin_addr);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    int n = snprintf(request, sizeof request, "%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                     request_line);
    assert_int_equal(write(fd, request, (size_t)n), n);
    size_t got = 0;
    ssize_t more;
    while ((more = read(fd, reply + got, sizeof reply - 1 - got)) > 0) got += (size_t)more;
    reply[got] = 0;
    close(fd);
    return atoi(reply + strlen("HTTP/1.1 "));
}

static void test_metrics(void **state)
{
    (void)state;
    metrics_add(metrics, METRIC_BATCHES, 5);
    assert_int_equal(status_of("GET /metrics"), 200);
    assert_non_null(strstr(reply, "Content-Type: text/plain; version=0.0.4"));
    assert_non_null(strstr(reply, "\nepilogue_batches_total 5\n"));
    assert_int_equal(status_of("HEAD /metrics"), 200);
    assert_null(strstr(reply, "epilogue_batches_total"));
}

static void test_ready(void **state)
{
    (void)state;
    metrics_set_ready(metrics, "waiting for Kafka");
    assert_int_equal(status_of("GET /readyz"), 503);
    assert_non_null(strstr(reply, "\r\n\r\nwaiting for Kafka\n"));
    metrics_set_ready(metrics, NULL);
    assert_int_equal(status_of("GET /readyz"), 200);
    assert_non_null(strstr(reply, "\r\n\r\nready\n"));
}

static void test_others(void **state)
{
    (void)state;
    assert_int_equal(status_of("GET /healthz"), 200);
    assert_int_equal(status_of("GET /"), 404);
    assert_non_null(strstr(reply, "/readyz"));
    assert_int_equal(status_of("POST /metrics"), 405);
    assert_non_null(strstr(reply, "Allow: GET, HEAD"));
    assert_int_equal(status_of("nonsense"), 400);
}

static void test_port_in_use(void **state)
{
    (void)state;
    struct error error = {.text = ""};
    struct http *second;
    const struct listen_address same = {"127.0.0.1", http_port(http)};
    assert_int_equal(http_start(&same, metrics, &second, &error), FATAL);
    assert_null(second);
    assert_non_null(strstr(error.text, "in use"));
    bool by_worker;
    assert_int_equal(http_check(&same, &by_worker, &error), FATAL);
    assert_true(by_worker);
    assert_false(error.usage);
    const struct listen_address any = {"127.0.0.1", 0}, off = {NULL, 0};
    assert_int_equal(http_check(&any, &by_worker, &error), OK);
    assert_int_equal(http_check(&off, &by_worker, &error), OK);
    assert_false(by_worker);
}

static void test_addresses(void **state)
{
    (void)state;
    struct error error = {.text = ""};
    struct http *other;
    const struct listen_address none = {NULL, 0}, all = {"*", 0}, foreign = {"192.0.2.1", 0},
                                no_name = {"no.such.name.invalid", 0};
    assert_int_equal(http_start(&none, metrics, &other, &error), OK);
    assert_null(other);
    assert_int_equal(http_start(&all, metrics, &other, &error), OK);
    assert_true(http_port(other) > 0);
    http_stop(other);
    http_stop(NULL);
    assert_int_equal(http_start(&foreign, metrics, &other, &error), FATAL);
    assert_int_equal(http_start(&no_name, metrics, &other, &error), FATAL);
    assert_non_null(strstr(error.text, "http.listen: no.such.name.invalid"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_metrics), TEST(test_ready), TEST(test_others),
                                       TEST(test_port_in_use), TEST(test_addresses)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
