/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The decision: policy, state and one event in; changes of the state and outputs out. Pure: no
 * input, no output, no clock (the event carries its time), and it cannot fail half-way: what it
 * refuses it refuses before the first change.
 */
#ifndef EPILOGUE_CORE_DECIDE_H
#define EPILOGUE_CORE_DECIDE_H

#include "event.h"

enum output_type { OUTPUT_TASK, OUTPUT_INCIDENT, OUTPUT_REMINDER, OUTPUT_FORWARD };

/* A task or incident event, a reminder, or a finding that goes on to another incident. Everything
 * in it is a snapshot: later events do not change it. */
struct task_output {
    enum task_event event;
    const struct task *after;
    const struct task *before; /* NULL for created */
    uint64_t changed;          /* bit of each member in TASK_MEMBERS (task.h) that differs */
};

struct incident_output {
    enum incident_event event;
    int64_t number; /* the n of its ce_id */
    const struct incident *incident;
};

struct recipient {
    int role;
    struct owner who;
};

struct reminder_output {
    int kind;
    int64_t number;
    ms_t due_for;
    struct recipient *recipients;
    size_t recipients_n;
    struct str summary;
    int64_t coalesced;
    int64_t occurrence;              /* the part of ce_id */
    const struct task *task;         /* kinds about a task */
    const struct incident *incident; /* review-due, missing-findings; of orphan-finding too */
    const struct task **open;        /* review-due: the open tasks, most urgent first */
    size_t open_n;
    const struct finding *finding; /* orphan-finding */
};

/* A finding-updated for another incident: `event` is what its decoder would have made of it. */
struct forward_output {
    struct finding_event finding;
};

struct output {
    enum output_type type;
    struct str incident_id; /* raw: the record's key */
    ms_t at;                /* ce_time */
    struct cause cause;
    struct warnings warnings;
    struct str policy_version;
    union {
        struct task_output task;
        struct incident_output incident;
        struct reminder_output reminder;
        struct forward_output forward;
    };
};

/* What one batch has decided so far, in the order in which it goes out. */
struct outputs {
    struct output *items;
    size_t n, cap;
};

struct decision {
    const struct policy *policy;
    struct arena *arena; /* of the batch */
    struct state_table *table;
    struct outputs outputs;
    struct refused refused; /* set where decide_event says REJECT */
    size_t step_max;        /* entries that one event may concern at a time; 0: DECIDE_STEP_MAX */
    /* The start of a text, at most `max_bytes`, cut where a person would cut it: that takes tables of
     * Unicode, which core does not carry (grapheme_cut of codec/grapheme.h). */
    struct str (*cut)(struct str text, size_t max_bytes);
};

#define DECIDE_STEP_MAX 1000

/* Which entries an event needs; `whole` wants all of the incident. */
struct need {
    struct str keys[8];
    size_t n;
    bool whole;
};

/* What must be in the table (state_entry, loaded) before decide_event. A header in state can ask
 * for more: see decide_needs_whole. */
void decide_need(struct arena *arena, const struct event *event, struct need *need);
/* After the header was loaded: whether the event needs the whole incident after all. */
bool decide_needs_whole(const struct policy *policy, const struct event *event,
                        const struct entry *header);

/*
 * DECIDE_MORE: a part was decided and is to be committed; the rest follows when the same event is
 * given again. It is how one event that concerns thousands of entries stays within what a
 * transaction holds. The incident's header says how far it is (struct cursor), so the rest may be
 * decided by another process, on the state as it was stored. All parts together give the outputs,
 * and leave the state, of one that was decided at once.
 */
enum decide_result { DECIDE_OK, DECIDE_MORE, DECIDE_REJECT };

/*
 * Decides one event. `now` is the time up to which ticks are taken together (for records unused).
 * Entries that changed are dirty and have their new wake_at. DECIDE_REJECT: d->refused says why,
 * nothing changed.
 */
enum decide_result decide_event(struct decision *d, const struct event *event, ms_t now);

/* Whether a part of the event was decided before (DECIDE_MORE) and the rest is not yet. If its record
 * cannot be taken to its end, event.is_given_up ends what needs no more of it. */
bool decide_is_begun(const struct event *event, const struct entry *header);

/* When an entry wants its next tick; TIME_NONE: never. A function of the entry alone, so a timer
 * cannot outlive what it comes from. */
ms_t decide_wake_at(const struct policy *policy, const struct entry *entry);

#endif
