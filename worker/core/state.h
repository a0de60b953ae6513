/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state of the workflow: for each incident a header, a closure (what only the report needs),
 * its findings and its tasks, each an entry under its own key. For each recipient of reminders a
 * header, too, and what waits for the next digest; for each cause of findings who has it. A state table holds the entries that one batch
 * has loaded or made, so that its events see each other's changes.
 *
 * What is loaded and stored is a holder (R6.1): a finding with its tasks, which are its parts; each
 * other entry is a holder by itself.
 */
#ifndef EPILOGUE_CORE_STATE_H
#define EPILOGUE_CORE_STATE_H

#include "common/arena.h"
#include "policy.h"

/* clang-format off */

/* What decides which of two records is the later one (R3.23). */
#define ORDER_MEMBERS(X) \
    X(REVISION, revision) \
    X(TIME, time) \
    X(LIST, taken) /* hashes of what was taken at that very time (R3.59); of a record its own */
struct order { ORDER_MEMBERS(MEMBER) };

#define TRACKER_MEMBERS(X) X(TEXT, system) X(TEXT, key) X(TEXT, url)
struct tracker { TRACKER_MEMBERS(MEMBER) };

#define WARNING_MEMBERS(X) X(TEXT, member) X(TEXT, value) X(TEXT, taken_as)
struct warning { WARNING_MEMBERS(MEMBER) };

struct warnings {
    struct warning *items;
    size_t n;
};

#define COUNTS_MEMBERS(X) X(INTEGER, open) X(INTEGER, closed) X(INTEGER, met) X(INTEGER, met_late) \
    X(INTEGER, waived)
struct counts { COUNTS_MEMBERS(MEMBER) };

/* ---- the incident ---- */

/* What is left of the tasks that retention has deleted, by the month in which they were made. */
#define FORGOTTEN_MONTH_MEMBERS(X) \
    X(TEXT, month)         /* "2026-11", in the calendar of the policy */ \
    X(INTEGER, created)    \
    X(INTEGER, done)       \
    X(INTEGER, in_time)    /* of them */ \
    X(INTEGER, waived)     \
    X(INTEGER, reopened)   /* how often */ \
    X(INTEGER, postponed)  /* how often */ \
    X(INTEGER, recurrences) /* how often */
struct forgotten_month { FORGOTTEN_MONTH_MEMBERS(MEMBER) };

#define FORGOTTEN_MONTHS_MAX 36 /* of one incident: what is older is counted in the oldest of them */
struct forgotten {
    struct forgotten_month *items; /* ascending */
    size_t n;
};

#define PHASES(X) \
    X(PHASE_OPEN, "open")           /* follow-up under way */ \
    X(PHASE_COMPLETED, "completed") /* every task closed */
NAMES_DECLARE(phase, PHASE_WAITING /* no closure yet */, PHASES)

/* What is done of an event that concerns more entries than one transaction holds, in the order of
 * stages.c and review.c. */
#define STAGES(X) \
    X(STAGE_DUTIES, "duties")   /* duties of merged incidents get their tasks, or go on */ \
    X(STAGE_PARTIES, "parties") /* the tasks of the closure's parties, and the policy's duties */ \
    X(STAGE_HAND_ON, "hand-on") /* the incident's own duties go on with its merge */ \
    X(STAGE_UPDATE, "update")   /* the new severity or owner goes to the incident's own tasks */ \
    X(STAGE_RATE, "rate")       /* the new level or severity goes to the tasks of findings */ \
    X(STAGE_TAKE, "take")       /* the findings inside the closure */ \
    X(STAGE_RELEASE, "release") /* findings that were held get their tasks */ \
    X(STAGE_DOUBTS, "doubts")   /* duplicates, now that all findings of the closure are known */ \
    X(STAGE_RETURN, "return")   /* duties of merged incidents once more, then */ \
    X(STAGE_MOVE, "move")       /* findings go on with a merge, or home */ \
    X(STAGE_AWAIT, "await")     /* who was merged into what is not closed, and is no more, is forgotten */ \
    X(STAGE_FOLLOW, "follow")   /* then those that are duplicates of others */ \
    X(STAGE_CLOSE, "close")     /* the tasks of an incident that is put aside */ \
    X(STAGE_HOLD, "hold")       /* and its findings */ \
    X(STAGE_RETIRE, "retire")   /* the past is deleted */ \
    X(STAGE_AGAIN, "again")     /* duplicates once more, by a tick: a finding has come that may be \
                                   the other */
