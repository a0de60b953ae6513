/* SPDX-License-Identifier: Apache-2.0 */
/* How the keys of entries, and names in them, are written, and what they say. */
#ifndef EPILOGUE_CORE_STATE_KEY_H
#define EPILOGUE_CORE_STATE_KEY_H

#include "common/arena.h"
#include "state_parts.h"

struct finding;

enum entry_type {
    ENTRY_INCIDENT,
    ENTRY_CLOSURE,
    ENTRY_FINDING,
    ENTRY_TASK,
    ENTRY_DUTY,
    ENTRY_MERGED,
    ENTRY_WAITING,
    ENTRY_RECIPIENT,
    ENTRY_ITEMS,
    ENTRY_CAUSE,
};
#define ENTRY_TYPES (ENTRY_CAUSE + 1)

/* Appends `raw` with `%`, `/`, `|`, `$`, `~` and control characters percent-encoded (upper-case hex). */
struct str state_encode_part(struct arena *arena, struct str raw);
/* The name of a finding in other incidents than its own: "<incident_id>:<finding_id>", both encoded,
 * with `:` too, so that no two findings have one name (R4.180). */
struct str state_finding_name(struct arena *arena, struct origin origin);
/* Whether a finding_id may be such a name. */
bool state_is_finding_name(struct str finding_id);
/* What stands for it in keys and names of tasks: that name, or its finding_id encoded so. */
struct str state_finding_part(struct arena *arena, const struct origin *origin,
                              struct str finding_id);
/* Under which of these the finding may be stored that a record names, the likelier one first. Returns
 * how many: what is loaded for the record and what is looked for is one thing. */
size_t state_finding_parts(struct arena *arena, const struct finding *said, struct str parts[2]);
/* Undoes state_encode_part; a broken escape is taken as it stands. */
struct str state_decode_part(struct arena *arena, struct str part);
/* Keys of entries, in the arena; all but the header's begin with that one. `part` is as
 * state_finding_part makes it, `name` of a task is "<kind>[/<part>][~<occurrence>]", encoded. */
struct str state_incident_key(struct arena *arena, struct str incident_id);
struct str state_closure_key(struct arena *arena, struct str header_key);
struct str state_merged_key(struct arena *arena, struct str header_key);
struct str state_waiting_key(struct arena *arena, struct str header_key, struct str incident_id);
struct str state_finding_key(struct arena *arena, struct str header_key, struct str part);
struct str state_task_key(struct arena *arena, struct str header_key, struct str name);
/* The part in the key of a finding. A slice of `key`; empty where that breaks off before it. */
struct str state_part_of_finding(struct str key);
/* Of a duty of an incident, by its name (duty.h). */
struct str state_duty_key(struct arena *arena, struct str header_key, struct str name,
                          struct str incident_id);
/* The name of a task without the sign of a later life, if it is a duty's: an obligation's, or a party's.
 * A slice of `name`, absent where it is none. */
struct str state_duty_name(struct str name);
/* What stands behind the kind in such a name; it points into the name. */
struct str state_duty_part(struct str name);
/* "<incident_id>/<name>" with the incident_id encoded. */
struct str state_task_id(struct arena *arena, struct str incident_id, struct str name);
/* The kind in the name of a task; none where it has none. */
enum task_kind state_task_kind(struct str name);
/* The pair that the finding is whose task is called so in this incident; none where it is of none. */
struct origin state_task_origin(struct arena *arena, struct str incident_id, struct str name);
/* The header's key: what stands before the first `|`. A slice of `key`. */
struct str state_header_key(struct str key);
/* The key of what the entry is stored in: of the finding for a task of one, in the arena; else
 * `key` itself. */
struct str state_holder_key(struct arena *arena, struct str key);
/* Of a recipient, by its name (item_recipients), and of a record of items for it. */
struct str state_recipient_key(struct arena *arena, struct str recipient);
struct str state_items_key(struct arena *arena, struct str recipient_key, struct str origin);
/* The recipient in a key that is one of its. */
struct str state_recipient_of(struct str key);
#define STATE_CAUSE_BYTES 256
/* What stands for a cause (R3.100): no white space around it, one space for each within, and so many
 * bytes at most, of which of a longer one the last are its hash. Absent where there is nothing. */
struct str state_cause_name(struct arena *arena, struct str said);
/* The key of the entry of a cause, by its name: the same whatever the case of A to Z. */
struct str state_cause_key(struct arena *arena, struct str name);
/* Keys that are no incident's: those of recipients and of causes, and `$position/<n>`. */
bool state_key_is_own(struct str key);
/* `$position/<n>`, which is no entry: it says how far a shard has come. */
bool state_key_is_position(struct str key);
/* What the entry of this key is. */
enum entry_type state_type_of(struct str key);

#endif
