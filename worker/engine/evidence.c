/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Before a shard is worked on, everything that knows of it has to tell the same story: the group's
 * offsets, followup-state, Redis and the inputs. What one of them has lost, another one shows; then
 * the worker refuses, and leaves all of them as they are.
 */
#include <inttypes.h>

#include "codec/state_json.h"
#include "common/log.h"
#include "internal.h"

#define CLOCK_LEEWAY_MS (60 * 60 * 1000) /* clocks of two workers are not further apart */
#define LOSS_MS (10 * 60 * 1000)         /* between two warnings of a changelog without its start */

#define ACCEPT "; or continue without what is lost: epilogue worker --accept-state-loss"

static struct str name_of(const struct engine *engine, int topic)
{
    return engine->options.topic_names[topic];
}

enum result evidence_of_loss(struct engine *engine, const struct shard *shard, const char *then,
                             struct error *error)
{
    if (!engine->options.accept_state_loss) {
        struct error fact = *error;
        return error_set(error, FATAL, "%s%s", fact.text,
                         engine->options.restore_only ? "" : ACCEPT);
    }
    log_error("state loss accepted", LOG_INT("shard", shard->id), LOG_TEXT("loss", error->text),
              LOG_TEXT("then", then));
    return OK;
}

#define DOUBT_MS 3000
#define DOUBT_AGAIN_MS 100

/* Between the brokers' answer and what is compared with it, another worker may have owned the shard
 * and gone on, and this one has not heard yet that it is not the owner: so everything is asked again
 * for a while before anything is refused. */
static bool is_to_be_asked_again(struct engine *engine, struct shard *shard)
{
    int64_t now_ms = engine->clock->monotonic_ms(engine->clock->self);
    if (!shard->doubted_ms) shard->doubted_ms = now_ms;
    if (now_ms - shard->doubted_ms >= DOUBT_MS) return false;
    shard_restart(engine, shard);
    shard->asked = true;
    engine->next_ask_ms = now_ms + DOUBT_AGAIN_MS;
    return true;
}

/* ---- partition counts ---- */

static enum result other_count(const struct engine *engine, int32_t count, const char *where,
                               struct error *error)
{
    return error_set(error, FATAL,
                     "group %.*s was at work with %d partitions (%s), but the topics have %d now: "
                     "incidents would change their shard. Recreate the topics with %d partitions, "
                     "or start over with a new group.id and new output topics",
                     STR_ARG(engine->options.group_id), count, where, engine->options.partitions,
                     count);
}

enum result evidence_of_group(struct engine *engine, const struct lookup_answer *answer,
                              struct error *error)
{
    engine->count_confirmed |= answer->count_confirmed;
    if (!answer->other) return OK;
    struct str where =
        arena_printf(engine->arena, "its offset of %.*s/%d says so",
                     STR_ARG(name_of(engine, answer->other_topic)), answer->other_shard);
    return other_count(engine, answer->other, where.p, error);
}

enum result evidence_of_count(struct engine *engine, int32_t shard, struct str position,
                              struct error *error)
{
    struct position_entry known;
    if (!position.p) return OK;
    if (state_json_read_position(position, &known, error) != OK) return REJECT;
    if (known.partitions == engine->options.partitions) {
        engine->count_confirmed = true;
        return OK;
    }
    struct str where = arena_printf(engine->arena, "the state of shard %d says so", shard);
    return other_count(engine, known.partitions, where.p, error);
}

/* ---- Redis and the changelog ---- */

static enum result other_cluster(const struct engine *engine, const struct shard *shard,
                                 struct str found, struct error *error)
{
    return error_set(error, FATAL,
                     "Redis has the state of shard %d from Kafka cluster %.*s, but %.*s is on "
                     "cluster %.*s: kafka.bootstrap.servers or redis.url is of another "
                     "installation. Correct it; or, when the topics were moved to this cluster, "
                     "delete the group's keys from Redis, which is then rebuilt",
                     shard->id, STR_ARG(found), STR_ARG(name_of(engine, TOPIC_STATE)),
                     STR_ARG(engine->cluster));
}

static enum result ahead_of_changelog(struct engine *engine, const struct shard *shard,
                                      int64_t checkpoint, struct error *error)
{
    struct str name = name_of(engine, TOPIC_STATE);
    error_set(error, FATAL,
              "Redis reflects %.*s/%d up to offset %" PRId64 ", but it ends at %" PRId64
              ": the topic was recreated or has lost its end. Redis may be the last copy and is "
              "left alone: restore the topic, or rewrite it from Redis (docs/operations.md)",
              STR_ARG(name), shard->id, checkpoint, shard->found.high);
    return evidence_of_loss(engine, shard, "clearing the shard in Redis, continuing with the topic",
                            error);
}

