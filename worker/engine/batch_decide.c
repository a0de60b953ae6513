/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decides what was planned, shard by shard, in the order of time: before each record the ticks of
 * its incident that come before it, behind the last one all ticks up to where nothing is unread.
 * So which reminders are sent does not depend on how records were cut into batches. It ends where
 * one transaction holds no more; the rest is for the next batch.
 */
#include <assert.h>
#include <stdlib.h>

#include "batch_private.h"
#include "codec/grapheme.h"
#include "core/wake.h"

/* What one transaction holds, about. The broker's and the client's limits are far above, but a
 * slow broker has to take all of it before transaction.timeout.ms, and Redis in one transaction. */
#define BYTES_MAX ((size_t)16 << 20)
#define MESSAGES_MAX 20000
#define ENTRIES_MAX 15000 /* each is up to six arguments of what applies them */
#define ENTRY_BYTES 400   /* of an entry, apart from what its record said */
#define HOLD_MS 10000     /* how long a record waits for what may be unread from before it */

/* What became of one record or tick. */
enum step_result { STEP_DONE, STEP_WAITS, STEP_FULL, STEP_FAILED };

/* ---- what goes out ---- */

static size_t size_of(const struct message *m)
{
    size_t bytes = m->key.n + m->value.n;
    for (size_t i = 0; i < m->headers_n; i++) bytes += m->headers[i].name.n + m->headers[i].value.n;
    return bytes;
}

static enum result add_dead_letter(struct batch *b, struct batch_shard *bs, const struct item *item,
                                   struct error *error)
{
    struct engine *engine = b->engine;
    const struct record *record = item->record;
    struct message_origin origin = {.shard = bs->shard, .item = item};
    struct message *m = batch_add_message(b, origin);
    struct topic_limit limit;
    engine->transaction->limit(engine->transaction->self, TOPIC_DEAD_LETTERS, &limit);
    encode_dead_letter(&engine->encoder, b->arena, record, &item->refused, b->now, SIZE_MAX, m);
    if (encode_size(m) > limit.bytes)
        encode_dead_letter(&engine->encoder, b->arena, record, &item->refused, b->now, limit.safe,
                           m);
    if (!batch_fits(b, m, &limit)) return batch_refuse(b, &origin, m, error);
    struct str key = record->key.p ? record->key : item->refused.incident_id;
    m->partition = key.p ? batch_partition_of(b, key) : record->partition;
    b->bytes += size_of(m);
    return OK;
}

static enum result add_forwarded(struct batch *b, struct batch_shard *bs, struct item *item,
                                 struct error *error)
{
    struct message_origin origin = {.shard = bs->shard, .item = item};
    struct topic_limit limit;
    struct message *m = batch_add_message(b, origin);
    encode_forwarded(&b->engine->encoder, b->arena, item->record, item->event.incident_id, b->now,
                     m);
    if (!batch_fits(b, m, &limit)) return batch_refuse(b, &origin, m, error);
    m->partition = batch_partition_of(b, item->event.incident_id);
    b->bytes += size_of(m);
    return OK;
}

/* What the last event sends. Its outputs are no more needed then, but for what is counted of them. */
static enum result encode_outputs(struct batch *b, struct batch_shard *bs, const struct item *item,
                                  struct error *error)
{
    struct engine *engine = b->engine;
    struct outputs *outputs = &b->decision.outputs;
    for (size_t i = 0; i < outputs->n; i++) {
        const struct output *output = &outputs->items[i];
        *ARENA_PUSH(b->arena, b->outputs, b->outputs_n, b->outputs_cap) = metrics_output_of(output);
        if (output->type == OUTPUT_REMINDER && engine->options.policy->digest) {
            batch_add_items(b, bs, output);
            continue;
        }
        struct message_origin origin = {.shard = bs->shard, .item = item};
        struct topic_limit limit;
        struct message *m = batch_add_message(b, origin);
        encode_output(&engine->encoder, b->arena, output, m);
        /* A record can be refused for what it causes; a time that has come cannot, nor what was
         * begun before. */
        bool is_cut = !item->record || item->fate == ITEM_GIVE_UP;
        if (is_cut && !batch_fits(b, m, &limit))
            encode_output_within(&engine->encoder, b->arena, output, limit.safe, m);
        if (!batch_fits(b, m, &limit)) return batch_refuse(b, &origin, m, error);
        m->partition =
            output->type == OUTPUT_FORWARD ? batch_partition_of(b, m->key) : bs->shard->id;
        b->bytes += size_of(m);
    }
    outputs->n = 0;
    return OK;
}

