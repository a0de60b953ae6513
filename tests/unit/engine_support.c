/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_support.h"

#include <stdio.h>
#include <stdlib.h>

#include "config/policy_file.h"

/* ---- Kafka ---- */

static enum result poll(void *self, struct kafka_event *events, size_t max, int timeout_ms,
                        size_t *n, struct error *error)
{
    struct fake *f = self;
    (void)timeout_ms;
    (void)error;
    f->polls++;
    size_t until = f->fetches ? f->fetched : f->queue_n;
    for (*n = 0; *n < max && f->given < until; (*n)++) events[*n] = f->queue[f->given++];
    if (f->given == f->fetched) f->fetched = f->queue_n;
    return OK;
}

static void be_member(void *self, bool wanted)
{
    ((struct fake *)self)->member = wanted;
}

static void release(void *self, const struct record *record)
{
    (void)record;
    ((struct fake *)self)->released++;
}

static enum result pause(void *self, int32_t shard, struct error *error)
{
    (void)self;
    (void)shard;
    (void)error;
    return OK;
}

static bool ends_ask(void *self, const int32_t *shards, size_t n, bool high)
{
    struct fake *f = self;
    if (f->asked) return false;
    f->asked = true;
    f->answer_n = 0;
    for (size_t i = 0; i < n; i++)
        for (int t = 0; t < INPUTS; t++)
            f->answer[f->answer_n++] = (struct input_end){
                input_topic(t), shards[i], f->ends[input_topic(t)][shards[i]],
                high ? f->ends[input_topic(t)][shards[i]] + f->open[input_topic(t)][shards[i]]
                     : -1};
    return true;
}

static bool ends_take(void *self, const struct input_end **ends, size_t *n)
{
    struct fake *f = self;
    if (!f->asked || f->silent) return false;
    f->asked = false;
    *ends = f->answer;
    *n = f->answer_n;
    return true;
}

/* No answer comes: a restore is another test's subject. */
static bool lookup_ask(void *self, const int32_t *shards, size_t n)
{
    struct fake *f = self;
    for (size_t i = 0; i < n; i++) f->asked_for[shards[i]]++;
    return true;
}

static bool lookup_take(void *self, const struct lookup_answer **answer)
{
    (void)self;
    (void)answer;
    return false;
}

static enum result begin(void *self, struct error *error)
{
    struct fake *f = self;
    (void)error;
    assert_false(f->is_open); /* one at a time */
    f->is_open = true;
    f->begun++;
    f->pending_n = f->bytes = 0;
    return OK;
}

static struct str header(const struct message *m, const char *name)
{
    for (size_t i = 0; i < m->headers_n; i++)
        if (str_eq(m->headers[i].name, str_of(name))) return m->headers[i].value;
    return STR_NONE;
}

static enum result produce(void *self, const struct message *m, struct error *error)
{
    struct fake *f = self;
    (void)error;
    size_t n = f->sent_n + f->pending_n++;
    (void)ARENA_PUSH(f->arena, f->sent, n, f->sent_cap);
    f->sent[f->sent_n + f->pending_n - 1] = (struct fake_message){
        .topic = m->topic,
        .partition = m->partition,
        .key = arena_str(f->arena, m->key),
        .value = arena_str(f->arena, m->value),
        .type = arena_str(f->arena, header(m, "ce_type")),
        .ce_time = arena_str(f->arena, header(m, "ce_time")),
        .truncated = arena_str(f->arena, header(m, "epilogue-truncated")),
        .refused = arena_str(f->arena, header(m, "epilogue-error")),
        .transaction = f->transactions,
    };
    f->bytes += m->key.n + m->value.n;
    return OK;
}

static void prepare_start(void *self, const struct position *positions, size_t n,
                          struct shard_commit *shards, size_t shards_n)
{
    struct fake *f = self;
    f->waits_left = f->prepare_waits;
    memcpy(f->positions, positions, n * sizeof *positions);
    f->positions_n = n;
    f->commits = shards;
    f->commits_n = shards_n;
}

static bool is_there(struct fake *f)
{
    return !f->waits_left || !f->waits_left--;
}

static bool prepare_take(void *self, int wait_ms, enum result *result, struct error *error)
{
    struct fake *f = self;
    (void)wait_ms;
    if (!is_there(f)) return false;
    *result = OK;
    fake_pass(f, f->commit_ms);
    if (f->abort_next) {
        f->abort_next--;
        *result = error_set(error, ABORT, "the test wants it");
        return true;
    }
    for (size_t i = 0; i < f->commits_n; i++) {
        struct shard_commit *c = &f->commits[i];
        assert_int_equal(c->checkpoint, f->state_end[c->shard]);
        c->state_end = f->state_end[c->shard];
        for (size_t k = 0; k < f->pending_n; k++) {
            const struct fake_message *m = &f->sent[f->sent_n + k];
            c->state_end += m->topic == TOPIC_STATE && m->partition == c->shard;
        }
    }
    return true;
}

