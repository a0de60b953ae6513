/* SPDX-License-Identifier: Apache-2.0 */
/* How far a long command is, on a terminal: one line on standard error that is written over. */
#ifndef EPILOGUE_VIEW_PROGRESS_H
#define EPILOGUE_VIEW_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
    const char *what; /* "records sent" */
    bool shown;       /* the line stands there now */
    int64_t said_ms;  /* monotonic */
};

/* Says `done` of `total` (0: not known), four times in a second at most; nothing where standard
 * error is no terminal. */
void progress_show(struct progress *progress, size_t done, size_t total);
/* Takes the line away. To be called before anything else is printed, and at the end. */
void progress_clear(struct progress *progress);

#endif
