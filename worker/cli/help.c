/* SPDX-License-Identifier: Apache-2.0 */
#include "help.h"

#include <string.h>

#include "config/reference.h"

static const char every_command[] =
    "options of every command:\n"
    "  -c FILE                 the configuration, a .properties file\n"
    "  -s KEY=VALUE            one setting over it and over the environment; as often as needed\n"
    "  -h, --help              this command's help\n";

void help_commands(FILE *out)
{
    fputs("epilogue " EPILOGUE_VERSION ": from an incident's closure to its last entry resolved\n"
          "\n"
          "usage: epilogue COMMAND [OPTION]... [ARGUMENT]...\n"
          "       epilogue --version\n"
          "\n"
          "commands:\n",
          out);
    for (const struct command *const *c = commands; *c; c++) {
        char call[100];
        const char *arguments = (*c)->arguments ? (*c)->arguments : "";
        snprintf(call, sizeof call, "%s%s%s", (*c)->name, *arguments ? " " : "", arguments);
        fprintf(out, "  %-22s  %s\n", call, (*c)->summary);
    }
    fprintf(
        out,
        "\n"
        "%s"
        "\n"
        "`epilogue help COMMAND` says more of one; `epilogue help config` lists all settings.\n",
        every_command);
}

static void print_option(const struct cli_option *option, FILE *out)
{
    char call[100];
    snprintf(call, sizeof call, "--%s%s%s", option->name, option->value ? " " : "",
             option->value ? option->value : "");
    fprintf(out, "  %-22s  %s\n", call, option->help);
}

void help_command(const struct command *command, FILE *out)
{
    const char *arguments = command->arguments ? command->arguments : "";
    fprintf(out, "usage: epilogue %s [OPTION]...%s%s\n\n%s\n", command->name, *arguments ? " " : "",
            arguments, command->summary);
    if (command->details) fprintf(out, "\n%s\n", command->details);
    if (command->options && command->options[0].name) fputs("\noptions:\n", out);
    for (const struct cli_option *o = command->options; o && o->name; o++) print_option(o, out);
    fprintf(out, "\n%s", every_command);
}

static int run(const struct cli *cli)
{
    if (!cli->argc) {
        help_commands(stdout);
    } else if (strcmp(cli->argv[0], "config") == 0) {
        struct buf reference = {0};
        reference_write(&reference);
        fwrite(reference.p, 1, reference.n, stdout);
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
