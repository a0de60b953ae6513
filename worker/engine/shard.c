/* SPDX-License-Identifier: Apache-2.0 */
/* One shard: where it begins, and up to when its ticks may be taken. */
#include <assert.h>
#include <inttypes.h>

#include "common/log.h"
#include "internal.h"

void shard_restart(struct engine *engine, struct shard *shard)
{
    struct error ignored; /* a pause that fails is a consumer that is gone: the poll will say so */
    if (shard->phase == SHARD_ACTIVE)
        engine->input->pause(engine->input->self, shard->id, &ignored);
    if (shard->phase == SHARD_READS_CHANGELOG)
        engine->changelog->close(engine->changelog->self, shard->id);
    inbox_drop(engine, shard->id);
    assert(shard == &engine->shards[shard->id]);
    shard->phase = SHARD_WAITS_FOR_BROKERS;
    shard->since_ms = engine->clock->monotonic_ms(engine->clock->self);
    shard->asked = shard->from_start = shard->are_positions_committed = false;
    shard->restored = 0;
    shard->next_wake = TIME_NONE;
}

void shard_distrust(struct shard *shard, const char *key, const struct error *why)
{
    log_warn("an entry in Redis cannot be read; rebuilding its shard from followup-state",
             LOG_INT("shard", shard->id), LOG_TEXT("key", key), LOG_TEXT("reason", why->text));
    shard->distrusted = true;
}

enum result shard_refresh_wake(struct engine *engine, struct shard *shard, struct error *error)
{
    struct str key;
    ms_t wake_at;
    size_t n = 1;
    enum result result = engine->store->due(engine->store->self, engine->arena, shard->id,
                                            INT64_MAX, &key, &wake_at, &n, error);
    if (result == OK) shard->next_wake = n ? wake_at : TIME_NONE;
    return result;
}

static enum result other_record(struct engine *engine, struct shard *shard,
                                const struct record *first, struct error *error)
{
    struct input *input = &shard->inputs[first->topic - input_topic(0)];
    struct str name = engine->options.topic_names[first->topic];
    error_set(error, FATAL,
              "%.*s/%d has another record at offset %" PRId64
              " than the one that was processed: the topic was recreated or its log was replaced, "
              "and its records below offset %" PRId64 " would be passed over",
              STR_ARG(name), shard->id, first->offset, input->next);
    enum result result =
        evidence_of_loss(engine, shard, "reading this partition from its beginning", error);
    if (result != OK) return result;
    shard->given_up[first->topic - input_topic(0)] = input->mark;
    shard_restart(engine, shard);
    return OK;
}

enum result shard_verify(struct engine *engine, struct shard *shard, const struct record *first,
                         struct error *error)
{
    struct input *input = &shard->inputs[first->topic - input_topic(0)];
    input->unverified = false;
    if (first->offset > input->mark.offset) {
        log_warn("the last record processed is gone from its topic, so whether the topic was "
                 "recreated is not known",
                 LOG_STR("topic", engine->options.topic_names[first->topic]),
                 LOG_INT("partition", shard->id), LOG_INT("offset", input->mark.offset),
                 LOG_INT("next", first->offset));
        return OK;
    }
    return mark_is_of(&input->mark, first) ? OK : other_record(engine, shard, first, error);
}
