/* SPDX-License-Identifier: Apache-2.0 */
/* How often a policy speaks to whom: the events of followup-reminders, counted by recipient and day
 * (R7.37). */
#ifndef EPILOGUE_CLI_SIMULATE_NOISE_H
#define EPILOGUE_CLI_SIMULATE_NOISE_H

#include "codec/record.h"
#include "common/arena.h"
#include "core/policy.h"

/* What is counted of a recipient: columns, members of --json, and what a budget can bound. */
#define NOISE_FIGURES(X)                                                                          \
    X(NOISE_TOTAL, "total")                                                                       \
    X(NOISE_MEDIAN, "median")     /* of the working days on which lines came; the upper of two */ \
    X(NOISE_WORST, "worst")       /* on one day */                                                \
    X(NOISE_NIGHTS, "nights")     /* outside of reminders.hours, on any day */                    \
    X(NOISE_WEEKENDS, "weekends") /* on days that are no working days, at any hour */
NAMES_DECLARE(noise_figure, noise_figure_none, NOISE_FIGURES)

/* A day of the calendar's zone on which somebody got something. */
struct simulate_noise_day {
    int64_t day; /* since 1970-01-01 */
    bool is_working;
    size_t events;
    size_t kinds[reminder_kind_end]; /* what they speak of: one, or each item of a digest */
};

struct simulate_noise_recipient {
    struct str name; /* as a digest has it (item_recipients) */
    unsigned roles;  /* bit (1 << role) of each in which it was addressed */
    size_t figures[noise_figure_end];
    size_t kinds[reminder_kind_end];
    struct simulate_noise_day *days; /* in the order of time */
    size_t days_n, days_cap;
    const struct simulate_noise_day *worst; /* the first of the worst; NULL before the end */
};

/* One run. Zero but for the arena, in which everything lives. */
struct simulate_noise {
    struct arena *arena;
    struct simulate_noise_recipient **items; /* by name, each once */
    size_t n, cap;
    size_t events;
    int64_t last_day;    /* of the lines */
    size_t working_days; /* up to it from the first one's */
    bool has_begun;
};

/* A line comes in at `at`: the working days up to it are counted by this policy's calendar. */
void simulate_noise_line(struct simulate_noise *noise, const struct policy *policy, ms_t at);
/* Counts an event that goes out at `now` by the policy that rules then; nothing of other topics. The
 * arena is for scratch. */
void simulate_noise_count(struct simulate_noise *noise, struct arena *scratch,
                          const struct policy *policy, const struct message *message, ms_t now);
/* Nothing comes any more: sets what follows from all days. */
void simulate_noise_end(struct simulate_noise *noise);
/* NULL: it got nothing. */
const struct simulate_noise_recipient *simulate_noise_find(const struct simulate_noise *noise,
                                                           struct str name);

#endif
