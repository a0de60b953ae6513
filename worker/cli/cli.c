/* SPDX-License-Identifier: Apache-2.0 */
/* What all commands share: the command line against a command's table of options, the configuration,
 * and the ways to say that something is wrong. */
#include "cli.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/text.h"
#include "config/config.h"
#include "config/nearest.h"
#include "help.h"
#include "kafka/kafka_settings.h"
#include "redis/redis_url.h"
#include "view/terminal.h"

#define HINT_BYTES 120 /* of a sentence's end */

/* What stands on the command line, sorted out. All arrays have room for every argument. */
struct arguments {
    struct cli cli;
    const char *file; /* -c */
    const char **settings;
    size_t settings_n;
    bool help;
    bool bad;
};

int cli_fail(int code, const char *format, ...)
{
    char text[2000];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (n >= (int)sizeof text) text[text_whole(text, sizeof text - 1)] = 0;
    terminal_say(stderr, "epilogue: %s", text);
    return code;
}

int cli_error(const struct error *error)
{
    return cli_fail(error->usage ? EXIT_USAGE : EXIT_FAILED, "%s", error->text);
}

/* What was meant, if few letters differ: of names that are not near none is worth a question. */
static const char *hint(const struct nearest *nearest, const char *name, char text[HINT_BYTES])
{
    text[0] = 0;
    if (nearest_is_near(nearest)) snprintf(text, HINT_BYTES, " (did you mean %s?)", name);
    return text;
}

const struct command *cli_find_command(const char *name)
{
    struct nearest nearest = {.word = name};
    for (const struct command *const *c = commands; *c; c++) {
        if (strcmp((*c)->name, name) == 0) return *c;
        nearest_try(&nearest, (*c)->name);
    }
    char text[HINT_BYTES];
    cli_fail(0, "there is no command \"%s\"%s; all of them: epilogue help", name,
             hint(&nearest, nearest.name, text));
    return NULL;
}

static int option_index(const struct command *command, const char *name, size_t n)
{
    for (int i = 0; command->options && command->options[i].name; i++)
        if (strncmp(command->options[i].name, name, n) == 0 && !command->options[i].name[n])
            return i;
    return -1;
}

const char *cli_value(const struct cli *cli, const char *option)
{
    int i = option_index(cli->command, option, strlen(option));
    return i < 0 ? NULL : cli->values[i];
}

const char *cli_second(const struct cli *cli, const char *option)
{
    int i = option_index(cli->command, option, strlen(option));
    return i < 0 ? NULL : cli->seconds[i];
}

const char *cli_next(const struct cli *cli, const char *option, size_t *at)
{
    int i = option_index(cli->command, option, strlen(option));
    while (*at < cli->given_n) {
        const struct cli_given *given = &cli->given[(*at)++];
        if (given->option == i) return given->value;
    }
    return NULL;
}

long cli_integer(const struct cli *cli, const char *option, long min, long max, long fallback)
{
    const char *text = cli_value(cli, option);
    if (!text) return fallback;
    size_t digits = strspn(text, "0123456789");
    long value = digits && digits <= 18 && !text[digits] ? strtol(text, NULL, 10) : min - 1;
    if (value < min || value > max)
        exit(cli_fail(EXIT_USAGE, "--%s %s is not allowed; allowed: an integer from %ld to %ld",
                      option, text, min, max));
    return value;
}

/* A sentence about wrong usage; nothing is run. */
static void __attribute__((format(printf, 2, 3))) bad(struct arguments *a, const char *format, ...)
{
    char text[600];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    cli_fail(0, "%s; see epilogue help %s", text, a->cli.command->name);
    a->bad = true;
}

static void unknown_option(struct arguments *a, const char *argument)
{
    const char *name = a->cli.command->name;
    char candidate[100], best[100] = "--help";
    struct nearest nearest = {.word = argument};
    nearest_try(&nearest, best);
    for (const struct cli_option *o = a->cli.command->options; o && o->name; o++) {
        size_t before = nearest.distance;
        snprintf(candidate, sizeof candidate, "--%s", o->name);
        nearest_try(&nearest, candidate);
        if (nearest.distance < before) strcpy(best, candidate);
    }
    char text[HINT_BYTES];
    bad(a, "%s has no option %s%s", name, argument, hint(&nearest, best, text));
}

/* The value of an option: what follows it in the same argument, or the next argument. */
static const char *take_value(struct arguments *a, const char *attached, const char *const **next,
                              const char *option)
{
    if (attached) return attached;
    if (**next) return *(*next)++;
    bad(a, "%s needs a value", option);
    return NULL;
}

