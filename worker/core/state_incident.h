/* SPDX-License-Identifier: Apache-2.0 */
/* What is stored of an incident itself: its header, its closure, what merged incidents have brought,
 * and which of them wait for it to be closed. */
#ifndef EPILOGUE_CORE_STATE_INCIDENT_H
#define EPILOGUE_CORE_STATE_INCIDENT_H

#include "policy.h"
#include "state_parts.h"

/* clang-format off */

/* ---- its header ---- */

#define COUNTS_MEMBERS(X) X(INTEGER, open) X(INTEGER, closed) X(INTEGER, met) X(INTEGER, met_late) \
    X(INTEGER, waived)
struct counts { COUNTS_MEMBERS(MEMBER) };

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

#define PARTY_BYTES 1024 /* of its name, trimmed; a policy names the same */
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

/* ---- other incidents ---- */

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

/* clang-format on */

#endif
