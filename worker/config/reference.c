/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints docs/configuration.md from the table of options, so that the two cannot differ. A test
 * compares them.
 */
#include "reference.h"

#include "environment.h"
#include "options.h"
#include "passthrough.h"

#define COLUMNS 100

static const char introduction[] =
    "# Configuration\n"
    "\n"
    "<!-- Written by `epilogue help config`: change worker/config/options.c, then run\n"
    "     `epilogue help config > docs/configuration.md`. -->\n"
    "\n"
    "Settings come from three places, the later over the earlier:\n"
    "\n"
    "1. a `.properties` file (`-c FILE`): `key=value` or `key: value`, comments after `#` or `!`,\n"
    "   a backslash at the end of a line continues it on the next one;\n"
    "2. the environment: `EPILOGUE_REDIS_URL` is `redis.url` (upper case, `_` for `.` and `-`);\n"
    "3. the command line: `-s redis.url=redis://cache:6379/0`.\n"
    "\n"
    "An empty value means the default. An unknown key is an error that names the nearest known\n"
    "one. The secrets `redis.password`, `kafka.sasl.password` and "
    "`kafka.ssl.key.password`\n"
    "can be given as files: `redis.password.file=/run/secrets/redis` (a line break at the end of\n"
    "the file does not count).\n";

static const char passthrough_text[] =
    "\n"
    "## Settings of librdkafka\n"
    "\n"
    "Every setting of librdkafka goes through as `kafka.<name>`, or for one side as\n"
    "`kafka.consumer.<name>` and `kafka.producer.<name>`, which come before `kafka.<name>`:\n"
    "\n"
    "    kafka.security.protocol=SASL_SSL\n"
    "    kafka.sasl.mechanism=PLAIN\n"
    "    kafka.sasl.username=epilogue\n"
    "    kafka.sasl.password.file=/run/secrets/kafka\n"
    "\n"
    "What the worker writes is compressed with lz4, which every client reads, unless\n"
    "`kafka.producer.compression.type` says something else.\n"
    "\n"
    "Some are refused, because the guarantees depend on them or because they have a key above:\n"
    "\n";

/* Words of `text`, broken before COLUMNS, each line after `indent`. */
static void put_wrapped(struct buf *out, const char *text, const char *indent)
{
    size_t column = 0;
    while (*(text += strspn(text, " "))) {
        size_t n = strcspn(text, " ");
        if (column && column + 1 + n > COLUMNS) {
            buf_char(out, '\n');
            column = 0;
        }
        const char *gap = column ? " " : indent;
        buf_printf(out, "%s%.*s", gap, (int)n, text);
        column += strlen(gap) + n;
        text += n;
    }
    buf_char(out, '\n');
}

static void put_option(struct buf *out, const struct option *option)
{
    struct buf line = {0};
    buf_printf(&line, "Default ");
    if (option->default_words)
        buf_printf(&line, "%s", option->default_words);
    else if (option->default_value)
        buf_printf(&line, "`%s`", option->default_value);
    else
        buf_printf(&line, "none");
    buf_printf(&line, "; allowed: ");
    options_allowed(option, &line);
    buf_printf(&line, ". %s", option->help);
    buf_char(&line, 0);
    buf_printf(out, "\n### `%s`\n\n", option->key);
    put_wrapped(out, line.p, "");
    buf_free(&line);
}

void reference_write(struct buf *out)
{
    buf_add(out, introduction, sizeof introduction - 1);
    for (const struct option *o = options; o->key; o++) {
        if (o->section) buf_printf(out, "\n## %s\n", o->section);
        put_option(out, o);
    }
    buf_add(out, passthrough_text, sizeof passthrough_text - 1);
    struct buf line = {0};
    for (const struct passthrough_rule *rule = passthrough_rules; rule->name; rule++) {
        line.n = 0;
        buf_printf(&line, "- `%s` %s.", rule->name, rule->reason);
        buf_char(&line, 0);
        put_wrapped(out, line.p, "");
    }
    buf_free(&line);
}