NAMES_DECLARE(stage, STAGE_NONE, STAGES)

/* What a closure has changed, as far as its later stages have to know. */
#define CLOSURE_CHANGES(X) \
    X(CHANGE_BACK, "back")         /* it was put aside and is to be followed up again */ \
    X(CHANGE_SEVERITY, "severity") /* of the incident */ \
    X(CHANGE_OWNER, "owner")       /* of the incident */ \
    X(CHANGE_RAISED, "raised")     /* light has become full */ \
    X(CHANGE_LABELS, "labels")     /* of the incident */ \
    X(CHANGE_FLAGS, "flags")       /* of the incident, as conditions ask for them */ \
    X(CHANGE_SUBMITTED, "submitted") /* it brings submissions that were not told of before */ \
    X(CHANGE_PARTIES, "parties") /* some of its parties are open again */ \
    X(CHANGE_FACTS, "facts")       /* of what it brings to the incident that it is merged into */ \
    X(CHANGE_EVALUATION, "evaluation") /* it answers otherwise about the response */
NAMES_DECLARE_BITS(change, CLOSURE_CHANGES)

/* How far an event was decided that takes several transactions (DECIDE_MORE in decide.h). */
#define CURSOR_MEMBERS(X) \
    X(WORD(stage), stage)       /* STAGE_NONE: there is no such event */ \
    X(WORD(topic), topic)       /* the record, as in its cause; topic_none for STAGE_RETIRE */ \
    X(INTEGER, partition) \
    X(INTEGER, offset) \
    X(BOOLEAN, ticks)           /* the record does not come again: ticks go on with it */ \
    X(TEXT, event_id)           /* of the record, where ticks go on */ \
    X(INTEGER, done)            /* parties or findings of the closure, in this stage */ \
    X(TEXT, key)                /* the last entry that is */ \
    X(TIME, at)                 /* the time of the record, as it counted when it was begun */ \
    X(TIME, latest)             /* the time of the last event that it made */ \
    X(WORDS(change, 1), changes)
struct cursor { CURSOR_MEMBERS(MEMBER) };

/* A merge that is no more: of the one incident into the other. */
#define EDGE_MEMBERS(X) X(TEXT, from) X(TEXT, into)
struct edge { EDGE_MEMBERS(MEMBER) };

struct edge_list {
    struct edge *items;
    size_t n;
};

/* The header of an incident: small, because every event of the incident loads and writes it.
 * SAID(bit, type, member) is what a closure says, by its bit in closure_event.present (event.h);
 * OWN(type, member) is the worker's own, or has a rule of its own. */
