/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of render.h share. */
#ifndef EPILOGUE_VIEW_RENDER_PRIVATE_H
#define EPILOGUE_VIEW_RENDER_PRIVATE_H

#include "codec/json.h"
#include "render.h"

#define RENDER_TEXT_BYTES 240 /* of one text within a line */
#define RENDER_SENTENCE_BYTES 2000

/* Where lines go. */
struct render_page {
    struct buf *out;
    struct arena *arena; /* for scratch */
    bool colour;
};

/* A member of an object that may be NULL: an integer, else 0. */
int64_t render_integer_of(const struct json *object, const char *name);

/* Texts of others, cut and made safe. */
void render_put_text(struct render_page *page, struct str text);
void render_put_up_to(struct render_page *page, struct str text, size_t max_bytes);
void render_put_quoted(struct render_page *page, struct str text);
void render_put_quoted_up_to(struct render_page *page, struct str text, size_t max_bytes);

/* A member of an event, before and after which something stands. */
void render_put_member(struct render_page *page, const char *before, const struct json *object,
                       const char *name, const char *after);
/* A time as it stands in an event, for a person; anything else as it is. */
void render_put_time(struct render_page *page, struct str text);
/* "dev@example.com (crash-reporting)" */
void render_put_owner(struct render_page *page, const struct json *owner);
/* The texts of an array, with commas. */
void render_put_list(struct render_page *page, const struct json *list);
/* One side of a change. */
void render_put_value(struct render_page *page, const struct json *value);
/* name=text, …; "none" where there are none. */
void render_put_labels(struct render_page *page, const struct json *labels);
/* What was not understood of an event's input. */
void render_put_warnings(struct render_page *page, const struct json *value);

/* What happened, as a column: "overdue 2            ". */
void render_put_word(struct render_page *page, struct str word, int64_t number);
/* The same behind a time. */
void render_put_start(struct render_page *page, struct str time, struct str word, int64_t number);

/* The events, behind their start. */
void render_event_task(struct render_page *page, struct str word, const struct json *value);
void render_event_incident(struct render_page *page, struct str word, const struct json *value);
void render_event_finding(struct render_page *page, const struct json *value);
void render_event_reminder(struct render_page *page, const struct json *value);
void render_event_digest(struct render_page *page, const struct json *value);

#endif