/* Why the store's copy cannot be built upon; NULL when it can be. */
static const char *why_unusable(const struct engine *engine, const struct shard *shard,
                                const struct store_load *load)
{
    ms_t now = engine->clock->now(engine->clock->self);
    if (load->checkpoint == STORE_NO_CHECKPOINT) return "it is empty";
    if (load->checkpoint > shard->found.high) return "it is ahead of followup-state";
    if (load->checkpoint < shard->found.low) return "followup-state no longer has what follows it";
    if (load->checkpoint_at > now + CLOCK_LEEWAY_MS) return "its time is in the future";
    /* One offset behind the checkpoint stands the marker of the transaction that wrote it. */
    if (shard->found.high - load->checkpoint > 1 &&
        now - load->checkpoint_at > engine->options.delete_retention_ms)
        return "deletions that follow it may be gone from followup-state";
    return NULL;
}

/* A rebuild from a changelog whose start is gone would give less than there was. */
static enum result no_start(struct engine *engine, const struct shard *shard, const char *why,
                            struct error *error)
{
    struct str name = name_of(engine, TOPIC_STATE);
    error_set(
        error, FATAL,
        "shard %d has to be rebuilt (Redis: %s), but %.*s/%d has lost its records from offset "
        "0 to %" PRId64 ". Restore the topic (from a mirror or a backup)",
        shard->id, why, STR_ARG(name), shard->id, shard->found.low - 1);
    return evidence_of_loss(engine, shard, "rebuilding the shard from what is left", error);
}

enum result evidence_of_store(struct engine *engine, struct shard *shard,
                              const struct store_load *load, const char **clear,
                              struct error *error)
{
    bool other = load->cluster.p && engine->cluster.n && !str_eq(load->cluster, engine->cluster);
    if (other) return other_cluster(engine, shard, load->cluster, error);
    *clear = why_unusable(engine, shard, load);
    if (!*clear) return OK;
    bool ahead = load->checkpoint > shard->found.high;
    if (!ahead && shard->found.low == 0) return OK;
    if (is_to_be_asked_again(engine, shard)) return ABORT;
    return ahead ? ahead_of_changelog(engine, shard, load->checkpoint, error)
                 : no_start(engine, shard, *clear, error);
}

enum result evidence_of_entries(struct engine *engine, struct shard *shard, int64_t found,
                                const struct position_entry *known, const char **clear,
                                struct error *error)
{
    *clear = NULL;
    if (known->entries < 0 || known->entries == found) return OK;
    if (!shard->from_start && shard->found.low == 0) {
        *clear = "it has lost entries";
        return OK;
    }
    if (is_to_be_asked_again(engine, shard)) return ABORT;
    struct str name = name_of(engine, TOPIC_STATE);
    if (shard->from_start)
        error_set(error, FATAL,
                  "%.*s/%d has %" PRId64 " entries, but its last batch counted %" PRId64
                  ": the topic has lost records. Restore it (from a mirror or a backup)",
                  STR_ARG(name), shard->id, found, known->entries);
    else
        error_set(error, FATAL,
                  "Redis has %" PRId64 " entries of shard %d, but there should be %" PRId64
                  ", and %.*s/%d has lost its records from offset 0 to %" PRId64
                  ", so it cannot be rebuilt. Restore the topic or Redis",
                  found, shard->id, known->entries, STR_ARG(name), shard->id, shard->found.low - 1);
    return evidence_of_loss(engine, shard, "continuing with the entries that are left", error);
}

/* ---- the group's offsets ---- */

static enum result lost_end(struct engine *engine, const struct shard *shard, int topic,
                            const struct position_entry *known, struct error *error)
{
    const struct lookup_input *found = &shard->found.inputs[topic];
    struct str name = name_of(engine, topic), state = name_of(engine, TOPIC_STATE);
    error_set(error, FATAL,
              "%.*s/%d has lost its end: the group committed offset %" PRId64
              " of %.*s/%d with batch %" PRId64 ", but the topic ends at offset %" PRId64
              " and knows of batch %" PRId64 " and offset %" PRId64 "; the last %" PRId64
              " batches are missing, and their events would come twice. "
              "Restore the topic (from a mirror or a backup)",
              STR_ARG(state), shard->id, found->committed, STR_ARG(name), shard->id, found->batch,
              shard->found.high, known->batch, known->offsets[topic],
              found->batch > known->batch ? found->batch - known->batch : 1);
    return evidence_of_loss(engine, shard, "repeating these batches", error);
}

