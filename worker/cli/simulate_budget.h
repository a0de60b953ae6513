/* SPDX-License-Identifier: Apache-2.0 */
/* How much somebody may get, and who gets more (R7.38). */
#ifndef EPILOGUE_CLI_SIMULATE_BUDGET_H
#define EPILOGUE_CLI_SIMULATE_BUDGET_H

#include "common/error.h"
#include "simulate_noise.h"

#define BUDGET_NO_LIMIT INT64_MAX

struct simulate_budget_limits {
    int64_t of[noise_figure_end]; /* the most that is allowed; BUDGET_NO_LIMIT */
};

struct simulate_budget {
    struct simulate_budget_entry {
        struct str name; /* a recipient's, a role's, "default" */
        struct simulate_budget_limits limits;
    } * entries;
    size_t n;
};

/* "10/day", or a file; all of it lives in the arena. FATAL, of usage, names what is wrong. */
enum result simulate_budget_read(struct arena *arena, const char *text,
                                 struct simulate_budget *budget, struct error *error);
/* What a recipient may get. Of each figure its own entry says so, else those of all its roles, of which
 * the least counts, else the default's. */
struct simulate_budget_limits simulate_budget_of(const struct simulate_budget *budget,
                                                 const struct simulate_noise_recipient *recipient);
/* The figures that exceed it, as bits (1 << figure). */
unsigned simulate_budget_exceeded(const struct simulate_budget_limits *limits,
                                  const struct simulate_noise_recipient *recipient);

#endif
