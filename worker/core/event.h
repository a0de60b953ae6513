/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can happen: a record of one of the three input topics, items for a recipient, or a tick.
 * Slices point into the batch's arena. `present` has the bit of each member that the record had
 * (also as null): absent members leave what is stored, null clears.
 */
#ifndef EPILOGUE_CORE_EVENT_H
#define EPILOGUE_CORE_EVENT_H

#include "state_entries.h"

/* Where an effect comes from; goes to every event that it makes. */
struct cause {
    enum topic topic; /* topic_none for a tick */
    int partition;
    int64_t offset;
    struct str event_id; /* the CloudEvents id of the record, or absent */
    ms_t at;             /* record time, never later than now; of a tick: when it was due */
    struct str by;       /* who did it, as the record says; absent where it does not */
    struct str traceparent, tracestate;
};

/* How many incidents, merged one into another, a record may come through: more than anybody has,
 * few enough for a record and a state of them. */
#define PASSED_MAX 100

/* The members of `finding-updated`, by which the decoder finds them: SAID(bit, type, member) for
 * those of FINDING_SAID, APART(member) for the others. */
/* clang-format off */
#define FINDING_RECORD(SAID, APART) \
    APART(finding_id) APART(incident_id) APART(revision) \
    FINDING_SAID(SAID) \
    APART(by) APART(updated_at) APART(origin) APART(passed)
/* clang-format on */

enum { FINDING_SAID(MEMBER_PLACE) };
enum finding_member { FINDING_SAID(MEMBER_BIT) };

/* `finding-updated`, or one entry of a closure's `findings`. Null members: 0, STR_NONE, TIME_NONE
 * in `finding`; its order holds the record's revision and updated_at. One that follows a finding to
 * another incident says which one by its origin, unless it has come back to that. */
struct finding_event {
    struct str incident_id;
    struct finding finding;
    enum owner_part owner_part; /* of it, which its `owner` says */
    unsigned present;
    struct str by;
    struct warnings warnings;
};

/* The members of `incident-closed`: SAID(bit, member) for those that stay as they were when a later
 * closure lacks them, APART(member) for the others. What they are in the state: INCIDENT_MEMBERS,
 * CLOSURE_MEMBERS. */
/* clang-format off */
#define CLOSURE_RECORD(SAID, APART) \
    APART(incident_id) \
    APART(revision) \
    SAID(CLOSURE_TITLE, title) \
    SAID(CLOSURE_SUMMARY, summary) \
    SAID(CLOSURE_SEVERITY, severity) \
    SAID(CLOSURE_DISPOSITION, disposition) \
    SAID(CLOSURE_CUSTOMER_IMPACTING, customer_impacting) \
    SAID(CLOSURE_DATA_BREACH, data_breach) \
    SAID(CLOSURE_POSTMORTEM, postmortem) \
    SAID(CLOSURE_STARTED_AT, started_at) \
    SAID(CLOSURE_DETECTED_AT, detected_at) \
    SAID(CLOSURE_KNOWN_AT, known_at) \
    SAID(CLOSURE_CONTAINED_AT, contained_at) \
    APART(closed_at) \
    APART(updated_at) \
    SAID(CLOSURE_OWNER, owner) \
    SAID(CLOSURE_LABELS, labels) \
    SAID(CLOSURE_TIMELINE, timeline) \
    SAID(CLOSURE_TECHNICAL_SUMMARY, technical_summary) \
    SAID(CLOSURE_RESPONSE_EVALUATION, response_evaluation) \
    SAID(CLOSURE_COORDINATION, coordination) \
    SAID(CLOSURE_OBLIGATIONS, obligations) \
    APART(findings) \
    SAID(CLOSURE_MERGED_INTO, merged_into) \
    SAID(CLOSURE_REFERENCES, references)
/* clang-format on */

enum { CLOSURE_RECORD(MEMBER_PLACE, MEMBER_SKIP) };
enum closure_member { CLOSURE_RECORD(MEMBER_BIT, MEMBER_SKIP) };

/* `incident-closed`. `incident` has the members of the header, its order holds the record's
 * revision and updated_at, or else closed_at; `closure` those that only the report needs. */
struct closure_event {
    struct str incident_id;
    struct incident incident;
    struct closure closure;
    enum owner_part owner_part; /* of the incident, which its `owner` says */
    unsigned present;
    struct finding_event *findings; /* one of each id: the last counts */
    size_t findings_n;
    struct warnings warnings;
};

/* What a record of `task-updated` says of a task. X(bit, type, member). */
#define TASK_UPDATE_SAID(X)                                             \
    X(TASK_UPDATE_STATUS, WORD(reported_status), status)                \
    X(TASK_UPDATE_REASON, TEXT, reason)                                 \
    X(TASK_UPDATE_OWNER, OBJECT(owner), owner)                          \
    X(TASK_UPDATE_SNOOZED_UNTIL, TIME, snoozed_until)                   \
    X(TASK_UPDATE_TRACKER, OBJECT(tracker), tracker)                    \
    X(TASK_UPDATE_EVIDENCE, OBJECTS(evidence_list, evidence), evidence) \
    X(TASK_UPDATE_EVALUATION, OBJECT(evaluation), evaluation)           \
    X(TASK_UPDATE_ACCEPTED_UNTIL, TIME, accepted_until)                 \
    X(TASK_UPDATE_ACCEPTED_BY, TEXT, accepted_by)                       \
    X(TASK_UPDATE_SUBMITTED_AT, TIME, submitted_at)                     \
    X(TASK_UPDATE_DUE_AT, TIME, due_at) /* no obligation is moved by it, nor anything else */

