/* SPDX-License-Identifier: Apache-2.0 */
/* What is stored of a cause of findings: who has it. */
#ifndef EPILOGUE_CORE_STATE_CAUSE_H
#define EPILOGUE_CORE_STATE_CAUSE_H

#include "policy.h"
#include "state_parts.h"

/* clang-format off */

/* A finding that has a cause, as others know it: as it was told last. */
#define SEEN_MEMBERS(X) \
    X(TEXT, incident_id)      /* where it is; raw */ \
    X(OBJECT(origin), origin) /* the pair that it is everywhere */ \
    X(TEXT, name)             /* of its task; absent: it does not count (any more) */ \
    X(TEXT, title)            /* this and the rest: of the task */ \
    X(WORD(priority), priority) \
    X(WORD(task_status), status) \
    X(WORD(resolution), resolution) \
    X(OBJECT(owner), owner) \
    X(TIME, due_at) \
    X(TIME, closed_at) \
    X(TIME, snoozed_until) \
    X(TIME, since)            /* when it was made, or opened again last */ \
    X(INTEGER, tellings)      /* how often it had told of itself by then */ \
    X(BOOLEAN, is_known)      /* its incident is one of those of which it was said that it came back */
struct seen { SEEN_MEMBERS(MEMBER) };

struct seen_list {
    struct seen *items;
    size_t n;
};

/* What a finding tells of itself to what knows who has its cause. */
#define TELLINGS(X) \
    X(TELLING_NEW, "new")         /* it has this cause from now on */ \
    X(TELLING_CHANGED, "changed") /* what was told of it is not so any more */ \
    X(TELLING_GONE, "gone")       /* it has not, or does not count */ \
    X(TELLING_FORGOTTEN, "forgotten") /* nothing is stored of it any more */
NAMES_DECLARE(telling, TELLING_NONE, TELLINGS)

/* Who has a cause. Bounded, whoever has it: what was told of longest ago goes. */
#define CAUSE_MEMBERS(X) \
    X(TEXT, key)                 /* as it was told last */ \
    X(INTEGER, incidents)        /* how many have had it, since the entry is there */ \
    X(OBJECTS(seen_list, seen), findings) /* in the order in which they came */
struct cause_state { CAUSE_MEMBERS(MEMBER) };

/* clang-format on */

/* Whether its task is overdue, as far as it was told. */
static inline bool seen_is_overdue(const struct seen *seen, ms_t now)
{
    return seen->status < STATUS_RESOLVED && seen->snoozed_until == TIME_NONE &&
           seen->due_at <= now;
}

/* The place of the finding of this origin; list->n: it is none of them. */
static inline size_t seen_find(const struct seen_list *list, const struct origin *origin)
{
    size_t i = 0;
    while (i < list->n && !(str_eq(list->items[i].origin.incident_id, origin->incident_id) &&
                            str_eq(list->items[i].origin.finding_id, origin->finding_id)))
        i++;
    return i;
}

#endif
