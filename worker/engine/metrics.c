/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counters and gauges in atomics, which the engine writes and the HTTP thread reads; what the
 * worker waits for and since when, as /readyz tells it; and all of it as Prometheus text.
 */
#include "metrics.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log_writer.h"

/* Upper ends of the buckets of both histograms, in milliseconds; the last one is infinity. */
static const int64_t bucket_ms[] = {1,   2,    5,    10,   25,    50,    100,   250,
                                    500, 1000, 2500, 5000, 10000, 30000, 60000, 300000};
#define BUCKETS (sizeof bucket_ms / sizeof *bucket_ms)

typedef _Atomic int64_t counter;

#define WAIT_MS 2000 /* a call that lasts longer is not as usual */

struct histogram {
    counter buckets[BUCKETS + 1]; /* not added up */
    counter sum_ms;
};

struct metrics {
    counter values[METRIC_end];
    counter records[topic_end];
    counter task_events[task_event_end];
    counter incident_events[incident_event_end];
    counter reminders[reminder_kind_end];
    counter dead_letters[refusal_end];
    struct histogram commit, latency, digest;
    pthread_mutex_t lock; /* of the two reasons */
    char not_ready[METRICS_REASON_BYTES], fault[METRICS_REASON_BYTES];
    struct wait {
        _Atomic(const char *) what;
        _Atomic int64_t since_ms; /* monotonic */
    } waits[WAIT_end];
    int64_t started_ms; /* monotonic */
};

static void add(counter *c, int64_t n)
{
    atomic_fetch_add_explicit(c, n, memory_order_relaxed);
}

static int64_t read_counter(const counter *c)
{
    return atomic_load_explicit(c, memory_order_relaxed);
}

struct metrics *metrics_new(void)
{
    struct metrics *metrics = calloc(1, sizeof *metrics);
    if (!metrics) abort();
    metrics->started_ms = clock_monotonic_ms();
    pthread_mutex_init(&metrics->lock, NULL);
    metrics_set_ready(metrics, "the worker is starting");
    return metrics;
}

void metrics_free(struct metrics *metrics)
{
    if (metrics) pthread_mutex_destroy(&metrics->lock);
    free(metrics);
}

void metrics_add(struct metrics *metrics, enum metric metric, uint64_t n)
{
    if (metrics) add(&metrics->values[metric], (int64_t)n);
}

void metrics_set(struct metrics *metrics, enum metric metric, int64_t value)
{
    if (metrics) atomic_store_explicit(&metrics->values[metric], value, memory_order_relaxed);
}

static void observe(struct histogram *h, int64_t ms)
{
    if (ms < 0) ms = 0; /* clocks of producers may be ahead of ours */
    size_t i = 0;
    while (i < BUCKETS && ms > bucket_ms[i]) i++;
    add(&h->buckets[i], 1);
    add(&h->sum_ms, ms);
}

void metrics_consumed(struct metrics *metrics, int topic, int64_t latency_ms)
{
    if (!metrics) return;
    add(&metrics->records[topic], 1);
    observe(&metrics->latency, latency_ms);
}

static int what_of(const struct output *output)
{
    switch (output->type) {
    case OUTPUT_TASK: return (int)output->task.event;
    case OUTPUT_INCIDENT: return (int)output->incident.event;
    case OUTPUT_REMINDER: return (int)output->reminder.kind;
    case OUTPUT_FORWARD: return (int)output->forward->type;
    case OUTPUT_RECURRED:
    case OUTPUT_DIGEST: break;
    }
    return 0;
}

struct metrics_output metrics_output_of(const struct output *output)
{
    return (struct metrics_output){
        .type = output->type,
        .what = what_of(output),
        .urgent = output->type == OUTPUT_DIGEST && output->digest.urgent,
        .at = output->at,
    };
}

