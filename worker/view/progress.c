/* SPDX-License-Identifier: Apache-2.0 */
/* The one line of progress on standard error, which holds numbers and words of ours alone. */
#include "progress.h"

#include <stdio.h>
#include <unistd.h>

#include "common/clock.h"

#define EVERY_MS 250

void progress_show(struct progress *progress, size_t done, size_t total)
{
    int64_t now_ms = clock_monotonic_ms();
    if (!progress->said_ms) progress->said_ms = now_ms; /* what is over at once says nothing */
    if (now_ms - progress->said_ms < EVERY_MS || !isatty(STDERR_FILENO)) return;
    progress->said_ms = now_ms;
    progress->shown = true;
    if (total)
        fprintf(stderr, "\r\033[K%zu of %zu %s (%zu %%)", done, total, progress->what,
                done * 100 / total);
    else
        fprintf(stderr, "\r\033[K%zu %s", done, progress->what);
    fflush(stderr);
}

void progress_clear(struct progress *progress)
{
    if (progress->shown) fputs("\r\033[K", stderr);
    progress->shown = false;
}
