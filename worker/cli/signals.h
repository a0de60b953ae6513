/* SPDX-License-Identifier: Apache-2.0 */
/* What the worker is told by signals. A thread of its own takes them, so that a main thread that is
 * held up in a call of a library cannot keep the process from ending. */
#ifndef EPILOGUE_CLI_SIGNALS_H
#define EPILOGUE_CLI_SIGNALS_H

#include <stdbool.h>

/*
 * Before any other thread is started: blocks SIGTERM, SIGINT and SIGHUP for all of them, ignores
 * SIGUSR1 and SIGUSR2, and starts the thread. At the first SIGTERM or SIGINT it sets the mark that
 * signals_stop_asked tells and has the watchdog end the process with exit code 0 after `stop_ms`; at
 * the second it ends it at once, with the same code.
 */
void signals_start(int stop_ms);
bool signals_stop_asked(void);
/* Whether SIGHUP came since the last call. */
bool signals_take_reload(void);

#endif
