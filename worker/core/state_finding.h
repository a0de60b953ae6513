/* SPDX-License-Identifier: Apache-2.0 */
/* What is stored of a finding. */
#ifndef EPILOGUE_CORE_STATE_FINDING_H
#define EPILOGUE_CORE_STATE_FINDING_H

#include "state_cause.h"
#include "state_task.h"

/* clang-format off */

/* Why a finding that is said to be a duplicate does not count as one: its task is left as it is. */
#define DOUBTS(X) \
    X(DOUBT_UNCHECKED, "unchecked") /* the rest of the closure has to be known first */ \
    X(DOUBT_MOVED, "moved")         /* the same of one that counted, but names another now */ \
    X(DOUBT_UNKNOWN, "unknown")     /* it names no finding that is known */ \
    X(DOUBT_CIRCULAR, "circular")   /* the way from that one comes back, or has no end in sight */
NAMES_DECLARE(doubt, DOUBT_NONE, DOUBTS)

/* Which one it is. X(type, member). */
#define FINDING_IDENTITY(X) \
    X(TEXT, finding_id) /* raw; of one with an origin as state_finding_name makes it */ \
    X(OBJECT(origin), origin) \
    X(LIST, passed)     /* the incidents that it came through, the origin's first */ \
    X(OBJECT(order), order)

/* What its records say: each has its bit in finding_event.present, and a rule in decode_finding.c.
 * X(bit, type, member); a word that is none was not said. */
#define FINDING_SAID(X) \
    X(FINDING_CATEGORY, WORD(category), category) \
    X(FINDING_SEVERITY, WORD(severity), severity) \
    X(FINDING_TITLE, TEXT, title) \
    X(FINDING_DESCRIPTION, TEXT, description) \
    X(FINDING_STATUS, WORD(reported_status), status) /* none is open */ \
    X(FINDING_REASON, TEXT, reason) \
    X(FINDING_OWNER, OBJECT(owner), owner) \
    X(FINDING_GROUPS, LIST, groups) \
    X(FINDING_WORK, WORD(task_kind), work)           /* none: by routing */ \
    X(FINDING_SOP_CHANGE, BOOLEAN, sop_change) \
    X(FINDING_DUE_AT, TIME, due_at) \
    X(FINDING_SNOOZED_UNTIL, TIME, snoozed_until) \
    X(FINDING_TRACKER, OBJECT(tracker), tracker) \
    X(FINDING_ACTION_TYPE, WORD(action_type), action_type) \
    X(FINDING_REFERENCES, LIST, references) \
    X(FINDING_DUPLICATE_OF, TEXT, duplicate_of) \
    X(FINDING_ACCEPTED_UNTIL, TIME, accepted_until) \
    X(FINDING_ACCEPTED_BY, TEXT, accepted_by) \
    X(FINDING_LABELS, LABELS, labels) \
    X(FINDING_CAUSE_KEY, TEXT, cause_key)

#define TOLD_STATUS_MEMBERS(X) \
    X(WORD(reported_status), status) \
    X(TEXT, reason) \
    X(TEXT, by) /* who said it */
struct told_status { TOLD_STATUS_MEMBERS(MEMBER) };

struct told_status_list {
    struct told_status *items;
    size_t n;
};

/* The worker's own. X(type, member, its name in the state). */
#define FINDING_OWN(X) \
    X(BOOLEAN, is_inline, inline)           /* has come inside closures only */ \
    X(WORD(task_kind), kind, kind)          /* of the task it has now; none while held */ \
    X(WORD(doubt), doubt, doubt)            /* none while held */ \
    X(BOOLEAN, sop_task, sop_task)          /* an sop-update was made beside it */ \
    X(TEXT, status_by, status_by)           /* who said its status, or told of it first */ \
    X(OBJECTS(told_status_list, told_status), earlier, earlier) /* while held without a task: what it was told \
                                                before a status that may not count, the last of it last */ \
    X(WORD(reported_status), refused, refused) /* while held so: the last status was not taken; what it was */ \
    X(TIME, first_seen_at, first_seen_at)   /* or since when it is here, with a merged incident; \
                                               TIME_NONE: its incident was closed before it could \
                                               be an orphan */ \
    X(TIME, orphan_last, orphan_last)       /* the schedule of orphan-finding up to here is done \
                                               with; TIME_NONE: nothing yet */ \
    X(INTEGER, orphans, orphans)            /* how many were sent of it; of one that came with a merged \
                                               incident: of all of that incident, by this one */ \
    X(BOOLEAN, orphan_over, orphan_over)    /* none is to be sent any more */ \
    X(TEXT, moved_to, moved_to)             /* the incident that it went to from here; absent: it is \
                                               here */ \
    X(OBJECTS(task_list, task), carried, carried) /* its tasks as they were, while it is on its way or \
                                               held; where it began also while it is elsewhere */ \
    X(OBJECTS(warnings, warning), warnings, warnings) /* while held: they belong on the event that \
                                                         it will make */ \
    X(LIST, causes, causes)                 /* the keys under which it is known, as it has told last */ \
    X(TEXT, told, told)                     /* the hash of what it has told then */ \
    X(INTEGER, tellings, tellings)          /* how often it has told of itself, wherever it was */ \
    X(INTEGER, recurrences, recurrences)    /* `recurred` events so far */ \
    X(OBJECTS(seen_list, seen), seen_before, seen_before) /* of what those spoke, the last of it */ \
    X(INTEGER, recurrences_told, recurrences_told) /* of how many of them the response team was told */ \
    X(TIME, recurred_at, recurred_at)       /* since when the rest is to be told; TIME_NONE: there is \
                                               none */ \
    X(LIST, raised_by, raised_by)           /* the incidents in which its cause was seen again: each has \
                                               raised it by a step */

#define MEMBER_NAMED(type, member, name) MEMBER(type, member)
struct finding {
    FINDING_IDENTITY(MEMBER)
    FINDING_SAID(MEMBER_OF)
    FINDING_OWN(MEMBER_NAMED)
};

/* clang-format on */

/* What it is where its records do not say it. */
static inline enum category finding_category(const struct finding *finding)
{
    return finding->category ? finding->category : CATEGORY_UNCATEGORIZED;
}
static inline enum reported_status finding_status(const struct finding *finding)
{
    return finding->status ? finding->status : REPORTED_OPEN;
}

#endif
