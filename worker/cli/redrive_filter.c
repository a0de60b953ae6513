/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The options of redrive that choose among dead letters: by code, topic, incident and time of the
 * refusal. A dead letter goes back only when all that were given hold for it.
 */
#include "redrive_filter.h"

#include "config/config.h"

static bool is_of(const struct redrive_filter *f, const char *name, int topic)
{
    return str_eq(str_of(name), topic_name(topic)) ||
           str_eq(str_of(name), f->cli->config->topics[topic]);
}

static bool read_topic(struct redrive_filter *f)
{
    const char *name = cli_value(f->cli, "topic");
    if (!name) return true;
    for (int t = TOPIC_INCIDENT_CLOSED; t < TOPIC_FORWARDED; t++)
        if (is_of(f, name, t)) f->topic = t;
    if (f->topic) return true;
    cli_fail(0,
             "--topic %s is not an input; allowed: incident-closed, finding-updated, "
             "task-updated",
             name);
    return false;
}

static bool check_codes(const struct redrive_filter *f)
{
    const char *code;
    for (size_t at = 0; (code = cli_next(f->cli, "code", &at));) {
        if (str_eq(str_of(code), refusal_name(refusal_parse(str_of(code))))) continue;
        cli_fail(0, "--code %s is not a refusal code; docs/contract.md lists them under 'Refused'",
                 code);
        return false;
    }
    return true;
}

static bool read_time(const struct redrive_filter *f, const char *option, ms_t *time)
{
    const char *text = cli_value(f->cli, option);
    if (!text) return true;
    enum timestamp_result result = timestamp_parse(str_of(text), time);
    if (result == TIMESTAMP_OK || result == TIMESTAMP_PARTIAL) return true;
    cli_fail(0, "--%s %s is not a time; allowed: 2026-11-20T10:15:00Z, 2026-11-20", option, text);
    return false;
}

bool redrive_filter_read(struct redrive_filter *filter, const struct cli *cli)
{
    *filter = (struct redrive_filter){.cli = cli,
                                      .since = INT64_MIN,
                                      .until = INT64_MAX,
                                      .incident = str_of(cli_value(cli, "incident"))};
    return read_topic(filter) && check_codes(filter) &&
           read_time(filter, "since", &filter->since) && read_time(filter, "until", &filter->until);
}

static bool has_code(const struct redrive_filter *f, struct str is)
{
    size_t at = 0;
    const char *code = cli_next(f->cli, "code", &at);
    if (!code) return true;
    while (code && !str_eq(str_of(code), is)) code = cli_next(f->cli, "code", &at);
    return code != NULL;
}

bool redrive_filter_fits(const struct redrive_filter *filter, const struct dead_letter *letter,
                         struct str key, struct str incident)
{
    const struct redrive_filter *f = filter;
    if (!has_code(f, letter->code)) return false;
    if (f->topic && letter->topic != f->topic) return false;
    if (letter->refused_at < f->since || letter->refused_at >= f->until) return false;
    return !f->incident.p || str_eq(f->incident, incident) || str_eq(f->incident, key);
}
