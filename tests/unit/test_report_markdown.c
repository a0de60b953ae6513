/* SPDX-License-Identifier: Apache-2.0 */
/* What the traces' reports do not show: odd texts, and incidents in other states. */
#include "page_support.h"

#include "view/markdown.h"
#include "view/report_markdown.h"

static struct incident *an_incident(int level)
{
    struct incident *i = ARENA_NEW(arena, struct incident);
    *i = (struct incident){
        .incident_id = STR("INC_1"),
        .level = level,
        .phase = PHASE_OPEN,
        .started_at = TIME_NONE,
        .detected_at = TIME_NONE,
        .contained_at = TIME_NONE,
        .closed_at = 0,
        .counts = {.open = 2, .closed = 1},
    };
    return i;
}

static const char *reported(const struct report_markdown *report)
{
    report_markdown_write(&out, arena, report);
    return written();
}

static void assert_says(const char *text, const char *part)
{
    if (!strstr(text, part)) fail_msg("\"%s\" is not in:\n%s", part, text);
}

static void assert_silent(const char *text, const char *part)
{
    if (strstr(text, part)) fail_msg("\"%s\" is in:\n%s", part, text);
}

static void texts_of_others_stay_texts(void **state)
{
    (void)state;
    markdown_text(&out,
                  STR("# no heading\n- `no` *list* [x](y)\n<b>&amp; a|b_c\\ 1-2 #3\x1b[31m\x7f"));
    assert_string_equal(written(), "\\# no heading\n\\- \\`no\\` \\*list\\* \\[x\\](y)\n"
                                   "\\<b\\>\\&amp; a\\|b\\_c\\\\ 1-2 #3\\u001b\\[31m\\u007f");
    markdown_inline(&out, STR("one\ntwo"));
    assert_string_equal(written(), "one two");
    markdown_text(&out, STR("1. a\n2) b\n8.4 c\n9.\n    code\n===\n:-:\n\t+ d $x$ [^1] ![i](u)"));
    assert_string_equal(written(), "1\\. a\n2\\) b\n8.4 c\n9\\.\ncode\n\\===\n\\:-:\n"
                                   "\\+ d \\$x\\$ \\[\\^1\\] !\\[i\\](u)");
    markdown_inline(&out, STR("see https://x.y www.z.a a\r\nb \xe2\x80\xae\xff"));
    assert_string_equal(written(), "see https\\://x.y www\\.z.a a  b \\u202e\\ufffd");
    markdown_url(&out, STR("https://x.y/a?b=1&c=%20"));
    markdown_url(&out, STR(" https://x|y"));
    markdown_url(&out, STR("javascript:alert(1)"));
    assert_string_equal(written(), "<https://x.y/a?b=1&c=%20>https\\://x\\|yjavascript:alert(1)");
}

static void what_is_missing_of_a_full_postmortem(void **state)
{
    (void)state;
    struct closure closure = {.sufficient = TRI_TRUE};
    struct report_markdown report = {.incident = an_incident(LEVEL_FULL), .closure = &closure};
    const char *text = reported(&report);
    assert_says(text, "# Post-incident report INC\\_1\n");
    assert_says(text, "- Severity: **missing**\n");
    assert_says(text, "- Owner: **missing**\n");
    assert_says(text, "- Closed: Thu 1970-01-01 00:00:00 UTC\n");
    assert_says(text, "- Follow-up: 2 open, 1 closed\n");
    assert_says(text, "**missing**: fewer than two entries");
    assert_says(text, "### Evidence\n\n**missing**\n\n### Actors\n\nNot known.\n\n### Response\n\n"
                      "**missing**\n\n### Takeaways\n\n**missing**\n\n");
    assert_says(text, "- Sufficient: yes\n- Complete: **missing**\n");
    assert_says(text, "**missing**: no finding has come");
    assert_says(text, "## Still missing\n\n- the summary\n- when it started\n");
    assert_says(text, "- the sequence of events\n- evidence\n- how the response went\n- takeaways\n"
                      "- whether the response was complete\n- findings\n");
    assert_silent(text, "- whether the response was sufficient\n");
    assert_silent(text, "## Coordination");
    assert_silent(text, "## Tasks");
}

static void a_light_postmortem_is_not_asked_for_more(void **state)
{
    (void)state;
    struct report_markdown report = {.incident = an_incident(LEVEL_LIGHT)};
    const char *text = reported(&report);
    assert_says(text, "### Evidence\n\nNot given; a light postmortem does not ask for it.\n");
    assert_silent(text, "- evidence\n");
    assert_silent(text, "- the sequence of events\n");
    assert_says(text, "- whether the response was complete\n");
}

