/* SPDX-License-Identifier: Apache-2.0 */
/* A thread that looks at topics and Redis again and again, beside the loop of the worker. */
#include "settings_watch.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/log.h"
#include "kafka/topics.h"
#include "redis/redis_port.h"

#define LOOK_MS 4000   /* two looks must find a topic gone: a broker that just starts knows none */
#define AGAIN_MS 30000 /* how soon a setting that was put right is seen */
#define STOP_MS 300
#define TEXT_BYTES 1000 /* a topic and an error */

/* What is wrong, and the first of it in a sentence. */
struct faults {
    size_t n;
    char first[TEXT_BYTES];
};

struct settings_watch {
    const struct config *config;
    struct metrics *metrics;
    struct topics_watch *topics;
    struct store_port *store; /* of its own: the engine's is the engine's */
    pthread_t thread;
    pthread_mutex_t mutex; /* of stop, and of what is said in the metrics */
    pthread_cond_t changed;
    bool stop;
    /* The thread's. A bit for each enum topic: not there at the last look, and said to be gone. */
    unsigned missing, gone;
    struct faults topics_gone, topic_settings, redis_settings;
    int64_t checked_ms, said_ms; /* monotonic */
};

/* What is found in one look. */
struct found {
    struct settings_watch *watch;
    unsigned missing;
    bool say;
    struct faults faults;
};

static void note(struct faults *faults, const char *topic, const char *text)
{
    if (!faults->n++)
        snprintf(faults->first, sizeof faults->first, "%s%s%s", topic, *topic ? ": " : "", text);
}

/* ------------------------------------------------------------------ topics that are gone */

static void note_missing(void *arg, const struct topics_finding *finding)
{
    struct found *found = arg;
    unsigned bit = 1U << finding->id;
    found->missing |= bit;
    if (!(found->watch->missing & bit)) return;
    note(&found->faults, finding->topic, finding->text);
    if (!(found->watch->gone & bit))
        log_error("a topic is gone", LOG_TEXT("topic", finding->topic),
                  LOG_TEXT("finding", finding->text));
}

/* Whether one is there again, whose settings are perhaps not what they were. */
static bool look_for_topics(struct settings_watch *w)
{
    struct found found = {.watch = w};
    struct error error;
    if (topics_watch_look(w->topics, note_missing, &found, &error) != OK)
        return false; /* the engine says what is wrong with the brokers */
    unsigned back = w->gone & ~found.missing;
    for (int t = 1; t < topic_end; t++)
        if (back & 1U << t)
            log_info("a topic is there again", LOG_STR("topic", w->config->topics[t]));
    w->gone = found.missing & w->missing;
    w->missing = found.missing;
    w->topics_gone = found.faults;
    return back;
}

/* ------------------------------------------------------------------ settings */

static void say_setting(const struct found *found, const char *of, const char *text)
{
    if (found->say)
        log_error("a setting loses records; correct it", LOG_TEXT("of", of),
                  LOG_TEXT("finding", text));
}

/* Of topics whose settings may not be read the start has said so. */
static void note_setting(void *arg, const struct topics_finding *finding)
{
    struct found *found = arg;
    if (!finding->loses) return;
    note(&found->faults, finding->topic, finding->text);
    say_setting(found, finding->topic, finding->text);
}

/* What cannot be asked for just now stays as it was found. */
static void check_settings(struct settings_watch *w, bool say)
{
    struct found found = {.watch = w, .say = say}, redis = found;
    struct error error;
    size_t wrong, before = w->topic_settings.n + w->redis_settings.n;
    if (w->config->topics_check &&
        topics_check(w->config, 0, note_setting, &found, &wrong, &error) == OK)
        w->topic_settings = found.faults;
    enum result result = redis_port_check_settings(w->store, &error);
    if (result == FATAL) {
        note(&redis.faults, "", error.text);
        say_setting(&redis, "redis", error.text);
    }
    if (result != RETRY) w->redis_settings = redis.faults;
    if (before && w->topic_settings.n + w->redis_settings.n == 0)
        log_info("the settings are correct again");
}

/* ------------------------------------------------------------------ the thread */

static void publish(struct settings_watch *w)
{
    const struct faults *all[] = {&w->topics_gone, &w->topic_settings, &w->redis_settings};
    const char *first = NULL;
    size_t n = 0;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (all[i]->n && !first) first = all[i]->first;
        n += all[i]->n;
    }
    pthread_mutex_lock(&w->mutex);
    if (!w->stop) metrics_set_fault(w->metrics, first);
    if (!w->stop) metrics_set(w->metrics, METRIC_FAULTS, (int64_t)n);
    pthread_mutex_unlock(&w->mutex);
}

/* False when it is to stop. */
static bool wait_for_look(struct settings_watch *w)
{
    int ms = w->config->settings_check_interval_ms;
    struct timespec until = clock_in(ms < LOOK_MS ? ms : LOOK_MS);
    pthread_mutex_lock(&w->mutex);
    while (!w->stop && pthread_cond_timedwait(&w->changed, &w->mutex, &until) == 0) continue;
    bool stop = w->stop;
    pthread_mutex_unlock(&w->mutex);
    return !stop;
}

static void *run(void *self)
{
    struct settings_watch *w = self;
    w->checked_ms = w->said_ms = clock_monotonic_ms();
    while (wait_for_look(w)) {
        bool again = look_for_topics(w);
        int64_t now_ms = clock_monotonic_ms(), interval_ms = w->config->settings_check_interval_ms;
        bool say = again || now_ms - w->said_ms >= interval_ms;
        bool wrong = w->topic_settings.n + w->redis_settings.n;
        if (say || (wrong && now_ms - w->checked_ms >= AGAIN_MS)) {
            check_settings(w, say);
            w->checked_ms = now_ms;
            if (say) w->said_ms = now_ms;
        }
        publish(w);
    }
    return NULL;
}

/* ------------------------------------------------------------------ life */

static void discard(struct settings_watch *w)
{
    topics_watch_free(w->topics);
    redis_port_free(w->store);
    pthread_mutex_destroy(&w->mutex);
    pthread_cond_destroy(&w->changed);
    free(w);
}

struct settings_watch *settings_watch_start(const struct config *config, int32_t partitions,
                                            struct metrics *metrics, struct error *error)
{
    struct settings_watch *w = calloc(1, sizeof *w);
    if (!w) abort();
    w->config = config;
    w->metrics = metrics;
    pthread_mutex_init(&w->mutex, NULL);
    clock_cond_init(&w->changed);
    w->topics = topics_watch_new(config, partitions, error);
    w->store = w->topics ? redis_port_new(config, error) : NULL;
    if (w->store && pthread_create(&w->thread, NULL, run, w) == 0) return w;
    if (w->store) error_set(error, FATAL, "cannot start the thread that watches the settings");
    discard(w);
    return NULL;
}

void settings_watch_stop(struct settings_watch *w)
{
    if (!w) return;
    pthread_mutex_lock(&w->mutex);
    w->stop = true;
    pthread_cond_signal(&w->changed);
    pthread_mutex_unlock(&w->mutex);
    if (clock_join(w->thread, STOP_MS)) discard(w);
}