/* ---- one record or tick ---- */

static void insert_due(struct batch *b, struct batch_shard *bs, struct due due)
{
    (void)ARENA_PUSH(b->work, bs->dues, bs->dues_n, bs->dues_cap);
    size_t i = bs->dues_n - 1;
    for (; i && bs->dues[i - 1].at > due.at; i--) bs->dues[i] = bs->dues[i - 1];
    bs->dues[i] = due;
}

/* The wake times that the event has set, as far as they have come already. */
static void note_touched(struct batch *b, struct batch_shard *bs)
{
    for (struct entry *e = b->decision.touched; e; e = e->next_touched) {
        b->touched += !e->holder->counted;
        for (const struct entry *p = e->holder; p && !e->holder->counted; p = p->next_part)
            b->bytes += ENTRY_BYTES;
        e->holder->counted = true;
        if (e->exists && e->wake_at != TIME_NONE && e->wake_at <= b->now)
            insert_due(b, bs, (struct due){e->wake_at, e, false});
    }
}

/* No more fits into one transaction. */
static bool is_full(struct batch *b)
{
    b->large = b->bytes >= BYTES_MAX || b->messages_n + b->touched >= MESSAGES_MAX ||
               b->touched >= ENTRIES_MAX;
    return b->large;
}

/* The batch ends behind this item: it is full, or it is to be known what became of the item. */
static bool ends_behind(struct batch *b, const struct item *item)
{
    return is_full(b) || item->is_oversized || batch_is_suspect(b, item);
}

/* It may have changed what is stored of its incident. */
static void note_decided(const struct item *item)
{
    item->header->events++;
    item->header->last_event = item;
}

/* Its record goes; what was taken of it in parts must not wait for the rest for ever. */
static enum result give_up(struct batch *b, struct batch_shard *bs, struct item *item,
                           struct error *error)
{
    enum decide_result decided = DECIDE_MORE;
    if (!decide_is_begun(&item->event, item->header)) return OK;
    note_decided(item);
    b->decision.table = bs->table;
    item->event.is_given_up = true;
    /* At once: another process would not know that the record was given up. */
    while (decided == DECIDE_MORE) {
        decided = decide_event(&b->decision, &item->event, b->now);
        note_touched(b, bs);
    }
    return encode_outputs(b, bs, item, error);
}

/* Sets the item's fate to refused where that is decided, and gives what it sends. */
static enum result apply_item(struct batch *b, struct batch_shard *bs, struct item *item,
                              ms_t until, enum decide_result *decided, struct error *error)
{
    enum result result = OK;
    *decided = DECIDE_OK;
    if (item->fate == ITEM_DECIDE) {
        b->decision.table = bs->table;
        *decided = decide_event(&b->decision, &item->event, until);
        note_touched(b, bs);
        if (*decided == DECIDE_REJECT) {
            item->refused = b->decision.refused;
            item->fate = ITEM_REFUSE;
        } else {
            note_decided(item);
            result = encode_outputs(b, bs, item, error);
        }
    }
    if (item->fate == ITEM_GIVE_UP) result = give_up(b, bs, item, error);
    if (result == OK && (item->fate == ITEM_REFUSE || item->fate == ITEM_GIVE_UP))
        result = add_dead_letter(b, bs, item, error);
    if (item->fate == ITEM_FORWARD) result = add_forwarded(b, bs, item, error);
    return result;
}

/* `until`: later points of a tick's entry up to here are taken together with it. */
static enum step_result decide_item(struct batch *b, struct batch_shard *bs, struct item *item,
                                    ms_t until, struct error *error)
{
    enum decide_result decided;
    b->failed = apply_item(b, bs, item, until, &decided, error);
    if (b->failed != OK) return STEP_FAILED;
    /* What it said stands in the state, too. */
    if (item->record) b->bytes += item->record->value.n;
    b->large |= decided == DECIDE_MORE;
    return decided == DECIDE_MORE ? STEP_FULL : STEP_DONE;
}

