/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads one member of a record each, with the tolerance of R3.12 to R3.22. All take NULL for a
 * member that is absent, and null or "" for one without a value (R3.69), and give "none" for them;
 * what cannot be taken is refused through the reader and read as "none" too. Texts point into the record.
 */
#ifndef EPILOGUE_CODEC_MEMBERS_H
#define EPILOGUE_CODEC_MEMBERS_H

#include "reader.h"

#define MEMBERS_IDENTIFIER_BYTES 256
/* "<incident_id>:<finding_id>", percent-encoded. */
#define MEMBERS_MERGED_ID_BYTES (2 * 3 * MEMBERS_IDENTIFIER_BYTES + 1)
#define MEMBERS_TASK_ID_BYTES 4096 /* its parts are percent-encoded identifiers or a party */
#define MEMBERS_SHOWN_BYTES 64     /* of a value in a refusal's detail */

/* Whether it is a text with nothing in it. */
bool members_is_empty(const struct json *value);
/* Whether it is absent, null or "". */
bool members_none(const struct json *value);
/* false, and missing-field, when the member is absent or null. */
bool members_required(struct reader *r, const struct json *value, const char *name);

struct str members_text(struct reader *r, const struct json *value);
/* too-large above `max_bytes`. */
struct str members_limited_text(struct reader *r, const struct json *value, size_t max_bytes);
/* Cut at limits.title.bytes, with a warning. */
struct str members_title(struct reader *r, const struct json *value);
/* bad-identifier unless 1 to `max_bytes` bytes without control characters; so for "", too. */
struct str members_identifier(struct reader *r, const struct json *value, size_t max_bytes);
/* The same of one that may be missing. */
struct str members_other_identifier(struct reader *r, const struct json *value, size_t max_bytes);
/* The name of a person or an account, trimmed; too-large above MEMBERS_IDENTIFIER_BYTES. */
struct str members_name(struct reader *r, const struct json *value);
/* The text as it is; absent when there is nothing but white space in it. */
struct str members_said(struct str text);

/* `*partial` (may be NULL) is the text of a partial date, else absent. TIME_NONE also for years
 * that say "absent". */
ms_t members_time(struct reader *r, const struct json *value, struct str *partial);
/* A time that people think of by days: of a partial date in the calendar's zone its start, or, for
 * `last`, its last millisecond. */
ms_t members_calendar_time(struct reader *r, const struct json *value, bool last);
/* When something was submitted. A partial date alone says it too roughly for a clock of hours: it is
 * the start of that day in the calendar's zone, with a warning. */
ms_t members_submitted_at(struct reader *r, const struct json *value);
/* Whether a time is there, but its year says that there is none. */
bool members_time_is_absent(const struct json *value);
/* -1: none. */
int64_t members_revision(struct reader *r, const struct json *value);

/* A word of a vocabulary, as its value. An unknown word is `otherwise`, with a warning. */
int members_word(struct reader *r, const struct json *value, const struct vocabulary *vocabulary,
                 int otherwise);
/* Only values `first` to `last` may stand here: else unknown-value. */
int members_choice(struct reader *r, const struct json *value, const struct vocabulary *vocabulary,
                   int first, int last);
/* A status up to `last`, or an alias of one by the policy; else unknown-value. */
enum reported_status members_status(struct reader *r, const struct json *value,
                                    enum reported_status last);
/* By the policy's aliases for the record's source; an unknown one is the policy's default, with a
 * warning. */
enum severity members_severity(struct reader *r, const struct json *value);

/* TRI_TRUE, TRI_FALSE or 0; no words. */
enum tristate members_boolean(struct reader *r, const struct json *value);
/* The same with the words for what publishers do not know: enum tristate. */
enum tristate members_tristate(struct reader *r, const struct json *value);

#endif
