/* SPDX-License-Identifier: Apache-2.0 */
/* What a check has to say of one thing that it looked at. */
#ifndef EPILOGUE_COMMON_VERDICT_H
#define EPILOGUE_COMMON_VERDICT_H

enum verdict {
    VERDICT_OK,
    VERDICT_NOTE,  /* no fault: it could not be looked at, or is good to know */
    VERDICT_WRONG, /* the worker could not work so; the text says what to change */
};

/* Called once for each thing: `text` is a whole line. */
typedef void verdict_report(void *context, enum verdict verdict, const char *text);

#endif