static void commit_start(void *self)
{
    struct fake *f = self;
    f->waits_left = f->commit_waits;
}

static bool commit_take(void *self, int wait_ms, enum result *result, struct error *error)
{
    struct fake *f = self;
    (void)wait_ms;
    if (!is_there(f)) return false;
    *result = f->commit_result;
    if (*result != OK) {
        error_set(error, *result, "the test wants it");
        return true;
    }
    for (size_t i = 0; i < f->commits_n; i++)
        f->state_end[f->commits[i].shard] = f->commits[i].state_end;
    f->transactions++;
    f->is_open = false;
    if (f->pending_n > f->largest) f->largest = f->pending_n;
    if (f->bytes > f->largest_bytes) f->largest_bytes = f->bytes;
    f->sent_n += f->pending_n;
    f->pending_n = 0;
    return true;
}

static enum result undo(void *self, struct error *error)
{
    struct fake *f = self;
    (void)error;
    f->is_open = false;
    return OK;
}

static const struct transaction_refusal *refusal(void *self)
{
    return &((struct fake *)self)->refusal;
}

static void limit(void *self, int topic, struct topic_limit *out)
{
    const struct fake *f = self;
    size_t bytes = f->limits_of[topic] ? f->limits_of[topic] : 4000000;
    *out = (struct topic_limit){bytes, bytes, true, "max.message.bytes"};
}

/* ---- the store ---- */

static struct fake *fake_of(void *connection)
{
    return (struct fake *)((char *)connection - offsetof(struct fake, connection));
}

static enum result ready(void *self, struct error *error)
{
    struct fake *f = fake_of(self);
    f->ready_asked++;
    return f->connection.port.ready(self, error);
}

static enum result load(void *self, struct arena *arena, struct store_load *loads, size_t n,
                        struct error *error)
{
    struct fake *f = fake_of(self);
    for (size_t i = 0; i < n; i++) f->keys_loaded += loads[i].n;
    return f->connection.port.load(self, arena, loads, n, error);
}

static void apply_start(void *self, struct store_apply *applies, size_t n)
{
    struct fake *f = fake_of(self);
    for (size_t i = 0; i < n; i++) f->keys_written += applies[i].n;
    f->loaded_before = f->keys_loaded;
    f->connection.late = f->apply_waits;
    f->connection.port.apply_start(self, applies, n);
}

static void connect_store(struct fake *f)
{
    f->stored = sim_store_new(FAKE_SHARDS);
    for (int32_t i = 0; i < FAKE_SHARDS; i++) f->stored->shards[i].checkpoint = 0;
    sim_store_connect(f->stored, &f->connection);
    f->store = f->connection.port;
    f->store.ready = ready;
    f->store.load = load;
    f->store.apply_start = apply_start;
}

/* ---- for the tests ---- */

static int32_t partition_of(struct str key, int32_t partitions)
{
    return key.n ? key.p[key.n - 1] % partitions : 0; /* "…0" is shard 0, "…1" shard 1 */
}

