/* SPDX-License-Identifier: Apache-2.0 */
/* `epilogue help`, --help, and the help of one command, all from the tables of the commands. */
#include "help.h"

#include <string.h>

#include "config/reference.h"
#include "view/terminal.h"

static const char every_command[] =
    "options of every command:\n"
    "  -c FILE                 the configuration, a .properties file\n"
    "  -s KEY=VALUE            one setting over it and over the environment; as often as needed\n"
    "  -h, --help              this command's help\n";

void help_commands(FILE *file)
{
    struct buf out = {0};
    buf_lit(&out,
            "epilogue " EPILOGUE_VERSION ": from an incident's closure to its last entry resolved\n"
            "\n"
            "usage: epilogue COMMAND [OPTION]... [ARGUMENT]...\n"
            "       epilogue --version\n"
            "\n"
            "commands:\n");
    for (const struct command *const *c = commands; *c; c++) {
        char call[100];
        const char *arguments = (*c)->arguments ? (*c)->arguments : "";
        snprintf(call, sizeof call, "%s%s%s", (*c)->name, *arguments ? " " : "", arguments);
        buf_printf(&out, "  %-22s  %s\n", call, (*c)->summary);
    }
    buf_printf(
        &out,
        "\n"
        "%s"
        "\n"
        "`epilogue help COMMAND` says more of one; `epilogue help config` lists all settings.\n",
        every_command);
    terminal_write(file, buf_slice(&out), false);
    buf_free(&out);
}

static void add_option(struct buf *out, const struct cli_option *option)
{
    char call[100];
    snprintf(call, sizeof call, "--%s%s%s", option->name, option->value ? " " : "",
             option->value ? option->value : "");
    buf_printf(out, "  %-22s  %s\n", call, option->help);
}

void help_command(const struct command *command, FILE *file)
{
    struct buf out = {0};
    const char *arguments = command->arguments ? command->arguments : "";
    buf_printf(&out, "usage: epilogue %s [OPTION]...%s%s\n\n%s\n", command->name,
               *arguments ? " " : "", arguments, command->summary);
    if (command->details) buf_printf(&out, "\n%s\n", command->details);
    if (command->options && command->options[0].name) buf_lit(&out, "\noptions:\n");
    for (const struct cli_option *o = command->options; o && o->name; o++) add_option(&out, o);
    buf_printf(&out, "\n%s", every_command);
    terminal_write(file, buf_slice(&out), false);
    buf_free(&out);
}

static int run(const struct cli *cli)
{
    if (!cli->argc) {
        help_commands(stdout);
    } else if (strcmp(cli->argv[0], "config") == 0) {
        struct buf reference = {0};
        reference_write(&reference);
        terminal_flush(&reference, false);
        buf_free(&reference);
    } else {
        const struct command *command = cli_find_command(cli->argv[0]);
        if (!command) return EXIT_USAGE;
        help_command(command, stdout);
    }
    return EXIT_DONE;
}

const struct command command_help = {
    .name = "help",
    .arguments = "[COMMAND|config]",
    .summary = "the commands, one command, or all settings",
    .details = "`help config` prints docs/configuration.md.",
    .max_args = 1,
    .run = run,
    .without_config = true,
};