#define INCIDENT_MEMBERS(SAID, OWN) \
    OWN(TEXT, incident_id)  /* raw */ \
    OWN(OBJECT(order), order) \
    SAID(CLOSURE_TITLE, TEXT, title) \
    SAID(CLOSURE_SEVERITY, WORD(severity), severity) \
    SAID(CLOSURE_DISPOSITION, WORD(disposition), disposition) \
    SAID(CLOSURE_CUSTOMER_IMPACTING, TRISTATE, customer_impacting) \
    SAID(CLOSURE_DATA_BREACH, TRISTATE, data_breach) \
    SAID(CLOSURE_POSTMORTEM, WORD(level), postmortem) /* what the closure asks for */ \
    SAID(CLOSURE_STARTED_AT, TIME, started_at) \
    SAID(CLOSURE_DETECTED_AT, TIME, detected_at) \
    SAID(CLOSURE_KNOWN_AT, TIME, known_at) /* to be reportable */ \
    SAID(CLOSURE_CONTAINED_AT, TIME, contained_at) \
    OWN(TIME, closed_at)    /* every closure has it */ \
    SAID(CLOSURE_OWNER, OBJECT(owner), owner) \
    SAID(CLOSURE_LABELS, LABELS, labels) \
    OWN(TEXT, merged_into)   /* what a closure says, if it is a merge (closure_header.c) */ \
    OWN(TEXT, merge_void)   /* what it was to be merged into, but that would close a circle */ \
    OWN(LIST, circle)       /* its members, from this one on; of a merge that is to be made void, \
                                  until what is under way is done, without merge_void */ \
    OWN(WORD(severity), merged_severity) /* the highest of incidents that were merged into it, as are \
                                            the next two: what counts is this or its own */ \
    OWN(TRISTATE, merged_customer_impacting) \
    OWN(TRISTATE, merged_data_breach) \
    OWN(BOOLEAN, merged_full) /* one of them has, or had, a full postmortem */ \
    OWN(WORDS(change, 1), brought) /* what such a merge has changed, until it is done about */ \
    OWN(BOOLEAN, circle_is_open) /* it is no more: the merge that was void is to be made */ \
    OWN(OBJECTS(edge_list, edge), gone) /* findings that came by these merges are to go home */ \
    OWN(INTEGER, duties)    /* that have left it, or come from merged incidents, so far */ \
    OWN(LIST, forgotten_by) /* the incidents that have said so, until all is done about it */ \
    OWN(TEXT, forgotten_told) /* the last incident whose it was and that was told of it */ \
    OWN(BOOLEAN, is_forgotten) /* those that it has sent on were deleted where they were: they go on \
                                  from what this incident has */ \
    OWN(WORD(phase), phase) \
    OWN(WORD(level), level) /* none while waiting */ \
    OWN(LIST, because)      /* what asks, or asked, for a full postmortem */ \
    OWN(INTEGER, occurrence) /* of `opened`; 0 while waiting */ \
    OWN(INTEGER, updates)   /* `updated` events so far */ \
    OWN(OBJECT(counts), counts) \
    OWN(INTEGER, findings)  /* ever seen */ \
    OWN(INTEGER, doubts)    /* of them those with a doubt */ \
    OWN(WORDS(task_kind, 0), made) /* incident-level tasks that were ever made */ \
    OWN(BOOLEAN, review_open) /* the stakeholder review is there, and not closed */ \
    OWN(TIME, opened_at)    /* of this occurrence, as is the next */ \
    OWN(TIME, completed_at) \
    OWN(INTEGER, accepted)  /* tasks that are closed as a risk accepted for a time */ \
    OWN(TIME, accepted_last) /* when it was last said of one that it is not any more */ \
    OWN(TIME, review_last)  /* the last scheduled review, or when the first clock began */ \
    OWN(INTEGER, reviews)   /* review-due reminders in this occurrence */ \
    OWN(BOOLEAN, missing_findings_sent) \
    OWN(INTEGER, orphans)   /* orphan-finding reminders so far */ \
    OWN(INTEGER, recurred)  /* `recurred` reminders so far */ \
    OWN(TIME, awaited_since) /* while not closed: some incident that is yet to be reminded of was \
                                  merged into it then; TIME_NONE: none was */ \
    OWN(INTEGER, retired)   /* > 0: the past was deleted after this occurrence; the ids of later \
                                  tasks end in ~<occurrence> */ \
    OWN(OBJECTS(forgotten, forgotten_month), forgotten) \
    OWN(TIME, kept_since)   /* after its past was deleted something was stored again, at this time */ \
    OWN(OBJECT(cursor), cursor)
struct incident { INCIDENT_MEMBERS(MEMBER_OF, MEMBER) };

/* ---- its closure ---- */

#define TIMELINE_ENTRY_MEMBERS(X) \
    X(TIME, at) \
    X(TEXT, at_text) /* as it came, where it was a partial date */ \
    X(TEXT, actor) \
    X(TEXT, action)
struct timeline_entry { TIMELINE_ENTRY_MEMBERS(MEMBER) };

struct timeline {
    struct timeline_entry *items;
    size_t n;
};

#define EVIDENCE_MEMBERS(X) X(TEXT, ref) X(TEXT, note)
struct evidence { EVIDENCE_MEMBERS(MEMBER) };

struct evidence_list {
    struct evidence *items;
    size_t n;
};

/* What is said of the response; tristate_none is not answered. */
#define EVALUATION_MEMBERS(X) X(TRISTATE, sufficient) X(TRISTATE, complete) X(TEXT, note)
struct evaluation { EVALUATION_MEMBERS(MEMBER) };

