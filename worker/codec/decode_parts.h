/* SPDX-License-Identifier: Apache-2.0 */
/* The three kinds of records that others send, each from the object that is its data. What is wrong
 * is noted in the reader; the events are complete only when nothing is. And the records of items,
 * which are our own. */
#ifndef EPILOGUE_CODEC_DECODE_PARTS_H
#define EPILOGUE_CODEC_DECODE_PARTS_H

#include "envelope.h"
#include "members_object.h"

/* From the tables of core/event.h: the members of a record as M_<member>, their names, and the bit
 * of `present` that each sets (0: none). DECODE_SAID_* are for SAID(bit, type, member). */
#define DECODE_INDEX(member) M_##member,
#define DECODE_NAME(member) {#member, sizeof(#member) - 1},
#define DECODE_SAID_INDEX(bit, type, member) DECODE_INDEX(member)
#define DECODE_SAID_NAME(bit, type, member) DECODE_NAME(member)
#define DECODE_SAID_BIT(bit, type, member) [M_##member] = bit,

/* Finds the members of a record by their names; returns the bits of those that it has. */
unsigned decode_find(const struct json *object, const struct str *names, const unsigned *bits,
                     size_t n, const struct json **found);

/* Puts into the order of a record that has a time and no revision the hash of what it says: its
 * members `m`, in whatever order it has them, but for the two that say the order (R3.59). */
void decode_order(struct reader *r, const struct json *const *m, size_t n, struct order *order);

/* Says why a whole record is refused; false, for the caller to return. */
bool decode_refuse(struct refused *refused, enum refusal code, struct str detail);

/* The incident_id of a record; missing-field or bad-identifier noted. */
struct str decode_incident_id(struct reader *r, const struct json *value);

/* A record of items, with no envelope around it and no limit of others: it is ours. false, with the
 * refusal, where it cannot be read. */
bool decode_items(struct arena *arena, const struct record *record, struct event *event,
                  struct refused *refused);

/* A record by which merged incidents speak to each other, those of findings and tasks that were
 * updated apart: these are read as their own, and say by their origin and way what they follow. */
void decode_merged(struct reader *r, enum envelope_kind kind, const struct json *object,
                   struct event *event);
void decode_way(struct reader *r, const struct json *origin_value, const struct json *passed,
                struct origin *origin, struct str_list *list);
/* The same of a duty, which is of an incident and is called by `name`. */
void decode_duty_way(struct reader *r, const struct json *const values[3], struct origin *origin,
                     struct str_list *list, struct str *name);
/* Sets what the finding is called in the incident, by its origin; in its own it has none. */
void decode_called(struct arena *arena, struct str incident_id, struct finding *finding);

/* What is told of a cause, or the answer. */
void decode_recurrence(struct reader *r, enum envelope_kind kind, const struct json *object,
                       struct event *event);

struct closure_event *decode_closure(struct reader *r, const struct json *object);
/* `incident_id` is that of the closure whose `findings` has the object; absent: a record of
 * finding-updated, which has its own. Its warnings stay in the reader. */
void decode_finding(struct reader *r, const struct json *object, struct str incident_id,
                    struct finding_event *event);
struct task_update_event *decode_task_update(struct reader *r, const struct json *object);

#endif
