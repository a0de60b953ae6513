/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Kafka does not take. A message that is too large is the fault of the record that it comes
 * from, which is refused when the batch is decided again; a time that has come has no record, so its
 * event goes out without its long parts. For all else nobody is to blame: the shards wait.
 */
#include "batch_private.h"
#include "codec/grapheme.h"
#include "codec/json.h"
#include "common/log.h"
#include "core/state_key.h"

#define BACKOFF_MS 1000
#define BACKOFF_MAX_MS 5000
#define CONDITION_SAY_MS 10000
#define SUSPECT_MS 60000
#define SUBJECT_BYTES 150 /* of a sentence */

/* ---- sizes ---- */

bool batch_fits(const struct batch *b, const struct message *m, struct topic_limit *limit)
{
    struct transaction_port *transaction = b->engine->transaction;
    transaction->limit(transaction->self, m->topic, limit);
    return encode_size(m) <= limit->bytes;
}

static struct oversized *find_oversized(struct engine *engine, const struct record *record)
{
    for (size_t i = 0; i < OVERSIZED_MAX; i++) {
        struct oversized *o = &engine->oversized[i];
        if (o->topic == record->topic && o->partition == record->partition &&
            o->offset == record->offset)
            return o;
    }
    return NULL;
}

bool batch_is_oversized(const struct batch *b, struct item *item)
{
    const struct oversized *o = find_oversized(b->engine, item->record);
    if (!o) return false;
    item->is_oversized = true;
    item->fate = o->is_rest ? ITEM_REFUSE : ITEM_GIVE_UP;
    item->refused =
        (struct refused){.code = REFUSE_TOO_LARGE, .incident_id = item->event.incident_id};
    item->refused.detail = arena_printf(
        b->arena, "%s %zu bytes, which is more than topic %.*s takes (max.message.bytes)",
        o->refusing == TOPIC_STATE ? "what is stored of its incident would have"
                                   : "what follows from it would have",
        o->bytes, STR_ARG(b->engine->options.topic_names[o->refusing]));
    return true;
}

/* Another record may have its place one day: the topic can be made again. */
void batch_forget_oversized(const struct batch *b, const struct record *record)
{
    struct oversized *o = find_oversized(b->engine, record);
    if (o) *o = (struct oversized){0};
}

static enum result note_oversized(struct batch *b, const struct item *item, const struct message *m)
{
    struct engine *engine = b->engine;
    const struct record *record = item->record;
    struct oversized *o = find_oversized(engine, record);
    if (!o) o = &engine->oversized[engine->oversized_n++ % OVERSIZED_MAX];
    *o = (struct oversized){.topic = record->topic,
                            .partition = record->partition,
                            .offset = record->offset,
                            .refusing = m->topic,
                            .bytes = encode_size(m),
                            .is_rest = item->is_oversized};
    engine->suspect.n = 0;
    return REJECT;
}

bool batch_is_suspect(const struct batch *b, const struct item *item)
{
    const struct engine *engine = b->engine;
    return engine->suspect.n && item->header && monotonic(engine) < engine->suspect_until_ms &&
           str_eq(item->header->key, buf_slice(&engine->suspect));
}

static struct str subject_of(const struct message *m)
{
    struct str subject = m->key;
    for (size_t i = 0; i < m->headers_n; i++)
        if (str_eq(m->headers[i].name, STR("ce_id"))) subject = m->headers[i].value;
    return grapheme_cut(subject, SUBJECT_BYTES);
}

/* Nobody can be refused for it: a person has to raise the limit. */
static enum result end_of_worker(struct batch *b, const struct message *m, struct error *error)
{
    struct topic_limit limit;
    batch_fits(b, m, &limit);
    struct str topic = b->engine->options.topic_names[m->topic], subject = subject_of(m);
    bool of_client = str_starts(str_of(limit.setting), STR("kafka."));
    return error_set(error, FATAL,
                     "topic %.*s takes no record of more than %s%zu bytes (%s), and '%.*s' has %zu "
                     "without all that can be left out. Raise %s%s%.*s, and start the worker again",
                     STR_ARG(topic), limit.is_known ? "" : "about ", limit.bytes, limit.setting,
                     STR_ARG(subject), encode_size(m), limit.setting, of_client ? "" : " of topic ",
                     STR_ARG(of_client ? STR("") : topic));
}

