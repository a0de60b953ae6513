/* SPDX-License-Identifier: Apache-2.0 */
/* What a decision sends: task and incident events, reminders, digests of them, and what merged
 * incidents say to each other. */
#ifndef EPILOGUE_CORE_OUTPUT_H
#define EPILOGUE_CORE_OUTPUT_H

#include "event.h"

enum output_type {
    OUTPUT_TASK,
    OUTPUT_INCIDENT,
    OUTPUT_RECURRED,
    OUTPUT_REMINDER,
    OUTPUT_DIGEST,
    OUTPUT_FORWARD
};

/* A task, incident or finding event, a reminder, a digest of reminders, or something for another shard.
 * Everything in it is a snapshot: later events do not change it. */
struct task_output {
    enum task_event event;
    const struct task *after;
    const struct task *before; /* NULL for created */
    uint64_t changed;          /* bit of each member in TASK_MEMBERS (task_diff.h) that differs */
};

struct incident_output {
    enum incident_event event;
    int64_t number; /* the n of its ce_id */
    const struct incident *incident;
};

/* The cause of a finding was seen before. */
struct recurred_output {
    int64_t number;  /* the n of its ce_id */
    struct str part; /* what stands for the finding in it */
    const struct finding *finding;
    const struct task *task; /* of it; NULL: it has none here */
    const struct recurred_event *event;
};

struct recipient {
    enum role role;
    struct owner who;
    struct str delegated_from; /* the person for whom `who` stands in; absent: nobody */
};

struct reminder_output {
    enum reminder_kind kind;
    unsigned covers; /* bit (1 << kind) of each kind that it stands for, its own among them */
    bool urgent;     /* sent when it fell due, day or night (reminders.at_once) */
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
    size_t open_all;               /* how many there are, with those that are not listed */
    const struct finding *finding; /* orphan-finding */
};

/* One event for one recipient: all that waited for it. */
struct digest_output {
    struct str recipient; /* its name, as state_recipient_key takes it */
    int64_t number;       /* the n of its ce_id */
    struct str date;      /* of its sending, in the calendar: 2026-11-27 */
    bool urgent;
    const struct digest_item **items; /* the most urgent first */
    size_t items_n;
    const struct digest_item **reviews; /* those of a review, by incident_id */
    size_t reviews_n;
    int64_t omitted; /* how many more there were of both */
    struct str summary;
};

/* What another incident gets of one that is merged, what is told of a cause, and the answer: an event as
 * its decoder makes it. */
struct forward_output {
    enum event_type type;
    union {
        struct finding_event finding;
        struct task_update_event task_update;
        struct arrival_event arrival;
        struct duty duty;
        struct facts_event facts;
        struct merge_event merge;
        struct parting_event parting;
        struct forgotten_event forgotten;
        struct recurrence_event recurrence;
        struct recurred_event recurred;
    };
};

struct output {
    enum output_type type;
    struct str
        incident_id; /* raw: the record's key; of a digest its recipient, of what is told of a
                               cause the key of that */
    ms_t at;         /* ce_time */
    struct cause cause;
    struct warnings warnings;
    struct str policy_version;
    union {
        struct task_output task;
        struct incident_output incident;
        struct recurred_output recurred;
        struct reminder_output reminder;
        struct digest_output digest;
        struct forward_output *forward; /* it is large, and rare */
    };
};

/* What one batch has decided so far, in the order in which it goes out. */
struct outputs {
    struct output *items;
    size_t n, cap;
};

#endif