/* Its members, as those of a finding. */
/* clang-format off */
#define TASK_UPDATE_RECORD(SAID, APART) \
    APART(task_id) APART(incident_id) APART(revision) \
    TASK_UPDATE_SAID(SAID) \
    APART(by) APART(updated_at) APART(origin) APART(passed) APART(kind) APART(name)
/* clang-format on */

/* The members of an evaluation, by their bits. */
enum { ANSWER_SUFFICIENT = 1, ANSWER_COMPLETE = 2, ANSWER_NOTE = 4, ANSWER_ALL = 7 };

enum { TASK_UPDATE_SAID(MEMBER_PLACE) };
enum task_update_member { TASK_UPDATE_SAID(MEMBER_BIT) };

/* `task-updated`. */
struct task_update_event {
    struct str incident_id;
    struct str task_id; /* as it came */
    struct str name;    /* what follows "<incident_id>/" in it, STR_NONE if it does not start so */
    struct str party;   /* in such a name of a coordination: its key, however it is written there */
    struct order order;
    TASK_UPDATE_SAID(MEMBER_OF)
    enum owner_part owner_part; /* which `owner` says */
    unsigned answers;           /* which members of `evaluation` it has; all where that is null */
    unsigned present;
    struct str by;
    struct warnings warnings;
    /* Of one that follows a task to another incident, and has no name there. */
    struct origin origin; /* the finding; without a finding_id: a duty, which `name` tells */
    enum task_kind kind;  /* as it was called; of a finding's task */
    struct str_list passed;
};

/* ---- what merged incidents say to each other, on epilogue-forwarded (R4.183) ---- */

/* A finding with all that it has, its tasks as `carried`, on its way from one incident to the next,
 * or home. Whoever has taken it has it alone. */
struct arrival_event {
    struct finding finding;
};

/* What an incident brings to the one that it is merged into (R4.196); none: it says nothing. */
struct merged_facts {
    enum severity severity;
    enum tristate customer_impacting, data_breach;
    bool full; /* its postmortem, for whatever reason */
};

struct facts_event {
    struct merged_facts facts;
    struct merged_lists lists;
    struct str_list passed;
};

/* An incident was merged into this one, or into one that is merged into it. */
struct merge_event {
    struct str_list
        passed; /* the incidents that it has come through, the one that was merged first */
    struct str_list circle; /* once it has come round: the members, in the order of the merges */
};

/* What was sent to an incident was deleted with it. `home`: for the one that it began in, to be passed on to it
 * behind all that was sent there. */
struct forgotten_event {
    struct str by, home;
};

/* A merge is no more: what came by it is to go home. */
struct parting_event {
    struct edge edge;
    struct str_list passed;
};

/* A record of items: reminders for one recipient, from the shard where they were decided. */
struct items_event {
    struct str recipient; /* as in state_recipient_key */
    struct str origin;    /* of all its records this one alone has it */
    struct items items;
};

/* ---- what comes back, on epilogue-forwarded too ---- */

/* clang-format off */
/* A finding tells of itself to what knows who has its cause. */
#define RECURRENCE_MEMBERS(X) \
    X(TEXT, key) \
    X(WORD(telling), what) \
    X(OBJECT(seen), finding)
struct recurrence_event { RECURRENCE_MEMBERS(MEMBER) };

/* And is told that its cause has come back: with it, or after it. */
#define RECURRED_MEMBERS(X) \
    X(OBJECT(origin), origin) /* of the finding that is told */ \
    X(TEXT, key) \
    X(INTEGER, incidents)     /* how many have had it so far */ \
    X(TEXT, seen_in)          /* the incident with which it has come back; absent: with this finding */ \
    X(OBJECTS(seen_list, seen), earlier) /* with it: where it was before */
struct recurred_event { RECURRED_MEMBERS(MEMBER) };
/* clang-format on */

enum event_type {
    EVENT_CLOSURE,
    EVENT_FINDING,
    EVENT_TASK_UPDATE,
    EVENT_ITEMS,
    EVENT_ARRIVAL,
    EVENT_DUTY,
    EVENT_FACTS,
    EVENT_MERGE,
    EVENT_PARTING,
    EVENT_FORGOTTEN, /* where its findings went to, they were deleted with their incident */
    EVENT_RECURRENCE,
    EVENT_RECURRED,
    EVENT_TICK
};

struct event {
    enum event_type type;
    struct cause cause;
    struct str
        incident_id; /* raw; of items their recipient, of a recurrence the key of its cause: what
                               the record has as key */
    bool
        is_given_up; /* nothing more is taken of it; what was begun of it (decide_is_begun) is ended */
    union {
        struct closure_event *closure;
        struct finding_event *finding;
        struct task_update_event *task_update;
        struct items_event *items;
        struct arrival_event *arrival;
        struct duty *duty; /* on its way, or what is said of it */
        struct facts_event *facts;
        struct merge_event *merge;
        struct parting_event *parting;
        struct forgotten_event *forgotten;
        struct recurrence_event *recurrence;
        struct recurred_event *recurred;
        struct str tick_key; /* the entry whose wake time has come */
    };
};

/* Why a record cannot be taken. */
struct refused {
    enum refusal code;
    struct str detail;      /* names the member and what is allowed; one line, at most 500 bytes */
    struct str incident_id; /* where it could be read: the shard of a dead letter without a key */
};

#endif
