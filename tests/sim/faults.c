/* SPDX-License-Identifier: Apache-2.0 */
/* Every call of every port, with what can go wrong at it. */
#include "faults.h"

#define NAME(id, name) name,
static const char *const names[] = {FAULTS(NAME)};
#undef NAME

const char *fault_name(enum fault fault)
{
    return names[fault];
}

static void crash(struct faulty *f)
{
    f->is_dead = true;
    longjmp(f->crash, 1);
}

/* Counts a call; the fault that it has. */
static enum fault before(struct faulty *f, const char *name)
{
    struct fault_plan *plan = f->plan;
    if (f->is_dead) return FAULT_NONE;
    if (plan->calls++ != plan->at) return FAULT_NONE;
    enum fault fault = plan->fault;
    plan->happened++;
    plan->name = name;
    plan->next(plan->fleet);
    switch (fault) {
    case FAULT_CRASH_BEFORE: crash(f); break;
    case FAULT_NAPS:
    case FAULT_SLEEPS: plan->freeze(plan->fleet, f->worker, fault == FAULT_SLEEPS); break;
    case FAULT_LOSES:
    case FAULT_ROLLS_BACK: plan->harm(plan->fleet, fault); break;
    default: return fault;
    }
    return FAULT_NONE;
}

/* Whether the call is to fail although it has had its effect. */
static bool after(struct faulty *f, enum fault fault)
{
    if (fault == FAULT_CRASH_AFTER) crash(f);
    return fault == FAULT_FAILS_AFTER;
}

static enum result fail(struct error *error, enum result result)
{
    return error_set(error, result, "the simulation wants it");
}

/* The whole of a call that fails with `failure`. */
#define CALL(f, failure, error, call)                        \
    enum fault fault = before((f), __func__);                \
    if (fault == FAULT_FAILS) return fail((error), failure); \
    enum result result = (call);                             \
    return after((f), fault) ? fail((error), failure) : result

/* Of a call that cannot fail when it has had its effect, since its caller would not hear of it. */
#define CALL_WHOLE(f, failure, error, call)                                                \
    enum fault fault = before((f), __func__);                                              \
    if (fault == FAULT_FAILS || fault == FAULT_FAILS_AFTER) return fail((error), failure); \
    enum result result = (call);                                                           \
    after((f), fault);                                                                     \
    return result

/* ---- inputs ---- */

static void be_member(void *self, bool wanted)
{
    struct faulty *f = self;
    enum fault fault = before(f, __func__);
    f->client->input.be_member(f->client, wanted);
    after(f, fault);
}

static enum result poll(void *self, struct kafka_event *events, size_t max, int timeout_ms,
                        size_t *n, struct error *error)
{
    struct faulty *f = self;
    *n = 0;
    CALL_WHOLE(f, RETRY, error,
               f->client->input.poll(f->client, events, max, timeout_ms, n, error));
}

static void release(void *self, const struct record *record)
{
    struct faulty *f = self;
    enum fault fault = before(f, __func__);
    f->client->input.release(f->client, record);
    after(f, fault);
}

static enum result resume(void *self, const struct position *positions, size_t n,
                          struct error *error)
{
    struct faulty *f = self;
    CALL(f, RETRY, error, f->client->input.resume(f->client, positions, n, error));
}

static enum result pause(void *self, int32_t shard, struct error *error)
{
    struct faulty *f = self;
    CALL(f, RETRY, error, f->client->input.pause(f->client, shard, error));
}

static bool ends_ask(void *self, const int32_t *shards, size_t n, bool high)
{
    struct faulty *f = self;
    enum fault fault = before(f, __func__);
    if (fault == FAULT_FAILS) return false;
    bool asked = f->client->input.ends_ask(f->client, shards, n, high);
    after(f, fault);
    return asked;
}

/* Where it fails no broker has answered. */
static bool ends_take(void *self, const struct input_end **ends, size_t *n)
{
    struct faulty *f = self;
    enum fault fault = before(f, __func__);
    bool taken = f->client->input.ends_take(f->client, ends, n);
    if (after(f, fault) && taken) *n = 0;
    return taken;
}

