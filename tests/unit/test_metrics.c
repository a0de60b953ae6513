/* SPDX-License-Identifier: Apache-2.0 */
/* The counters, and that what is written is Prometheus' text format. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/metrics.h"

static struct metrics *metrics;
static struct buf text;

static int begin(void **state)
{
    (void)state;
    metrics = metrics_new();
    return 0;
}

static int end(void **state)
{
    (void)state;
    metrics_free(metrics);
    buf_free(&text);
    return 0;
}

static const char *written(void)
{
    text.n = 0;
    metrics_write(metrics, &text);
    buf_char(&text, 0);
    return text.p;
}

/* The value of the line that begins with `series` and a blank. */
static double value_of(const char *series)
{
    char start[200];
    snprintf(start, sizeof start, "\n%s ", series);
    const char *at = strstr(written(), start);
    if (!at) fail_msg("no line %s", series);
    return atof(at + strlen(start));
}

static void count(struct metrics *to, const struct output *output)
{
    struct metrics_output counted = metrics_output_of(output);
    metrics_output(to, &counted);
}

static void test_counts(void **state)
{
    (void)state;
    struct task task = {0};
    struct output created = {.type = OUTPUT_TASK, .task = {.event = TASK_CREATED, .after = &task}};
    struct output opened = {.type = OUTPUT_INCIDENT, .incident = {.event = INCIDENT_OPENED}};
    struct output overdue = {.type = OUTPUT_REMINDER, .reminder = {.kind = REMINDER_OVERDUE}};
    struct forward_output arrival = {.type = EVENT_ARRIVAL};
    struct output merged = {.type = OUTPUT_FORWARD, .forward = &arrival};
    metrics_add(metrics, METRIC_BATCHES, 3);
    metrics_add(metrics, METRIC_BATCHES, 4);
    metrics_set(metrics, METRIC_SHARDS_OWNED, 12);
    metrics_set(metrics, METRIC_SHARDS_OWNED, 6);
    count(metrics, &created);
    count(metrics, &created);
    count(metrics, &opened);
    count(metrics, &overdue);
    count(metrics, &merged);
    metrics_refused(metrics, REFUSE_KEY_MISMATCH);
    assert_true(value_of("epilogue_batches_total") == 7);
    assert_true(value_of("epilogue_shards_owned") == 6);
    assert_true(value_of("epilogue_task_events_total{event=\"created\"}") == 2);
    assert_true(value_of("epilogue_task_events_total{event=\"closed\"}") == 0);
    assert_true(value_of("epilogue_incident_events_total{event=\"opened\"}") == 1);
    assert_true(value_of("epilogue_reminders_total{kind=\"overdue\"}") == 1);
    assert_true(value_of("epilogue_merged_findings_total") == 1);
    assert_true(value_of("epilogue_dead_letters_total{code=\"key-mismatch\"}") == 1);
    assert_true(value_of("epilogue_build_info{version=\"" EPILOGUE_VERSION "\"}") == 1);
    assert_true(value_of("epilogue_resident_memory_bytes") > 100000);
}

static void test_histograms(void **state)
{
    (void)state;
    metrics_commit(metrics, 1);
    metrics_commit(metrics, 7);
    metrics_commit(metrics, 1000000);
    metrics_consumed(metrics, TOPIC_FINDING_UPDATED, -20);
    assert_true(value_of("epilogue_commit_seconds_bucket{le=\"0.001\"}") == 1);
    assert_true(value_of("epilogue_commit_seconds_bucket{le=\"0.005\"}") == 1);
    assert_true(value_of("epilogue_commit_seconds_bucket{le=\"0.01\"}") == 2);
    assert_true(value_of("epilogue_commit_seconds_bucket{le=\"300\"}") == 2);
    assert_true(value_of("epilogue_commit_seconds_bucket{le=\"+Inf\"}") == 3);
    assert_true(value_of("epilogue_commit_seconds_count") == 3);
    assert_true(value_of("epilogue_commit_seconds_sum") == 1000.008);
    assert_true(value_of("epilogue_records_total{topic=\"finding-updated\"}") == 1);
    assert_true(value_of("epilogue_event_latency_seconds_sum") == 0);
}

static void test_ready(void **state)
{
    (void)state;
    assert_non_null(metrics_not_ready(metrics));
    assert_true(value_of("epilogue_ready") == 0);
    metrics_set_ready(metrics, NULL);
    assert_null(metrics_not_ready(metrics));
    assert_true(value_of("epilogue_ready") == 1);
    metrics_set_ready(metrics, "waiting for Redis");
    assert_string_equal(metrics_not_ready(metrics), "waiting for Redis");
}

static void test_none(void **state)
{
    (void)state;
    struct forward_output arrival = {.type = EVENT_ARRIVAL};
    struct output output = {.type = OUTPUT_FORWARD, .forward = &arrival};
    metrics_add(NULL, METRIC_BATCHES, 1);
    metrics_set(NULL, METRIC_SHARDS_OWNED, 1);
    metrics_consumed(NULL, TOPIC_INCIDENT_CLOSED, 1);
    count(NULL, &output);
    metrics_refused(NULL, REFUSE_NO_VALUE);
    metrics_commit(NULL, 1);
    metrics_set_ready(NULL, "no");
    assert_null(metrics_not_ready(NULL));
    metrics_free(NULL);
}

/* One line of the format: a HELP and a TYPE before the series of each name, every name once,
 * counters end in _total, values are numbers. */
static void check_line(char *line, char *name, size_t size, char *type)
{
    char series[120], value[100], found[100];
    if (sscanf(line, "# HELP %99s %*s", found) == 1) {
        assert_int_equal(strncmp(found, "epilogue_", 9), 0);
        assert_true(strlen(found) < size);
        snprintf(series, sizeof series, "# HELP %s ", found);
        assert_ptr_equal(strstr(text.p, series), line); /* the first and only one */
        strcpy(name, found);
        type[0] = 0;
    } else if (line[0] == '#') {
        assert_int_equal(sscanf(line, "# TYPE %99s %9s", found, type), 2);
        assert_string_equal(found, name);
        size_t n = strlen(name);
        bool total = n > 6 && strcmp(name + n - 6, "_total") == 0;
        assert_int_equal(strcmp(type, "counter") == 0, total);
    } else {
        assert_int_equal(sscanf(line, "%99[^ ] %99s", series, value), 2);
        assert_int_equal(strncmp(series, name, strlen(name)), 0);
        assert_true(type[0] != 0);
        char *rest;
        strtod(value, &rest);
        assert_true(rest != value && *rest == 0);
        char *brace = strchr(series, '{');
        if (brace) assert_string_equal(series + strlen(series) - 2, "\"}");
    }
}

static void test_format(void **state)
{
    (void)state;
    char name[100] = "", type[10] = "";
    written();
    size_t lines = 0;
    for (char *line = text.p; *line; lines++) {
        char *line_end = strchr(line, '\n');
        assert_non_null(line_end);
        *line_end = 0;
        char copy[300];
        snprintf(copy, sizeof copy, "%s", line);
        *line_end = '\n';
        if (copy[0] == '#' && copy[2] == 'H')
            check_line(line, name, sizeof name, type);
        else
            check_line(copy, name, sizeof name, type);
        line = line_end + 1;
    }
    assert_true(lines > 100);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_counts), TEST(test_histograms), TEST(test_ready),
                                       TEST(test_none), TEST(test_format)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
