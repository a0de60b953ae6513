/* SPDX-License-Identifier: Apache-2.0 */
/* The rule by which a zone's changes go on behind its table: a POSIX TZ string (RFC 8536, part 3.3). */
#ifndef EPILOGUE_CONFIG_ZONE_RULE_H
#define EPILOGUE_CONFIG_ZONE_RULE_H

#include "core/zone.h"

/* A day of a year: `CET-1CEST,M3.5.0,M10.5.0/3`. */
struct zone_rule_day {
    enum { ZONE_DAY_OF_MONTH, ZONE_DAY_NO_LEAP, ZONE_DAY_OF_YEAR } form; /* M3.5.0, J60, 59 */
    unsigned month, week, weekday; /* 1-12, 1-5 (the last), 0 for Sunday */
    int64_t day;                   /* J: 1-365, else 0-365 */
    int64_t time;                  /* ms from midnight, -167 to 167 hours */
};

struct zone_rule {
    int64_t offset; /* ms east of UTC; the only one where not `has_summer` */
    bool has_summer;
    int64_t summer_offset;
    struct zone_rule_day summer_begins, summer_ends; /* by the clocks that end there */
};

/* False for what is no such string, and for one that has a summer time but does not say when. */
bool zone_rule_parse(struct str text, struct zone_rule *rule);
/* When summer time begins and ends in a year. */
ms_t zone_rule_summer_begins(const struct zone_rule *rule, int64_t year);
ms_t zone_rule_summer_ends(const struct zone_rule *rule, int64_t year);

#endif