#define COORDINATION_MEMBERS(X) \
    X(TEXT, party)      /* trimmed */ \
    X(TEXT, key)        /* the same, however it is written */ \
    X(WORD(party_kind), party_kind) \
    X(TEXT, reference) \
    X(TEXT, status)     /* as it came; "closed" in any case closes the task */ \
    X(BOOLEAN, closed) \
    X(BOOLEAN, again)   /* it is not, and in the closure before it was, or was not named */
struct coordination { COORDINATION_MEMBERS(MEMBER) };

struct coordination_list {
    struct coordination *items;
    size_t n;
};

/* What was submitted to a party before the incident was closed. */
#define SUBMISSION_MEMBERS(X) \
    X(TEXT, id)         /* of the obligation */ \
    X(TIME, submitted_at) \
    X(OBJECTS(evidence_list, evidence), evidence)
struct submission { SUBMISSION_MEMBERS(MEMBER) };

struct submission_list {
    struct submission *items;
    size_t n;
};

/* The parts of the closure that only the report and a later closure need. Rows as those of the
 * incident; the texts of times are partial dates as they came. */
#define CLOSURE_MEMBERS(SAID) \
    SAID(CLOSURE_SUMMARY, TEXT, summary) \
    SAID(CLOSURE_STARTED_AT, TEXT, started_at_text) \
    SAID(CLOSURE_DETECTED_AT, TEXT, detected_at_text) \
    SAID(CLOSURE_KNOWN_AT, TEXT, known_at_text) \
    SAID(CLOSURE_CONTAINED_AT, TEXT, contained_at_text) \
    SAID(CLOSURE_TIMELINE, OBJECTS(timeline, timeline_entry), timeline) \
    SAID(CLOSURE_TECHNICAL_SUMMARY, OBJECTS(evidence_list, evidence), evidence) \
    SAID(CLOSURE_TECHNICAL_SUMMARY, LIST, actors) \
    SAID(CLOSURE_TECHNICAL_SUMMARY, TEXT, response) \
    SAID(CLOSURE_TECHNICAL_SUMMARY, LIST, takeaways) \
    SAID(CLOSURE_RESPONSE_EVALUATION, TRISTATE, sufficient) \
    SAID(CLOSURE_RESPONSE_EVALUATION, TRISTATE, complete) \
    SAID(CLOSURE_RESPONSE_EVALUATION, TEXT, evaluation_note) \
    SAID(CLOSURE_COORDINATION, OBJECTS(coordination_list, coordination), coordination) \
    SAID(CLOSURE_OBLIGATIONS, OBJECTS(submission_list, submission), obligations) \
    SAID(CLOSURE_REFERENCES, LIST, references)
struct closure { CLOSURE_MEMBERS(MEMBER_OF) };

/* What incidents that were merged into it have brought beside (merged_lists.c). */
#define MERGED_MEMBERS(X) \
    X(LABELS, labels) \
    X(OBJECTS(timeline, timeline_entry), timeline) \
    X(OBJECTS(evidence_list, evidence), evidence) \
    X(LIST, takeaways) \
    X(TEXT, response)  /* of the one that came first with any */
struct merged_lists { MERGED_MEMBERS(MEMBER) };

/* An incident that was merged into this one, while nobody has closed this one. */
#define WAITING_MEMBERS(X) \
    X(TEXT, incident_id) /* raw */ \
    X(LIST, passed)      /* the incidents that its merge came through, itself first */ \
    X(TIME, since) \
    X(BOOLEAN, told)     /* the response team was reminded of it */
struct waiting { WAITING_MEMBERS(MEMBER) };

/* ---- a finding ---- */

/* Where a finding began that came with a merged incident; absent: in this one. */
#define ORIGIN_MEMBERS(X) X(TEXT, incident_id) X(TEXT, finding_id)
struct origin { ORIGIN_MEMBERS(MEMBER) };

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

/* Why a finding that is said to be a duplicate does not count as one: its task is left as it is. */
#define DOUBTS(X) \
    X(DOUBT_UNCHECKED, "unchecked") /* the rest of the closure has to be known first */ \
    X(DOUBT_MOVED, "moved")         /* the same of one that counted, but names another now */ \
    X(DOUBT_UNKNOWN, "unknown")     /* it names no finding that is known */ \
    X(DOUBT_CIRCULAR, "circular")   /* the way from that one comes back, or has no end in sight */
