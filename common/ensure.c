/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a process that found itself about to do what is wrong. */
#include "ensure.h"

#include <stdlib.h>

#include "log.h"

void ensure_failed(const char *what, const char *file, int line)
{
    log_error("internal error: the process ends before anything wrong is written",
              "check=%s file=%s line=%d", what, file, line);
    abort();
}
