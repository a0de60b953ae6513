/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Turns of the inputs. Of a record batch that is larger than fetch.message.max.bytes a broker gives the
 * whole if it comes first in an answer, and behind it no other such batch; and librdkafka 2.0.2, whose
 * queue is full after each answer, names the partitions in the same order each time. So the first
 * that is far behind would hold up all others that are. Therefore one that has given something and
 * has more is paused while others that have some give nothing, until each has had its turn.
 */
#include "common/clock.h"
#include "kafka_consumer_private.h"

#define TURN_MS 250
/* Of many that wait each has less than that: of one that gave nothing for 30 s the engine would say
 * that it is not fetched any more. */
#define ROUND_MS 15000
/* One that gives nothing though nobody is before it is not waited for so long: its broker is away, or
 * what it has belongs to a transaction that is open. */
#define PASSED_MS 20000

static const char *name_of(const struct kafka_consumer *c, int32_t input)
{
    return c->config->topics[input % INPUTS + 1].p;
}

/* As the last answer that named it told. */
static bool has_more(const struct kafka_consumer *c, int32_t input)
{
    int64_t low, high;
    rd_kafka_resp_err_t err =
        rd_kafka_get_watermark_offsets(c->rk, name_of(c, input), input / INPUTS, &low, &high);
    return !err && high > c->expected[input];
}

/* Those that have given something and have more, or all that are paused. */
static void let_pause(struct kafka_consumer *c, bool pause)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(c->partitions);
    for (int32_t i = 0; i < c->partitions * INPUTS; i++) {
        struct kafka_turn *turn = &c->turns[i];
        if (pause ? !turn->is_first : !turn->is_paused) continue;
        turn->is_paused = pause;
        rd_kafka_topic_partition_list_add(list, name_of(c, i), i / INPUTS);
    }
    if (list->cnt && pause) rd_kafka_pause_partitions(c->rk, list);
    if (list->cnt && !pause) rd_kafka_resume_partitions(c->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
}

static void end_turn(struct kafka_consumer *c, int64_t now_ms)
{
    int32_t n = c->partitions * INPUTS, given = 0, first = 0, waiting = 0, paused = 0;
    for (int32_t i = 0; i < n; i++) {
        given += c->turns[i].has_given;
        paused += c->turns[i].is_paused;
    }
    if (!given && !paused) return;
    for (int32_t i = 0; i < n; i++) {
        struct kafka_turn *turn = &c->turns[i];
        bool more = c->expected[i] != NOT_FETCHING && !turn->is_paused && has_more(c, i);
        turn->is_first = more && turn->has_given;
        turn->is_waiting = more && !turn->has_given && now_ms >= turn->passed_ms;
        first += turn->is_first;
        waiting += turn->is_waiting;
        if (turn->has_given) turn->passed_ms = 0;
        turn->has_given = false;
    }
    c->turns_left = waiting;
    if (first && waiting) {
        let_pause(c, true);
    } else if (paused) {
        for (int32_t i = 0; i < n; i++)
            if (c->turns[i].is_waiting) c->turns[i].passed_ms = now_ms + PASSED_MS;
        let_pause(c, false);
    }
}

void kafka_turns_serve(struct kafka_consumer *c)
{
    int64_t now_ms = clock_monotonic_ms();
    if (!c->turn_ends_ms) {
        int64_t turn_ms = ROUND_MS / (c->turns_left + 1);
        c->turn_ends_ms = now_ms + (turn_ms < TURN_MS ? turn_ms : TURN_MS);
    }
    if (now_ms < c->turn_ends_ms) return;
    end_turn(c, now_ms);
    c->turn_ends_ms = 0;
}
