/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of core share while one event is decided. Not for others. */
#ifndef EPILOGUE_CORE_STEP_H
#define EPILOGUE_CORE_STEP_H

#include "decision.h"

struct step {
    struct decision *d;
    const struct policy *policy;
    struct arena *arena;
    struct entry *header;
    struct incident *incident; /* the header's body, this event's own copy */
    struct cause cause;        /* of what is emitted now; a tick's while one is settled */
    ms_t at;                  /* cause.at, or the last event of the task in hand if that is later */
    struct warnings warnings; /* of the input that is being taken */
    bool is_resumed;          /* the incident was put aside and is to be followed up again */
    size_t handled;           /* entries of a long event that this part has changed */
    size_t bytes;             /* what the messages of this part take, about */
    struct entry **changed;   /* those that are to_follow */
    size_t changed_n, changed_cap;
};

/* Begins the step of one event; it ends with step_end, unless nothing came of the event. */
void step_begin(struct step *step, struct decision *d, const struct event *event);
/* Puts the header back, if it has changed. */
void step_end(struct step *step);
/* The entry, one of this incident's, is to be written, or deleted where it exists no more. */
void step_touch(struct step *step, struct entry *entry);

/* What is stored under the key, of this incident: it was asked for. */
struct entry *step_holder(struct step *step, struct str key);
/* The closure of the incident, which may not exist. */
struct entry *step_closure(struct step *step);
/* The entry of a task or finding of this incident; made in the table if it is not there. */
struct entry *step_task_entry(struct step *step, struct str name);
struct entry *step_finding_entry(struct step *step, const struct origin *origin,
                                 struct str finding_id);
/* The finding that a record speaks of: the incident's own, or else one that came with a merged one.
 * It need not exist. */
struct entry *step_finding_said(struct step *step, const struct finding *said);
/* The one that a record calls so. */
struct entry *step_finding_named(struct step *step, struct str finding_id);
/* The same as far as the table has it; NULL: it is not known. */
struct entry *step_finding_known(struct step *step, struct str finding_id);
/* The incident's entries of one type, in the order of their keys: what follows must not depend on
 * the order in which they were loaded. */
struct entry **step_entries(struct step *step, enum entry_type type, size_t *n);

/* Appends an output with the step's cause, time and warnings filled in. */
struct output *step_emit(struct step *step, enum output_type type);
/* Refuses the record, as bad-time, where its order is crowded. */
bool step_refuse_crowded(struct step *step, struct order stored, struct order incoming);
/* Adds one to the warnings of the input. */
void step_warn(struct step *step, struct str member, struct str value, struct str taken_as);
/* `a` without what `b` says anew, then `b`; in the arena. */
struct warnings step_join_warnings(struct arena *arena, struct warnings a, struct warnings b);

/* Counts messages that each hold `text` bytes of what people wrote. */
static inline void step_count(struct step *step, size_t messages, size_t text)
{
    step->bytes += messages * (1024 + text);
}
/* Counts the message that one state of a finding, or all that is said of it, makes. */
void step_count_finding(struct step *step, const struct finding *finding);
/* The bytes of its texts. */
size_t step_list_bytes(struct str_list list);
/* Whether what is left of the event has to wait for the next part. */
bool step_is_full(const struct step *step);
/* Notes an entry that was handled, if something was counted since `bytes_before`. */
static inline void step_handled(struct step *step, size_t bytes_before)
{
    step->handled += step->bytes != bytes_before;
}

#endif