NAMES_DECLARE(doubt, DOUBT_NONE, DOUBTS)

struct task;
struct task_list {
    struct task *items;
    size_t n;
};

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

/* The worker's own. X(type, member, its name in the state). */
#define FINDING_OWN(X) \
    X(BOOLEAN, is_inline, inline)           /* has come inside closures only */ \
    X(WORD(task_kind), kind, kind)          /* of the task it has now; none while held */ \
    X(WORD(doubt), doubt, doubt)            /* none while held */ \
    X(BOOLEAN, sop_task, sop_task)          /* an sop-update was made beside it */ \
    X(TEXT, status_by, status_by)           /* who said its status, or told of it first */ \
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

/* ---- a task ---- */

#define REMINDER_STATE_MEMBERS(X) \
    X(INTEGER, number) /* how many of this kind were sent in this occurrence */ \
    X(TIME, last)      /* the schedule up to here is done with; TIME_NONE: nothing yet */ \
    X(INTEGER, said)   /* how many have stood for this kind since its schedule began: overdue in this \
                          deadline, verify-due since it was resolved, assign-due since nobody owns it */ \
    X(TIME, sent_at)   /* the last of this kind, as are the next; TIME_NONE: none was */ \
    X(LIST, to)        /* its recipients, by their names: at most ITEM_TOLD_MAX */
struct reminder_state { REMINDER_STATE_MEMBERS(MEMBER) };
typedef struct reminder_state reminders_by_kind[REMINDER_TASK_KINDS];

/* Rows of (type, member), in the order of its events (R5.1). What the events do with it:
 *   CHANGES  shows it, and `changes` says so when it is another than before (task.h)
 *   SHOWN    shows it
 *   OWN      nothing, or by a rule of its own in encode_value.c */
#define TASK_MEMBERS(CHANGES, SHOWN, OWN) \
    OWN(TEXT, name)              /* "<kind>" or "<kind>/<part>", percent-encoded: task_id after \
                                       the incident */ \
    OWN(TEXT, incident_id) \
    SHOWN(TEXT, finding_id) \
    SHOWN(OBJECT(origin), origin) /* of a finding that came with a merged incident */ \
    SHOWN(WORD(task_kind), kind) \
    CHANGES(WORD(queue), queue) \
    CHANGES(TEXT, title) \
    CHANGES(TEXT, description) \
    CHANGES(WORD(category), category) \
    CHANGES(WORD(severity), severity) \
    CHANGES(WORD(priority), priority) \
    CHANGES(WORD(task_status), status) \
    CHANGES(WORD(resolution), resolution) \
    CHANGES(TEXT, reason) \
    CHANGES(TIME, accepted_until) /* of a risk: what was said and counts; it holds while the task \
                                        is closed as wont-fix */ \
    CHANGES(TEXT, accepted_by) \
    CHANGES(OBJECT(owner), owner) \
    CHANGES(LIST, participants) \
    CHANGES(LABELS, labels) \
    SHOWN(TIME, created_at) \
    SHOWN(TIME, updated_at) \
    CHANGES(TIME, assign_due_at) \
    CHANGES(TIME, due_at) \
    CHANGES(TIME, snoozed_until) \
    CHANGES(TIME, closed_at) \
    CHANGES(TIME, first_breached_at) /* in this occurrence */ \
    CHANGES(WORD(sla_state), sla) \
    CHANGES(INTEGER, occurrence) \
    OWN(INTEGER, version) \
    CHANGES(OBJECT(tracker), tracker) \
    CHANGES(OBJECTS(evidence_list, evidence), evidence) /* of this occurrence, as is the next */ \
    CHANGES(OBJECT(evaluation), evaluation) /* of a response-evaluation: its answers */ \
    CHANGES(TEXT, moved_from)    /* the task whose work it goes on with */ \
    CHANGES(TEXT, moved_to)      /* the task that goes on with its work */ \
    CHANGES(TIME, submitted_at)  /* of an obligation: when it was met, whenever it was told */ \
    OWN(BOOLEAN, for_others)     /* a duty that incidents merged into this one ask for, and not it itself */ \
    OWN(WORD(task_status), aside) /* what it was when it was closed with its incident */ \
    OWN(TEXT, party)             /* of a coordination: the key of its party */ \
    OWN(TEXT, policy_version)    /* together `policy` */ \
    OWN(TEXT, policy_rule) \
    OWN(TEXT, times)             /* the set of times that a rule named */ \
    OWN(OBJECT(owner), given)    /* whose it was when that was decided last: what trackers say of \
                                       the owner stays till that changes */ \
    OWN(OBJECT(order), order)    /* of task-updated */ \
    OWN(TIME, clock_start)       /* creation or re-opening, or when a duty says, moved by pauses as \
                                       due_at was: points of the time given lie between the two */ \
    OWN(INTEGER, clock_moved)    /* ms by which it was moved */ \
    OWN(INTEGER, paused_for)     /* ms that the clock has stood: less, where due_at was moved on to a \
                                       working day */ \
    OWN(WORD(reported_status), refused) /* the end that was reported last and not taken, for want \
                                              of what it needs */ \
    OWN(TIME, refused_at)        /* when it was reported first */ \
    OWN(TIME, touched_at)        /* the last record that changed it */ \
    OWN(TIME, overdue_from)      /* what is overdue is counted from here, or from due_at if that is \
                                    later: the last new deadline, rise, or end of a silence */ \
    OWN(TIME, assigned_at)       /* when somebody owned it first, in this occurrence */ \
    OWN(INTEGER, postponed)      /* how often it was paused, or due_at moved to a later time, by a \
                                       record, ever */ \
    OWN(INTEGER, recurrences)    /* how often the cause of its finding was one that had been seen before, \
                                       while it was the finding's work */ \
    OWN(TIME, resolved_at)       /* TIME_NONE unless resolved, or closed after it */ \
    OWN(TIME, paused_at)         /* TIME_NONE unless the clock stands */ \
    OWN(BOOLEAN, due_fixed)      /* due_at was given by the finding, or by an obligation */ \
    OWN(BITS, escalated)         /* bit n: step n was sent in this occurrence */ \
    OWN(REMINDERS, reminders)
