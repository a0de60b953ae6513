/* SPDX-License-Identifier: Apache-2.0 */
/* Policies that owe something. */
#ifndef EPILOGUE_TESTS_OWE_SUPPORT_H
#define EPILOGUE_TESTS_OWE_SUPPORT_H

#include "core_support.h"

static inline struct obligation duty(const char *id, enum obligation_start from, int64_t within)
{
    return (struct obligation){.id = str_of(id),
                               .title = STR("Notice"),
                               .party = STR("Authority"),
                               .party_kind = PARTY_REGULATOR,
                               .time = {.from = from, .within = hours(within)}};
}

static inline void owe(struct world *w, const struct obligation *all, size_t n)
{
    w->policy.obligations = arena_copy(w->arena, all, n * sizeof *all);
    w->policy.obligations_n = n;
}

#endif
