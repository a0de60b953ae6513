/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/cli.h"
#include "cli/help.h"
#include "config/config.h"

/* What the command saw, and what was said on standard error. */
static char seen[2000];
static char said[4000];

static int run_show(const struct cli *cli)
{
    char *out = seen;
    for (int i = 0; i < cli->argc; i++) out += sprintf(out, "[%s]", cli->argv[i]);
    const char *count = cli_value(cli, "count"), *all = cli_value(cli, "all");
    const char *first = cli_value(cli, "diff"), *second = cli_second(cli, "diff");
    out += sprintf(out, " count=%s all=%s", count ? count : "-", all ? "yes" : "no");
    if (first) out += sprintf(out, " diff=%s,%s", first, second);
    sprintf(out, " n=%ld group=%s", cli_integer(cli, "count", 1, 10, 7), cli->config->group_id);
    return EXIT_FOUND;
}

static int run_bare(const struct cli *cli)
{
    sprintf(seen, "config %s", cli->config ? "there" : "none");
    return EXIT_DONE;
}

static const struct cli_option show_options[] = {
    {"count", "N", "how many"},
    {"all", NULL, "all of them"},
    {"diff", "OLD NEW", "two files"},
    {NULL, NULL, NULL},
};

static const struct command command_show = {
    .name = "show",
    .arguments = "ID...",
    .summary = "shows",
    .details = "More about it.",
    .min_args = 1,
    .max_args = 2,
    .options = show_options,
    .run = run_show,
};

static const struct command command_bare = {
    .name = "bare", .summary = "is bare", .run = run_bare, .without_config = true};

const struct command *const commands[] = {&command_show, &command_bare, NULL};

/* Runs cli_main with standard error in a file; returns its exit code. */
#define RUN(...) run((const char *const[]){"epilogue", __VA_ARGS__, NULL})

static int run(const char *const *argv)
{
    int argc = 0;
    while (argv[argc]) argc++;
    FILE *file = tmpfile();
    int saved = dup(STDERR_FILENO);
    dup2(fileno(file), STDERR_FILENO);
    seen[0] = 0;
    int code = cli_main(argc, argv);
    dup2(saved, STDERR_FILENO);
    close(saved);
    rewind(file);
    said[fread(said, 1, sizeof said - 1, file)] = 0;
    fclose(file);
    return code;
}

static void options_and_arguments(void **state)
{
    (void)state;
    assert_int_equal(RUN("show", "a"), EXIT_FOUND);
    assert_string_equal(seen, "[a] count=- all=no n=7 group=epilogue");
    assert_int_equal(RUN("show", "--count", "3", "a", "--all", "b"), EXIT_FOUND);
    assert_string_equal(seen, "[a][b] count=3 all=yes n=3 group=epilogue");
    RUN("show", "--count=1", "--count=2", "-", "-s", "group.id=x=y", "-sgroup.id=z");
    assert_string_equal(seen, "[-] count=2 all=no n=2 group=z");
    RUN("show", "-s", "batch.max=1", "--", "--all", "-c");
    assert_string_equal(seen, "[--all][-c] count=- all=no n=7 group=epilogue");
    RUN("show", "--diff", "old", "new", "a");
    assert_string_equal(seen, "[a] count=- all=no diff=old,new n=7 group=epilogue");
    assert_string_equal(said, "");
}

static void wrong_usage_names_what_is_right(void **state)
{
    (void)state;
    static const struct {
        const char *argv[6];
        const char *sentence;
    } examples[] = {
        {{"epilogue", "shwo"},
         "epilogue: there is no command \"shwo\" (did you mean show?); all of them"},
        {{"epilogue", "what"},
         "epilogue: there is no command \"what\"; all of them: epilogue help"},
        {{"epilogue", "show", "--cuont", "3"},
         "epilogue: show has no option --cuont (did you mean --count?); see epilogue help show"},
        {{"epilogue", "show", "--frobnicate"},
         "epilogue: show has no option --frobnicate; see epilogue help show"},
        {{"epilogue", "show", "a", "-x"}, "epilogue: show has no option -x"},
        {{"epilogue", "show", "a", "--count"}, "epilogue: --count needs a value"},
        {{"epilogue", "show", "a", "--diff", "x"}, "epilogue: --diff needs a value"},
        {{"epilogue", "show", "a", "--all=1"}, "epilogue: --all=1: this option takes no value"},
        {{"epilogue", "show", "a", "-c"}, "epilogue: -c needs a value"},
        {{"epilogue", "show"}, "epilogue: show needs ID..."},
        {{"epilogue", "show", "a", "b", "c"}, "epilogue: \"c\" is one argument too many"},
        {{"epilogue", "show", "a", "-s", "x"}, "epilogue: -s x: write -s key=value"},
        {{"epilogue", "show", "a", "-c", "/nowhere"}, "epilogue: /nowhere: No such file"},
        {{"epilogue", "--verson"}, "epilogue: there is no command \"--verson\""},
        {{"epilogue"}, "epilogue " EPILOGUE_VERSION},
    };
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        assert_int_equal(run(examples[i].argv), EXIT_USAGE);
        if (strncmp(said, examples[i].sentence, strlen(examples[i].sentence)) != 0)
            print_error("%s", said);
        assert_memory_equal(said, examples[i].sentence, strlen(examples[i].sentence));
        assert_string_equal(seen, "");
    }
}

static void the_environment_configures(void **state)
{
    (void)state;
    setenv("EPILOGUE_GROUP_ID", "of-environment", 1);
    RUN("show", "a");
    assert_non_null(strstr(seen, "group=of-environment"));
    setenv("EPILOGUE_GROUP_IDD", "x", 1);
    assert_int_equal(RUN("show", "a"), EXIT_USAGE);
    assert_non_null(strstr(said, "did you mean \"EPILOGUE_GROUP_ID\"?"));
    /* help must work all the same */
    assert_int_equal(RUN("bare"), EXIT_DONE);
    assert_string_equal(seen, "config none");
    unsetenv("EPILOGUE_GROUP_ID");
    unsetenv("EPILOGUE_GROUP_IDD");
}

static void help(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    help_commands(out);
    help_command(&command_show, out);
    fclose(out);
    assert_non_null(strstr(text, "  show ID...              shows\n"));
    assert_non_null(strstr(text, "usage: epilogue show [OPTION]... ID...\n\nshows\n"));
    assert_non_null(strstr(text, "\nMore about it.\n"));
    assert_non_null(strstr(text, "  --count N               how many\n"));
    assert_non_null(strstr(text, "  --all                   all of them\n"));
    assert_non_null(strstr(text, "  -c FILE "));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_and_arguments),
        cmocka_unit_test(wrong_usage_names_what_is_right),
        cmocka_unit_test(the_environment_configures),
        cmocka_unit_test(help),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
