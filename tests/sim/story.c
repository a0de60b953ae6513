/* SPDX-License-Identifier: Apache-2.0 */
/* Random records as publishers write them: true and untrue ones, on the right partition and beside it, with parties and
 * obligations, incidents that merge and part, and findings that are duplicates. */
#include "story.h"

#include "common/buf.h"
#include "unit/core_stories.h"

#define INCIDENTS 5
#define BURST_MAX 9

static const char *const incidents[INCIDENTS] = {"INC-1", "INC-2", "A/b|c", "INC-4", "INC 1 b"};
static const char *const findings[] = {"F-1", "F-2", "F/3"};
static const char *const severities[] = {"critical", "high", "medium", "low", "P2", "odd"};
static const char *const categories[] = {"technical-lapse", "manual-error", "process-flaw",
                                         "uncategorized"};
static const char *const statuses[] = {"open",     "in-progress", "blocked",
                                       "resolved", "verified",    "reopened",
                                       "wont-fix", "dismissed",   "duplicate"};
static const char *const causes[] = {"tokens in logs", "CVE-2026-1", "cve-2026-1"};
static const char *const parties[] = {"CSIRT", "Police / press", "Vendor"};
static const char *const obligations[] = {"notice", "final", "breach"};
static const char *const tasks[] = {"bug/F-1",
                                    "bug/F-2",
                                    "register-entry/F-1",
                                    "response-evaluation",
                                    "technical-summary",
                                    "obligation/notice",
                                    "obligation/breach",
                                    "coordination/CSIRT",
                                    "coordination/Police %2F press",
                                    "nothing"};

#define ONE_OF(list) ((list)[story_pick((int)(sizeof(list) / sizeof *(list)))])

int32_t story_partition_of(struct str key, int32_t partitions)
{
    uint32_t sum = 7;
    for (size_t i = 0; i < key.n; i++) sum = sum * 31 + (unsigned char)key.p[i];
    return (int32_t)(sum % (uint32_t)partitions);
}

/* `alone`: nothing comes beside it. Which of two incidents that come at once was first, to a shard that
 * both tell of their cause, is nobody's to say. */
static void write_finding(struct buf *out, const char *id, bool alone)
{
    buf_printf(out, "\"finding_id\":\"%s\"", id);
    if (story_chance(70)) buf_printf(out, ",\"category\":\"%s\"", ONE_OF(categories));
    if (story_chance(50)) buf_printf(out, ",\"severity\":\"%s\"", ONE_OF(severities));
    if (story_chance(50)) buf_printf(out, ",\"title\":\"Found in %d\"", story_pick(9));
    if (story_chance(40)) buf_printf(out, ",\"owner\":{\"team\":\"identity\"}");
    if (story_chance(50)) buf_printf(out, ",\"status\":\"%s\"", ONE_OF(statuses));
    if (story_chance(30)) buf_printf(out, ",\"reason\":\"because\"");
    if (story_chance(30)) buf_printf(out, ",\"duplicate_of\":\"%s\"", ONE_OF(findings));
    if (story_chance(20)) buf_printf(out, ",\"sop_change\":true");
    if (alone && story_chance(60)) buf_printf(out, ",\"cause_key\":\"%s\"", ONE_OF(causes));
}

/* Whom it coordinates with, and what it has submitted. */
static void write_duties(struct buf *out)
{
    if (story_chance(40))
        buf_printf(out, ",\"coordination\":[{\"party\":\"%s\",\"status\":\"%s\"}]", ONE_OF(parties),
                   story_chance(30) ? "closed" : "open");
    if (story_chance(20))
        buf_printf(out,
                   ",\"obligations\":[{\"id\":\"%s\",\"submitted_at\":\"2026-11-02\",\"evidence\":["
                   "\"mail\"]}]",
                   ONE_OF(obligations));
    if (story_chance(20))
        buf_printf(out, ",\"timeline\":[{\"at\":\"2026-11-0%d\",\"action\":\"Revoked\"}]",
                   1 + story_pick(3));
}

static void write_closure(struct buf *out, const char *id, bool merges)
{
    buf_printf(out, "{\"incident_id\":\"%s\",\"closed_at\":\"2026-11-01\"", id);
    if (story_chance(70)) buf_printf(out, ",\"severity\":\"%s\"", ONE_OF(severities));
    if (story_chance(50)) buf_printf(out, ",\"title\":\"What went wrong\"");
    if (story_chance(20))
        buf_printf(out, ",\"customer_impacting\":%s", story_chance(50) ? "true" : "false");
    if (story_chance(20)) buf_printf(out, ",\"data_breach\":\"suspected\"");
    if (story_chance(10)) buf_printf(out, ",\"disposition\":\"false-positive\"");
    if (story_chance(50))
        buf_printf(out, ",\"response_evaluation\":{\"sufficient\":true,\"complete\":true}");
    write_duties(out);
    if (merges && story_chance(60)) {
        if (story_chance(20))
            buf_printf(out, ",\"merged_into\":null");
        else
            buf_printf(out, ",\"merged_into\":\"%s\"", ONE_OF(incidents));
    }
    int n = story_pick(4);
    buf_printf(out, ",\"findings\":[");
    for (int i = 0; i < n; i++) {
        buf_printf(out, "%s{", i ? "," : "");
        write_finding(out, findings[i], merges);
        buf_char(out, '}');
    }
    buf_printf(out, "]}");
}