static void other_states_of_an_incident(void **state)
{
    (void)state;
    struct incident *incident = an_incident(LEVEL_UNCONFIRMED);
    struct report_markdown report = {.incident = incident};
    incident->disposition = DISPOSITION_BENIGN;
    incident->merged_into = STR("INC-2");
    incident->phase = PHASE_COMPLETED;
    incident->completed_at = DAY_MS;
    incident->retired = 1;
    const char *text = reported(&report);
    assert_says(text, "- Disposition: benign\n");
    assert_says(text, "- Merged into: INC-2\n");
    assert_says(text, "completed on Fri 1970-01-02 00:00:00 UTC: 1 closed");
    assert_says(text, "retention is over");
    incident->phase = PHASE_WAITING;
    incident->level = 0;
    assert_says(reported(&report), "- Postmortem: not decided\n");
    assert_says(reported(&report), "not begun, the incident is not closed");
}

static void all_that_can_be_told(void **state)
{
    (void)state;
    struct timeline_entry timeline[] = {
        {.at = TIME_NONE, .action = STR("first")},
        {.at = 0, .at_text = STR("1970"), .actor = STR("soc"), .action = STR("second")},
    };
    struct evidence evidence[] = {{.ref = STR("disk")},
                                  {.note = STR("a note")},
                                  {.ref = STR("mail"), .note = STR("of today")}};
    struct coordination parties[] = {{.party = STR("Police"), .party_kind = PARTY_LAW_ENFORCEMENT}};
    struct str texts[] = {STR("one"), STR("two")};
    struct closure closure = {
        .timeline = {timeline, 2},
        .evidence = {evidence, 3},
        .actors = {texts, 2},
        .takeaways = {texts, 2},
        .references = {texts, 2},
        .response = STR("Quick."),
        .complete = TRI_FALSE,
        .evaluation_note = STR("late"),
        .coordination = {parties, 1},
        .started_at_text = STR("1969"),
    };
    struct report_markdown report = {.incident = an_incident(LEVEL_FULL), .closure = &closure};
    const char *text = reported(&report);
    assert_says(text, "- Started: 1969\n");
    assert_says(text, "- References: one, two\n");
    assert_says(text, "- (time not known) — first\n- 1970 — soc: second\n");
    assert_says(text, "- disk\n- a note\n- mail: of today\n");
    assert_says(text, "### Actors\n\none, two\n");
    assert_says(text, "### Takeaways\n\n- one\n- two\n");
    assert_says(text, "- Complete: no\n- Note: late\n");
    assert_says(text, "| Police | law-enforcement |  | open |\n");
}

static void findings_and_tasks(void **state)
{
    (void)state;
    const struct finding f1 = {.finding_id = STR("F1"),
                               .kind = KIND_BUG,
                               .category = CATEGORY_TECHNICAL_LAPSE,
                               .severity = SEVERITY_LOW,
                               .title = STR("a|b"),
                               .description = STR("more\nof it"),
                               .status = REPORTED_DUPLICATE,
                               .duplicate_of = STR("F2"),
                               .reason = STR("same")};
    const struct finding f2 = {.finding_id = STR("F2")};
    const struct task bug = {.name = STR("bug/F1"),
                             .kind = KIND_BUG,
                             .finding_id = STR("F1"),
                             .priority = PRIORITY_P1,
                             .status = STATUS_CLOSED,
                             .occurrence = 2,
                             .due_at = 0,
                             .closed_at = 1000,
                             .resolved_at = TIME_NONE,
                             .resolution = RESOLUTION_DUPLICATE,
                             .sla = SLA_MET,
                             .owner = {STR("web"), STR("eva")},
                             .tracker = {.url = STR("https://t")}};
    const struct task open = {.name = STR("coordination/A%2FB"),
                              .kind = KIND_COORDINATION,
                              .priority = PRIORITY_P4,
                              .status = STATUS_OPEN,
                              .due_at = DAY_MS,
                              .closed_at = TIME_NONE,
                              .resolved_at = TIME_NONE,
                              .sla = SLA_BREACHED,
                              .tracker = {.key = STR("T-1")}};
    const struct finding *findings[] = {&f1, &f2};
    const struct task *tasks[] = {&bug, &open};
    struct report_markdown report = {.incident = an_incident(LEVEL_FULL),
                                     .findings = findings,
                                     .findings_n = 2,
                                     .tasks = tasks,
                                     .tasks_n = 2};
    const char *text = reported(&report);
    assert_says(text, "### Technical lapses\n\n- **F1** a\\|b; low, duplicate of F2 (same); "
                      "bug, closed, owner eva (web)\n  more of it\n");
    assert_says(text, "### Not yet categorized\n\n- **F2** (no title); severity not said, open\n");
    assert_says(text, "| A/B |  |  | open |\n");
    /* what is open stands first */
    const char *first = strstr(text, "| coordination |"), *second = strstr(text, "| bug |");
    assert_true(first && second && first < second);
    assert_says(text,
                "| P4 | open | **missing** | Fri 1970-01-02 00:00:00 UTC |  | breached | T-1 |\n");
    assert_says(text, "| P1 | duplicate, occurrence 2 | eva (web) | Thu 1970-01-01 00:00:00 UTC | "
                      "Thu 1970-01-01 00:00:01 UTC | met | <https://t> |\n");
    assert_says(text, "- an owner of coordination/A%2FB\n");
}