void fake_set_up(struct fake *f, int batch_max, const char *policy)
{
    struct error error;
    memset(f, 0, sizeof *f);
    f->arena = arena_new();
    f->limits = LIMITS_DEFAULT;
    sim_clock_init(&f->clock, FAKE_START);
    if (policy_file_load(policy, f->arena, &f->policy, &error) != OK) fail_msg("%s", error.text);
    /* What falls due is sent then, each kind by itself: this is about time, not about hours. */
    for (int p = PRIORITY_P1; p < priority_end; p++) f->policy.at_once[p] = true;
    f->policy.escalation_n = 0;
    f->policy.review_on = 0;
    f->policy.review_every = (struct duration){7 * DAY_MS, false};
    f->policy.digest = false; /* what is sent can be seen at once */
    f->input = (struct input_port){.self = f,
                                   .be_member = be_member,
                                   .poll = poll,
                                   .release = release,
                                   .pause = pause,
                                   .ends_ask = ends_ask,
                                   .ends_take = ends_take};
    f->changelog =
        (struct changelog_port){.self = f, .lookup_ask = lookup_ask, .lookup_take = lookup_take};
    f->transaction = (struct transaction_port){.self = f,
                                               .begin = begin,
                                               .produce = produce,
                                               .prepare_start = prepare_start,
                                               .prepare_take = prepare_take,
                                               .commit_start = commit_start,
                                               .commit_take = commit_take,
                                               .abort = undo,
                                               .recover = undo,
                                               .refusal = refusal,
                                               .limit = limit};
    connect_store(f);
    struct engine_options options = {
        .policy = &f->policy,
        .limits = &f->limits,
        .group_id = STR("test"),
        .partitions = FAKE_SHARDS,
        .batch_max = batch_max,
        .delete_retention_ms = INT64_MAX,
        .stall_ms = 60000,
        .partition_of = partition_of,
    };
    for (int t = 0; t < topic_end; t++) options.topic_names[t] = topic_name(t);
    struct engine_ports ports = {.input = &f->input,
                                 .changelog = &f->changelog,
                                 .transaction = &f->transaction,
                                 .store = &f->store,
                                 .clock = &f->clock.port};
    f->engine = engine_new(&options, &ports, NULL);
    f->engine->joined = true;
    for (int32_t i = 0; i < FAKE_SHARDS; i++) {
        struct shard *shard = &f->engine->shards[i];
        *shard = (struct shard){.id = i, .phase = SHARD_ACTIVE, .next_wake = TIME_NONE};
        for (int t = 0; t < INPUTS; t++) unread_begin(&shard->inputs[t], 0);
    }
}

void fake_tear_down(struct fake *f)
{
    engine_stop(f->engine);
    engine_release(f->engine);
    engine_free(f->engine);
    sim_store_free(f->stored);
    arena_free(f->arena);
}

static struct kafka_event *push(struct fake *f)
{
    if (f->given == f->fetched) f->fetched++;
    return ARENA_PUSH(f->arena, f->queue, f->queue_n, f->queue_cap);
}

void fake_put(struct fake *f, int topic, int32_t shard, ms_t at, const char *value)
{
    const char *id = strstr(value, "\"incident_id\":\"");
    assert_non_null(id);
    id += strlen("\"incident_id\":\"");
    struct str key = {id, (size_t)(strchr(id, '"') - id)};
    assert_int_equal(partition_of(key, FAKE_SHARDS), shard);
    *push(f) = (struct kafka_event){.type = KAFKA_RECORD,
                                    .record = {.topic = topic,
                                               .partition = shard,
                                               .offset = f->ends[topic][shard]++,
                                               .timestamp = at,
                                               .key = arena_str(f->arena, key),
                                               .value = arena_str(f->arena, str_of(value))}};
}

void fake_close(struct fake *f, int n, int findings, int bytes)
{
    struct buf value = {0};
    buf_printf(&value, "{\"incident_id\":\"I%d-%d\",\"closed_at\":\"2026-11-01\",\"findings\":[", n,
               n % FAKE_SHARDS);
    for (int i = 0; i < findings; i++)
        buf_printf(&value, "%s{\"finding_id\":\"F%d\",\"description\":\"%0*d\"}", i ? "," : "", i,
                   bytes, i);
    buf_printf(&value, "]}%c", 0);
    fake_put(f, TOPIC_INCIDENT_CLOSED, n % FAKE_SHARDS, f->clock.now, value.p);
    buf_free(&value);
}

void fake_end(struct fake *f, int topic, int32_t shard)
{
    *push(f) = (struct kafka_event){
        .type = KAFKA_END,
        .record = {.topic = topic, .partition = shard, .offset = f->ends[topic][shard]}};
}

void fake_ends(struct fake *f, int32_t shard)
{
    for (int t = 0; t < INPUTS; t++) fake_end(f, input_topic(t), shard);
}

void fake_step(struct fake *f)
{
    struct error error = {.text = ""};
    if (engine_step(f->engine, 0, &error) == FATAL) fail_msg("%s", error.text);
}

void fake_work_off(struct fake *f)
{
    for (int idle = 0, steps = 0; idle < 3; steps++) {
        assert_true(steps < 100000);
        int before = f->transactions;
        fake_step(f);
        bool left = f->given < f->queue_n || f->engine->inbox_n;
        idle = left || f->transactions > before ? 0 : idle + 1;
        if (left && f->transactions == before) fake_pass(f, 5);
    }
}

void fake_pass(struct fake *f, int64_t ms)
{
    sim_clock_pass(&f->clock, ms);
}

size_t fake_count(const struct fake *f, const char *type, const char *key)
{
    size_t n = 0;
    for (size_t i = 0; i < f->sent_n; i++) {
        const struct fake_message *m = &f->sent[i];
        n += str_eq(m->type, str_of(type)) && (!key || str_starts(m->key, str_of(key)));
    }
    return n;
}
