/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can happen: a record of one of the three input topics, or a tick. Slices point into the
 * batch's arena. `present` has the bit of each member that the record had (also as null): absent
 * members leave what is stored, null clears.
 */
#ifndef EPILOGUE_CORE_EVENT_H
#define EPILOGUE_CORE_EVENT_H

#include "state.h"

/* Where an effect comes from; goes to every event that it makes. */
struct cause {
    int topic; /* enum topic; 0 for a tick */
    int partition;
    int64_t offset;
    struct str event_id; /* the CloudEvents id of the record, or absent */
    ms_t at;             /* record time, never later than now; of a tick: when it was due */
    struct str traceparent, tracestate;
};

/* How many incidents, merged one into another, a finding may come through: more than anybody has,
 * few enough for a record and a state of them. */
#define PASSED_MAX 32

enum finding_member {
    FINDING_CATEGORY = 1 << 0,
    FINDING_SEVERITY = 1 << 1,
    FINDING_TITLE = 1 << 2,
    FINDING_DESCRIPTION = 1 << 3,
    FINDING_STATUS = 1 << 4,
    FINDING_REASON = 1 << 5,
    FINDING_OWNER = 1 << 6,
    FINDING_GROUPS = 1 << 7,
    FINDING_WORK = 1 << 8,
    FINDING_SOP_CHANGE = 1 << 9,
    FINDING_DUE_AT = 1 << 10,
    FINDING_SNOOZED_UNTIL = 1 << 11,
    FINDING_TRACKER = 1 << 12,
    FINDING_ACTION_TYPE = 1 << 13,
    FINDING_REFERENCES = 1 << 14,
    FINDING_DUPLICATE_OF = 1 << 15,
};

/* `finding-updated`, or one entry of a closure's `findings`. Null members: 0, STR_NONE, TIME_NONE
 * in `finding`; its order holds the record's revision and updated_at. One that came with a merged
 * incident has its origin, unless it is this very incident, and those that it has passed. */
struct finding_event {
    struct str incident_id;
    struct finding finding;
    unsigned present;
    struct warnings warnings;
};

enum closure_member {
    CLOSURE_TITLE = 1 << 0,
    CLOSURE_SEVERITY = 1 << 1,
    CLOSURE_CUSTOMER_IMPACTING = 1 << 2,
    CLOSURE_DATA_BREACH = 1 << 3,
    CLOSURE_STARTED_AT = 1 << 4,
    CLOSURE_DETECTED_AT = 1 << 5,
    CLOSURE_CONTAINED_AT = 1 << 6,
    CLOSURE_OWNER = 1 << 7,
    CLOSURE_TIMELINE = 1 << 8,
    CLOSURE_TECHNICAL_SUMMARY = 1 << 9,
    CLOSURE_RESPONSE_EVALUATION = 1 << 10,
    CLOSURE_COORDINATION = 1 << 11,
    CLOSURE_MERGED_INTO = 1 << 12,
    CLOSURE_SUMMARY = 1 << 13,
    CLOSURE_DISPOSITION = 1 << 14,
    CLOSURE_REFERENCES = 1 << 15,
};

/* `incident-closed`. `incident` has the members of the header, its order holds the record's
 * revision and closed_at; `closure` those that only the report needs. */
struct closure_event {
    struct str incident_id;
    struct incident incident;
    struct closure closure;
    unsigned present;
    struct finding_event *findings; /* one of each id: the last counts */
    size_t findings_n;
    struct warnings warnings;
};

enum task_update_member {
    TASK_UPDATE_STATUS = 1 << 0,
    TASK_UPDATE_REASON = 1 << 1,
    TASK_UPDATE_OWNER = 1 << 2,
    TASK_UPDATE_TRACKER = 1 << 3,
    TASK_UPDATE_SNOOZED_UNTIL = 1 << 4,
};

/* `task-updated`. */
struct task_update_event {
    struct str incident_id;
    struct str task_id; /* as it came */
    struct str name;    /* what follows "<incident_id>/" in it, STR_NONE if it does not start so */
    struct order order;
    int status; /* enum reported_status */
    struct str reason;
    struct owner owner;
    struct tracker tracker;
    ms_t snoozed_until;
    unsigned present;
    struct warnings warnings;
};

enum event_type { EVENT_CLOSURE, EVENT_FINDING, EVENT_TASK_UPDATE, EVENT_TICK };

struct event {
    enum event_type type;
    struct cause cause;
    struct str incident_id; /* raw; of a tick too, once its entry is loaded */
    bool
        is_given_up; /* nothing more is taken of it; what was begun of it (decide_is_begun) is ended */
    union {
        struct closure_event *closure;
        struct finding_event *finding;
        struct task_update_event *task_update;
        struct str tick_key; /* the entry whose wake time has come */
    };
};

/* Why a record cannot be taken. */
struct refused {
    int code;               /* enum refusal */
    struct str detail;      /* names the member and what is allowed; one line, at most 500 bytes */
    struct str incident_id; /* where it could be read: the shard of a dead letter without a key */
};

#endif
