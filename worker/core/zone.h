/* SPDX-License-Identifier: Apache-2.0 */
/* A time zone as a table of its changes: what its clocks show, and when they show it. */
#ifndef EPILOGUE_CORE_ZONE_H
#define EPILOGUE_CORE_ZONE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/timestamp.h"

/* No zone is farther from UTC (RFC 8536, part 3.2). */
#define ZONE_OFFSET_MAX (26 * HOUR_MS)
/* After 400 years all dates come again on the same days of the week. */
#define ZONE_CYCLE (INT64_C(146097) * DAY_MS)

/* From `at` on the clocks show UTC plus `offset` (ms). */
struct zone_change {
    ms_t at;
    int64_t offset;
};

/* All zero: UTC. */
struct zone {
    struct str name;
    int64_t offset;                    /* before the first change */
    const struct zone_change *changes; /* ascending */
    size_t changes_n;
    /* The changes of the ZONE_CYCLE from here on come again for ever; `changes` reaches two days
     * behind it at least. Where not `is_endless` the last change is the last. */
    bool is_endless;
    ms_t cycle_from;
};

/* What the zone's clocks show at `t`, as if they were UTC's. */
ms_t zone_local(const struct zone *zone, ms_t t);
/*
 * The first moment at which the zone's clocks show `local`, or what comes behind it (R4.150): of a time
 * that they show twice the first; of one that they skip, the moment of the change. Never falls when
 * `local` rises.
 */
ms_t zone_utc(const struct zone *zone, ms_t local);

#endif