static void write_update(struct buf *out, const char *id, struct arena *arena)
{
    struct str encoded = state_encode_part(arena, str_of(id));
    buf_printf(out, "{\"incident_id\":\"%s\",\"task_id\":\"%.*s/%s\"", id, STR_ARG(encoded),
               ONE_OF(tasks));
    if (story_chance(80)) buf_printf(out, ",\"status\":\"%s\"", ONE_OF(statuses));
    if (story_chance(30)) buf_printf(out, ",\"reason\":\"because\"");
    if (story_chance(30)) buf_printf(out, ",\"owner\":{\"person\":\"dev@example.com\"}");
    if (story_chance(20))
        buf_printf(out, ",\"submitted_at\":\"2026-11-02\",\"evidence\":[\"mail\"]");
    if (story_chance(20)) buf_printf(out, ",\"snoozed_until\":\"2026-11-0%d\"", 2 + story_pick(8));
    buf_char(out, '}');
}

static struct message some_message(struct arena *arena, int topic, const char *id, ms_t at,
                                   int32_t partitions, bool merges)
{
    struct buf value = {0};
    if (story_chance(4))
        buf_printf(&value, "{\"incident_id\":\"%s\"", id);
    else if (topic == TOPIC_INCIDENT_CLOSED)
        write_closure(&value, id, merges);
    else if (topic == TOPIC_TASK_UPDATED)
        write_update(&value, id, arena);
    else {
        buf_printf(&value, "{\"incident_id\":\"%s\",", id);
        write_finding(&value, ONE_OF(findings), merges);
        buf_char(&value, '}');
    }
    struct str key = str_of(id);
    int32_t partition = story_partition_of(key, partitions);
    if (story_chance(10)) partition = (partition + 1) % partitions; /* another hash than ours */
    struct message message = {.topic = topic,
                              .partition = partition,
                              .timestamp = at,
                              .key = key,
                              .value = arena_str(arena, buf_slice(&value))};
    buf_free(&value);
    return message;
}

/* A story begins with closures, and incidents that merge are closed again and again. */
static int some_topic(ms_t at, bool merges)
{
    int what = story_pick(10);
    if (at == STORY_START || what < (merges ? 5 : 3)) return TOPIC_INCIDENT_CLOSED;
    return what < 7 ? TOPIC_FINDING_UPDATED : TOPIC_TASK_UPDATED;
}

static void make_step(struct arena *arena, ms_t at, int32_t partitions, bool merges,
                      struct story_step *step)
{
    /* Findings of a merged incident come to another one, so its records come alone. */
    size_t n = merges ? 1 : 1 + (size_t)story_pick(BURST_MAX);
    int topics[INCIDENTS] = {0};
    int32_t places[INCIDENTS];
    *step =
        (struct story_step){.at = at, .messages = arena_zalloc(arena, n * sizeof(struct message))};
    while (step->n < n) {
        int i = story_pick(INCIDENTS);
        int topic = topics[i] ? topics[i] : some_topic(at, merges);
        struct message m = some_message(arena, topic, incidents[i], at, partitions, merges);
        if (topics[i] && m.partition != places[i]) m.partition = places[i];
        topics[i] = topic;
        places[i] = m.partition;
        step->messages[step->n++] = m;
    }
}

/* Often just when something is due that an earlier step has begun. */
static ms_t next_time(const struct story *story, ms_t at)
{
    if (story_chance(20)) {
        ms_t then = story->steps[story_pick((int)story->n)].at;
        ms_t due = then + (1 + story_pick(2)) * DAY_MS;
        if (due > at) return due;
    }
    return at + (story_chance(70) ? story_pick(60) * MINUTE_MS : story_pick(40) * HOUR_MS);
}

void story_make(struct arena *arena, uint64_t seed, int32_t partitions, size_t steps, int merging,
                struct story *story)
{
    ms_t at = STORY_START;
    story_seed(seed);
    bool merges = story_chance(merging);
    *story = (struct story){.seed = seed,
                            .merges = merges,
                            .steps = arena_zalloc(arena, (steps + 1) * sizeof *story->steps)};
    while (story->n < steps) {
        make_step(arena, at, partitions, merges, &story->steps[story->n++]);
        at = next_time(story, at);
    }
    story->until = at + (1 + story_pick(4)) * DAY_MS;
}