struct task { TASK_MEMBERS(MEMBER, MEMBER, MEMBER) };

static inline bool task_is_paused(const struct task *task)
{
    return task->paused_at != TIME_NONE;
}
/* A risk that is accepted for a time: at its end the task is open again (R4.203). */
static inline bool task_is_accepted(const struct task *task)
{
    return task->resolution == RESOLUTION_WONT_FIX && task->accepted_until != TIME_NONE;
}
/* Closed because it was done. */
static inline bool task_is_done(const struct task *task)
{
    return task->status == STATUS_CLOSED && task->resolution == RESOLUTION_DONE;
}
static inline bool evidence_list_eq(struct evidence_list a, struct evidence_list b)
{
    bool same = a.n == b.n;
    for (size_t i = 0; same && i < a.n; i++)
        same = str_eq(a.items[i].ref, b.items[i].ref) && str_eq(a.items[i].note, b.items[i].note);
    return same;
}
static inline bool evaluation_eq(struct evaluation a, struct evaluation b)
{
    return a.sufficient == b.sufficient && a.complete == b.complete && str_eq(a.note, b.note);
}
/* Whether it has both answers. */
static inline bool evaluation_is_answered(struct evaluation evaluation)
{
    return evaluation.sufficient && evaluation.complete;
}
/* Whether it answers one of them with no. */
static inline bool evaluation_finds_fault(struct evaluation evaluation)
{
    return evaluation.sufficient == TRI_FALSE || evaluation.complete == TRI_FALSE;
}
/* Whether it is an obligation that is done: then its submission is what counts. */
static inline bool task_is_submitted(const struct task *task)
{
    return task->kind == KIND_OBLIGATION && task_is_done(task);
}
/* Seconds from its submission to the deadline, negative behind it. */
static inline int64_t task_margin_s(const struct task *task)
{
    int64_t ms = task->due_at - task->submitted_at;
    return ms / SECOND_MS - (ms % SECOND_MS < 0);
}
/* Whether its clock runs: what is resolved waits for its verification alone. */
static inline bool task_is_running(const struct task *task)
{
    return task->status < STATUS_RESOLVED && !task_is_paused(task);
}
static inline bool task_is_overdue(const struct task *task, ms_t now)
{
    return task_is_running(task) && task->due_at != TIME_NONE && task->due_at <= now;
}

