/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The post-incident report, in Markdown, from what the worker knows of an incident: nothing is read
 * and nothing is asked here. What should be there and is not stands as **missing**.
 */
#ifndef EPILOGUE_VIEW_REPORT_MARKDOWN_H
#define EPILOGUE_VIEW_REPORT_MARKDOWN_H

#include "common/buf.h"
#include "core/state.h"
#include "core/state_entries.h"

struct report_markdown {
    const struct incident *incident;
    const struct closure *closure; /* NULL before the incident is closed, or past retention */
    const struct finding **findings;
    size_t findings_n;
    const struct task **tasks;
    size_t tasks_n;
};

/* Sorts what a report needs out of the entries of one incident (those that exist). The arrays are
 * in the arena, in the order of their ids. false: there is no header among them. */
bool report_markdown_collect(struct arena *arena, struct entry *const *entries, size_t n,
                             struct report_markdown *report);
/* Appends the report. The arena is for scratch. */
void report_markdown_write(struct buf *out, struct arena *arena,
                           const struct report_markdown *report);

#endif
