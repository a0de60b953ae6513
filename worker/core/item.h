/* SPDX-License-Identifier: Apache-2.0 */
/* Reminders as their recipients' digests have them: whom one is for, and what of it each is told. */
#ifndef EPILOGUE_CORE_ITEM_H
#define EPILOGUE_CORE_ITEM_H

#include "common/arena.h"
#include "output.h"

/* So many recipients are remembered of a reminder, and so many for whom one of them stands in. */
#define ITEM_TOLD_MAX 8

/* Somebody to be told, once, whatever the roles are (R4.110). */
struct item_recipient {
    struct str name; /* "person:<person>", else "team:<team>", else "role:<role>", encoded */
    unsigned roles;  /* bit (1 << role) */
    struct str_list delegated_from; /* for whom it stands in: each once, ITEM_TOLD_MAX at most */
};

/* All that a reminder goes to, each once, in the order of its recipients; in the arena. */
struct item_recipient *item_recipients(struct arena *arena, const struct reminder_output *reminder,
                                       size_t *n);

/* Notes when the reminder was sent, and to whom; in the arena. */
void item_note_sent(struct arena *arena, const struct reminder_output *reminder, ms_t now,
                    struct reminder_state *sent);
/*
 * The reminder as an item, the roles left to the caller. What people wrote is cut where all of it is
 * long (R4.113), so that an item takes 8 KB at most; `now` and `cut` are those of a decision. It points to what
 * the output points to.
 */
struct digest_item item_of(const struct output *output, ms_t now,
                           struct str (*cut)(struct str, size_t));

#endif
