/* SPDX-License-Identifier: Apache-2.0 */
/* Sends the events of the benchmark: closures, or findings of some 1,300 bytes whose text is made
 * of words.txt. Flat out or at a steady rate; what it sends follows from its arguments alone, but
 * for times. Prints one line of JSON. */
#define _GNU_SOURCE /* clock_nanosleep, gmtime_r */
#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "option.h"

#define WORDS_MAX 4096
#define WORD_BYTES 32
#define TEXTS 4000
#define TITLE_BYTES 70
#define DESCRIPTION_BYTES 900
#define EVENT_MAX 4096

struct options {
    const char *bootstrap, *topic, *words, *prefix;
    bool closures, stamped;
    int64_t events, incidents, revision;
    int64_t findings; /* 0: each event is of a new one; else of one of so many, by chance */
    double rate;      /* events/s; 0: as fast as it goes */
    int64_t due_from_ms, due_n, due_ms; /* the first due_n findings are due due_ms apart */
};

struct text {
    char title[TITLE_BYTES + WORD_BYTES], description[DESCRIPTION_BYTES + 2 * WORD_BYTES];
};

static struct {
    char word[WORDS_MAX][WORD_BYTES];
    int64_t weight_to[WORDS_MAX]; /* sums, to find a word by a number below the last */
    size_t n;
} words;

static struct text *texts;
static int64_t failed;

/* ------------------------------------------------------------------ arguments */

static void usage(void)
{
    fputs("usage: generate bootstrap=HOST:PORT topic=NAME words=FILE events=N incidents=N\n"
          "       [closures=1] [prefix=INC] [revision=1] [findings=N] [rate=EVENTS_PER_S] "
          "[stamped=1]\n"
          "       [due-from-ms=EPOCH due-n=N due-ms=N]\n",
          stderr);
    exit(2);
}

static struct options parse(int argc, char **argv)
{
    struct options o = {.prefix = "INC", .incidents = 1, .revision = 1};
    int64_t closures = 0, stamped = 0, rate = 0;
    for (int i = 1; i < argc; i++) {
        const char *a = argv[i];
        if (!option(a, "bootstrap", &o.bootstrap) && !option(a, "topic", &o.topic) &&
            !option(a, "words", &o.words) && !option(a, "prefix", &o.prefix) &&
            !option_number(a, "closures", &closures) && !option_number(a, "stamped", &stamped) &&
            !option_number(a, "events", &o.events) &&
            !option_number(a, "incidents", &o.incidents) &&
            !option_number(a, "revision", &o.revision) &&
            !option_number(a, "findings", &o.findings) && !option_number(a, "rate", &rate) &&
            !option_number(a, "due-from-ms", &o.due_from_ms) &&
            !option_number(a, "due-n", &o.due_n) && !option_number(a, "due-ms", &o.due_ms))
            usage();
    }
    o.closures = closures;
    o.stamped = stamped;
    o.rate = (double)rate;
    if (!o.bootstrap || !o.topic || !o.words || o.events < 1 || o.incidents < 1) usage();
    return o;
}

/* ------------------------------------------------------------------ text */

/* splitmix64: the same numbers everywhere. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15U;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
    z = (z ^ z >> 27) * 0x94d049bb133111ebU;
    return z ^ z >> 31;
}

static int64_t below(uint64_t *state, int64_t limit)
{
    return (int64_t)(next_random(state) % (uint64_t)limit);
}

static void read_words(const char *path)
{
    FILE *file = fopen(path, "r");
    if (!file) {
        perror(path);
        exit(2);
    }
    char line[4096];
    int64_t sum = 0, weight = 0;
    while (fgets(line, sizeof line, file)) {
        if (line[0] == '#') continue;
        for (char *w = strtok(line, " \n"); w && words.n < WORDS_MAX; w = strtok(NULL, " \n")) {
            char *end;
            int64_t number = strtoll(w, &end, 10);
            if (!*end) {
                weight = number;
                continue;
            }
            snprintf(words.word[words.n], WORD_BYTES, "%s", w);
            words.weight_to[words.n++] = sum += weight;
        }
    }
    fclose(file);
}

/* What no list has: addresses, hashes, times, keys. */
static int write_token(char *to, size_t size, uint64_t *r)
{
    uint64_t v = next_random(r);
    unsigned a = (unsigned)(v >> 8), b = (unsigned)(v >> 40);
    switch (v % 6) {
    case 0: return snprintf(to, size, "10.%u.%u.%u", a % 64, b % 256, (a >> 8) % 256);
    case 1: return snprintf(to, size, "%08x", a);
    case 2: return snprintf(to, size, "%02u:%02u", a % 24, b % 60);
    case 3: return snprintf(to, size, "host-%u-%u", a % 40, b % 400);
    case 4: return snprintf(to, size, "SEC-%u", a % 90000);
    default: return snprintf(to, size, "%u", a % 5000);
    }
}

