/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold in every build, the released one too: where it does not, what would be written
 * next is wrong, and a process that ends and is started again does less harm than that.
 */
#ifndef EPILOGUE_COMMON_ENSURE_H
#define EPILOGUE_COMMON_ENSURE_H

#include <stdbool.h>

/* Ends the process by abort(), with a line in the log that says what did not hold, and where. */
_Noreturn void ensure_failed(const char *what, const char *file, int line);

static inline void ensure_holds(bool holds, const char *what, const char *file, int line)
{
    if (!holds) ensure_failed(what, file, line);
}

#define ENSURE(what) ensure_holds((what), #what, __FILE__, __LINE__)

#endif