static void what_was_seen_before(void **state)
{
    (void)state;
    struct seen seen[] = {{.incident_id = STR("INC-0"),
                           .name = STR("bug/F_1"),
                           .title = STR("a|b"),
                           .priority = PRIORITY_P2,
                           .status = STATUS_OPEN,
                           .owner = {STR("web"), STR_NONE},
                           .due_at = DAY_MS,
                           .closed_at = TIME_NONE},
                          {.incident_id = STR("INC-2"),
                           .name = STR("bug/F"),
                           .title = STR("c"),
                           .priority = PRIORITY_P1,
                           .status = STATUS_CLOSED,
                           .resolution = RESOLUTION_DONE,
                           .owner = {STR("web"), STR_NONE},
                           .due_at = DAY_MS,
                           .closed_at = 1000},
                          {.incident_id = STR("INC-3"),
                           .name = STR("bug/F"),
                           .title = STR("d"),
                           .priority = PRIORITY_P1,
                           .status = STATUS_CLOSED,
                           .resolution = RESOLUTION_WONT_FIX,
                           .owner = {STR("web"), STR_NONE},
                           .due_at = DAY_MS,
                           .closed_at = 1000}};
    struct str cause = STR("tokens|logs");
    const struct finding findings[] = {
        {.finding_id = STR("F1"), .seen_before = {seen, 3}, .causes = {&cause, 1}},
        {.finding_id = STR("F2")},
        {.finding_id = STR("F3"), .seen_before = {seen, 1}},
    };
    const struct finding *all[] = {&findings[0], &findings[1], &findings[2]};
    struct report_markdown report = {
        .incident = an_incident(LEVEL_FULL), .findings = all, .findings_n = 3};
    const char *text = reported(&report);
    assert_says(
        text,
        "## Seen before\n\nTasks of other incidents with the same cause, as they were when it "
        "was seen again.\n\n- **F1** tokens\\|logs\n"
        "  - INC-0/bug/F\\_1 a\\|b: P2, open, owner web, due Fri 1970-01-02 00:00:00 UTC\n"
        "  - INC-2/bug/F c: P1, closed, owner web, closed Thu 1970-01-01 00:00:01 UTC\n"
        "  - INC-3/bug/F d: P1, wont-fix, owner web, closed Thu 1970-01-01 00:00:01 UTC\n"
        "- **F3**\n");
    report.findings_n = 0;
    assert_null(strstr(reported(&report), "Seen before"));
}

static void who_has_accepted_what(void **state)
{
    (void)state;
    const struct finding findings[] = {
        {.finding_id = STR("A"), .kind = KIND_BUG, .severity = SEVERITY_LOW},
        {.finding_id = STR("B"), .kind = KIND_BUG, .severity = SEVERITY_CRITICAL},
        {.finding_id = STR("C"), .kind = KIND_BUG},
    };
    const struct task accepted = {.kind = KIND_BUG,
                                  .finding_id = STR("A"),
                                  .status = STATUS_CLOSED,
                                  .resolution = RESOLUTION_WONT_FIX,
                                  .accepted_until = DAY_MS,
                                  .accepted_by = STR("cto")};
    struct task for_ever = accepted, open = accepted;
    for_ever.finding_id = STR("B");
    for_ever.accepted_until = TIME_NONE;
    open.finding_id = STR("C");
    open.resolution = resolution_none;
    const struct finding *all[] = {&findings[0], &findings[1], &findings[2]};
    const struct task *tasks[] = {&accepted, &for_ever, &open};
    struct report_markdown report = {.incident = an_incident(LEVEL_FULL),
                                     .findings = all,
                                     .findings_n = 3,
                                     .tasks = tasks,
                                     .tasks_n = 3};
    const char *text = reported(&report);
    assert_says(text, "low, open, accepted by cto until Fri 1970-01-02 00:00:00 UTC; bug");
    assert_says(text, "critical, open; bug");
    assert_says(text, "not said, open; bug");
    const char *first = strstr(text, "**B**"), *second = strstr(text, "**A**");
    assert_true(first && second && first < second && second < strstr(text, "**C**"));
}