static int write_word(char *to, size_t size, uint64_t *r)
{
    if (below(r, 100) < 4) return write_token(to, size, r);
    int64_t at = below(r, words.weight_to[words.n - 1]);
    size_t low = 0, high = words.n - 1;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (words.weight_to[middle] > at)
            high = middle;
        else
            low = middle + 1;
    }
    return snprintf(to, size, "%s", words.word[low]);
}

/* Sentences of 6 to 20 words, until there are this many bytes. `to` has room for two words more. */
static void write_sentences(char *to, size_t bytes, uint64_t *r)
{
    size_t at = 0;
    int64_t left = 0;
    while (at < bytes) {
        bool first = left == 0;
        if (first) left = 6 + below(r, 15);
        size_t from = at;
        at += (size_t)write_word(to + at, WORD_BYTES, r);
        if (first && to[from] >= 'a' && to[from] <= 'z') to[from] = (char)(to[from] - 'a' + 'A');
        if (--left == 0) to[at++] = '.';
        to[at++] = ' ';
    }
    to[at - 1] = 0;
}

static void make_texts(const char *path)
{
    read_words(path);
    texts = calloc(TEXTS, sizeof *texts);
    if (!texts || !words.n) exit(2);
    uint64_t r = 20261126;
    for (int i = 0; i < TEXTS; i++) {
        write_sentences(texts[i].title, (size_t)(30 + below(&r, TITLE_BYTES - 30)), &r);
        write_sentences(texts[i].description, (size_t)(480 + below(&r, DESCRIPTION_BYTES - 480)),
                        &r);
    }
}

/* ------------------------------------------------------------------ events */

static int64_t now_ns(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static int write_closure(char *to, const char *incident, const struct text *text)
{
    return snprintf(
        to, EVENT_MAX,
        "{\"incident_id\":\"%s\",\"revision\":1,\"title\":\"%s\",\"severity\":\"high\","
        "\"customer_impacting\":false,\"data_breach\":false,\"closed_at\":\"2026-11-19T17:00:00Z\","
        "\"response_evaluation\":{\"sufficient\":true,\"complete\":true},"
        "\"owner\":{\"team\":\"identity\",\"person\":\"lead@example.com\"}}",
        incident, text->title);
}

static int write_due(const struct options *o, int64_t i, char *to, size_t size)
{
    if (i >= o->due_n) return snprintf(to, size, "null");
    int64_t ms = o->due_from_ms + i * o->due_ms;
    time_t s = (time_t)(ms / 1000);
    struct tm t;
    gmtime_r(&s, &t);
    return snprintf(to, size, "\"%04d-%02d-%02dT%02d:%02d:%02d.%03dZ\"", t.tm_year + 1900,
                    t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec, (int)(ms % 1000));
}

/* A later revision changes the status and, if stamped, the description. `i` is the finding. */
static int write_finding(const struct options *o, int64_t i, int64_t revision, char *to,
                         const char *incident, const struct text *text)
{
    static const char *const categories[] = {"technical-lapse",      "procedural-failure",
                                             "manual-error",         "process-flaw",
                                             "communication-glitch", "unknown-attack-vector"};
    static const char *const teams[] = {"identity",       "crash-reporting", "storage",
                                        "edge-platform",  "payments",        "data-warehouse",
                                        "build-and-test", "mobile",          "network"};
    uint64_t r = (uint64_t)i * 7919;
    const char *team = teams[below(&r, 9)];
    int64_t person = below(&r, 500), ticket = 10000 + below(&r, 90000);
    char stamp[48] = "", due[96];
    if (o->stamped) snprintf(stamp, sizeof stamp, "sent %" PRId64 " ", now_ns(CLOCK_REALTIME));
    write_due(o, i, due, sizeof due);
    return snprintf(
        to, EVENT_MAX,
        "{\"finding_id\":\"F-%" PRId64 "\",\"incident_id\":\"%s\",\"revision\":%" PRId64
        ",\"category\":\"%s\",\"severity\":\"%s\",\"title\":\"%s\",\"description\":\"%s%s\","
        "\"status\":\"%s\",\"owner\":{\"team\":\"%s\",\"person\":\"person%" PRId64
        "@example.com\"},\"groups\":[\"%s\",\"%s\"],\"due_at\":%s,\"tracker\":{\"system\":\"jira\","
        "\"key\":\"SEC-%" PRId64 "\",\"url\":\"https://tracker.example.com/browse/SEC-%" PRId64
        "\"},\"references\":[\"https://evidence.example.com/incidents/%s/timeline\","
        "\"https://evidence.example.com/incidents/%s/audit-%" PRId64
        "\"],\"action_type\":\"prevent\",\"sop_change\":false,"
        "\"updated_at\":\"2026-11-20T10:%02d:%02dZ\"}",
        i / o->incidents, incident, revision, categories[below(&r, 6)],
        below(&r, 2) ? "high" : "medium", text->title, stamp, text->description,
        revision > 1 ? "in-progress" : "open", team, person, team, teams[below(&r, 9)], due, ticket,
        ticket, incident, incident, below(&r, 1000), (int)below(&r, 60), (int)below(&r, 60));
}

/* ------------------------------------------------------------------ sending */

static void on_report(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    (void)rk;
    (void)opaque;
    if (message->err) failed++;
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char error[300];
    if (rd_kafka_conf_set(conf, name, value, error, sizeof error) == RD_KAFKA_CONF_OK) return;
    fprintf(stderr, "%s\n", error);
    exit(2);
}

/* Linger is part of the latency that is measured, so it is 1 ms then. */
static rd_kafka_t *open_producer(const struct options *o)
{
    char error[300];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", o->bootstrap);
    set(conf, "partitioner", "murmur2_random");
    set(conf, "queue.buffering.max.messages", "500000");
    set(conf, "linger.ms", o->rate > 0 ? "1" : "20");
    set(conf, "socket.nagle.disable", "true");
    rd_kafka_conf_set_dr_msg_cb(conf, on_report);
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error);
    if (rk) return rk;
    fprintf(stderr, "%s\n", error);
    exit(2);
}

