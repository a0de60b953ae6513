/* SPDX-License-Identifier: Apache-2.0 */
/* Policy files that are refused: the sentence says where, and what is allowed. */
#include "policy_file_support.h"

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
    assert_refused(DUTY(",\"until\":\"24:01\""),
                   ": obligations[0].until: allowed: a time of day like "
                   "\"17:30\", up to \"24:00\"");
    assert_refused(DUTY(",\"until\":\"00:00\""),
                   ": obligations[0].until: allowed: a time of day like "
                   "\"17:30\", up to \"24:00\"");
    assert_refused(
        DUTY(",\"until\":\"17:30\""),
        ": obligations[0]: \"until\" is for a \"within\" in business days, like \"4bd\"");
    assert_refused(
        "{\"obligations\":[{\"id\":\"a\",\"title\":\"A\",\"party\":\"P\",\"within\":\"1mo\","
        "\"until\":\"17:30\"}]}",
        ": obligations[0]: \"until\" is for a \"within\" in business days, like \"4bd\"");
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
    "{\"recurrence\":true}",
    "{\"recurrence\":{\"key\":7}}",
    "{\"recurrence\":{\"key\":null}}",
    "{\"recurrence\":{\"key\":[7]}}",
    "{\"recurrence\":{\"key\":[\"label.\"]}}",
    "{\"recurrence\":{\"key\":[\"cause_key\"]}}",
    "{\"recurrence\":{\"within\":\"0d\"}}",
    "{\"recurrence\":{\"boost\":1}}",
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

static void what_is_called_otherwise_now(void **state)
{
    (void)state;
    assert_refused("{\"calendar\":{\"utc_offset\":\"+01:00\"}}",
                   ": calendar.utc_offset: this is now called \"time_zone\", and is the name of a "
                   "zone, like \"Europe/Berlin\" or \"UTC\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_say_where_and_what_is_allowed),
        cmocka_unit_test(obligations_that_are_wrong),
        cmocka_unit_test(bad_values),
        cmocka_unit_test(who_is_away),
        cmocka_unit_test(what_is_called_otherwise_now),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
