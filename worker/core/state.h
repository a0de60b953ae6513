/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state of the workflow: for each incident a header, a closure (what only the report needs),
 * its findings and its tasks, each one entry under its own key (R6.1). A state table
 * holds the entries that one batch has loaded or made, so that its events see each other's changes.
 */
#ifndef EPILOGUE_CORE_STATE_H
#define EPILOGUE_CORE_STATE_H

#include "common/arena.h"
#include "policy.h"

/* What decides which of two records is the later one (R3.23). */
struct order {
    int64_t revision; /* -1: none */
    ms_t time;        /* TIME_NONE: none */
};

struct tracker {
    struct str system, key, url;
};

struct warning {
    struct str member, value, taken_as;
};

struct warnings {
    struct warning *items;
    size_t n;
};

struct counts {
    int64_t open, closed, met, met_late;
};

/* No closure yet; follow-up under way; every task closed. */
enum phase { PHASE_WAITING, PHASE_OPEN, PHASE_COMPLETED };

/* What is done of an event that concerns more entries than one transaction holds, in the order of
 * closure.c and review.c. */
enum stage {
    STAGE_NONE,
    STAGE_PARTIES, /* the tasks of the closure's parties, and the policy's duties */
    STAGE_UPDATE,  /* the new severity or owner goes to the incident's own tasks */
    STAGE_RAISE,   /* the level is full now: so are the findings' priorities */
    STAGE_TAKE,    /* the findings inside the closure */
    STAGE_RELEASE, /* findings that were held get their tasks */
    STAGE_DOUBTS,  /* duplicates, now that all findings of the closure are known */
    STAGE_FORWARD, /* findings go on to the incident that this one was merged into */
    STAGE_CLOSE,   /* the tasks of an incident that is put aside */
    STAGE_HOLD,    /* and its findings */
    STAGE_RETIRE,  /* the past is deleted */
    STAGE_AGAIN,   /* duplicates once more, by a tick: a finding has come that may be the other */
    stage_end,
};

/* What a closure has changed, as far as its later stages have to know. */
enum {
    CHANGE_BACK = 1,     /* the incident was put aside and is to be followed up again */
    CHANGE_SEVERITY = 2, /* of the incident */
    CHANGE_OWNER = 4,    /* of the incident */
    CHANGE_RAISED = 8,   /* light has become full */
    CHANGE_MERGED = 16,  /* into an incident that it was not merged into before */
};

/* How far an event was decided that takes several transactions (DECIDE_MORE in decide.h). */
struct cursor {
    enum stage stage; /* STAGE_NONE: there is no such event */
    int topic;        /* the record, as in its cause; 0 for STAGE_RETIRE */
    int64_t partition, offset;
    struct str event_id; /* STAGE_AGAIN alone: the record does not come again */
    int64_t done;        /* parties or findings of the closure that are done with in this stage */
    struct str key;      /* the last entry that is */
    ms_t at;             /* the time of the record, as it counted when it was begun */
    ms_t latest;         /* the time of the last event that it made */
    unsigned changes;    /* CHANGE_* */
};

/* The header of an incident: small, because every event of the incident loads and writes it. */
struct incident {
    struct str incident_id; /* raw */
    struct order order;
    struct str title;
    int severity, disposition, customer_impacting, data_breach;
    ms_t started_at, detected_at, contained_at, closed_at;
    struct owner owner;
    struct str merged_into;
    /* the worker's own */
    struct str merge_void; /* what it was to be merged into, but that would close a circle */
    enum phase phase;
    int level;          /* enum level; 0 while waiting */
    unsigned because;   /* BECAUSE_* */
    int64_t occurrence; /* of `opened`; 0 while waiting */
    int64_t updates;    /* `updated` events so far */
    struct counts counts;
    int64_t findings;             /* findings ever seen */
    int64_t doubts;               /* of them those with a doubt */
    unsigned made;                /* bit (1 << kind): incident-level tasks that were ever made */
    ms_t opened_at, completed_at; /* of this occurrence */
    ms_t review_last;             /* the last scheduled review, or when the first clock began */
    int64_t reviews;              /* review-due reminders in this occurrence */
    bool missing_findings_sent;
    int64_t orphans; /* orphan-finding reminders so far */
    int64_t retired; /* > 0: the past was deleted after this occurrence; the ids of
                                     later tasks end in ~<occurrence> */
    struct cursor cursor;
};

struct timeline_entry {
    ms_t at;
    struct str at_text; /* as it came, where it was a partial date */
    struct str actor, action;
};

struct evidence {
    struct str ref, note;
};

struct coordination {
    struct str party; /* trimmed */
    int party_kind;
    struct str reference;
    struct str status; /* as it came; "closed" in any case closes the task */
    bool closed;
};

/* The parts of the closure that only the report and a later closure need. */
struct closure {
    struct str summary;
    struct str started_at_text, detected_at_text,
        contained_at_text; /* partial dates as they came */
    struct timeline_entry *timeline;
    size_t timeline_n;
    struct evidence *evidence;
    size_t evidence_n;
    struct str_list actors;
    struct str response;
    struct str_list takeaways;
    int sufficient, complete; /* enum tristate: 0, TRI_FALSE or TRI_TRUE */
    struct str evaluation_note;
    struct coordination *coordination;
    size_t coordination_n;
    struct str_list references;
};

/* Where a finding began that came with a merged incident; absent: in this one. */
struct origin {
    struct str incident_id, finding_id;
};

/* Why a finding that is said to be a duplicate does not count as one: its task is left as it is. */
enum doubt {
    DOUBT_NONE,
    DOUBT_UNCHECKED, /* the rest of the closure has to be known first */
    DOUBT_MOVED,     /* the same of one that counted, and now names another finding */
    DOUBT_UNKNOWN,   /* it names no finding that is known */
    DOUBT_CIRCULAR,  /* the way from that one comes back, or has no end in sight */
};