void metrics_output(struct metrics *metrics, const struct metrics_output *output)
{
    if (!metrics) return;
    switch (output->type) {
    case OUTPUT_TASK: add(&metrics->task_events[output->what], 1); break;
    case OUTPUT_INCIDENT: add(&metrics->incident_events[output->what], 1); break;
    case OUTPUT_REMINDER: add(&metrics->reminders[output->what], 1); break;
    case OUTPUT_RECURRED: add(&metrics->values[METRIC_RECURRENCES], 1); break;
    case OUTPUT_DIGEST:
        add(&metrics->values[METRIC_DIGESTS], 1);
        add(&metrics->values[METRIC_DIGESTS_URGENT], output->urgent);
        break;
    case OUTPUT_FORWARD:
        add(&metrics->values[METRIC_MERGED_FINDINGS], output->what == EVENT_ARRIVAL);
        break;
    }
}

void metrics_refused(struct metrics *metrics, int code)
{
    if (metrics) add(&metrics->dead_letters[code], 1);
}

void metrics_digest(struct metrics *metrics, int64_t late_ms)
{
    if (metrics) observe(&metrics->digest, late_ms);
}

void metrics_commit(struct metrics *metrics, int64_t latency_ms)
{
    if (metrics) observe(&metrics->commit, latency_ms);
}

static void set_reason(struct metrics *metrics, char *to, const char *reason)
{
    pthread_mutex_lock(&metrics->lock);
    snprintf(to, METRICS_REASON_BYTES, "%s", reason ? reason : "");
    pthread_mutex_unlock(&metrics->lock);
}

void metrics_set_ready(struct metrics *metrics, const char *reason)
{
    if (metrics) set_reason(metrics, metrics->not_ready, reason);
}

void metrics_set_fault(struct metrics *metrics, const char *fault)
{
    if (metrics) set_reason(metrics, metrics->fault, fault);
}

const char *metrics_wait(struct metrics *metrics, enum metrics_wait of, const char *what)
{
    if (!metrics) return NULL;
    atomic_store(&metrics->waits[of].since_ms, clock_monotonic_ms());
    return atomic_exchange(&metrics->waits[of].what, what);
}

const char *metrics_not_ready(struct metrics *metrics)
{
    static _Thread_local char text[METRICS_REASON_BYTES];
    if (!metrics) return NULL;
    pthread_mutex_lock(&metrics->lock);
    memcpy(text, metrics->fault[0] ? metrics->fault : metrics->not_ready, sizeof text);
    pthread_mutex_unlock(&metrics->lock);
    for (int i = 0; i < WAIT_end && !text[0]; i++) {
        const char *what = atomic_load(&metrics->waits[i].what);
        int64_t waited_ms = clock_monotonic_ms() - atomic_load(&metrics->waits[i].since_ms);
        if (what && waited_ms > WAIT_MS)
            snprintf(text, sizeof text, "%s, for %d s now", what, (int)(waited_ms / 1000));
    }
    return text[0] ? text : NULL;
}

/* ---- Prometheus' text format ---- */

