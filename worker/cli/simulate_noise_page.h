/* SPDX-License-Identifier: Apache-2.0 */
/* What is printed of counted noise: a table or lines of JSON, and who gets more than a budget. */
#ifndef EPILOGUE_CLI_SIMULATE_NOISE_PAGE_H
#define EPILOGUE_CLI_SIMULATE_NOISE_PAGE_H

#include "common/buf.h"
#include "simulate_budget.h"
#include "simulate_diff.h"

/* One run, or an old and a new one to compare; the last one is what a budget is held against. */
struct simulate_noise_page {
    struct arena *arena;
    struct buf *out;
    const struct simulate_noise *sides; /* by simulate_diff_side; ended */
    size_t sides_n;
    const struct simulate_budget *budget; /* NULL: none */
};

/* How many recipients the last side has, and how many of them get more than their budget. */
struct simulate_noise_sum {
    size_t recipients, over;
};

/* For a person: a line each, most on one day first; then each who is over the budget, on which days
 * and from which rules. */
struct simulate_noise_sum simulate_noise_page_table(const struct simulate_noise_page *page);
/* The same as JSON Lines, with all days. */
struct simulate_noise_sum simulate_noise_page_json(const struct simulate_noise_page *page);

#endif
