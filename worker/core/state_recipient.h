/* SPDX-License-Identifier: Apache-2.0 */
/* What is stored for a recipient of reminders: what waits for the next digest, and a header. */
#ifndef EPILOGUE_CORE_STATE_RECIPIENT_H
#define EPILOGUE_CORE_STATE_RECIPIENT_H

#include "policy.h"
#include "state_parts.h"

/* clang-format off */

/* One reminder, as its recipient's next digest has it: a copy, of the time of its sending. What it
 * is not about is absent: of a finding without a task, or of an incident. */
#define ITEM_MEMBERS(X) \
    X(WORD(reminder_kind), kind) \
    X(INTEGER, number) \
    X(TEXT, incident_id)         /* raw */ \
    X(TEXT, name)                /* of the task, as in `task` */ \
    X(INTEGER, occurrence) \
    X(TIME, due_for) \
    X(WORDS(role, 0), roles)     /* in which its recipient is told */ \
    X(LIST, delegated_from)      /* those who are away, for whom its recipient stands in */ \
    X(WORDS(reminder_kind, 0), covers) \
    X(INTEGER, coalesced) \
    X(TEXT, summary) \
    X(TEXT, title)               /* of the task, the finding or the incident */ \
    X(WORD(task_kind), task_kind) \
    X(WORD(priority), priority) \
    X(WORD(task_status), status) \
    X(OBJECT(owner), owner)      /* of the task or the finding */ \
    X(TIME, due_at) \
    X(OBJECT(tracker), tracker) \
    X(LABELS, labels)            /* of the task or the finding */ \
    X(TEXT, finding_id)          /* the rest of a finding */ \
    X(WORD(category), category) \
    X(WORD(severity), severity) \
    X(WORD(reported_status), reported) \
    X(WORD(level), level)        /* the rest of an incident: its open tasks by status */ \
    X(INTEGER, open) \
    X(INTEGER, in_progress) \
    X(INTEGER, blocked) \
    X(INTEGER, resolved) \
    X(INTEGER, overdue)          /* how many of them are */
struct digest_item { ITEM_MEMBERS(MEMBER) };

struct digest_item_list {
    struct digest_item *items;
    size_t n;
};

/* A record of items, and the entry that it becomes (R6.13). */
#define ITEMS_MEMBERS(X) \
    X(BOOLEAN, urgent)           /* none of them can wait; else all of them can */ \
    X(OBJECTS(digest_item_list, digest_item), items)
struct items { ITEMS_MEMBERS(MEMBER) };

/* The header of a recipient: small, and kept for ever, so that no number comes back. */
#define RECIPIENT_MEMBERS(X) \
    X(INTEGER, digests)          /* how many there were: the number of the last one */ \
    X(TIME, since)               /* of the first items that wait and could; TIME_NONE: none do */ \
    X(TIME, urgent_since)        /* of the first that could not */ \
    X(TIME, urgent_last)         /* when the last urgent digest was due */ \
    X(INTEGER, urgent_digests)   /* how many there were, none a day behind the one before */
struct recipient_state { RECIPIENT_MEMBERS(MEMBER) };

/* clang-format on */

#endif
