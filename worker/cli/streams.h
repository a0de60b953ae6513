/* SPDX-License-Identifier: Apache-2.0 */
/* Standard input, output and error, as they are found and as they are left. */
#ifndef EPILOGUE_STREAMS_H
#define EPILOGUE_STREAMS_H

#include <stdbool.h>

/*
 * To be called before anything is opened. A descriptor from 0 to 2 that is closed would be given to
 * the next socket, and what is printed would go there. It is filled with one on which reading (0) or
 * writing (1, 2) fails, as on a closed one. Also ignores SIGPIPE: a reader that has enough is no
 * error. Exits with 1 when that cannot be had.
 */
void streams_repair(void);

/* Whether what is printed goes nowhere any more: the reader has gone, or a write has failed. */
bool streams_closed(void);

/*
 * The end of every command: writes out what standard output still holds. Returns `code`, or 1 with a
 * sentence when something was not written (a full disk, a closed descriptor); a reader that has gone
 * had enough.
 */
int streams_finish(int code);

#endif