static void wait_turn(const struct options *o, int64_t began_ns, int64_t i)
{
    if (o->rate <= 0) return;
    int64_t at_ns = began_ns + (int64_t)((double)i / o->rate * 1e9);
    struct timespec until = {.tv_sec = at_ns / 1000000000, .tv_nsec = at_ns % 1000000000};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

static size_t send_one(const struct options *o, rd_kafka_t *rk, int64_t i)
{
    char incident[64], event[EVENT_MAX];
    const struct text *text = &texts[i * 7919 % TEXTS];
    uint64_t chance = (uint64_t)i;
    int64_t of = o->findings ? below(&chance, o->findings) : i;
    int64_t revision = o->findings ? o->revision + i : o->revision;
    int key_n = snprintf(incident, sizeof incident, "%s-%07" PRId64, o->prefix, of % o->incidents);
    int n = o->closures ? write_closure(event, incident, text)
                        : write_finding(o, of, revision, event, incident, text);
    while (rd_kafka_producev(
               rk, RD_KAFKA_V_TOPIC(o->topic), RD_KAFKA_V_KEY(incident, (size_t)key_n),
               RD_KAFKA_V_VALUE(event, (size_t)n), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
               RD_KAFKA_V_END) == RD_KAFKA_RESP_ERR__QUEUE_FULL)
        rd_kafka_poll(rk, 100);
    if (o->rate > 0 || i % 1000 == 0) rd_kafka_poll(rk, 0);
    return (size_t)n;
}

int main(int argc, char **argv)
{
    struct options o = parse(argc, argv);
    make_texts(o.words);
    rd_kafka_t *rk = open_producer(&o);
    int64_t began_ns = now_ns(CLOCK_MONOTONIC);
    size_t bytes = 0;
    for (int64_t i = 0; i < o.events; i++) {
        wait_turn(&o, began_ns, i);
        bytes += send_one(&o, rk, i);
    }
    rd_kafka_flush(rk, 60000);
    printf("{\"events\":%" PRId64 ",\"failed\":%" PRId64 ",\"bytes\":%zu,\"seconds\":%.3f}\n",
           o.events, failed + rd_kafka_outq_len(rk), bytes,
           (double)(now_ns(CLOCK_MONOTONIC) - began_ns) / 1e9);
    rd_kafka_destroy(rk);
    return failed ? 1 : 0;
}
