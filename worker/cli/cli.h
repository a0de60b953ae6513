/* SPDX-License-Identifier: Apache-2.0 */
/* The commands: a table in commands.c, one file each. */
#ifndef EPILOGUE_CLI_CLI_H
#define EPILOGUE_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>

#include "common/error.h"

struct config;

/* Exit codes of R7.6. */
enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_FOUND = 3 };

/* An option of a command; -c, -s, --help are every command's. */
struct cli_option {
    const char *name;  /* without the dashes: "partitions" */
    const char *value; /* what its value is called: "N"; "OLD NEW" takes two; NULL for a flag */
    const char *help;  /* one line */
};

/* What a command is called with: options checked against its table, configuration loaded. */
struct cli {
    const struct config *config;
    const struct command *command;
    int argc; /* what is not an option */
    const char **argv;
    const char **values;  /* by index of command->options: NULL when not given, "" for a flag */
    const char **seconds; /* the same of options that take two: the second one */
    struct cli_given {
        int option;
        const char *value;
    } * given; /* all values in the order in which they were given */
    size_t given_n;
};

struct command {
    const char *name;
    const char *arguments;             /* as help shows them: "FILE..." */
    const char *summary;               /* one line for the list of commands */
    const char *details;               /* paragraphs for `epilogue help <command>`, or NULL */
    int min_args, max_args;            /* max_args -1: any number */
    const struct cli_option *options;  /* ends with name == NULL; NULL for none */
    int (*run)(const struct cli *cli); /* returns the exit code */
    bool without_config; /* cli->config is NULL: the command must work with a broken one too */
};

/* Finds the command in `commands`, checks the arguments, loads the configuration, runs the command
 * and returns its exit code. */
int cli_main(int argc, const char *const *argv);

/* The value of an option given (the last one), NULL otherwise ("" for a flag that was given). */
const char *cli_value(const struct cli *cli, const char *option);
/* The second value of an option that takes two. */
const char *cli_second(const struct cli *cli, const char *option);
/* The values of an option that can be given again and again: *at begins at 0; NULL behind the last. */
const char *cli_next(const struct cli *cli, const char *option, size_t *at);
/* The value of an option as an integer within [min, max]; `fallback` when not given. On a bad value
 * prints what is allowed and exits with EXIT_USAGE. */
long cli_integer(const struct cli *cli, const char *option, long min, long max, long fallback);
/* "epilogue: <sentence>" on standard error; returns `code`. */
int cli_fail(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The sentence of an error; EXIT_USAGE where it is of usage or configuration, else EXIT_FAILED. */
int cli_error(const struct error *error);

/* The table of commands.c; a new command is its file and a row there. */
extern const struct command *const commands[]; /* ends with NULL */
/* The one of a name, or NULL after a sentence that asks whether a near one was meant. */
const struct command *cli_find_command(const char *name);

#endif
