/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Turns of the inputs. Of a record batch that is larger than fetch.message.max.bytes a broker gives the
 * whole if it comes first in an answer, and behind it no other such batch; and librdkafka 2.0.2, whose
 * queue is full after each answer, names the partitions in the same order each time. So the first
 * that is far behind would hold up all others that are.
 *
 * Therefore a round begins when one has given much and has more while others have stood for a whole
 * turn though there is more of them: who has had its turn is paused until those others have had theirs.
 * That there is more the high watermark told, which counts what open transactions have written: so
 * before a round the brokers are asked whether anything can come of them.
 */
#include "common/clock.h"
#include "kafka_consumer_private.h"

#define MUCH_BYTES 262144 /* fetch.message.max.bytes of the member: smaller batches come together */
#define TURN_MAX_MS 250
#define TURN_MIN_MS 20
/* Half of it are turns. Of an input that has given nothing for 30 s the engine says that it is not
 * fetched any more. */
#define ROUND_MS 20000
#define PATIENCE_MS 5000 /* with those that give nothing though nobody is before them */
#define PASSED_MS 20000  /* they, and those of which nothing can come, do not wait for so long */
#define ASK_MS 500
#define POLL_MAX_MS 20

static const char *name_of(const struct kafka_consumer *c, int32_t input)
{
    return c->config->topics[input % INPUTS + 1].p;
}

static int64_t high_of(const struct kafka_consumer *c, int32_t input)
{
    int64_t low, high;
    rd_kafka_resp_err_t err =
        rd_kafka_get_watermark_offsets(c->rk, name_of(c, input), input / INPUTS, &low, &high);
    return err ? RD_KAFKA_OFFSET_INVALID : high;
}

/* As the last answer told that named it. What lies behind an end belongs to open transactions. */
static bool has_more(const struct kafka_consumer *c, int32_t input)
{
    const struct kafka_turn *turn = &c->turns.inputs[input];
    int64_t high = high_of(c, input), at = c->expected[input];
    return high > at && !(turn->end == at && turn->end_high == high);
}

void kafka_turns_note(struct kafka_consumer *c, int topic, const rd_kafka_message_t *m)
{
    struct kafka_turn *turn = turn_of(c, topic, m->partition);
    if (m->err) {
        turn->end = m->offset;
        turn->end_high = high_of(c, (int32_t)(turn - c->turns.inputs));
    } else {
        turn->has_given = c->turns.has_given = true;
        turn->bytes += m->len;
    }
}

static void pause_first(struct kafka_consumer *c)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(c->partitions);
    for (int32_t i = 0; i < c->partitions * INPUTS; i++) {
        struct kafka_turn *turn = &c->turns.inputs[i];
        if (!turn->is_first) continue;
        turn->is_first = false;
        turn->is_paused = true;
        turn->bytes = 0;
        rd_kafka_topic_partition_list_add(list, name_of(c, i), i / INPUTS);
    }
    rd_kafka_pause_partitions(c->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
}

/* Sought as well: the pause has dropped what stood in the queue, be it that the position is gone. */
static void resume_paused(struct kafka_consumer *c)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(c->partitions);
    for (int32_t i = 0; i < c->partitions * INPUTS; i++)
        if (c->turns.inputs[i].is_paused)
            rd_kafka_topic_partition_list_add(list, name_of(c, i), i / INPUTS)->offset =
                c->expected[i];
    if (!list->cnt || kafka_shard_go_on(c, list) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        for (int32_t i = 0; i < c->partitions * INPUTS; i++) c->turns.inputs[i].is_paused = false;
        c->turns.is_round = false;
        c->wake.has_come = true; /* nothing may be under way that would bring what comes next */
    }
    rd_kafka_topic_partition_list_destroy(list);
}

/* What an input has done in the turn that ends. */
struct turn_end {
    int32_t first, waiting;
    bool has_moved; /* one of those that waited has given something */
};

