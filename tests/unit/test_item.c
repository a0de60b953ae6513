/* SPDX-License-Identifier: Apache-2.0 */
/* Whom a reminder is for, and what of it each is told. */
#include "core/item.h"

#include "core_support.h"

#define AT INT64_C(1795683600000) /* 2026-11-26T09:00:00Z */

static struct arena *arena;

static struct str cut(struct str text, size_t max_bytes)
{
    return text.n > max_bytes ? (struct str){text.p, max_bytes} : text;
}

static int set_up(void **state)
{
    (void)state;
    arena = arena_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

/* ---- whom a reminder is for ---- */

static struct item_recipient *recipients_of(struct recipient *list, size_t n, size_t *found)
{
    struct reminder_output reminder = {.recipients = list, .recipients_n = n};
    return item_recipients(arena, &reminder, found);
}

static void nobody_is_told_twice(void **state)
{
    (void)state;
    struct recipient list[] = {
        {ROLE_OWNER, {STR("web"), STR("eva@example.com")}, STR_NONE},
        {ROLE_ON_CALL, {STR_NONE, STR("eva@example.com")}, STR_NONE},
        {ROLE_MANAGER, {STR("web"), STR_NONE}, STR_NONE},
        {ROLE_RESPONSE_TEAM, {STR_NONE, STR_NONE}, STR_NONE},
        {ROLE_PARTICIPANT, {STR("a/b|c"), STR("")}, STR_NONE},
    };
    size_t n;
    struct item_recipient *all = recipients_of(list, 5, &n);
    assert_int_equal(n, 4);
    assert_str(all[0].name, "person:eva@example.com");
    assert_int_equal(all[0].roles, 1u << ROLE_OWNER | 1u << ROLE_ON_CALL);
    assert_str(all[1].name, "team:web");
    assert_str(all[2].name, "role:response-team"); /* the policy names nobody */
    assert_str(all[3].name, "team:a%2Fb%7Cc");
}

static void long_names_are_cut_and_told_apart(void **state)
{
    (void)state;
    char *a = arena_alloc(arena, 1000), *b = arena_alloc(arena, 1000);
    memset(a, 'x', 1000);
    memset(b, 'x', 1000);
    b[999] = 'y';
    struct recipient list[] = {{ROLE_OWNER, {STR_NONE, {a, 1000}}, STR_NONE},
                               {ROLE_OWNER, {STR_NONE, {b, 1000}}, STR_NONE},
                               {ROLE_OWNER, {STR_NONE, {a, 256}}, STR_NONE}};
    size_t n;
    struct item_recipient *all = recipients_of(list, 3, &n);
    assert_int_equal(n, 3);
    assert_int_equal(all[0].name.n, 7 + 256 + 17);
    assert_int_equal(all[0].name.p[7 + 256], '~');
    assert_false(str_eq(all[0].name, all[1].name));
    assert_int_equal(all[2].name.n, 7 + 256);
}

static void for_whom_they_stand_in(void **state)
{
    (void)state;
    struct recipient list[ITEM_TOLD_MAX + 6] = {
        {ROLE_OWNER, {STR_NONE, STR("ben")}, STR("ann")},
        {ROLE_MANAGER, {STR_NONE, STR("ben")}, STR("eva")},
        {ROLE_ON_CALL, {STR("web"), STR("ben")}, STR("ann")},
        {ROLE_RESPONSE_LEAD, {STR_NONE, STR("ben")}, STR_NONE},
        {ROLE_RESPONSE_LEAD, {STR_NONE, STR("cleo")}, STR_NONE},
    };
    size_t n;
    struct item_recipient *all = recipients_of(list, 5, &n);
    assert_int_equal(n, 2);
    assert_str(all[0].name, "person:ben");
    assert_int_equal(all[0].delegated_from.n, 2);
    assert_str(all[0].delegated_from.items[0], "ann");
    assert_str(all[0].delegated_from.items[1], "eva");
    assert_int_equal(all[1].delegated_from.n, 0);
    for (int i = 5; i < ITEM_TOLD_MAX + 6; i++)
        list[i] = (struct recipient){
            ROLE_PARTICIPANT, {STR_NONE, STR("ben")}, arena_printf(arena, "p%d", i)};
    all = recipients_of(list, ITEM_TOLD_MAX + 6, &n);
    assert_int_equal(all[0].delegated_from.n, ITEM_TOLD_MAX);
}

static void what_was_sent_is_noted(void **state)
{
    (void)state;
    struct recipient list[ITEM_TOLD_MAX + 2];
    for (int i = 0; i < ITEM_TOLD_MAX + 2; i++)
        list[i] = (struct recipient){
            ROLE_PARTICIPANT, {arena_printf(arena, "t%d", i), STR_NONE}, STR_NONE};
    struct reminder_output reminder = {.recipients = list, .recipients_n = 2};
    struct reminder_state sent = {.number = 3};
    item_note_sent(arena, &reminder, AT, &sent);
    assert_int_equal(sent.number, 3);
    assert_int_equal(sent.sent_at, AT);
    assert_int_equal(sent.to.n, 2);
    assert_str(sent.to.items[1], "team:t1");
    reminder.recipients_n = ITEM_TOLD_MAX + 2;
    item_note_sent(arena, &reminder, AT, &sent);
    assert_int_equal(sent.to.n, ITEM_TOLD_MAX);
}

/* ---- what of it they are told ---- */

static void an_item_is_what_the_reminder_says(void **state)
{
    (void)state;
    struct task task = task_none;
    task.name = STR("bug/F");
    task.title = STR("A title");
    task.kind = KIND_BUG;
    task.priority = PRIORITY_P2;
    task.status = STATUS_OPEN;
    task.due_at = AT;
    struct output output = {.type = OUTPUT_REMINDER, .incident_id = STR("INC-1")};
    output.reminder = (struct reminder_output){.kind = REMINDER_DUE,
                                               .covers = 1u << REMINDER_DUE,
                                               .number = 1,
                                               .due_for = AT,
                                               .summary = STR("is due"),
                                               .coalesced = 2,
                                               .occurrence = 3,
                                               .task = &task};
    struct digest_item item = item_of(&output, AT, cut);
    assert_str(item.incident_id, "INC-1");
    assert_str(item.name, "bug/F");
    assert_str(item.title, "A title");
    assert_int_equal(item.covers, 1u << REMINDER_DUE);
    assert_int_equal(item.coalesced, 2);
    assert_int_equal(item.occurrence, 3);
    assert_int_equal(item.due_at, AT);
    assert_int_equal(item.level, level_none);
    char *url = arena_alloc(arena, 5000);
    memset(url, 'u', 5000);
    task.tracker.url = (struct str){url, 5000};
    struct label label = {STR("product"), STR("pay")};
    task.labels = (struct labels){&label, 1};
    task.owner.team = task.owner.person = task.title = (struct str){url, 500};
    item = item_of(&output, AT, cut);
    assert_null(item.tracker.url.p);
    assert_int_equal(item.labels.n, 0);
    assert_int_equal(item.title.n, 64);
    assert_int_equal(item.owner.team.n, 256);
    assert_int_equal(item.owner.person.n, 256);
    assert_str(item.summary, "is due");
    output.reminder.summary = (struct str){url, 300};
    item = item_of(&output, AT, cut);
    assert_int_equal(item.summary.n, 200);
    /* Not above the bound nothing is cut. */
    task.owner = (struct owner){STR_NONE, STR_NONE};
    task.tracker.url.n = 4096 - 300 - 500 - 10 - task.name.n - output.incident_id.n;
    item = item_of(&output, AT, cut);
    assert_int_equal(item.tracker.url.n, task.tracker.url.n);
    assert_str(item.labels.items->value, "pay");
    assert_int_equal(item.title.n, 500);
    task.tracker.url.n++;
    item = item_of(&output, AT, cut);
    assert_null(item.tracker.url.p);
}

static void an_item_about_a_finding(void **state)
{
    (void)state;
    struct finding finding = finding_none;
    struct incident incident = incident_none;
    finding.finding_id = STR("F");
    struct output output = {.type = OUTPUT_REMINDER, .incident_id = STR("INC-1")};
    output.reminder = (struct reminder_output){
        .kind = REMINDER_ORPHAN_FINDING, .finding = &finding, .incident = &incident};
    struct digest_item item = item_of(&output, AT, cut);
    assert_str(item.finding_id, "F");
    assert_int_equal(item.category, CATEGORY_UNCATEGORIZED);
    assert_int_equal(item.reported, REPORTED_OPEN);
    assert_null(item.name.p);
    finding.category = CATEGORY_MANUAL_ERROR;
    finding.status = REPORTED_BLOCKED;
    item = item_of(&output, AT, cut);
    assert_int_equal(item.category, CATEGORY_MANUAL_ERROR);
    assert_int_equal(item.reported, REPORTED_BLOCKED);
}

static void an_item_about_an_incident(void **state)
{
    (void)state;
    struct incident incident = incident_none;
    struct task tasks[6];
    const struct task *open[6];
    static const enum task_status statuses[] = {STATUS_OPEN,    STATUS_OPEN,     STATUS_IN_PROGRESS,
                                                STATUS_BLOCKED, STATUS_RESOLVED, STATUS_OPEN};
    for (int i = 0; i < 6; i++) {
        tasks[i] = task_none;
        tasks[i].status = statuses[i];
        tasks[i].due_at = i == 1 ? AT + 1 : i == 2 ? TIME_NONE : AT;
        if (i == 5) tasks[i].paused_at = AT;
        open[i] = &tasks[i];
    }
    incident.title = STR("What happened");
    incident.level = LEVEL_FULL;
    struct output output = {.type = OUTPUT_REMINDER, .incident_id = STR("INC-1")};
    output.reminder = (struct reminder_output){.kind = REMINDER_REVIEW_DUE,
                                               .due_for = AT,
                                               .incident = &incident,
                                               .open = open,
                                               .open_n = 1,
                                               .open_all = 6};
    struct digest_item item = item_of(&output, AT, cut);
    assert_str(item.title, "What happened");
    assert_int_equal(item.level, LEVEL_FULL);
    assert_int_equal(item.open, 3);
    assert_int_equal(item.in_progress, 1);
    assert_int_equal(item.blocked, 1);
    assert_int_equal(item.resolved, 1);
    assert_int_equal(item.overdue, 2); /* the first, and the blocked one */
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FRESH(nobody_is_told_twice),
        FRESH(long_names_are_cut_and_told_apart),
        FRESH(for_whom_they_stand_in),
        FRESH(what_was_sent_is_noted),
        FRESH(an_item_is_what_the_reminder_says),
        FRESH(an_item_about_a_finding),
        FRESH(an_item_about_an_incident),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
