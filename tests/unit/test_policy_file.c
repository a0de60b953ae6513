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

#include "config/policy_file.h"
#include "core/deadline.h"

static char file[] = "/tmp/test_policy_XXXXXX";
static struct arena *arena;
static struct policy policy;
static struct error error;

static int set_up(void **state)
{
    (void)state;
    int fd = mkstemp(file);
    close(fd);
    arena = arena_new();
    return fd < 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return unlink(file);
}

static enum result load(const char *text)
{
    FILE *f = fopen(file, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    error.text[0] = 0;
    return policy_file_load(file, arena, &policy, &error);
}

static void assert_loads(const char *text)
{
    if (load(text) != OK) print_error("%s\n", error.text);
    assert_string_equal(error.text, "");
}

/* `expected` stands behind the file's name. */
static void assert_refused(const char *text, const char *expected)
{
    assert_int_equal(load(text), FATAL);
    assert_memory_equal(error.text, file, strlen(file));
    assert_string_equal(error.text + strlen(file), expected);
}

static void assert_text(struct str s, const char *expected)
{
    assert_true(str_eq(s, str_of(expected)));
}

static void assert_days(struct duration d, int64_t days)
{
    assert_false(d.working_days);
    assert_int_equal(d.amount, days * DAY_MS);
}

static void assert_default(const struct policy *p)
{
    assert_text(p->version, "2026-11-20");
    assert_text(p->calendar.zone.name, "UTC");
    assert_int_equal(p->calendar.zone.changes_n, 0);
    assert_int_equal(p->calendars_n, 0);
    assert_int_equal(p->calendar.working_days, 0x1F);
    assert_int_equal(p->calendar.holidays_n, 1);
    assert_int_equal(p->calendar.holidays[0], timestamp_days(2026, 12, 25));
    assert_int_equal(p->severity_default, SEVERITY_HIGH);
    assert_int_equal(p->aliases_n, 32);
    assert_text(p->aliases[0].name, "sev-0");
    assert_int_equal(p->aliases[0].severity, SEVERITY_CRITICAL);
    assert_int_equal(p->priority[SEVERITY_CRITICAL], PRIORITY_P1);
    assert_int_equal(p->priority[SEVERITY_INFORMATIONAL], PRIORITY_P4);
    assert_int_equal(p->full_when.n, 2);
    assert_text(p->full_when.items[0].text, "customer_impacting");
    assert_int_equal(p->full_when.items[1].terms->value, FLAG_DATA_BREACH);
    assert_true(p->suspected_is_true);
    assert_int_equal(p->priority_boost, 1);
    assert_true(p->sla[PRIORITY_P1].assign.working_days);
    assert_int_equal(p->sla[PRIORITY_P1].assign.amount, 3);
    assert_days(p->sla[PRIORITY_P2].complete, 30);
    assert_days(p->sla[PRIORITY_P3].stale, 14);
    assert_days(p->sla[PRIORITY_P4].verify, 14);
    assert_int_equal(p->grace, 25);
    assert_int_equal(policy_times(p, KIND_POSTMORTEM, PRIORITY_P4, STR_NONE).complete.amount, 5);
    assert_days(policy_times(p, KIND_FINDINGS_REPORT, PRIORITY_P4, STR_NONE).complete, 90);
    assert_int_equal(p->due_soon.n, 2);
    assert_int_equal(p->due_soon.percent[0], 50);
    assert_days(p->overdue_every, 1);
    assert_int_equal(p->overdue_max, 30);
    assert_true(p->assign_every.working_days);
    assert_days(p->stale_every, 7);
    assert_days(p->verify_every, 7);
    assert_int_equal(p->verify_max, 4);
    assert_days(p->orphan_every, 7);
    assert_int_equal(p->remind_at, 9 * HOUR_MS);
    assert_int_equal(p->day_from, 7 * HOUR_MS);
    assert_int_equal(p->day_to, 20 * HOUR_MS);
    assert_true(p->at_once[PRIORITY_P1]);
    assert_false(p->at_once[PRIORITY_P2]);
    assert_int_equal(p->escalation_n, 3);
    assert_int_equal(p->escalation[0].percent, 75);
    assert_false(p->escalation[0].after_breach);
    assert_int_equal(p->escalation[0].to, 1 << ROLE_MANAGER);
    assert_true(p->escalation[1].after_breach);
    assert_days(p->escalation[1].delay, 0);
    assert_int_equal(p->escalation[1].to, 1 << ROLE_ON_CALL);
    assert_days(p->escalation[2].delay, 3);
    assert_int_equal(p->escalation[2].to, 1 << ROLE_RESPONSE_LEAD);
    assert_int_equal(p->review_on, 1);
    assert_days(p->missing_findings_after, 14);
    assert_days(p->orphan_finding_after, 7);
    assert_days(p->retention, 365);
    assert_int_equal(p->obligations_n, 0);
}

static void assert_default_people(const struct policy *p)
{
    assert_int_equal(p->routing[CATEGORY_TECHNICAL_LAPSE].kind, KIND_BUG);
    assert_int_equal(p->routing[CATEGORY_UNKNOWN_ATTACK_VECTOR].kind, KIND_SERVICE_INVESTMENT);
    assert_int_equal(p->routing[CATEGORY_MANUAL_ERROR].kind, KIND_REGISTER_ENTRY);
    assert_int_equal(p->routing[CATEGORY_UNCATEGORIZED].kind, KIND_REGISTER_ENTRY);
    assert_text(p->routing[CATEGORY_UNCATEGORIZED].owner.team, "security-response");
    assert_null(p->routing[CATEGORY_UNCATEGORIZED].owner.person.p);
    assert_int_equal(p->queue[KIND_BUG], QUEUE_ENGINEERING);
    assert_int_equal(p->queue[KIND_REGISTER_ENTRY], QUEUE_RESPONSE_REGISTER);
    assert_int_equal(p->queue[KIND_POSTMORTEM], QUEUE_RESPONSE_TEAM);
    assert_int_equal(p->queue[KIND_SOP_UPDATE], QUEUE_RESPONSE_TEAM);
    assert_int_equal(p->queue[KIND_COORDINATION], QUEUE_EXTERNAL);
    assert_text(p->response_team.team, "security-response");
    assert_text(p->response_lead.person, "response-lead@example.com");
    assert_int_equal(p->managers_n, 1);
    assert_text(p->managers[0].team, "identity");
    assert_text(p->managers[0].person.person, "manager@example.com");
    assert_int_equal(p->on_call_n, 0);
    assert_int_equal(p->away_n, 0);
    assert_true(p->verification[PRIORITY_P1]);
    assert_true(p->verification[PRIORITY_P2]);
    assert_false(p->verification[PRIORITY_P3]);
    assert_false(p->verification[PRIORITY_P4]);
    assert_int_equal(p->closed_is, REPORTED_RESOLVED);
    assert_false(p->verified_by_owner);
    assert_true(p->acceptance[PRIORITY_P1]);
    assert_true(p->acceptance[PRIORITY_P2]);
    assert_false(p->acceptance[PRIORITY_P3]);
    assert_false(p->acceptance[PRIORITY_P4]);
}

static void the_built_in_policy(void **state)
{
    (void)state;
    assert_int_equal(policy_file_load(NULL, arena, &policy, &error), OK);
    assert_default(&policy);
    assert_default_people(&policy);
}

static void what_a_file_leaves_out_is_as_in_the_default(void **state)
{
    (void)state;
    assert_loads("{}");
    assert_default(&policy);
    assert_default_people(&policy);
    assert_loads("{\"version\":\"x\",\"calendar\":{\"time_zone\":\"Asia/Kolkata\"},"
                 "\"priority\":{\"low\":\"P3\"},\"queues\":{\"bug\":\"external\"},"
                 "\"reminders\":{\"overdue_max\":0}}");
    assert_text(policy.version, "x");
    assert_text(policy.calendar.zone.name, "Asia/Kolkata");
    assert_int_equal(calendar_local(&policy.calendar, 0), 330 * MINUTE_MS);
    assert_int_equal(policy.calendar.holidays_n, 1);
    assert_int_equal(policy.priority[SEVERITY_LOW], PRIORITY_P3);
    assert_int_equal(policy.priority[SEVERITY_HIGH], PRIORITY_P2);
    assert_int_equal(policy.queue[KIND_BUG], QUEUE_EXTERNAL);
    assert_int_equal(policy.queue[KIND_CHANGE_REQUEST], QUEUE_ENGINEERING);
    assert_int_equal(policy.overdue_max, 0);
    assert_int_equal(policy.due_soon.n, 2);
}

static void maps_replace_whole(void **state)
{
    (void)state;
    assert_loads("{\"severity\":{\"aliases\":{\"Sehr Hoch\":\"critical\"}},"
                 "\"routing\":{\"manual-error\":{\"kind\":\"change-request\"}},"
                 "\"people\":{\"on_call\":{\"a\":{\"team\":\"a\",\"person\":null}}},"
                 "\"verification\":{\"priorities\":[]},\"escalation\":[]}");
    assert_int_equal(policy.aliases_n, 1);
    assert_text(policy.aliases[0].name, "sehr hoch");
    assert_int_equal(policy.severity_default, SEVERITY_HIGH);
    assert_int_equal(policy.routing[CATEGORY_MANUAL_ERROR].kind, KIND_CHANGE_REQUEST);
    assert_int_equal(policy.routing[CATEGORY_TECHNICAL_LAPSE].kind, 0);
    assert_int_equal(policy.routing[CATEGORY_UNCATEGORIZED].kind, KIND_REGISTER_ENTRY);
    assert_null(policy.routing[CATEGORY_UNCATEGORIZED].owner.team.p);
    assert_null(policy.response_team.team.p);
    assert_int_equal(policy.managers_n, 0);
    assert_int_equal(policy.on_call_n, 1);
    assert_text(policy.on_call[0].person.team, "a");
    assert_false(policy.verification[PRIORITY_P1]);
    assert_int_equal(policy.escalation_n, 0);
}

/* All but the last brace. */
#define TIMES                                                                            \
    "\"P1\":{\"assign\":\"1d\",\"complete\":\"2d\",\"stale\":\"3d\",\"verify\":\"4d\"}," \
    "\"P2\":{\"assign\":\"1d\",\"complete\":\"2d\",\"stale\":\"3d\",\"verify\":\"4d\"}," \
    "\"P3\":{\"assign\":\"1d\",\"complete\":\"2d\",\"stale\":\"3d\",\"verify\":\"4d\"}," \
    "\"P4\":{\"assign\":\"1d\",\"complete\":\"2d\",\"stale\":\"3d\",\"verify\":\"5d\"}"

static void the_grace_of_a_rise_is_beside_the_times(void **state)
{
    (void)state;
    assert_loads("{\"sla\":{" TIMES "}}");
    assert_int_equal(policy.grace, 25);
    assert_loads("{\"sla\":{" TIMES ",\"grace\":\"100%\"}}");
    assert_int_equal(policy.grace, 100);
    assert_int_equal(policy.sla[PRIORITY_P4].verify.amount, 5 * DAY_MS);
}

static void values(void **state)
{
    (void)state;
    assert_loads("{\"calendar\":{\"working_days\":[\"sun\",\"mon\"],"
                 "\"holidays\":[\"2027-01-01\",\"1969-12-31\"]},"
                 "\"reminders\":{\"due_soon\":[\"90%\",\"5%\",\"100%\"],\"stale_every\":\"nbd\","
                 "\"verify_every\":\"15m\"},"
                 "\"escalation\":[{\"at\":\"breach+nbd\",\"to\":[\"participant\",\"owner\"]}]}");
    assert_int_equal(policy.calendar.working_days, 0x41);
    assert_int_equal(policy.calendar.holidays[0], -1);
    assert_int_equal(policy.calendar.holidays[1], timestamp_days(2027, 1, 1));
    assert_int_equal(policy.due_soon.percent[0], 5);
    assert_int_equal(policy.due_soon.percent[2], 100);
    assert_true(policy.stale_every.working_days);
    assert_int_equal(policy.stale_every.amount, 1);
    assert_int_equal(policy.verify_every.amount, 15 * MINUTE_MS);
    assert_true(policy.escalation[0].delay.working_days);
    assert_int_equal(policy.escalation[0].to, 1 << ROLE_PARTICIPANT | 1 << ROLE_OWNER);
}

static void hours_and_days(void **state)
{
    (void)state;
    assert_loads("{\"reminders\":{\"hours\":\"00:00-24:00\",\"at\":\"23:59\",\"at_once\":[]},"
                 "\"review\":{\"on\":\"sun\"}}");
    assert_int_equal(policy.day_from, 0);
    assert_int_equal(policy.day_to, DAY_MS);
    assert_int_equal(policy.remind_at, DAY_MS - MINUTE_MS);
    assert_false(policy.at_once[PRIORITY_P1]);
    assert_int_equal(policy.review_on, 7);
    assert_loads("{\"reminders\":{\"at_once\":[\"P2\",\"P4\"]},\"review\":{\"every\":\"14d\"}}");
    assert_false(policy.at_once[PRIORITY_P1]);
    assert_true(policy.at_once[PRIORITY_P2]);
    assert_false(policy.at_once[PRIORITY_P3]);
    assert_true(policy.at_once[PRIORITY_P4]);
    assert_int_equal(policy.review_on, 0);
    assert_days(policy.review_every, 14);
    assert_refused("{\"review\":{\"every\":\"7d\",\"on\":\"mon\"}}",
                   ": review: allowed: \"on\" or \"every\", not both");
    /* Nobody asks for reminders in what is night to them. */
    assert_refused("{\"reminders\":{\"hours\":\"10:00-18:00\"}}",
                   ": reminders: \"at\" lies outside of \"hours\"");
    assert_refused("{\"reminders\":{\"at\":\"20:00\"}}",
                   ": reminders: \"at\" lies outside of \"hours\"");
}

static void obligations(void **state)
{
    (void)state;
    assert_loads("{\"obligations\":[{\"id\":\"early-warning\",\"title\":\"Early warning\","
                 "\"when\":[\"data_breach\"],\"from\":\"known_at\",\"within\":\"72h\","
                 "\"at_latest\":{\"from\":\"detected_at\",\"within\":\"7d\"},"
                 "\"party\":\" Data protection  \",\"party_kind\":\"regulator\"},"
                 "{\"id\":\"final_2.0\",\"title\":\"Final\",\"within\":\"12mo\",\"lead\":[\"80%\","
                 "\"20%\"],\"from\":\"after:early-warning\",\"party\":\"Insurer\"},"
                 "{\"id\":\"x\",\"title\":\"X\",\"within\":\"1d\",\"party\":\"X\"}]}");
    assert_int_equal(policy.obligations_n, 3);
    const struct obligation *o = policy.obligations;
    assert_text(o[0].id, "early-warning");
    assert_text(o[0].title, "Early warning");
    assert_int_equal(o[0].when.n, 1);
    assert_int_equal(o[0].when.items->terms->value, FLAG_DATA_BREACH);
    assert_int_equal(o[0].time.from, FROM_KNOWN_AT);
    assert_days(o[0].time.within, 3);
    assert_true(o[0].has_latest);
    assert_int_equal(o[0].at_latest.from, FROM_DETECTED_AT);
    assert_days(o[0].at_latest.within, 7);
    assert_text(o[0].party, "Data protection");
    assert_int_equal(o[0].party_kind, PARTY_REGULATOR);
    assert_false(o[0].has_lead);
    assert_int_equal(o[1].when.n, 0);
    assert_int_equal(o[1].time.from, FROM_AFTER);
    assert_int_equal(o[1].time.after, 0);
    assert_int_equal(o[1].time.months, 12);
    assert_int_equal(o[1].party_kind, PARTY_OTHER);
    assert_true(o[1].has_lead);
    assert_int_equal(o[1].lead.percent[0], 20);
    assert_int_equal(o[2].time.from, FROM_DETECTED_AT);
    assert_false(o[2].has_latest);
}

#define DUTY(members)                                                                           \
    "{\"obligations\":[{\"id\":\"a\",\"title\":\"A\",\"party\":\"P\",\"within\":\"1d\"" members \
    "}]}"

static void obligations_that_are_wrong(void **state)
{
    (void)state;
    assert_refused(
        "{\"obligations\":[{\"name\":\"a\",\"within\":\"1d\",\"party\":\"P\"}]}",
        ": obligations[0].name: this is called \"id\" now (letters, digits, '.', '_' and "
        "'-'); a \"title\" says what is to be submitted");
    assert_refused(DUTY(",\"from\":\"after:b\""),
                   ": obligations[0]: no obligation before it has the id \"b\" of \"from\"");
    assert_refused(DUTY(",\"from\":\"after:a\""),
                   ": obligations[0]: no obligation before it has the id \"a\" of \"from\"");
    assert_refused(
        "{\"obligations\":[{\"id\":\"a\",\"title\":\"A\",\"party\":\"P\",\"within\":\"1d\"},"
        "{\"id\":\"a\",\"title\":\"A\",\"party\":\"P\",\"within\":\"1d\"}]}",
        ": obligations[1]: the id \"a\" is another's");
    assert_refused(
        DUTY(",\"from\":\"now\""),
        ": obligations[0].from: allowed: started_at, detected_at, known_at, contained_at, "
        "closed_at, or the submission of another like \"after:early-warning\"");
    assert_refused(
        DUTY(",\"from\":\"after:\""),
        ": obligations[0].from: allowed: started_at, detected_at, known_at, contained_at, "
        "closed_at, or the submission of another like \"after:early-warning\"");
    assert_refused(DUTY(",\"at_latest\":{\"from\":\"closed_at\",\"within\":\"1d\"}"),
                   ": obligations[0].at_latest.from: allowed: started_at, detected_at, known_at or "
                   "contained_at");
    assert_refused("{\"obligations\":[{\"id\":\"a/b\"}]}",
                   ": obligations[0].id: allowed: 1 to 64 letters, digits, '.', '_' and '-'");
    assert_refused("{\"obligations\":[{\"id\":\"\"}]}",
                   ": obligations[0].id: allowed: 1 to 64 letters, digits, '.', '_' and '-'");
    assert_refused("{\"sla\":{\"P1\":{\"assign\":\"1d\",\"complete\":\"1d\",\"stale\":\"1d\","
                   "\"verify\":\"1d\"},"
                   "\"kinds\":{\"obligation\":{}}}}",
                   ": sla.kinds: an obligation has its times from \"obligations\" alone");
    assert_refused("{\"obligations\":[{\"within\":\"0mo\"}]}",
                   ": obligations[0].within: allowed: months like \"1mo\", not 0");
}

static void verification_is_an_object(void **state)
{
    (void)state;
    assert_loads("{\"verification\":{\"priorities\":[\"P1\"],\"closed_is\":\"verified\","
                 "\"by_owner\":true}}");
    assert_false(policy.verification[PRIORITY_P2]);
    assert_int_equal(policy.closed_is, REPORTED_VERIFIED);
    assert_true(policy.verified_by_owner);
    assert_loads("{\"verification\":{\"closed_is\":\"resolved\"}}");
    assert_true(policy.verification[PRIORITY_P2]);
    assert_int_equal(policy.closed_is, REPORTED_RESOLVED);
    assert_refused("{\"verification\":[\"P1\"]}",
                   ": verification: the list is now its member \"priorities\": "
                   "{\"priorities\": [\"P1\", \"P2\"]}");
}

static void acceptance_can_be_turned_off(void **state)
{
    (void)state;
    assert_loads("{\"acceptance\":{\"priorities\":[]}}");
    for (int i = PRIORITY_P1; i < priority_end; i++) assert_false(policy.acceptance[i]);
    assert_loads("{\"acceptance\":{\"priorities\":[\"P3\"]}}");
    assert_false(policy.acceptance[PRIORITY_P1]);
    assert_true(policy.acceptance[PRIORITY_P3]);
}

static void times_and_rules(void **state)
{
    (void)state;
    assert_loads(
        "{\"sla\":{\"kinds\":{\"postmortem\":{\"P1\":{\"complete\":\"5bd\"},\"*\":{\"complete\":"
        "\"10bd\"}}},\"named\":{\"fast\":{\"*\":{\"complete\":\"2d\"}}}},"
        "\"rules\":[{\"name\":\"legal\",\"when\":[\"data_breach and kind=bug\"],\"set\":{"
        "\"queue\":\"external\",\"owner\":{\"team\":\"legal\"},\"priority\":\"+1\",\"sla\":"
        "\"fast\","
        "\"participants\":[\"dpo\"]}},"
        "{\"when\":[\"label.a=b\"],\"set\":{\"kind\":\"change-request\"}},"
        "{\"set\":{\"priority\":\"P3\"}},{\"set\":{\"priority\":\"-2\"}}]}");
    const struct policy *p = &policy;
    assert_int_equal(policy_times(p, KIND_POSTMORTEM, PRIORITY_P1, STR_NONE).complete.amount, 5);
    assert_int_equal(policy_times(p, KIND_POSTMORTEM, PRIORITY_P4, STR_NONE).complete.amount, 10);
    assert_days(policy_times(p, KIND_BUG, PRIORITY_P4, STR("fast")).complete, 2);
    assert_int_equal(p->rules_n, 4);
    const struct policy_rule *r = p->rules;
    assert_text(r[0].name, "rules/legal");
    assert_false(r[0].of_finding);
    assert_int_equal(r[0].queue, QUEUE_EXTERNAL);
    assert_text(r[0].owner.team, "legal");
    assert_int_equal(r[0].priority_by, 1);
    assert_text(r[0].times, "fast");
    assert_int_equal(r[0].participants.n, 1);
    assert_text(r[1].name, "rules/2");
    assert_true(r[1].of_finding);
    assert_int_equal(r[1].kind, KIND_CHANGE_REQUEST);
    assert_int_equal(r[2].priority, PRIORITY_P3);
    assert_int_equal(r[3].priority_by, -2);
    assert_loads("{\"sla\":{" TIMES "}}");
    assert_days(policy_times(p, KIND_POSTMORTEM, PRIORITY_P2, STR_NONE).complete, 2);
    assert_refused("{\"rules\":[{\"name\":\"2\",\"set\":{\"priority\":\"P1\"}},"
                   "{\"set\":{\"priority\":\"P2\"}}]}",
                   ": rules[1]: \"rules/2\" is what rules[0] is called; a rule without a name is "
                   "called by its number, from 1 on");
    assert_refused("{\"rules\":[{\"set\":{\"sla\":\"fast\"}}]}",
                   ": rules[0].set.sla: \"fast\" is no set of times; allowed are the names of "
                   "sla.named: none");
    assert_refused(
        "{\"rules\":[{\"when\":[\"data_breach\"],\"set\":{\"kind\":\"bug\"}}]}",
        ": rules[0].when[0]: \"data_breach\" is nothing that is known of a finding by "
        "itself, which a rule that sets the kind asks; allowed: severity, category, kind, "
        "team, label.<name>");
    assert_refused(
        "{\"sla\":{\"P1\":{\"assign\":\"1d\",\"complete\":\"1d\",\"stale\":\"1d\",\"verify\":"
        "\"1d\"}}}",
        ": sla: the member \"P2\" is missing");
}

static void errors_say_where_and_what_is_allowed(void **state)
{
    (void)state;
    assert_refused("{\n \"sla\": {,}}", ":2:10: string or '}' expected near ','");
    assert_refused("", ": the file is empty");
    assert_refused(" \n", ": the file is empty");
    assert_refused("{\"calendar\":{\"holidays\":[\"2026-12-25\",\"2026-01-01\",\"2026-12-25\"]}}",
                   ": calendar.holidays: duplicate date \"2026-12-25\"");
    assert_refused("{\"calendar\":{\"working_days\":[\"mon\",\"mon\"]}}",
                   ": calendar.working_days[1]: duplicate value \"mon\"");
    assert_refused("{\"reminders\":{\"due_soon\":[\"50%\",\"50%\"]}}",
                   ": reminders.due_soon: duplicate value \"50%\"");
    assert_refused("[]", ": [] is not allowed; allowed: an object");
    assert_refused("{\"version\":\"a\",\"version\":\"b\"}",
                   ":1:24: duplicate object key near '\"version\"'");
    assert_refused("{\"reminders\":{\"overdue_evry\":\"1d\"}}",
                   ": reminders.overdue_evry: unknown member; did you mean \"overdue_every\"?");
    assert_refused("{\"escalation\":[{\"at\":\"75%\",\"to\":[\"manager\",\"boss\"]}]}",
                   ": escalation[0].to[1]: \"boss\" is not allowed; allowed: owner, manager, "
                   "on-call, response-team, response-lead or participant");
    assert_refused("{\"escalation\":[{\"to\":[\"manager\"]}]}",
                   ": escalation[0]: the member \"at\" is missing");
    assert_refused("{\"sla\":{\"P1\":{\"assign\":\"7 days\"}}}",
                   ": sla.P1.assign: \"7 days\" is not allowed; allowed: a duration like 30s, 15m, "
                   "12h, 7d, 3bd or nbd (bd are working days), not 0");
    assert_refused("{\"severity\":{\"aliases\":{\"sev9\":\"bad\"}}}",
                   ": severity.aliases.sev9: \"bad\" is not allowed; allowed: critical, high, "
                   "medium, low or informational");
    assert_refused(
        "{\"postmortem\":{\"priority_boost\":4}}",
        ": postmortem.priority_boost: 4 is not allowed; allowed: an integer from 0 to 3");
    assert_refused("{\"routing\":{\"default\":{\"kind\":\"postmortem\"}}}",
                   ": routing.default.kind: \"postmortem\" is not allowed; allowed: bug, "
                   "change-request, service-investment or register-entry");
    assert_int_equal(policy_file_load("/nowhere.json", arena, &policy, &error), FATAL);
    assert_string_equal(error.text, "/nowhere.json: No such file or directory");
}

/* Each is refused by a sentence. */
static const char *const wrong_policies[] = {
    "{\"version\":\"\"}",
    "{\"version\":null}",
    "{\"version\":\"a\\u0001\"}",
    "{\"calendar\":{\"time_zone\":\"\"}}",
    "{\"calendar\":{\"time_zone\":\"Europe\"}}",
    "{\"calendar\":{\"time_zone\":\"Europe/Berlin\\u0000\"}}",
    "{\"calendar\":{\"time_zone\":1}}",
    "{\"calendars\":[]}",
    "{\"calendars\":{\"\":{}}}",
    "{\"calendars\":{\"sec\":{\"time_zone\":\"Nowhere\"}}}",
    "{\"obligations\":[{\"id\":\"a\",\"title\":\"A\",\"within\":\"1d\",\"party\":\"p\","
    "\"calendar\":\"sec\"}]}",
    "{\"obligations\":[{\"id\":\"a\",\"title\":\"A\",\"within\":\"1d\",\"party\":\"p\","
    "\"calendar\":1}]}",
    "{\"calendar\":{\"working_days\":[]}}",
    "{\"calendar\":{\"working_days\":\"mon\"}}",
    "{\"calendar\":{\"working_days\":[\"mon\",\"mon\"]}}",
    "{\"calendar\":{\"holidays\":[\"2026-02-30\"]}}",
    "{\"calendar\":{\"holidays\":[\"2026\"]}}",
    "{\"calendar\":{\"holidays\":[\"2026-01-01\",\"2026-01-01\"]}}",
    "{\"calendar\":{\"holidays\":{}}}",
    "{\"calendar\":{\"holidays\":[1]}}",
    "{\"severity\":{\"aliases\":[]}}",
    "{\"severity\":{\"sources\":[]}}",
    "{\"severity\":{\"sources\":{\"\":{}}}}",
    "{\"severity\":{\"sources\":{\"/a\":[]}}}",
    "{\"severity\":{\"sources\":{\"/a\":{\"Low\":\"high\"}}}}",
    "{\"status\":{\"aliases\":[]}}",
    "{\"status\":{\"aliases\":{\"\":\"open\"}}}",
    "{\"status\":{\"words\":{}}}",
    "{\"severity\":{\"aliases\":{\"\":\"high\"}}}",
    "{\"severity\":{\"aliases\":{\"High\":\"low\"}}}",
    "{\"severity\":{\"default\":\"High\"}}",
    "{\"postmortem\":{\"suspected_is_true\":\"yes\"}}",
    "{\"postmortem\":{\"full_when\":[\"severity\"]}}",
    "{\"postmortem\":{\"full_when\":\"data_breach\"}}",
    "{\"sla\":{\"kinds\":{\"task\":{}}}}",
    "{\"sla\":{\"named\":7}}",
    "{\"sla\":{\"named\":{\"\":{}}}}",
    "{\"sla\":{\"named\":{\"a\":{\"P5\":{}}}}}",
    "{\"rules\":{}}",
    "{\"rules\":[{}]}",
    "{\"rules\":[{\"set\":7}]}",
    "{\"rules\":[{\"set\":{}}]}",
    "{\"rules\":[{\"set\":{\"priority\":\"+4\"}}]}",
    "{\"rules\":[{\"set\":{\"priority\":1}}]}",
    "{\"rules\":[{\"set\":{\"kind\":\"postmortem\"}}]}",
    "{\"sla\":{" TIMES ",\"grace\":\"0%\"}}",
    "{\"sla\":{" TIMES ",\"grace\":25}}",
    "{\"reminders\":{\"due_soon\":[\"0%\"]}}",
    "{\"reminders\":{\"due_soon\":[\"101%\"]}}",
    "{\"reminders\":{\"due_soon\":[\"05%\"]}}",
    "{\"reminders\":{\"due_soon\":[50]}}",
    "{\"reminders\":{\"due_soon\":[\"5%\",\"5%\"]}}",
    "{\"reminders\":{\"due_soon\":[\"1%\",\"2%\",\"3%\",\"4%\",\"5%\",\"6%\",\"7%\",\"8%\","
    "\"9%\",\"10%\",\"11%\",\"12%\",\"13%\",\"14%\",\"15%\",\"16%\",\"17%\"]}}",
    "{\"retention\":\"0d\"}",
    "{\"retention\":\"07d\"}",
    "{\"retention\":\"1000000d\"}",
    "{\"retention\":\"d\"}",
    "{\"retention\":\"1\"}",
    "{\"retention\":\"1w\"}",
    "{\"retention\":\"-1d\"}",
    "{\"retention\":7}",
    "{\"retention\":\"1dd\"}",
    "{\"escalation\":[{\"at\":\"breach\",\"to\":[\"owner\"]}]}",
    "{\"escalation\":[{\"at\":\"breach+x\",\"to\":[\"owner\"]}]}",
    "{\"escalation\":[{\"at\":3,\"to\":[\"owner\"]}]}",
    "{\"escalation\":[{\"at\":\"1%\",\"to\":[]}]}",
    "{\"people\":{\"response-team\":{}}}",
    "{\"people\":{\"response-team\":\"x\"}}",
    "{\"people\":{\"managers\":[]}}",
    "{\"people\":{\"managers\":{\"a\":{\"persn\":\"x\"}}}}",
    "{\"verification\":{\"priorities\":[\"P5\"]}}",
    "{\"verification\":{\"closed_is\":\"done\"}}",
    "{\"verification\":{\"by_owner\":1}}",
    "{\"verification\":7}",
    "{\"acceptance\":[\"P1\"]}",
    "{\"acceptance\":{\"priorities\":[\"P7\"]}}",
    "{\"obligations\":[{\"id\":\"a\",\"title\":\"A\",\"within\":\"1d\"}]}",
    "{\"obligations\":[{\"id\":\"a\",\"title\":\"A\",\"within\":\"1d\",\"party\":\"  \"}]}",
    "{\"obligations\":[{\"id\":\"a\",\"title\":\"A\",\"within\":\"mo\",\"party\":\"p\"}]}",
    "{\"obligations\":[{\"id\":7}]}",
    "{\"obligations\":7}",
    "{\"reminders\":{\"at\":\"9:00\"}}",
    "{\"reminders\":{\"at\":\"24:00\"}}",
    "{\"reminders\":{\"at\":\"12:60\"}}",
    "{\"reminders\":{\"at\":\"12.30\"}}",
    "{\"reminders\":{\"at\":\"1/:00\"}}",
    "{\"reminders\":{\"at\":9}}",
    "{\"reminders\":{\"hours\":\"\"}}",
    "{\"reminders\":{\"hours\":\"07:00\"}}",
    "{\"reminders\":{\"hours\":\"07:00-\"}}",
    "{\"reminders\":{\"hours\":\"-20:00\"}}",
    "{\"reminders\":{\"hours\":\"07:00-24:01\"}}",
    "{\"reminders\":{\"hours\":\"20:00-07:00\"}}",
    "{\"reminders\":{\"hours\":\"09:00-09:00\"}}",
    "{\"reminders\":{\"hours\":7}}",
    "{\"reminders\":{\"at_once\":[\"P0\"]}}",
    "{\"reminders\":{\"at_once\":\"P1\"}}",
    "{\"review\":{\"on\":\"monday\"}}",
    "{\"review\":{\"on\":[\"mon\"]}}",
};

static void bad_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrong_policies / sizeof *wrong_policies; i++) {
        if (load(wrong_policies[i]) == OK) fail_msg("%s", wrong_policies[i]);
        assert_string_not_equal(error.text, "");
    }
}