static void look_at(struct kafka_consumer *c, int32_t input, int64_t now_ms, struct turn_end *end)
{
    struct kafka_turn *turn = &c->turns.inputs[input];
    int64_t at = c->expected[input];
    if (at == NOT_FETCHING || turn->is_paused) return;
    bool more = has_more(c, input), has_stood = turn->had_more && turn->at == at;
    end->has_moved |= turn->is_waiting && turn->has_given;
    if (turn->has_given) turn->passed_ms = 0;
    if (!more) turn->bytes = 0;
    turn->is_first = more && turn->has_given && turn->bytes >= MUCH_BYTES;
    bool may_wait = c->turns.is_round ? turn->is_waiting : has_stood && now_ms >= turn->passed_ms;
    turn->is_waiting = may_wait && more && !turn->has_given;
    turn->has_given = false;
    turn->had_more = more;
    turn->at = at;
    end->first += turn->is_first;
    end->waiting += turn->is_waiting;
}

static void pass(struct kafka_turn *turn, int64_t now_ms)
{
    turn->is_waiting = false;
    turn->passed_ms = now_ms + PASSED_MS;
}

/* How many of those that wait can give something, by their last stable offsets; the others are passed.
 * Where one has no leader the library answers for none, so all may. */
static int32_t confirm_waiting(struct kafka_consumer *c, int64_t now_ms)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(c->partitions);
    for (int32_t i = 0; i < c->partitions * INPUTS; i++)
        if (c->turns.inputs[i].is_waiting)
            rd_kafka_topic_partition_list_add(list, name_of(c, i), i / INPUTS)->offset =
                RD_KAFKA_OFFSET_END;
    rd_kafka_resp_err_t err = rd_kafka_offsets_for_times(c->rk, list, ASK_MS);
    int32_t n = list->cnt;
    for (int i = 0; i < list->cnt && !err; i++) {
        const rd_kafka_topic_partition_t *stable = &list->elems[i];
        int topic = topic_of_name(c, stable->topic);
        if (!stable->err && stable->offset > *expected_of(c, topic, stable->partition)) continue;
        pass(turn_of(c, topic, stable->partition), now_ms);
        n--;
    }
    rd_kafka_topic_partition_list_destroy(list);
    return n;
}

static void begin_round(struct kafka_turns *turns, int32_t waiting, int64_t now_ms)
{
    turns->is_round = true;
    turns->turn_ms = ROUND_MS / 2 / waiting;
    if (turns->turn_ms > TURN_MAX_MS) turns->turn_ms = TURN_MAX_MS;
    if (turns->turn_ms < TURN_MIN_MS) turns->turn_ms = TURN_MIN_MS;
    turns->moved_ms = now_ms;
    turns->round_ends_ms = now_ms + ROUND_MS;
}

static void end_turn(struct kafka_consumer *c, int64_t now_ms)
{
    struct kafka_turns *turns = &c->turns;
    struct turn_end end = {0};
    for (int32_t i = 0; i < c->partitions * INPUTS; i++) look_at(c, i, now_ms, &end);
    if (!turns->is_round) {
        int32_t waiting = end.first && end.waiting ? confirm_waiting(c, now_ms) : 0;
        if (!waiting) return;
        begin_round(turns, waiting, now_ms);
    }
    if (end.has_moved) turns->moved_ms = now_ms;
    bool in_vain = now_ms - turns->moved_ms >= PATIENCE_MS;
    for (int32_t i = 0; i < c->partitions * INPUTS && in_vain; i++)
        if (turns->inputs[i].is_waiting) pass(&turns->inputs[i], now_ms);
    if (!end.waiting || in_vain || now_ms >= turns->round_ends_ms)
        resume_paused(c);
    else if (end.first)
        pause_first(c);
}

void kafka_turns_serve(struct kafka_consumer *c)
{
    struct kafka_turns *turns = &c->turns;
    int64_t now_ms = clock_monotonic_ms();
    if (!turns->is_round && !turns->has_given) return;
    if (!turns->ends_ms) turns->ends_ms = now_ms + (turns->is_round ? turns->turn_ms : TURN_MAX_MS);
    if (now_ms < turns->ends_ms) return;
    turns->has_given = false;
    end_turn(c, now_ms);
    turns->ends_ms = 0;
}

int kafka_turns_wait_ms(const struct kafka_consumer *c, int timeout_ms)
{
    return c->turns.is_round && timeout_ms > POLL_MAX_MS ? POLL_MAX_MS : timeout_ms;
}
