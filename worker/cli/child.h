/* SPDX-License-Identifier: Apache-2.0 */
/* Child processes of `dev` and `bench`: they die with us, whatever ends us. */
#ifndef EPILOGUE_CLI_CHILD_H
#define EPILOGUE_CLI_CHILD_H

#include <sys/types.h>

#include "common/error.h"

/* Starts argv[0] (searched in PATH; ends with NULL), standard output and error going to `log_path`,
 * or where ours go with NULL. Returns its PID; 0 with a sentence when it cannot be started. */
pid_t child_start(const char *const *argv, const char *log_path, struct error *error);
/* Sends `signal`, waits; kills it after five seconds. Returns its wait status. pid <= 0 is fine. */
int child_stop(pid_t pid, int signal);
/* Whether it still runs. */
int child_is_alive(pid_t pid);
/* Waits for its end; its exit code, -1 when a signal ended it. */
int child_wait(pid_t pid);

#endif