static enum step_result decide_tick(struct batch *b, struct batch_shard *bs, size_t index,
                                    ms_t until, struct error *error)
{
    struct due due = bs->dues[index];
    bs->dues[index].done = true;
    /* An event of this batch has set another time since. */
    if (due.entry->dirty && due.entry->wake_at != due.at) return STEP_DONE;
    struct item *item = arena_alloc(b->arena, sizeof *item);
    batch_tick_item(item, due.entry->key, due.at);
    b->failed = batch_load_late(b, bs, item, error);
    if (b->failed != OK) return STEP_FAILED;
    bs->ticks_taken++;
    enum step_result result = decide_item(b, bs, item, until, error);
    /* Or the same tick would come again and again. */
    if (result == STEP_DONE) assert(due.entry->wake_at == TIME_NONE || due.entry->wake_at > until);
    return result == STEP_DONE && ends_behind(b, item) ? STEP_FULL : result;
}

/* ---- the order of time ---- */

static int by_time(const void *a, const void *b)
{
    const struct due *x = a, *y = b;
    if (x->at != y->at) return x->at < y->at ? -1 : 1;
    return str_cmp(x->entry->key, y->entry->key);
}

/* The store has one time for a holder, its first. Each part of it that wants its tick by now has
 * its own turn. Where none wants one yet, the policy was another when the time was stored: the
 * holder's own tick writes it anew. */
static void part_due(struct batch *b, struct batch_shard *bs, struct due stored)
{
    ms_t until = bs->plan->ticks_to;
    bool is_wanted = false;
    for (struct entry *e = stored.entry; e; e = e->next_part) {
        ms_t at = wake_time(b->engine->options.policy, e);
        if (at == TIME_NONE || at > until) continue;
        if (at < stored.at) at = stored.at;
        is_wanted |= at == stored.at;
        *ARENA_PUSH(b->work, bs->dues, bs->dues_n, bs->dues_cap) = (struct due){at, e, false};
    }
    if (!is_wanted) *ARENA_PUSH(b->work, bs->dues, bs->dues_n, bs->dues_cap) = stored;
}

static void part_dues(struct batch *b, struct batch_shard *bs)
{
    const struct due *stored = bs->dues;
    size_t n = bs->dues_n;
    bs->dues = NULL;
    bs->dues_n = bs->dues_cap = 0;
    for (size_t i = 0; i < n; i++) part_due(b, bs, stored[i]);
    if (bs->dues_n) qsort(bs->dues, bs->dues_n, sizeof *bs->dues, by_time);
}

/* Up to when everything is known that comes before what is left in hand from record `from` on: the
 * rest of an input comes behind its records in hand, whatever their times. */
static ms_t horizon_from(const struct batch *b, const struct batch_shard *bs, size_t from)
{
    const struct shard_plan *plan = bs->plan;
    bool in_hand[INPUTS] = {false};
    for (size_t i = from; i < plan->in_hand; i++)
        in_hand[plan->records[i]->topic - input_topic(0)] = true;
    ms_t horizon = b->now;
    for (int t = 0; t < INPUTS; t++) {
        if (in_hand[t]) continue;
        ms_t known = unread_horizon(&bs->shard->inputs[t], b->now);
        if (known < horizon) horizon = known;
    }
    return horizon;
}

/* The ticks of the record's incident from before the record. */
static enum step_result ticks_before(struct batch *b, struct batch_shard *bs, size_t index,
                                     bool forced, struct error *error)
{
    const struct item *item = &bs->items[index];
    ms_t at = record_time(item->record, b->now), horizon = TIME_NONE;
    if (at >= bs->plan->ticks_until) return STEP_WAITS; /* the store may have more of them */
    for (size_t i = 0; i < bs->dues_n && bs->dues[i].at <= at; i++) {
        const struct due *due = &bs->dues[i];
        if (due->done || due->entry->header != item->header) continue;
        if (horizon == TIME_NONE) horizon = horizon_from(b, bs, index);
        if (due->at > horizon && !forced) return STEP_WAITS;
        bs->in_spite |= due->at > horizon;
        enum step_result result = decide_tick(b, bs, i, at, error);
        if (result != STEP_DONE) return result;
    }
    return STEP_DONE;
}

/* Up to when ticks come before everything that is left, in hand or unread. */
static ms_t until_left(const struct batch *b, const struct batch_shard *bs, bool forced)
{
    const struct shard_plan *plan = bs->plan;
    bool left = bs->taken < plan->in_hand;
    ms_t until = left ? record_time(plan->records[bs->taken], b->now) : b->now;
    if (!forced || !left) {
        ms_t horizon = horizon_from(b, bs, bs->taken);
        if (horizon < until) until = horizon;
    }
    return until;
}

