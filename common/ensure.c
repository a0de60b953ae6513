/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a process that found itself about to do what is wrong. */
#include "ensure.h"

#include <stdlib.h>

#include "log.h"

void ensure_failed(const char *what, const char *file, int line)
{
    log_error("internal error: the process ends before anything wrong is written",
              LOG_TEXT("check", what), LOG_TEXT("file", file), LOG_INT("line", line));
    abort();
}
