/* SPDX-License-Identifier: Apache-2.0 */
/* What a policy file sets, and what it leaves to the default. */
#include "policy_file_support.h"

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
    for (int kind = KIND_POSTMORTEM; kind < task_kind_end; kind++)
        assert_int_equal(p->evidence[kind],
                         kind == KIND_OBLIGATION || kind == KIND_RESPONSE_EVALUATION);
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
    assert_loads(
        "{\"obligations\":[{\"id\":\"early-warning\",\"title\":\"Early warning\","
        "\"when\":[\"data_breach\"],\"from\":\"known_at\",\"within\":\"72h\","
        "\"at_latest\":{\"from\":\"detected_at\",\"within\":\"7d\"},"
        "\"party\":\"\\t Data protection \\n\",\"party_kind\":\"regulator\"},"
        "{\"id\":\"final_2.0\",\"title\":\"Final\",\"within\":\"12mo\",\"lead\":[\"80%\","
        "\"20%\"],\"from\":\"after:early-warning\",\"party\":\"Insurer\"},"
        "{\"id\":\"x\",\"title\":\"X\",\"within\":\"1d\",\"party\":\"X\"},"
        "{\"id\":\"y\",\"title\":\"Y\",\"within\":\"4bd\",\"until\":\"24:00\",\"party\":\"Y\"}]}");
    assert_int_equal(policy.obligations_n, 4);
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
    assert_false(o[2].has_until);
    assert_true(o[3].has_until);
    assert_int_equal(o[3].until, DAY_MS);
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

static void what_is_done_only_with_evidence(void **state)
{
    (void)state;
    assert_loads("{\"closing\":{\"evidence\":[]}}");
    for (int kind = KIND_POSTMORTEM; kind < task_kind_end; kind++)
        assert_false(policy.evidence[kind]);
    assert_loads("{\"closing\":{\"evidence\":[\"register-entry\",\"postmortem\"]}}");
    for (int kind = KIND_POSTMORTEM; kind < task_kind_end; kind++)
        assert_int_equal(policy.evidence[kind],
                         kind == KIND_POSTMORTEM || kind == KIND_REGISTER_ENTRY);
    assert_loads("{\"closing\":{}}");
    assert_true(policy.evidence[KIND_OBLIGATION]);
}

static void what_a_cause_is_known_by(void **state)
{
    (void)state;
    assert_loads("{}");
    assert_false(policy.recurrence.off);
    assert_true(policy.recurrence.by_references);
    assert_true(policy.recurrence.boost);
    assert_true(policy.recurrence.within.amount == 365 * DAY_MS);
    assert_loads("{\"recurrence\":{\"key\":[\"category\",\"label.product\"],\"within\":\"90d\","
                 "\"boost\":false}}");
    assert_false(policy.recurrence.by_references);
    assert_int_equal(policy.recurrence.members_n, 2);
    assert_int_equal(policy.recurrence.members[0].part, CAUSE_CATEGORY);
    assert_int_equal(policy.recurrence.members[1].part, CAUSE_LABEL);
    assert_text(policy.recurrence.members[1].label, "product");
    assert_false(policy.recurrence.boost);
    assert_loads("{\"recurrence\":{\"key\":[]}}");
    assert_int_equal(policy.recurrence.members_n, 0);
    assert_loads("{\"recurrence\":{\"key\":\"references\"}}");
    assert_true(policy.recurrence.by_references);
    assert_loads("{\"recurrence\":null}");
    assert_true(policy.recurrence.off);
    assert_loads("{\"recurrence\":false}");
    assert_true(policy.recurrence.off);
    assert_true(policy.recurrence.within.amount == 365 * DAY_MS);
    assert_refused("{\"recurrence\":{\"key\":[\"label\"]}}",
                   ": recurrence.key[0]: allowed: \"category\", \"severity\", \"title\", \"work\", "
                   "\"action_type\", \"team\", \"label.<name>\"");
    assert_refused("{\"recurrence\":{\"key\":\"cause\"}}",
                   ": recurrence.key: allowed: \"references\", or a list of members of a finding");
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
        cmocka_unit_test(verification_is_an_object),
        cmocka_unit_test(acceptance_can_be_turned_off),
        cmocka_unit_test(what_is_done_only_with_evidence),
        cmocka_unit_test(what_a_cause_is_known_by),
        cmocka_unit_test(times_and_rules),
        cmocka_unit_test(calendars_have_names),
        cmocka_unit_test(words_of_other_systems),
        cmocka_unit_test(the_policies_that_come_with_it),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