static void write_head(struct buf *out, const char *name, const char *type, const char *help)
{
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void write_simple(struct buf *out, const char *name, const char *type, const char *help,
                         int64_t value)
{
    write_head(out, name, type, help);
    buf_printf(out, "%s %lld\n", name, (long long)value);
}

/* One line for each word of a vocabulary: also those that are 0, so that a rate() over the first
 * one that happens is right. */
static void write_family(struct buf *out, const char *name, const char *help, const char *label,
                         const counter *values, const struct vocabulary *words, int end)
{
    write_head(out, name, "counter", help);
    for (int i = 1; i < end; i++)
        buf_printf(out, "%s{%s=\"%.*s\"} %lld\n", name, label, STR_ARG(words->words[i]),
                   (long long)read_counter(&values[i]));
}

static void write_seconds(struct buf *out, int64_t ms)
{
    buf_printf(out, "%lld.%03d", (long long)(ms / 1000), (int)(ms % 1000));
}

static void write_histogram(struct buf *out, const char *name, const char *help,
                            const struct histogram *h)
{
    int64_t total = 0;
    write_head(out, name, "histogram", help);
    for (size_t i = 0; i < BUCKETS; i++) {
        total += read_counter(&h->buckets[i]);
        buf_printf(out, "%s_bucket{le=\"%g\"} %lld\n", name, (double)bucket_ms[i] / 1000,
                   (long long)total);
    }
    total += read_counter(&h->buckets[BUCKETS]);
    buf_printf(out, "%s_bucket{le=\"+Inf\"} %lld\n%s_sum ", name, (long long)total, name);
    write_seconds(out, read_counter(&h->sum_ms));
    buf_printf(out, "\n%s_count %lld\n", name, (long long)total);
}

/* Memory that is in RAM now, in bytes; 0 where the system does not say. */
static int64_t resident_bytes(void)
{
    long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (!f) return 0;
    if (fscanf(f, "%*s %ld", &pages) != 1) pages = 0;
    fclose(f);
    return (int64_t)pages * sysconf(_SC_PAGESIZE);
}

static int64_t time_ms(struct timeval t)
{
    return (int64_t)t.tv_sec * 1000 + t.tv_usec / 1000;
}

static void write_process(const struct metrics *metrics, struct buf *out)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    write_head(out, "epilogue_build_info", "gauge", "Always 1; what is running, as labels.");
    buf_printf(out, "epilogue_build_info{version=\"%s\"} 1\n", EPILOGUE_VERSION);
    write_head(out, "epilogue_uptime_seconds", "gauge", "Time since the start.");
    buf_lit(out, "epilogue_uptime_seconds ");
    write_seconds(out, clock_monotonic_ms() - metrics->started_ms);
    buf_char(out, '\n');
    write_head(out, "epilogue_cpu_seconds_total", "counter", "CPU time, user and system.");
    buf_lit(out, "epilogue_cpu_seconds_total ");
    write_seconds(out, time_ms(usage.ru_utime) + time_ms(usage.ru_stime));
    buf_char(out, '\n');
    write_simple(out, "epilogue_resident_memory_bytes", "gauge", "Memory in use now.",
                 resident_bytes());
    write_simple(out, "epilogue_resident_memory_max_bytes", "gauge", "Peak memory in use.",
                 (int64_t)usage.ru_maxrss * 1024);
}

void metrics_write(struct metrics *metrics, struct buf *out)
{
#define WRITE_SIMPLE(id, name, type, help) \
    write_simple(out, name, type, help, read_counter(&metrics->values[id]));
    METRICS(WRITE_SIMPLE)
#undef WRITE_SIMPLE
    write_simple(out, "epilogue_ready", "gauge", "1 when all owned shards are worked on.",
                 metrics_not_ready(metrics) == NULL);
    write_simple(out, "epilogue_log_lines_dropped_total", "counter",
                 "Log lines that nobody read in time.", log_writer_dropped());
    write_family(out, "epilogue_records_total", "Records consumed.", "topic", metrics->records,
                 &topic_words, TOPIC_TASKS);
    write_family(out, "epilogue_task_events_total", "Events on followup-tasks about tasks.",
                 "event", metrics->task_events, &task_event_words, task_event_end);
    write_family(out, "epilogue_incident_events_total", "Events on followup-tasks about incidents.",
                 "event", metrics->incident_events, &incident_event_words, incident_event_end);
    write_family(out, "epilogue_reminders_total", "Reminders, each by itself or in digests.",
                 "kind", metrics->reminders, &reminder_kind_words, reminder_kind_end);
    write_family(out, "epilogue_dead_letters_total", "Records refused.", "code",
                 metrics->dead_letters, &refusal_words, refusal_end);
    write_histogram(out, "epilogue_commit_seconds", "Time that the commit of a transaction took.",
                    &metrics->commit);
    write_histogram(out, "epilogue_event_latency_seconds",
                    "Age of a record when its effect was committed.", &metrics->latency);
    write_histogram(out, "epilogue_digest_lateness_seconds",
                    "How long after its time a digest was committed.", &metrics->digest);
    write_process(metrics, out);
}
