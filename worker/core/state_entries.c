/* SPDX-License-Identifier: Apache-2.0 */
/* The words in what is stored, and what an entry is that has nothing in it. */
#include "state_entries.h"

NAMES_DEFINE(phase, PHASES)
NAMES_DEFINE(stage, STAGES)
NAMES_DEFINE(change, CLOSURE_CHANGES)
NAMES_DEFINE(doubt, DOUBTS)
NAMES_DEFINE(telling, TELLINGS)

/* clang-format off */

/* What "nothing" is, by the type of a row. */
#define NONE_TEXT {NULL, 0}
#define NONE_LIST {NULL, 0}
#define NONE_INTEGER 0
#define NONE_BITS 0
#define NONE_BOOLEAN false
#define NONE_TRISTATE tristate_none
#define NONE_TIME TIME_NONE
#define NONE_WORD(vocabulary) 0
#define NONE_WORDS(vocabulary, first) 0
#define NONE_OBJECT(name) NONE_##name
#define NONE_OBJECTS(list, name) {NULL, 0}
#define NONE_LABELS {NULL, 0}
#define NONE_REMINDERS {[0 ... REMINDER_TASK_KINDS - 1] = {.last = TIME_NONE, .sent_at = TIME_NONE}}
#define NONE_order {.revision = -1, .time = TIME_NONE, .taken = {NULL, 0}}
#define NONE_cursor {.at = TIME_NONE, .latest = TIME_NONE}
#define NONE_owner {.team = {NULL, 0}}
#define NONE_tracker {.system = {NULL, 0}}
#define NONE_counts {.open = 0}
#define NONE_evaluation {.sufficient = tristate_none}
#define NONE_origin {.incident_id = {NULL, 0}}

#define NONE(type, member) .member = NONE_##type,
#define NONE_OF(what, type, member) .member = NONE_##type,
#define NONE_NAMED(type, member, name) .member = NONE_##type,
const struct incident incident_none = {INCIDENT_MEMBERS(NONE_OF, NONE)};
const struct finding finding_none = {
    FINDING_IDENTITY(NONE)
    FINDING_SAID(NONE_OF)
    FINDING_OWN(NONE_NAMED)
};
const struct duty duty_none = {DUTY_MEMBERS(NONE)};
const struct task task_none = {TASK_MEMBERS(NONE, NONE, NONE)};
const struct digest_item digest_item_none = {ITEM_MEMBERS(NONE)};
const struct recipient_state recipient_state_none = {RECIPIENT_MEMBERS(NONE)};

/* clang-format on */