struct finding {
    struct str finding_id; /* raw; of one with an origin "<incident_id>:<finding_id>" of that */
    struct origin origin;
    struct str_list passed; /* the incidents that it came through, the origin's first */
    struct order order;
    int category; /* 0: not said */
    int severity; /* 0: not said */
    struct str title, description;
    int status; /* enum reported_status; 0: not said, which is open */
    struct str reason;
    struct owner owner;
    struct str_list groups;
    int work; /* enum task_kind, 0 for routing */
    bool sop_change;
    ms_t due_at, snoozed_until;
    struct tracker tracker;
    int action_type;
    struct str_list references;
    struct str duplicate_of;
    /* the worker's own */
    bool is_inline;     /* has come inside closures only */
    int kind;           /* of the task it has now; 0 while held */
    enum doubt doubt;   /* none while held */
    bool sop_task;      /* an sop-update was made beside it */
    ms_t first_seen_at; /* TIME_NONE: its incident was closed before it could be an orphan */
    bool orphan_sent;
    struct warnings warnings; /* while held: they belong on the event that it will make */
};

struct reminder_state {
    int64_t number; /* how many of this kind were sent in this occurrence */
    ms_t last;      /* the schedule up to here is done with; TIME_NONE: nothing yet */
};

struct task {
    struct str name; /* "<kind>" or "<kind>/<part>", percent-encoded: task_id after the incident */
    struct str incident_id, finding_id;
    int kind, queue;
    struct str title, description;
    int category, severity, priority, status, resolution;
    struct str reason;
    struct owner owner;
    struct str_list participants;
    ms_t created_at, updated_at, assign_due_at, due_at, snoozed_until, closed_at;
    int sla;
    int64_t occurrence, version;
    struct tracker tracker;
    struct str policy_version, policy_rule;
    /* the worker's own */
    struct order order; /* of task-updated */
    ms_t clock_start;   /* creation or re-opening, moved by the time paused */
    ms_t touched_at;    /* the last record that spoke of it */
    ms_t resolved_at;   /* TIME_NONE unless resolved, or closed after it */
    ms_t paused_at;     /* TIME_NONE unless the clock stands */
    bool due_fixed;     /* due_at was given by the finding, or by an obligation */
    unsigned escalated; /* bit n: step n was sent in this occurrence */
    struct reminder_state reminders[REMINDER_TASK_KINDS];
};

enum entry_type { ENTRY_INCIDENT, ENTRY_CLOSURE, ENTRY_FINDING, ENTRY_TASK };

struct entry {
    struct str key;
    uint64_t hash;
    enum entry_type type;
    bool exists;  /* false: known not to be stored, or deleted in this batch */
    bool stored;  /* it was in the store when loaded */
    bool dirty;   /* to be written (or deleted, when !exists) */
    bool loaded;  /* the engine has asked the store for it */
    bool touched; /* since the table's touched entries were last forgotten */
    bool counted; /* the engine's own: it is among what a transaction will hold */
    ms_t wake_at; /* TIME_NONE: never */
    union {
        void *body;
        struct incident *incident;
        struct closure *closure;
        struct finding *finding;
        struct task *task;
    };
    struct entry *next;         /* all entries of the table, in order of arrival */
    struct entry *next_sibling; /* the entries of one incident, in order of arrival */
    struct entry *next_touched;
    struct entry *header;       /* the incident's header entry; itself for a header */
    struct entry *last_sibling; /* header only */
    bool whole;                 /* header only: every stored entry of the incident is here, as is
                                   true of one that the store does not know */
};

struct state_table;

/* A table in the arena; gone with it. `shard` is the partition whose state it holds. */
struct state_table *state_new(struct arena *arena);
/* The entry of this key, made (absent, not loaded) when it is not there yet. The key is copied.
 * The type and the header entry come from the key. */
struct entry *state_entry(struct state_table *table, struct str key);
/* The entry of this key or NULL. */
struct entry *state_find(const struct state_table *table, struct str key);
/* The first entry; go on by ->next. */
struct entry *state_first(const struct state_table *table);
/* The entry is to be written, or deleted when it does not exist any more. */
void state_touch(struct state_table *table, struct entry *entry);
/* What was touched since the last call, to be followed by ->next_touched; forgets it. decide_event
 * takes it at its end, so it is what one event has touched. */
struct entry *state_take_touched(struct state_table *table);

/* Appends `raw` with `%`, `/`, `|`, `$`, `~` and control characters percent-encoded (upper-case hex). */
struct str state_encode_part(struct arena *arena, struct str raw);
/* Undoes it; a broken escape is taken as it stands. */
struct str state_decode_part(struct arena *arena, struct str part);
/* Keys of R6.1, in the arena; all but the header's begin with that one. `finding_id` is
 * raw, `name` of a task is "<kind>[/<part>]", encoded. */
struct str state_incident_key(struct arena *arena, struct str incident_id);
struct str state_closure_key(struct arena *arena, struct str header_key);
struct str state_finding_key(struct arena *arena, struct str header_key, struct str finding_id);
struct str state_task_key(struct arena *arena, struct str header_key, struct str name);
/* "<incident_id>/<name>" with the incident_id encoded. */
struct str state_task_id(struct arena *arena, struct str incident_id, struct str name);
/* The header's key: what stands before the first `|`. A slice of `key`. */
struct str state_header_key(struct str key);
/* `$position/<n>` and other keys that are not an incident's. */
bool state_key_is_internal(struct str key);

#endif
