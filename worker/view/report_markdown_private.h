/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of report_markdown.h share. */
#ifndef EPILOGUE_VIEW_REPORT_MARKDOWN_PRIVATE_H
#define EPILOGUE_VIEW_REPORT_MARKDOWN_PRIVATE_H

#include "report_markdown.h"

#define REPORT_MISSING "**missing**"

struct report_page {
    struct buf *out;
    const struct report_markdown *report;
    const struct closure *closure; /* never NULL: an empty one before the incident is closed */
};

bool report_is_said(struct str text);
/* Whether the postmortem is a full one: what only that asks for is not missing in another. */
bool report_is_asked(const struct report_page *page);
/* What is said of the response: by its task, and where that says nothing, by the closure. */
struct evaluation report_evaluation(const struct report_page *page);
/* By enum tristate; absent for none. */
struct str report_yes_or_no(enum tristate tristate);

/* In the place of what is not there. */
void report_put_missing(struct report_page *page);
/* A time; where it was none, as it came. */
void report_put_when(struct buf *out, ms_t t, struct str as_it_came);
void report_put_owner(struct buf *out, struct owner owner);
void report_put_list(struct buf *out, struct str_list list);
/* "- <name>: <value>", a line. */
void report_put_fact(struct buf *out, const char *name, struct str value);
void report_put_fact_time(struct buf *out, const char *name, ms_t t, struct str as_it_came);

/* The sections; the arenas are for scratch. */
void report_write_timeline(struct report_page *page);
void report_write_technical_summary(struct report_page *page);
void report_write_evaluation(struct report_page *page);
void report_write_coordination(struct report_page *page, struct arena *arena);
void report_write_obligations(struct report_page *page);
void report_write_findings(struct report_page *page, struct arena *arena);
void report_write_seen(struct report_page *page, struct arena *arena);
void report_write_tasks(struct report_page *page, struct arena *arena);

#endif