/* Of several events the one that made the entry too large is found out by taking one at a time. */
static enum result refuse_entry(struct batch *b, const struct message_origin *origin,
                                const struct message *m, struct error *error)
{
    struct engine *engine = b->engine;
    if (origin->of_several) {
        engine->suspect.n = 0;
        buf_str(&engine->suspect, state_header_key(m->key));
        engine->suspect_until_ms = monotonic(engine) + SUSPECT_MS;
        return REJECT;
    }
    if (!origin->last || !origin->last->record) return end_of_worker(b, m, error);
    return note_oversized(b, origin->last, m);
}

enum result batch_refuse(struct batch *b, const struct message_origin *origin,
                         const struct message *m, struct error *error)
{
    /* What it was decided upon may never be: then it is perhaps not too large. It is decided again. */
    if (b->engine->flight && b->engine->flight != b) return REJECT;
    /* What was learned is for the next batch: of many shards that have such a record each would else
     * have its turn, until it is forgotten which one the first had. */
    b->engine->first = origin->shard->id;
    if (origin->is_entry) return refuse_entry(b, origin, m, error);
    bool of_record = origin->item && origin->item->record && m->topic != TOPIC_DEAD_LETTERS;
    return of_record ? note_oversized(b, origin->item, m) : end_of_worker(b, m, error);
}

/* A broker did not take it. What can be cut will be, now that the limit is known to be lower. */
static enum result refused_message(struct batch *b, size_t number, struct error *error)
{
    const struct message *m = &b->messages[number];
    const struct message_origin *origin = &b->origins[number];
    bool of_tick = origin->item && !origin->item->record;
    bool is_items = !origin->item && m->topic == TOPIC_FORWARDED; /* fewer go into each record */
    if (of_tick || is_items || m->topic == TOPIC_DEAD_LETTERS) return OK;
    return batch_refuse(b, origin, m, error) == FATAL ? FATAL : OK;
}

/* ---- conditions ---- */

bool refuse_is_waiting(const struct engine *engine, const struct shard *shard)
{
    return shard->is_hindered && monotonic(engine) < shard->hindered_until_ms;
}

void refuse_is_over(struct engine *engine, struct shard *shard)
{
    if (!shard->is_hindered) return;
    shard->is_hindered = false;
    engine->condition_tries = 0;
    log_info("Kafka accepts the shard's writes again", LOG_INT("shard", shard->id));
}

static void hinder(struct engine *engine, struct shard *shard, const char *condition)
{
    int64_t wait_ms = BACKOFF_MS;
    for (int i = 1; i < engine->condition_tries && wait_ms < BACKOFF_MAX_MS; i++) wait_ms *= 2;
    if (wait_ms > BACKOFF_MAX_MS) wait_ms = BACKOFF_MAX_MS;
    shard->is_hindered = true;
    shard->hindered_until_ms = monotonic(engine) + wait_ms;
    shard->condition = condition;
}

/* Whether a shard waits for the same already, or it was the last that was said. */
static bool is_known(const struct engine *engine, const char *condition)
{
    bool known = engine->condition == condition;
    for (int32_t i = 0; i < engine->options.partitions; i++)
        known |= engine->shards[i].is_hindered && engine->shards[i].condition == condition;
    return known;
}

static void met_condition(struct batch *b, const struct transaction_refusal *refusal,
                          const struct error *error)
{
    struct engine *engine = b->engine;
    bool known = is_known(engine, refusal->condition);
    engine->condition_tries++;
    for (size_t i = 0; i < refusal->n; i++)
        hinder(engine, b->origins[refusal->messages[i]].shard, refusal->condition);
    for (size_t i = 0; i < b->shards_n && !refusal->n; i++)
        hinder(engine, b->shards[i].shard, refusal->condition);
    if (known && monotonic(engine) < engine->next_condition_ms) return;
    engine->condition = refusal->condition;
    engine->next_condition_ms = monotonic(engine) + CONDITION_SAY_MS;
    log_warn("Kafka refuses what the worker writes; trying again until it does not",
             LOG_TEXT("reason", error->text));
}

enum result batch_refused(struct batch *b, const struct transaction_refusal *refusal,
                          struct error *error)
{
    enum result result = OK;
    if (refusal->kind == REFUSAL_TOO_LARGE)
        for (size_t i = refusal->n; i-- > 0 && result == OK;) /* the first one stays the first */
            result = refused_message(b, refusal->messages[i], error);
    if (refusal->kind == REFUSAL_CONDITION) met_condition(b, refusal, error);
    return result;
}
