/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of commands: one row here and one file beside this one make a command. help and
 * cli_find_command read it.
 */
#include <stddef.h>

#include "cli.h"

/* Each is defined in <name>.c. */
extern const struct command command_check, command_dev, command_help, command_list, command_publish,
    command_rebuild, command_redrive, command_report, command_show, command_simulate, command_stats,
    command_tail, command_topics, command_worker;

const struct command *const commands[] = {
    &command_worker,   &command_dev,     &command_topics,  &command_check,  &command_publish,
    &command_tail,     &command_list,    &command_show,    &command_report, &command_stats,
    &command_simulate, &command_rebuild, &command_redrive, &command_help,   NULL,
};