/* Offset and state were written by the same transactions, so they say the same, unless one of them
 * has lost something or the offset is a stranger's. */
static enum result compare_offset(struct engine *engine, struct shard *shard, int topic,
                                  const struct position_entry *known, struct error *error)
{
    const struct lookup_input *found = &shard->found.inputs[topic];
    struct str name = name_of(engine, topic);
    int64_t at = known->offsets[topic];
    /* Not by the checkpoint: a topic that was rewritten has other offsets. */
    if (found->ours && (found->batch > known->batch || found->committed > at))
        return is_to_be_asked_again(engine, shard) ? ABORT
                                                   : lost_end(engine, shard, topic, known, error);
    /* Beside a worker the state is later than the brokers' answer. */
    if (found->committed < 0 || found->committed == at || engine->options.restore_only) return OK;
    if (!found->ours)
        log_warn("the group's committed offset was not committed by epilogue; continuing from "
                 "followup-state",
                 LOG_STR("topic", name), LOG_INT("partition", shard->id),
                 LOG_INT("committed", found->committed), LOG_INT("next", at < 0 ? found->low : at));
    else
        log_warn("the group's committed offset is behind the state; continuing from the state",
                 LOG_STR("topic", name), LOG_INT("partition", shard->id),
                 LOG_INT("committed", found->committed), LOG_INT("state", at));
    return OK;
}

/* ---- the inputs ---- */

static enum result beyond_end(struct engine *engine, const struct shard *shard, int topic,
                              int64_t at, struct error *error)
{
    const struct lookup_input *found = &shard->found.inputs[topic];
    error_set(error, FATAL,
              "%.*s/%d ends at offset %" PRId64 ", but offsets below %" PRId64
              " were already processed (topic recreated or truncated). Restore it, or start over "
              "with a new group.id and new output topics",
              STR_ARG(name_of(engine, topic)), shard->id, found->high, at);
    return evidence_of_loss(engine, shard, "reading this partition from its beginning", error);
}

static enum result place_input(struct engine *engine, struct shard *shard, int index,
                               const struct position_entry *known, struct position *position,
                               struct error *error)
{
    int topic = input_topic(index);
    const struct lookup_input *found = &shard->found.inputs[topic];
    const struct input_mark *mark = &known->marks[topic], *given_up = &shard->given_up[index];
    struct input *input = &shard->inputs[index];
    int64_t at = known->offsets[topic];
    bool anew = given_up->hash == mark->hash && given_up->offset == mark->offset && given_up->hash;
    unread_begin(input, at > found->low && !anew ? at : found->low);
    if (at > found->high && !anew) {
        if (is_to_be_asked_again(engine, shard)) return ABORT;
        enum result result = beyond_end(engine, shard, topic, at, error);
        if (result != OK) return result;
        unread_begin(input, found->low);
    } else if (at >= 0 && at < found->low) {
        log_error("records were deleted before they were read: give the topic a longer retention",
                  LOG_STR("topic", name_of(engine, topic)), LOG_INT("partition", shard->id),
                  LOG_INT("from", at), LOG_INT("to", found->low));
    } else if (at >= 0 && !anew) {
        input->mark = *mark;
        input->unverified = mark->offset >= found->low && mark->offset < at;
    }
    *position = (struct position){topic, shard->id, input->unverified ? mark->offset : input->next};
    return OK;
}

enum result evidence_of_inputs(struct engine *engine, struct shard *shard,
                               const struct position_entry *known,
                               struct position positions[INPUTS], struct error *error)
{
    enum result result = OK;
    for (int i = 0; i < INPUTS && result == OK; i++)
        result = compare_offset(engine, shard, input_topic(i), known, error);
    for (int i = 0; i < INPUTS && result == OK && !engine->options.restore_only; i++)
        result = place_input(engine, shard, i, known, &positions[i], error);
    return result;
}

void evidence_warn_of_losses(struct engine *engine)
{
    if (monotonic(engine) < engine->next_loss_ms || restore_is_running(engine)) return;
    const struct shard *first = NULL;
    int count = 0;
    for (int32_t i = engine->options.partitions; i-- > 0;) {
        const struct shard *shard = &engine->shards[i];
        if (shard->phase != SHARD_ACTIVE || shard->found.low == 0) continue;
        first = shard;
        count++;
    }
    if (!first) return;
    engine->next_loss_ms = monotonic(engine) + LOSS_MS;
    log_warn("followup-state has lost its oldest records; only Redis has all of the state: rewrite "
             "the topic from Redis (docs/operations.md)",
             LOG_INT("shards", count), LOG_INT("shard", first->id),
             LOG_INT("first_offset", first->found.low));
}
