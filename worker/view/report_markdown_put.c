/* SPDX-License-Identifier: Apache-2.0 */
/* The pieces of a report: facts, times, owners, and what stands where one of them is not known. */
#include "markdown.h"
#include "render.h"
#include "report_markdown_private.h"

#define NOT_ASKED "Not given; a light postmortem does not ask for it."

bool report_is_said(struct str text)
{
    return text.p && text.n;
}

bool report_is_asked(const struct report_page *page)
{
    return page->report->incident->level == LEVEL_FULL;
}

void report_put_missing(struct report_page *page)
{
    buf_str(page->out, report_is_asked(page) ? STR(REPORT_MISSING) : STR(NOT_ASKED));
}

void report_put_when(struct buf *out, ms_t t, struct str as_it_came)
{
    if (report_is_said(as_it_came)) {
        markdown_inline(out, as_it_came);
    } else if (t == TIME_NONE) {
        buf_lit(out, REPORT_MISSING);
    } else {
        render_time(out, t);
        buf_lit(out, " UTC");
    }
}

void report_put_owner(struct buf *out, struct owner owner)
{
    if (!report_is_said(owner.person) && !report_is_said(owner.team)) {
        buf_lit(out, REPORT_MISSING);
        return;
    }
    markdown_inline(out, report_is_said(owner.person) ? owner.person : owner.team);
    if (!report_is_said(owner.person) || !report_is_said(owner.team)) return;
    buf_lit(out, " (");
    markdown_inline(out, owner.team);
    buf_char(out, ')');
}

void report_put_list(struct buf *out, struct str_list list)
{
    for (size_t i = 0; i < list.n; i++) {
        if (i) buf_lit(out, ", ");
        markdown_inline(out, list.items[i]);
    }
}

void report_put_fact(struct buf *out, const char *name, struct str value)
{
    buf_printf(out, "- %s: ", name);
    if (report_is_said(value))
        markdown_inline(out, value);
    else
        buf_lit(out, REPORT_MISSING);
    buf_char(out, '\n');
}

void report_put_fact_time(struct buf *out, const char *name, ms_t t, struct str as_it_came)
{
    buf_printf(out, "- %s: ", name);
    report_put_when(out, t, as_it_came);
    buf_char(out, '\n');
}

struct str report_yes_or_no(enum tristate tristate)
{
    switch (tristate) {
    case TRI_TRUE: return STR("yes");
    case TRI_FALSE: return STR("no");
    case TRI_SUSPECTED: return STR("suspected");
    case tristate_none: break;
    }
    return STR_NONE;
}
