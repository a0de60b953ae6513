/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From UTC to what the clocks of a zone show, and back, by the table of the zone's changes. The table
 * is made by config/zone_file.c; a rule that goes on for ever is in it for 400 years.
 */
#include "zone.h"

/* Between two changes: from `from` on, until `to`, the clocks show UTC plus `offset`. */
struct span {
    ms_t from, to;
    int64_t offset;
};

/* Before and behind all times. */
#define FAR (INT64_MAX / 2)

/* The i-th span; 0 is the one before the first change. */
static struct span span_of(const struct zone *zone, size_t i)
{
    return (struct span){
        .from = i ? zone->changes[i - 1].at : -FAR,
        .to = i < zone->changes_n ? zone->changes[i].at : FAR,
        .offset = i ? zone->changes[i - 1].offset : zone->offset,
    };
}

/* The span that `t` lies in. */
static size_t find(const struct zone *zone, ms_t t)
{
    size_t low = 0, high = zone->changes_n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (zone->changes[middle].at <= t)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* By how much `t` lies behind the time in the table at which all is as at `t`. */
static int64_t beyond(const struct zone *zone, ms_t t)
{
    if (!zone->is_endless || t < zone->cycle_from) return 0;
    return (t - zone->cycle_from) / ZONE_CYCLE * ZONE_CYCLE;
}

ms_t zone_local(const struct zone *zone, ms_t t)
{
    return t + span_of(zone, find(zone, t - beyond(zone, t))).offset;
}

ms_t zone_utc(const struct zone *zone, ms_t local)
{
    /* No span before this one ends behind `local`. */
    ms_t earliest = local - ZONE_OFFSET_MAX;
    int64_t shift = beyond(zone, earliest);
    size_t i = find(zone, earliest - shift);
    struct span span = span_of(zone, i);
    while (span.to + span.offset <= local - shift) span = span_of(zone, ++i);
    ms_t at = local - shift - span.offset;
    return (at < span.from ? span.from : at) + shift;
}