/* All that are due up to `until`, earliest first. */
static enum step_result take_ticks(struct batch *b, struct batch_shard *bs, ms_t until,
                                   struct error *error)
{
    for (size_t i = 0; i < bs->dues_n && bs->dues[i].at <= until; i++) {
        if (bs->dues[i].done) continue;
        enum step_result result = decide_tick(b, bs, i, until, error);
        if (result != STEP_DONE) return result;
    }
    return STEP_DONE;
}

/* Behind records only the ticks up to the last one's time: a replay that is sent piece by piece goes
 * on from there. What is due later has its turn in the next batch, with or without more records. */
static enum step_result ticks_behind(struct batch *b, struct batch_shard *bs, bool forced,
                                     struct error *error)
{
    const struct shard_plan *plan = bs->plan;
    ms_t until = until_left(b, bs, forced);
    bs->owes_ticks = bs->taken && !bs->shard->owes_ticks;
    if (bs->owes_ticks) {
        ms_t last = record_time(plan->records[bs->taken - 1], b->now);
        if (last < until) until = last;
    }
    return take_ticks(b, bs, until, error);
}

/* What the header was when it was loaded may have asked for less than what this batch made of it. */
static bool lacks_entries(const struct batch *b, const struct item *item)
{
    return (item->fate == ITEM_DECIDE || item->fate == ITEM_GIVE_UP) && !item->header->whole &&
           decide_needs_whole(b->engine->options.policy, &item->event, &item->need, item->header);
}

static enum step_result decide_records(struct batch *b, struct batch_shard *bs, bool forced,
                                       struct error *error)
{
    while (bs->taken < bs->plan->records_n) {
        struct item *item = &bs->items[bs->taken];
        if (item->fate == ITEM_DECIDE) {
            enum step_result before = ticks_before(b, bs, bs->taken, forced, error);
            if (before != STEP_DONE) return before;
        }
        b->failed = lacks_entries(b, item) ? batch_load_late(b, bs, item, error) : OK;
        if (b->failed != OK) return STEP_FAILED;
        enum step_result result = decide_item(b, bs, item, b->now, error);
        if (result != STEP_DONE) return result;
        bs->taken++;
        if (ends_behind(b, item)) return STEP_FULL;
    }
    return STEP_DONE;
}

/* A record waits for what is unread no longer than HOLD_MS, nor while there is no room to read. */
static bool is_forced(const struct batch *b, const struct shard *shard)
{
    const struct engine *engine = b->engine;
    int64_t now_ms = engine->clock->monotonic_ms(engine->clock->self);
    return shard->held_ms && (now_ms - shard->held_ms >= HOLD_MS || !inbox_room(engine));
}

static enum step_result decide_shard(struct batch *b, struct batch_shard *bs, struct error *error)
{
    struct shard *shard = bs->shard;
    bool forced = is_forced(b, shard);
    enum step_result result = STEP_DONE;
    part_dues(b, bs);
    /* The batch before was full with records, so the ticks behind them had no turn. */
    if (shard->was_cut) result = take_ticks(b, bs, until_left(b, bs, forced), error);
    if (result == STEP_DONE) result = decide_records(b, bs, forced, error);
    bs->was_cut = result == STEP_FULL;
    if (result == STEP_DONE || result == STEP_WAITS) result = ticks_behind(b, bs, forced, error);
    /* Once the patience is over, the records that follow need not wait as long again. */
    if (!bs->plan->in_hand || ((bs->taken || bs->ticks_taken) && !bs->in_spite))
        shard->held_ms = 0;
    else if (!shard->held_ms)
        shard->held_ms = b->engine->clock->monotonic_ms(b->engine->clock->self);
    return result;
}

enum result batch_decide(struct batch *b, struct error *error)
{
    b->decision = (struct decision){.policy = b->engine->options.policy,
                                    .arena = b->work,
                                    .now = b->now,
                                    .step_max = b->engine->options.step_max,
                                    .cut = grapheme_cut};
    for (size_t i = 0; i < b->shards_n && !b->full; i++) {
        struct batch_shard *bs = &b->shards[i];
        if (bs->dropped) continue;
        enum step_result result = decide_shard(b, bs, error);
        if (result == STEP_FAILED) return b->failed;
        b->full = result == STEP_FULL;
    }
    return OK;
}
