/* SPDX-License-Identifier: Apache-2.0 */
/* What went wrong, and what has to happen because of it. */
#ifndef EPILOGUE_COMMON_ERROR_H
#define EPILOGUE_COMMON_ERROR_H

#include <stdbool.h>

/* The class decides what happens (CONTRIBUTING, Style). */
enum result {
    OK,
    RETRY,  /* the same again, after a pause: a connection is gone */
    ABORT,  /* drop this batch, go back to what is committed */
    REJECT, /* this record cannot be taken: dead letter */
    FATAL,  /* exit: crash-only */
};

struct error {
    char text[600]; /* a whole sentence for a person: what, where, what to do */
    bool usage;     /* wrong usage or configuration: starting again does not help (exit code 2) */
};

/* Writes the sentence; returns `result`, so that `return error_set(e, FATAL, …)` reads well.
 * `error` may be NULL. */
enum result error_set(struct error *error, enum result result, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same, FATAL, for what is wrong with usage or configuration: the sentence names what to change. */
enum result error_usage(struct error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
