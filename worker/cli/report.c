/* SPDX-License-Identifier: Apache-2.0 */
/* epilogue report: the post-incident report of one incident, from the worker's state in Redis. */
#include <stdio.h>

#include "cli.h"
#include "codec/json.h"
#include "store_reader.h"
#include "view/report_markdown.h"
#include "view/terminal.h"

static int print(struct arena *arena, struct entry *const *entries, size_t n, struct str id)
{
    struct report_markdown report;
    if (!report_markdown_collect(arena, entries, n, &report))
        return cli_fail(EXIT_FAILED, "nothing is known of an incident %.*s",
                        STR_ARG(json_excerpt(arena, id, 256)));
    struct buf out = {0};
    report_markdown_write(&out, arena, &report);
    terminal_flush(&out, false);
    buf_free(&out);
    return EXIT_DONE;
}

static int run(const struct cli *cli)
{
    struct error error;
    struct str id = str_of(cli->argv[0]);
    struct store_reader *reader = store_reader_open(cli->config, &error);
    if (!reader) return cli_error(&error);
    struct arena *arena = arena_new();
    struct entry **entries;
    size_t n;
    int code;
    if (store_reader_incident(reader, arena, id, &entries, &n, &error) == OK)
        code = print(arena, entries, n, id);
    else
        code = cli_error(&error);
    if (store_reader_tell_gaps(reader)) code = EXIT_FAILED;
    arena_free(arena);
    store_reader_close(reader);
    return code;
}

const struct command command_report = {
    .name = "report",
    .arguments = "INCIDENT",
    .summary = "the post-incident report in Markdown",
    .details =
        "Sequence of events, technical summary, findings by category, tasks with owners, "
        "priorities\n"
        "and deadlines, as the worker knows them now. What should be there and is not is marked\n"
        "**missing**, and once more in a list at the end. `epilogue simulate --report` writes the\n"
        "same from a file of events.",
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