/* -c FILE, -cFILE, -s key=value, -skey=value, -h */
static void read_short(struct arguments *a, const char *argument, const char *const **next)
{
    const char *attached = argument[2] ? argument + 2 : NULL;
    if (argument[1] == 'c') {
        a->file = take_value(a, attached, next, "-c");
    } else if (argument[1] == 's') {
        const char *setting = take_value(a, attached, next, "-s");
        if (setting) a->settings[a->settings_n++] = setting;
    } else if (argument[1] == 'h' && !attached) {
        a->help = true;
    } else {
        unknown_option(a, argument);
    }
}

/* --name VALUE, --name=VALUE, --flag */
static void read_long(struct arguments *a, const char *argument, const char *const **next)
{
    if (strcmp(argument, "--help") == 0) {
        a->help = true;
        return;
    }
    const char *equals = strchr(argument, '=');
    size_t n = equals ? (size_t)(equals - argument) - 2 : strlen(argument) - 2;
    int i = option_index(a->cli.command, argument + 2, n);
    if (i < 0) {
        unknown_option(a, argument);
    } else if (a->cli.command->options[i].value) {
        a->cli.values[i] = take_value(a, equals ? equals + 1 : NULL, next, argument);
        if (a->cli.values[i] && strchr(a->cli.command->options[i].value, ' '))
            a->cli.seconds[i] = take_value(a, NULL, next, argument);
        a->cli.given[a->cli.given_n++] = (struct cli_given){i, a->cli.values[i]};
    } else if (equals) {
        bad(a, "%s: this option takes no value", argument);
    } else {
        a->cli.values[i] = "";
    }
}

static void check_count(struct arguments *a)
{
    const struct command *c = a->cli.command;
    if (a->cli.argc < c->min_args)
        bad(a, "%s needs %s", c->name, c->arguments);
    else if (c->max_args >= 0 && a->cli.argc > c->max_args)
        bad(a, "\"%s\" is one argument too many", a->cli.argv[c->max_args]);
}

static void read_arguments(struct arguments *a, const char *const *argument)
{
    bool options = true;
    while (*argument && !a->bad) {
        const char *text = *argument++;
        if (!options || text[0] != '-' || !text[1])
            a->cli.argv[a->cli.argc++] = text;
        else if (strcmp(text, "--") == 0)
            options = false;
        else if (text[1] == '-')
            read_long(a, text, &argument);
        else
            read_short(a, text, &argument);
    }
    if (!a->bad && !a->help) check_count(a);
}

/* What the configuration's own table does not know: the settings of librdkafka, and redis.url. */
static enum result check_config(const struct config *config, struct error *error)
{
    struct redis_url url;
    enum result result = kafka_settings_check(config, error);
    if (result == OK) result = redis_url_parse(config->redis_url, &url, error);
    if (result == OK) redis_url_free(&url);
    return result;
}

static int run(struct arguments *a)
{
    const struct command *command = a->cli.command;
    if (a->bad) return EXIT_USAGE;
    if (a->help) {
        help_command(command, stdout);
        return EXIT_DONE;
    }
    if (command->without_config) return command->run(&a->cli);
    struct config_sources sources = {a->file, (const char *const *)environ, a->settings,
                                     a->settings_n};
    struct config *config;
    struct error error;
    if (config_load(&sources, &config, &error) != OK) return cli_fail(EXIT_USAGE, "%s", error.text);
    if (check_config(config, &error) != OK) {
        config_free(config);
        return cli_error(&error);
    }
    log_setup(config->log_level, config->log_json);
    a->cli.config = config;
    int code = command->run(&a->cli);
    config_free(config);
    return code;
}

int cli_main(int argc, const char *const *argv)
{
    if (argc < 2) {
        help_commands(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        help_commands(stdout);
        return EXIT_DONE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        terminal_say(stdout, "epilogue %s", EPILOGUE_VERSION);
        return EXIT_DONE;
    }
    const struct command *command = cli_find_command(argv[1]);
    if (!command) return EXIT_USAGE;
    size_t options = 0;
    while (command->options && command->options[options].name) options++;
    size_t n = (size_t)argc;
    struct arguments a = {.cli = {.command = command}};
    a.cli.values = calloc(options + 1, sizeof *a.cli.values);
    a.cli.seconds = calloc(options + 1, sizeof *a.cli.seconds);
    a.cli.given = calloc(n, sizeof *a.cli.given);
    a.cli.argv = calloc(n, sizeof *a.cli.argv);
    a.settings = calloc(n, sizeof *a.settings);
    int code = EXIT_FAILED;
    if (a.cli.values && a.cli.seconds && a.cli.given && a.cli.argv && a.settings) {
        read_arguments(&a, argv + 2);
        code = run(&a);
    }
    free(a.cli.values);
    free(a.cli.seconds);
    free(a.cli.given);
    free(a.cli.argv);
    free(a.settings);
    return code;
}