/* ---- the changelog ---- */

static bool lookup_ask(void *self, const int32_t *shards, size_t n)
{
    struct faulty *f = self;
    enum fault fault = before(f, __func__);
    if (fault == FAULT_FAILS) return false;
    bool asked = f->client->changelog.lookup_ask(f->client, shards, n);
    after(f, fault);
    return asked;
}

static bool lookup_take(void *self, const struct lookup_answer **answer)
{
    struct faulty *f = self;
    enum fault fault = before(f, __func__);
    bool taken = f->client->changelog.lookup_take(f->client, answer);
    if ((after(f, fault) || fault == FAULT_FAILS) && taken) {
        f->no_answer = (struct lookup_answer){.result = RETRY, .cluster = ""};
        fail(&f->no_answer.error, RETRY);
        *answer = &f->no_answer;
    }
    return taken;
}

static enum result changelog_open(void *self, int32_t shard, int64_t from, struct error *error)
{
    struct faulty *f = self;
    CALL_WHOLE(f, RETRY, error, f->client->changelog.open(f->client, shard, from, error));
}

static enum result changelog_read(void *self, struct changelog_record *records, size_t max,
                                  int timeout_ms, size_t *n, struct error *error)
{
    struct faulty *f = self;
    *n = 0;
    CALL_WHOLE(f, RETRY, error,
               f->client->changelog.read(f->client, records, max, timeout_ms, n, error));
}

static int64_t changelog_next(void *self, int32_t shard)
{
    struct faulty *f = self;
    return f->client->changelog.next(f->client, shard);
}

static void changelog_close(void *self, int32_t shard)
{
    struct faulty *f = self;
    enum fault fault = before(f, __func__);
    f->client->changelog.close(f->client, shard);
    after(f, fault);
}

/* ---- transactions ---- */

static enum result begin(void *self, struct error *error)
{
    struct faulty *f = self;
    CALL(f, ABORT, error, f->client->transaction.begin(f->client, error));
}

static enum result produce(void *self, const struct message *message, struct error *error)
{
    struct faulty *f = self;
    CALL(f, ABORT, error, f->client->transaction.produce(f->client, message, error));
}

static void prepare_start(void *self, const struct position *positions, size_t n,
                          struct shard_commit *shards, size_t shards_n)
{
    struct faulty *f = self;
    enum fault fault = before(f, __func__);
    f->no_transaction = fault == FAULT_FAILS;
    if (f->no_transaction) return;
    f->client->transaction.prepare_start(f->client, positions, n, shards, shards_n);
    after(f, fault);
}

static bool prepare_take(void *self, int wait_ms, enum result *result, struct error *error)
{
    struct faulty *f = self;
    enum fault fault = before(f, __func__);
    if (f->no_transaction) {
        f->no_transaction = false;
        *result = fail(error, ABORT);
        return true;
    }
    bool taken = f->client->transaction.prepare_take(f->client, wait_ms, result, error);
    if (after(f, fault) && taken) *result = fail(error, ABORT);
    return taken;
}

static void commit_start(void *self)
{
    struct faulty *f = self;
    enum fault fault = before(f, __func__);
    f->no_transaction = fault == FAULT_FAILS;
    if (f->no_transaction) return;
    f->client->transaction.commit_start(f->client);
    after(f, fault);
}

/* Where it fails its outcome is not known: it is one or the other. */
static bool commit_take(void *self, int wait_ms, enum result *result, struct error *error)
{
    struct faulty *f = self;
    enum fault fault = before(f, __func__);
    if (f->no_transaction) {
        f->no_transaction = false;
        *result = fail(error, RETRY);
        return true;
    }
    bool taken = f->client->transaction.commit_take(f->client, wait_ms, result, error);
    if (after(f, fault) && taken) *result = fail(error, RETRY);
    return taken;
}

static enum result abort_transaction(void *self, struct error *error)
{
    struct faulty *f = self;
    CALL(f, RETRY, error, f->client->transaction.abort(f->client, error));
}