/* What the closure says of a party is of that day. */
static void parties_are_as_their_tasks_are(void **state)
{
    (void)state;
    struct coordination parties[] = {{.party = STR("Police")},
                                     {.party = STR("A/B"), .status = STR("open")},
                                     {.party = STR("C"), .status = STR("informed")},
                                     {.party = STR("D"), .status = STR("closed")}};
    const struct closure closure = {.coordination = {parties, 4}};
    const struct task of_b = {.name = STR("coordination/A%2FB"),
                              .kind = KIND_COORDINATION,
                              .title = STR("Coordinate with A/B on INC_1: Dumps"),
                              .status = STATUS_RESOLVED};
    struct task of_c = of_b, of_d = of_b, other = of_b;
    of_c.name = STR("coordination/C");
    of_c.title = STR("Hold INC_2: Dumps");
    of_d.name = STR("coordination/D~2"); /* its first life is past retention */
    of_d.title = STR("INC_1: Dumps");
    of_d.status = STATUS_CLOSED;
    other.name = STR("postmortem");
    other.kind = KIND_POSTMORTEM;
    other.title = STR("Write of INC_1; Dumps");
    const struct task *tasks[] = {&of_b, &of_c, &of_d, &other};
    struct report_markdown report = {
        .incident = an_incident(LEVEL_FULL), .closure = &closure, .tasks = tasks, .tasks_n = 4};
    report.incident = &(struct incident){.incident_id = STR("INC_1"), .title = STR("Dumps")};
    const char *text = reported(&report);
    assert_says(text, "| Police |  |  | open |\n");
    assert_says(text, "| A/B |  |  | resolved |\n");
    assert_says(text, "| C |  |  | informed; resolved |\n");
    assert_says(text, "| D |  |  | closed |\n");
    assert_null(strstr(text, "D\\~2"));
    /* Written in another way it is the same, and is called as it was first. */
    parties[2].party = STR("c ");
    parties[2].key = of_c.party = STR("c");
    text = reported(&report);
    assert_says(text, "| C |  |  | informed; resolved |\n");
    assert_null(strstr(text, "| c "));
    /* Which incident it is stands above. */
    assert_says(text, "| coordination | Coordinate with A/B | ");
    assert_says(text, "| Hold INC\\_2: Dumps | ");
    assert_says(text, "| INC\\_1: Dumps | ");
    assert_says(text, "| Write of INC\\_1; Dumps | ");
}

static void answers_of_the_task_come_first(void **state)
{
    (void)state;
    const struct closure closure = {.sufficient = TRI_TRUE, .evaluation_note = STR("early")};
    const struct task other = {.name = STR("postmortem"), .kind = KIND_POSTMORTEM};
    struct task evaluation = {.name = STR("response-evaluation"), .kind = KIND_RESPONSE_EVALUATION};
    const struct task *tasks[] = {&other, &evaluation};
    struct report_markdown report = {
        .incident = an_incident(LEVEL_LIGHT), .closure = &closure, .tasks = tasks, .tasks_n = 2};
    assert_says(reported(&report), "- Sufficient: yes\n- Complete: **missing**\n- Note: early\n");
    evaluation.evaluation = (struct evaluation){TRI_FALSE, TRI_TRUE, STR("late")};
    const char *text = reported(&report);
    assert_says(text, "- Sufficient: no\n- Complete: yes\n- Note: late\n");
    assert_null(strstr(text, "whether the response was"));
}

