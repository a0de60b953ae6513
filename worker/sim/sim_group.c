/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The group coordinator in memory: eager rebalances with the range assignor. A rebalance ends when
 * every member has joined it, and those that are not heard of any more have gone.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim_group.h"

static void begin_rebalance(struct sim_kafka *kafka)
{
    if (kafka->rebalancing) return;
    kafka->rebalancing = true;
    for (size_t i = 0; i < kafka->members_n; i++) kafka->members[i]->has_joined = false;
}

/* How many members come before this one; of two of one name the older one does. */
static int32_t rank_of(const struct sim_kafka *kafka, size_t index)
{
    int32_t rank = 0;
    for (size_t i = 0; i < kafka->members_n; i++) {
        int order = strcmp(kafka->members[i]->name, kafka->members[index]->name);
        if (!kafka->members[i]->is_gone && (order < 0 || (order == 0 && i < index))) rank++;
    }
    return rank;
}

static void assign(struct sim_kafka *kafka, int32_t members)
{
    int32_t each = kafka->options.partitions / members, more = kafka->options.partitions % members;
    for (size_t i = 0; i < kafka->members_n; i++) {
        struct sim_member *member = kafka->members[i];
        if (member->is_gone) continue;
        int32_t rank = rank_of(kafka, i);
        member->first = rank * each + (rank < more ? rank : more);
        member->n = each + (rank < more);
        member->generation = kafka->generation;
        member->has_news = true;
    }
}

static void end_rebalance(struct sim_kafka *kafka)
{
    int32_t members = 0;
    if (!kafka->rebalancing) return;
    for (size_t i = 0; i < kafka->members_n; i++) {
        if (kafka->members[i]->is_gone) continue;
        if (!kafka->members[i]->has_joined) return;
        members++;
    }
    kafka->rebalancing = false;
    kafka->generation++;
    if (members) assign(kafka, members);
}

/* The member's shards are another's at once, without a rebalance. */
static bool take_over(struct sim_kafka *kafka, struct sim_member *member)
{
    for (size_t i = 0; i < kafka->members_n; i++) {
        struct sim_member *old = kafka->members[i];
        if (old->is_gone || strcmp(old->name, member->name) != 0) continue;
        old->is_gone = old->is_fenced = true;
        if (kafka->rebalancing) return false;
        member->first = old->first;
        member->n = old->n;
        member->generation = old->generation;
        member->has_news = true;
        return true;
    }
    return false;
}

struct sim_member *sim_group_join(struct sim_kafka *kafka, const char *name, bool is_static)
{
    struct sim_member *member = calloc(1, sizeof *member);
    if (!member) abort();
    snprintf(member->name, sizeof member->name, "%s", name);
    member->seen_ms = kafka->options.clock->monotonic_ms;
    member->generation = -1;
    bool is_settled = is_static && take_over(kafka, member);
    if (kafka->members_n == kafka->members_cap) {
        kafka->members_cap = kafka->members_cap ? 2 * kafka->members_cap : 8;
        kafka->members = realloc(kafka->members, kafka->members_cap * sizeof(struct sim_member *));
        if (!kafka->members) abort();
    }
    kafka->members[kafka->members_n++] = member;
    if (is_settled) return member;
    begin_rebalance(kafka);
    member->has_joined = true;
    end_rebalance(kafka);
    return member;
}

void sim_group_leave(struct sim_kafka *kafka, struct sim_member *member)
{
    if (member->is_gone) return;
    member->is_gone = true;
    begin_rebalance(kafka);
    end_rebalance(kafka);
}

void sim_group_rejoin(struct sim_kafka *kafka, struct sim_member *member)
{
    assert(!member->is_gone && kafka->rebalancing);
    member->has_joined = true;
    member->has_news = false;
    end_rebalance(kafka);
}

void sim_group_serve(struct sim_kafka *kafka)
{
    int64_t now_ms = kafka->options.clock->monotonic_ms;
    for (size_t i = 0; i < kafka->members_n; i++) {
        struct sim_member *member = kafka->members[i];
        if (!member->is_gone && now_ms - member->seen_ms >= kafka->options.session_timeout_ms)
            sim_group_leave(kafka, member);
    }
}
