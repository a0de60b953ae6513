/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the stored format share: values (state_json.c, position_json.c), and what is in
 * them (state_json_write.c, state_json_read.c, state_tasks.c). */
#ifndef EPILOGUE_CODEC_STATE_JSON_PRIVATE_H
#define EPILOGUE_CODEC_STATE_JSON_PRIVATE_H

#include "json.h"
#include "state_fields.h"
#include "state_json.h"

/* Says that a member is not as it must be. Always false, for the caller to return. */
bool state_json_unreadable(struct error *error, struct str member, const char *why);
/* A time as it is stored: ms since 1970. */
bool state_json_read_time(const struct json *value, ms_t *out);
/* Members of an object, by its table: those that are not at their "nothing". */
void state_json_write_fields(struct buf *out, const struct state_fields *fields, const void *body);
/* The same, but those that are not as in `base`: null is "nothing" where that has something. */
void state_json_write_beside(struct buf *out, const struct state_fields *fields, const void *body,
                             const void *base);
/* What an object says; `body` keeps what it does not speak of. `may_be_null`: as written beside. */
bool state_json_read_fields(struct arena *arena, const struct state_fields *fields,
                            const struct json *object, void *body, bool may_be_null,
                            struct error *error);

/* state_tasks.c: the tasks of a finding, in its value. Each is written beside what it has of the
 * finding. */
void state_tasks_write(struct buf *out, const struct entry *finding);
bool state_tasks_read(struct arena *arena, struct state_table *table, const struct json *value,
                      const struct entry *finding, struct error *error);

/* An object of our version and type; `error` says what else. */
bool state_json_open_value(struct arena *arena, struct str value, struct str type,
                           struct json **root, struct error *error);
/* Puts before what is wrong where it stands. FATAL. */
enum result state_json_cannot_read(struct arena *arena, struct str key, struct error *error);

#endif