/* ---- a duty ---- */

/* A duty that has left its incident, in that one and wherever it has come to: an obligation by its id,
 * or a party's coordination (docs/design.md, "A duty is one task"). */
#define DUTY_MEMBERS(X) \
    X(TEXT, incident_id)         /* raw: of the incident that asks for it */ \
    X(TEXT, name)                /* "<kind>/<part>", encoded: of an obligation that of its task, of a party \
                                    with its key */ \
    X(LIST, passed)              /* the incidents that it came through, its own first */ \
    X(TEXT, moved_to)            /* the incident that it went to from here, or of one that is met was \
                                    told of it last; absent: none, it is here */ \
    X(BOOLEAN, met)              /* it was done in its incident and stays there: this is known of it */ \
    X(BOOLEAN, said)             /* of a record: not the duty, but what its incident says of it */ \
    X(BOOLEAN, again)            /* of such a record: it is open again, whoever has closed it */ \
    X(BOOLEAN, held)             /* here, but its work goes on when the incident is closed */ \
    X(TIME, since)               /* when it came here */ \
    X(OBJECTS(task_list, task), carried) /* its work as it came, or, where it is elsewhere, as it left its \
                                    incident: one */
struct duty { DUTY_MEMBERS(MEMBER) };

/* The same of one that others know. */
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

/* ---- who is told ---- */

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

/* ---- what comes back ---- */

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

/* Of each the one with nothing in it: what a new one begins as. */
extern const struct incident incident_none;
extern const struct finding finding_none;
extern const struct task task_none;
extern const struct duty duty_none;
extern const struct digest_item digest_item_none;
extern const struct recipient_state recipient_state_none;

enum entry_type {
    ENTRY_INCIDENT,
    ENTRY_CLOSURE,
    ENTRY_FINDING,
    ENTRY_TASK,
    ENTRY_DUTY,
    ENTRY_MERGED,
    ENTRY_WAITING,
    ENTRY_RECIPIENT,
    ENTRY_ITEMS,
    ENTRY_CAUSE,
};
#define ENTRY_TYPES (ENTRY_CAUSE + 1)

struct entry {
    struct str key;
    uint64_t hash;
    enum entry_type type;
    bool exists;  /* false: known not to be stored, or deleted in this batch */
    bool dirty;   /* changed in this batch */
    bool touched; /* since the table's touched entries were last forgotten */
    ms_t wake_at; /* when it wants its next tick, once it is dirty; TIME_NONE: never */
    /* of a holder alone */
    bool loaded;     /* the engine has asked the store for it */
    bool stored;     /* it was in the store when loaded */
    bool to_write;   /* it or a part of it is dirty; deleted when it does not exist any more */
    bool to_follow;  /* a finding that was touched, and not looked at by recurrence.c since */
    bool counted;    /* the engine's own: it is among what a transaction will hold */
    unsigned events; /* the engine's own, of a header: how many were decided of it */
    const void *last_event; /* the last of them */
    union {
        void *body;
        struct incident *incident;
        struct closure *closure;
        struct finding *finding;
        struct task *task;
        struct duty *duty;
        struct merged_lists *merged;
        struct waiting *waiting;
        struct recipient_state *recipient;
        struct items *items;
        struct cause_state *cause;
    };
    struct entry *next;         /* all entries of the table, in order of arrival */
    struct entry *next_sibling; /* the entries of one header, in order of arrival */
    struct entry *next_touched;
    struct entry *header;       /* its incident's or recipient's; itself for a header */
    struct entry *holder;       /* what it is stored in; itself for a holder */
    struct entry *next_part;    /* holder first, then its parts in the order of their keys */
    struct entry *last_sibling; /* header only */
    bool whole;                 /* header only: every stored entry of the incident is here, as is
                                   true of one that the store does not know; of a recipient as many
                                   as one digest takes */
};

struct state_table;

/* A table in the arena; gone with it. `shard` is the partition whose state it holds. */
struct state_table *state_new(struct arena *arena);
/* The entry of this key, made (absent, not loaded) when it is not there yet. The key is copied.
 * The type, the header entry and the holder come from the key. */
