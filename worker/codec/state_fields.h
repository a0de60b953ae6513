/* SPDX-License-Identifier: Apache-2.0 */
/* What of each entry is stored, as tables that both the writer and the reader follow. They are made
 * of those of core/state_entries.h, so every member of an entry is in them. */
#ifndef EPILOGUE_CODEC_STATE_FIELDS_H
#define EPILOGUE_CODEC_STATE_FIELDS_H

#include "core/event.h"
#include "core/state_key.h"

enum state_field_type {
    STATE_TEXT,      /* struct str; nothing: absent */
    STATE_LIST,      /* struct str_list; nothing: empty */
    STATE_INTEGER,   /* int64_t; nothing: 0 */
    STATE_REVISION,  /* int64_t; nothing: -1 */
    STATE_BITS,      /* unsigned, as an integer; nothing: 0 */
    STATE_BOOLEAN,   /* bool; nothing: false */
    STATE_TRISTATE,  /* enum tristate, as a boolean or "suspected"; nothing: 0 */
    STATE_TIME,      /* ms_t; nothing: TIME_NONE */
    STATE_WORD,      /* an enum of core/names.h, by its name; nothing: 0 */
    STATE_WORDS,     /* unsigned, bit (1 << (value - first)), as the list of names; nothing: 0 */
    STATE_OBJECT,    /* a struct with fields of its own; nothing: none of them */
    STATE_OBJECTS,   /* struct state_objects of such; nothing: empty */
    STATE_LABELS,    /* struct labels, as an object of texts; nothing: empty */
    STATE_REMINDERS, /* struct reminder_state by kind; nothing: all unused */
};

struct state_fields;

struct state_field {
    struct str name; /* as it is written: ,"name": */
    enum state_field_type type;
    size_t offset;                  /* of the member in its struct */
    int first;                      /* STATE_WORDS: the value of bit 0 */
    const struct state_fields *of;  /* STATE_OBJECT, STATE_OBJECTS */
    const struct vocabulary *words; /* STATE_WORD, STATE_WORDS */
};

/* What a member of STATE_OBJECTS is, whatever its items are. */
struct state_objects {
    void *items;
    size_t n;
};

struct state_fields {
    const struct state_field *items;
    size_t n;
    size_t size; /* of the struct */
};

/* By enum entry_type. */
extern const struct state_fields state_fields_entries[ENTRY_TYPES];
/* What is told of causes, on its way: no entries, but written as they are. */
extern const struct state_fields state_fields_recurrence, state_fields_recurred;
/* Of one struct reminder_state. */
extern const struct state_fields state_fields_reminder;
/* The bytes of a member in its struct. */
size_t state_fields_size(const struct state_field *field);

#endif
