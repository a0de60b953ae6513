/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program's entry: the table of commands. A command is one row here and one file in cli/.
 */
#include <stddef.h>

#include "cli/cli.h"
#include "cli/streams.h"

/* Each is defined in cli/<name>.c. */
extern const struct command command_check, command_dev, command_help, command_list, command_publish,
    command_rebuild, command_redrive, command_report, command_show, command_simulate, command_tail,
    command_topics, command_worker;

const struct command *const commands[] = {
    &command_worker,  &command_dev,
    &command_topics,  &command_check,
    &command_publish, &command_tail,
    &command_list,    &command_show,
    &command_report,  &command_simulate,
    &command_rebuild, &command_redrive,
    &command_help,    NULL,
};

int main(int argc, char **argv)
{
    streams_repair();
    return streams_finish(cli_main(argc, (const char *const *)argv));
}