struct entry *state_entry(struct state_table *table, struct str key);
/* The entry of this key or NULL. */
struct entry *state_find(const struct state_table *table, struct str key);
/* The first entry; go on by ->next. */
struct entry *state_first(const struct state_table *table);
/* Whether the entry is known, be it as absent: the store was asked for it, or it was made here. */
bool state_is_known(const struct entry *entry);
/* The entry is to be written, or deleted when it does not exist any more. */
void state_touch(struct state_table *table, struct entry *entry);
/* What was touched since the last call, to be followed by ->next_touched; forgets it. decide_event
 * takes it at its end, so it is what one event has touched. */
struct entry *state_take_touched(struct state_table *table);

/* Appends `raw` with `%`, `/`, `|`, `$`, `~` and control characters percent-encoded (upper-case hex). */
struct str state_encode_part(struct arena *arena, struct str raw);
/* The name of a finding in other incidents than its own: "<incident_id>:<finding_id>", both encoded,
 * with `:` too, so that no two findings have one name (R4.180). */
struct str state_finding_name(struct arena *arena, struct origin origin);
/* Whether a finding_id may be such a name. */
bool state_is_finding_name(struct str finding_id);
/* What stands for it in keys and names of tasks: that name, or its finding_id encoded so. */
struct str state_finding_part(struct arena *arena, const struct origin *origin,
                              struct str finding_id);
/* Under which of these the finding may be stored that a record names, the likelier one first. Returns
 * how many: what is loaded for the record and what is looked for is one thing. */
size_t state_finding_parts(struct arena *arena, const struct finding *said, struct str parts[2]);
/* Undoes state_encode_part; a broken escape is taken as it stands. */
struct str state_decode_part(struct arena *arena, struct str part);
/* Keys of entries, in the arena; all but the header's begin with that one. `part` is as
 * state_finding_part makes it, `name` of a task is "<kind>[/<part>][~<occurrence>]", encoded. */
struct str state_incident_key(struct arena *arena, struct str incident_id);
struct str state_closure_key(struct arena *arena, struct str header_key);
struct str state_merged_key(struct arena *arena, struct str header_key);
struct str state_waiting_key(struct arena *arena, struct str header_key, struct str incident_id);
struct str state_finding_key(struct arena *arena, struct str header_key, struct str part);
struct str state_task_key(struct arena *arena, struct str header_key, struct str name);
/* Of a duty of an incident, by its name (duty.h). */
struct str state_duty_key(struct arena *arena, struct str header_key, struct str name,
                          struct str incident_id);
/* The name of a task without the sign of a later life, if it is a duty's: an obligation's, or a party's.
 * A slice of `name`, absent where it is none. */
struct str state_duty_name(struct str name);
/* "<incident_id>/<name>" with the incident_id encoded. */
struct str state_task_id(struct arena *arena, struct str incident_id, struct str name);
/* The kind in the name of a task; none where it has none. */
enum task_kind state_task_kind(struct str name);
/* The pair that the finding is whose task is called so in this incident; none where it is of none. */
struct origin state_task_origin(struct arena *arena, struct str incident_id, struct str name);
/* The header's key: what stands before the first `|`. A slice of `key`. */
struct str state_header_key(struct str key);
/* The key of what the entry is stored in: of the finding for a task of one, in the arena; else
 * `key` itself. */
struct str state_holder_key(struct arena *arena, struct str key);
/* Of a recipient, by its name (item_recipients), and of a record of items for it. */
struct str state_recipient_key(struct arena *arena, struct str recipient);
struct str state_items_key(struct arena *arena, struct str recipient_key, struct str origin);
/* The recipient in a key that is one of its. */
struct str state_recipient_of(struct str key);
#define STATE_CAUSE_BYTES 256
/* What stands for a cause (R3.100): no white space around it, one space for each within, and so many
 * bytes at most, of which of a longer one the last are its hash. Absent where there is nothing. */
struct str state_cause_name(struct arena *arena, struct str said);
/* The key of the entry of a cause, by its name: the same whatever the case of A to Z. */
struct str state_cause_key(struct arena *arena, struct str name);
/* Keys that are no incident's: those of recipients and of causes, and `$position/<n>`. */
bool state_key_is_own(struct str key);
/* `$position/<n>`, which is no entry: it says how far a shard has come. */
bool state_key_is_position(struct str key);

#endif