/* One that fails has closed the producer and has no other one yet. */
static enum result recover(void *self, struct error *error)
{
    struct faulty *f = self;
    enum fault fault = before(f, __func__);
    f->client->started = SIM_NOTHING_STARTED; /* of a commit whose start was all */
    f->client->producer = NULL;
    f->client->is_open = false;
    if (fault == FAULT_FAILS) return fail(error, RETRY);
    enum result result = f->client->transaction.recover(f->client, error);
    return after(f, fault) ? fail(error, RETRY) : result;
}

static const struct transaction_refusal *refusal(void *self)
{
    struct faulty *f = self;
    return f->client->transaction.refusal(f->client);
}

static void limit(void *self, int topic, struct topic_limit *out)
{
    struct faulty *f = self;
    f->client->transaction.limit(f->client, topic, out);
}

/* ---- the store ---- */

static enum result ready(void *self, struct error *error)
{
    struct faulty *f = self;
    CALL(f, RETRY, error, f->store_client->port.ready(f->store_client, error));
}

static enum result load(void *self, struct arena *arena, struct store_load *loads, size_t n,
                        struct error *error)
{
    struct faulty *f = self;
    CALL(f, RETRY, error, f->store_client->port.load(f->store_client, arena, loads, n, error));
}

static void apply_start(void *self, struct store_apply *applies, size_t n)
{
    struct faulty *f = self;
    enum fault fault = before(f, __func__);
    f->no_apply = fault == FAULT_FAILS;
    if (f->no_apply) return;
    f->store_client->port.apply_start(f->store_client, applies, n);
    after(f, fault);
}

/* Where it fails at once, what was done before of its pieces is done. */
static bool apply_take(void *self, int wait_ms, enum result *result, struct error *error)
{
    struct faulty *f = self;
    enum fault fault = before(f, __func__);
    if (f->no_apply || fault == FAULT_FAILS) {
        f->store_client->applies = NULL;
        f->no_apply = false;
        *result = fail(error, RETRY);
        return true;
    }
    bool taken = f->store_client->port.apply_take(f->store_client, wait_ms, result, error);
    if (after(f, fault) && taken) *result = fail(error, RETRY);
    return taken;
}

static enum result due(void *self, struct arena *arena, int32_t shard, ms_t until, struct str *keys,
                       ms_t *wake_at, size_t *n, struct error *error)
{
    struct faulty *f = self;
    struct store_port *store = &f->store_client->port;
    CALL(f, RETRY, error,
         store->due(f->store_client, arena, shard, until, keys, wake_at, n, error));
}

static enum result entries(void *self, struct arena *arena, int32_t shard, struct str header_key,
                           struct str after_key, struct str *keys, size_t *n, struct error *error)
{
    struct faulty *f = self;
    struct store_port *store = &f->store_client->port;
    CALL(f, RETRY, error,
         store->entries(f->store_client, arena, shard, header_key, after_key, keys, n, error));
}

/* ---- all of them ---- */

void faulty_init(struct faulty *f, struct sim_client *client, struct sim_store_client *store,
                 struct clock_port *clock, struct fault_plan *plan, int worker)
{
    *f = (struct faulty){.client = client, .store_client = store, .plan = plan, .worker = worker};
    f->input = (struct input_port){f, be_member, poll, release, resume, pause, ends_ask, ends_take};
    f->changelog = (struct changelog_port){f,
                                           lookup_ask,
                                           lookup_take,
                                           changelog_open,
                                           changelog_read,
                                           changelog_next,
                                           changelog_close};
    f->transaction = (struct transaction_port){f,
                                               begin,
                                               produce,
                                               prepare_start,
                                               prepare_take,
                                               commit_start,
                                               commit_take,
                                               abort_transaction,
                                               recover,
                                               refusal,
                                               limit};
    f->store = (struct store_port){f, ready, load, apply_start, apply_take, due, entries};
    f->ports = (struct engine_ports){&f->input, &f->changelog, &f->transaction, &f->store, clock};
}