static void what_is_owed_and_what_was_submitted(void **state)
{
    (void)state;
    struct evidence shown[] = {{STR("r|1"), STR("note")}, {STR_NONE, STR("alone")}};
    const struct task done = {.name = STR("obligation/early"),
                              .kind = KIND_OBLIGATION,
                              .title = STR("Notify A: early"),
                              .priority = PRIORITY_P1,
                              .status = STATUS_CLOSED,
                              .resolution = RESOLUTION_DONE,
                              .due_at = DAY_MS,
                              .submitted_at = DAY_MS + 1000,
                              .closed_at = 2 * DAY_MS,
                              .resolved_at = TIME_NONE,
                              .evidence = {shown, 2},
                              .sla = SLA_MET_LATE};
    struct task open = done, put_aside = done;
    open.name = STR("obligation/final~2");
    open.title = STR("Notify A: final");
    open.status = STATUS_OPEN;
    open.resolution = resolution_none;
    open.submitted_at = open.closed_at = TIME_NONE;
    open.evidence.n = 0;
    open.sla = SLA_ON_TRACK;
    put_aside.resolution = RESOLUTION_SUPERSEDED;
    struct submission submitted[] = {{STR("early"), 0, {shown, 1}},
                                     {STR("final"), 0, {shown, 1}},
                                     {STR("fin"), DAY_MS, {shown, 1}},
                                     {STR("other"), TIME_NONE, {NULL, 0}}};
    const struct closure closure = {.obligations = {submitted, 4}};
    const struct task *tasks[] = {&done, &open, &put_aside};
    struct report_markdown report = {
        .incident = an_incident(LEVEL_FULL), .closure = &closure, .tasks = tasks, .tasks_n = 3};
    const char *text = reported(&report);
    assert_says(text, "## Obligations\n\n| What | Due | Submitted | State | Evidence |\n");
    assert_says(text, "| Notify A: early | Fri 1970-01-02 00:00:00 UTC | "
                      "Fri 1970-01-02 00:00:01 UTC | met-late | r\\|1: note; alone |\n");
    assert_says(text, "| Notify A: final | Fri 1970-01-02 00:00:00 UTC |  | on-track |  |\n");
    assert_says(text, " | superseded | ");
    assert_says(text,
                "| Fri 1970-01-02 00:00:00 UTC | Fri 1970-01-02 00:00:01 UTC | met-late |  |\n");
    assert_says(text, "| Fri 1970-01-02 00:00:00 UTC |  | on-track |  |\n");
    assert_says(text,
                "| fin | | Fri 1970-01-02 00:00:00 UTC | not in the policy | r\\|1: note |\n");
    assert_says(text, "| other | |  | not in the policy |  |\n");
    assert_silent(text, "| early |");
    assert_silent(text, "| final |");
}

static void sorting_out_entries(void **state)
{
    (void)state;
    struct report_markdown report;
    assert_false(report_markdown_collect(arena, NULL, 0, &report));
    struct state_table *table = state_new(arena);
    struct entry *entries[5];
    static const char *const keys[] = {"I|t|bug/F2", "I|f|F2", "I|f|F1", "I|c", "I"};
    for (int i = 0; i < 5; i++) entries[i] = state_entry(table, str_of(keys[i]));
    struct task task = {0};
    struct finding f1 = {0}, f2 = {0};
    struct closure closure = {0};
    entries[0]->task = &task;
    entries[1]->finding = &f2;
    entries[2]->finding = &f1;
    entries[3]->closure = &closure;
    entries[4]->incident = an_incident(LEVEL_LIGHT);
    assert_false(report_markdown_collect(arena, entries, 4, &report));
    assert_true(report_markdown_collect(arena, entries, 5, &report));
    assert_ptr_equal(report.closure, &closure);
    assert_int_equal(report.findings_n, 2);
    assert_ptr_equal(report.findings[0], &f1);
    assert_int_equal(report.tasks_n, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_of_others_stay_texts),
        cmocka_unit_test(what_is_missing_of_a_full_postmortem),
        cmocka_unit_test(a_light_postmortem_is_not_asked_for_more),
        cmocka_unit_test(other_states_of_an_incident),
        cmocka_unit_test(all_that_can_be_told),
        cmocka_unit_test(findings_and_tasks),
        cmocka_unit_test(what_was_seen_before),
        cmocka_unit_test(who_has_accepted_what),
        cmocka_unit_test(parties_are_as_their_tasks_are),
        cmocka_unit_test(answers_of_the_task_come_first),
        cmocka_unit_test(what_is_owed_and_what_was_submitted),
        cmocka_unit_test(sorting_out_entries),
    };
    return cmocka_run_group_tests(tests, setup, free_page);
}