#define AWAY(person, from, to, to_person)                           \
    "{\"person\":\"" person "\",\"from\":\"" from "\",\"to\":\"" to \
    "\",\"to_person\":\"" to_person "\"}"
#define PEOPLE_AWAY(items) "{\"people\":{\"away\":[" items "]}}"

static void who_is_away(void **state)
{
    (void)state;
    assert_loads(PEOPLE_AWAY(AWAY("b", "2026-12-21", "2027-01-03", "c") "," AWAY(
        "a", "2026-12-28", "2026-12-28", "b") "," AWAY("a", "2026-12-24", "2026-12-27", "b")));
    assert_int_equal(policy.away_n, 3);
    assert_text(policy.away[0].person, "a");
    assert_text(policy.away[0].to_person, "b");
    assert_int_equal(policy.away[0].from + 4, policy.away[1].from);
    assert_int_equal(policy.away[1].from, policy.away[1].to);
    assert_text(policy.away[2].person, "b");
    static const struct {
        const char *text, *says;
    } wrong[] = {
        {PEOPLE_AWAY(AWAY("a", "2026-12-24", "2026-12-23", "b")),
         "people.away[0]: \"to\" is before \"from\""},
        {PEOPLE_AWAY(AWAY("a", "2026-12-24", "2026-12-24", "a")), "name somebody else"},
        {PEOPLE_AWAY(AWAY("a", "2026-12-24", "2026-12-26", "b") "," AWAY("a", "2026-12-20",
                                                                         "2026-12-24", "c")),
         "people.away: \"a\" is away twice on one day: from 2026-12-24, and until 2026-12-24 "
         "already"},
        {PEOPLE_AWAY(AWAY("a", "24.12.2026", "2026-12-26", "b")), "people.away[0].from: allowed"},
        {"{\"people\":{\"away\":[{\"person\":\"a\",\"from\":\"2026-12-24\",\"to\":\"2026-12-24\"}]}"
         "}",
         "to_person"},
        {"{\"people\":{\"away\":{}}}", "people.away"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(load(wrong[i].text), FATAL);
        if (!strstr(error.text, wrong[i].says)) fail_msg("%s: %s", wrong[i].says, error.text);
    }
}

static void calendars_have_names(void **state)
{
    (void)state;
    assert_loads(
        "{\"obligations\":[{\"id\":\"a\",\"title\":\"A\",\"within\":\"4bd\",\"party\":\"p\","
        "\"calendar\":\"sec\"},{\"id\":\"b\",\"title\":\"B\",\"within\":\"1d\",\"party\":\"p\"}],"
        "\"calendars\":{\"all days\":{\"working_days\":[\"mon\",\"sun\"]},"
        "\"sec\":{\"time_zone\":\"America/New_York\",\"holidays\":[\"2026-11-26\"]}},"
        "\"calendar\":{\"time_zone\":\"Asia/Kolkata\"}}");
    assert_int_equal(policy.calendars_n, 2);
    /* What it does not name is as in the policy's own, wherever that stands in the file. */
    assert_text(policy.calendars[0].name, "all days");
    assert_text(policy.calendars[0].calendar.zone.name, "Asia/Kolkata");
    assert_int_equal(policy.calendars[0].calendar.working_days, 0x41);
    assert_int_equal(policy.calendars[0].calendar.holidays_n, 1);
    assert_text(policy.calendars[1].calendar.zone.name, "America/New_York");
    assert_int_equal(policy.calendars[1].calendar.working_days, 0x1f);
    assert_int_equal(policy.calendars[1].calendar.holidays[0], timestamp_days(2026, 11, 26));
    assert_ptr_equal(policy.obligations[0].calendar, &policy.calendars[1].calendar);
    assert_null(policy.obligations[1].calendar);
}

static void words_of_other_systems(void **state)
{
    (void)state;
    assert_loads(
        "{\"severity\":{\"sources\":{\"/a\":{\"1\":\"low\"},\"/a/b\":{\"Worst\":"
        "\"critical\",\"2\":\"high\"}}},\"status\":{\"aliases\":{\"Geparkt\":\"blocked\"}}}");
    assert_int_equal(policy.sources_n, 2);
    assert_text(policy.sources[0].prefix, "/a/b"); /* the longest first */
    assert_int_equal(policy.sources[0].n, 2);
    assert_int_equal(policy_severity(&policy, STR("/a/b/c"), STR("worst")), SEVERITY_CRITICAL);
    assert_int_equal(policy_severity(&policy, STR("/a"), STR("1")), SEVERITY_LOW);
    assert_int_equal(policy_status(&policy, STR("geparkt")), REPORTED_BLOCKED);
    assert_int_equal(policy_status(&policy, STR("done")), 0); /* replaced whole */
    assert_loads("{}");
    assert_int_equal(policy.sources_n, 0);
    assert_int_equal(policy_status(&policy, STR("In_Review")), REPORTED_IN_PROGRESS);
    assert_int_equal(policy_status(&policy, STR("DONE")), REPORTED_RESOLVED);
    assert_int_equal(policy_status(&policy, STR("Won't do")), REPORTED_WONT_FIX);
    assert_refused("{\"status\":{\"aliases\":{\"In Progress\":\"open\"}}}",
                   ": status.aliases.In Progress: this is a status itself, not another word");
    assert_refused("{\"status\":{\"aliases\":{\"on hold\":\"blocked\",\"On-Hold\":\"open\"}}}",
                   ": status.aliases.On-Hold: the same word stands there twice");
    assert_refused("{\"status\":{\"aliases\":{\"qa\":\"testing\"}}}",
                   ": status.aliases.qa: \"testing\" is not allowed; allowed: open, in-progress, "
                   "blocked, resolved, verified, wont-fix, dismissed, duplicate or closed");
    assert_refused("{\"severity\":{\"sources\":{\"/a\":{\"1\":\"bad\"}}}}",
                   ": severity.sources./a.1: \"bad\" is not allowed; allowed: critical, high, "
                   "medium, low or informational");
}

static void what_is_called_otherwise_now(void **state)
{
    (void)state;
    assert_refused("{\"calendar\":{\"utc_offset\":\"+01:00\"}}",
                   ": calendar.utc_offset: this is now called \"time_zone\", and is the name of a "
                   "zone, like \"Europe/Berlin\" or \"UTC\"");
}

static void the_policies_that_come_with_it(void **state)
{
    (void)state;
    assert_int_equal(
        policy_file_load(SOURCE_DIR "/deploy/policy/default.json", arena, &policy, &error), OK);
    assert_default(&policy);
    assert_default_people(&policy);
    assert_int_equal(policy_file_load(SOURCE_DIR "/deploy/policy/dev.json", arena, &policy, &error),
                     OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_built_in_policy),
        cmocka_unit_test(what_a_file_leaves_out_is_as_in_the_default),
        cmocka_unit_test(maps_replace_whole),
        cmocka_unit_test(the_grace_of_a_rise_is_beside_the_times),
        cmocka_unit_test(values),
        cmocka_unit_test(hours_and_days),
        cmocka_unit_test(obligations),
        cmocka_unit_test(obligations_that_are_wrong),
        cmocka_unit_test(verification_is_an_object),
        cmocka_unit_test(acceptance_can_be_turned_off),
        cmocka_unit_test(times_and_rules),
        cmocka_unit_test(errors_say_where_and_what_is_allowed),
        cmocka_unit_test(bad_values),
        cmocka_unit_test(who_is_away),
        cmocka_unit_test(calendars_have_names),
        cmocka_unit_test(words_of_other_systems),
        cmocka_unit_test(what_is_called_otherwise_now),
        cmocka_unit_test(the_policies_that_come_with_it),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
