/* SPDX-License-Identifier: Apache-2.0 */
/* What `help` and `--help` print. */
#ifndef EPILOGUE_CLI_HELP_H
#define EPILOGUE_CLI_HELP_H

#include <stdio.h>

#include "cli.h"

/* The list of commands. */
void help_commands(FILE *file);
/* One command: how it is called, its options, and more. */
void help_command(const struct command *command, FILE *file);

#endif
