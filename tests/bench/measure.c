/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a topic as its consumers do, read_committed, and says how late each record comes: after the
 * "sent NANOSECONDS" in it, or after its "due_for". In C, so that reading costs little beside what
 * is measured. Prints "ready" when it stands at the ends, then one line of JSON, times in ms. */
#define _GNU_SOURCE /* memmem, strptime, timegm */
#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "option.h"

#define ANSWER_MS 10000
#define POLL_MS 100

struct options {
    const char *bootstrap, *topic, *what;
    int64_t events, skip, idle_s; /* ends after so many records, or so long without one */
};

struct times {
    double *ms;
    int64_t n, seen;
};

/* ------------------------------------------------------------------ arguments */

static void usage(void)
{
    fputs("usage: measure bootstrap=HOST:PORT topic=NAME what=sent|due events=N [skip=N]\n"
          "       [idle-s=30]\n",
          stderr);
    exit(2);
}

static struct options parse(int argc, char **argv)
{
    struct options o = {.what = "sent", .idle_s = 30};
    for (int i = 1; i < argc; i++) {
        const char *a = argv[i];
        if (!option(a, "bootstrap", &o.bootstrap) && !option(a, "topic", &o.topic) &&
            !option(a, "what", &o.what) && !option_number(a, "events", &o.events) &&
            !option_number(a, "skip", &o.skip) && !option_number(a, "idle-s", &o.idle_s))
            usage();
    }
    if (!o.bootstrap || !o.topic || o.events < 1) usage();
    return o;
}

/* ------------------------------------------------------------------ reading */

static void set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char error[300];
    if (rd_kafka_conf_set(conf, name, value, error, sizeof error) == RD_KAFKA_CONF_OK) return;
    fprintf(stderr, "%s\n", error);
    exit(2);
}

static rd_kafka_t *open_consumer(const struct options *o)
{
    char error[300];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", o->bootstrap);
    set(conf, "group.id", "bench-measure"); /* demanded; it is never joined */
    set(conf, "enable.auto.commit", "false");
    set(conf, "isolation.level", "read_committed");
    set(conf, "socket.nagle.disable", "true");
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, error, sizeof error);
    if (!rk) {
        fprintf(stderr, "%s\n", error);
        exit(2);
    }
    rd_kafka_poll_set_consumer(rk);
    return rk;
}

static void check(rd_kafka_resp_err_t err, const char *doing)
{
    if (!err) return;
    fprintf(stderr, "%s: %s\n", doing, rd_kafka_err2str(err));
    exit(2);
}

/* All partitions, from their ends on. */
static void assign(rd_kafka_t *rk, const char *topic)
{
    const struct rd_kafka_metadata *metadata;
    rd_kafka_topic_t *handle = rd_kafka_topic_new(rk, topic, NULL);
    check(rd_kafka_metadata(rk, 0, handle, &metadata, ANSWER_MS), "metadata");
    int partitions = metadata->topics[0].partition_cnt;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(partitions);
    for (int i = 0; i < partitions; i++) {
        int64_t low, high;
        check(rd_kafka_query_watermark_offsets(rk, topic, i, &low, &high, ANSWER_MS), "ends");
        rd_kafka_topic_partition_list_add(list, topic, i)->offset = high;
    }
    check(rd_kafka_assign(rk, list), "assign");
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_metadata_destroy(metadata);
    rd_kafka_topic_destroy(handle);
}

/* ------------------------------------------------------------------ times */

static double clock_ms(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* What stands behind `mark` in the value, as text that ends with NUL. */
static bool find(const rd_kafka_message_t *m, const char *mark, char *text, size_t size)
{
    if (!m->payload) return false;
    const char *at = memmem(m->payload, m->len, mark, strlen(mark));
    if (!at) return false;
    at += strlen(mark);
    size_t left = m->len - (size_t)(at - (const char *)m->payload);
    size_t n = left < size - 1 ? left : size - 1;
    memcpy(text, at, n);
    text[n] = 0;
    return true;
}

static double parse_rfc3339_ms(const char *text)
{
    struct tm t = {0};
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &t);
    if (!rest) return -1;
    double fraction = *rest == '.' ? strtod(rest, NULL) : 0;
    return (double)timegm(&t) * 1e3 + fraction * 1e3;
}

/* When what caused this record was sent or due; below 0: it does not say. */
static double from_ms(const rd_kafka_message_t *m, const char *what)
{
    char text[32];
    if (strcmp(what, "sent") == 0)
        return find(m, "\"description\":\"sent ", text, sizeof text) ? strtod(text, NULL) / 1e6
                                                                     : -1;
    return find(m, "\"due_for\":\"", text, sizeof text) ? parse_rfc3339_ms(text) : -1;
}

static void note(const struct options *o, struct times *times, const rd_kafka_message_t *m)
{
    double now = clock_ms(CLOCK_REALTIME), from = from_ms(m, o->what);
    if (from < 0 || times->seen++ < o->skip) return;
    times->ms[times->n++] = now - from;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void report(struct times *times)
{
    if (!times->n) {
        puts("{\"n\":0}");
        return;
    }
    size_t n = (size_t)times->n;
    qsort(times->ms, n, sizeof *times->ms, compare);
    printf("{\"n\":%zu,\"p50\":%.2f,\"p90\":%.2f,\"p99\":%.2f,\"p999\":%.2f,\"max\":%.2f}\n", n,
           times->ms[n / 2], times->ms[n * 90 / 100], times->ms[n * 99 / 100],
           times->ms[n * 999 / 1000], times->ms[n - 1]);
}

int main(int argc, char **argv)
{
    struct options o = parse(argc, argv);
    struct times times = {.ms = calloc((size_t)o.events, sizeof(double))};
    rd_kafka_t *rk = open_consumer(&o);
    assign(rk, o.topic);
    puts("ready");
    fflush(stdout);
    double last = clock_ms(CLOCK_MONOTONIC);
    while (times.seen < o.events && clock_ms(CLOCK_MONOTONIC) - last < (double)o.idle_s * 1e3) {
        rd_kafka_message_t *m = rd_kafka_consumer_poll(rk, POLL_MS);
        if (!m) continue;
        if (!m->err) note(&o, &times, m);
        last = clock_ms(CLOCK_MONOTONIC);
        rd_kafka_message_destroy(m);
    }
    report(&times);
    fflush(stdout);
    _exit(0); /* closing a consumer takes time that nobody needs */
}
