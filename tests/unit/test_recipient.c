/* SPDX-License-Identifier: Apache-2.0 */
/* What waits for somebody, and the digests that it becomes. */
#include "core/recipient.h"

#include "core/item.h"
#include "core_support.h"

#define AT INT64_C(1795683600000) /* 2026-11-26T09:00:00Z */
#define WHO "person:eva@example.com"

static struct arena *arena;
static struct policy policy;
static struct decision d;
static int origins;

static struct str cut(struct str text, size_t max_bytes)
{
    return text.n > max_bytes ? (struct str){text.p, max_bytes} : text;
}

static int set_up(void **state)
{
    (void)state;
    arena = arena_new();
    default_policy(arena, &policy);
    policy.collect = (struct duration){5 * MINUTE_MS, false};
    policy.collect_at_once = (struct duration){MINUTE_MS, false};
    d = (struct decision){
        .policy = &policy, .arena = arena, .table = state_new(arena), .now = AT, .cut = cut};
    origins = 0;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static struct str key_of_header(void)
{
    return state_recipient_key(arena, STR(WHO));
}

static const struct entry *header(void)
{
    return state_entry(d.table, key_of_header());
}

static size_t waiting(void)
{
    size_t n = 0;
    for (const struct entry *e = header()->next_sibling; e; e = e->next_sibling) n += e->exists;
    return n;
}

static struct digest_item overdue(const char *name, enum priority priority, ms_t due_at)
{
    struct digest_item item = digest_item_none;
    item.kind = REMINDER_OVERDUE;
    item.number = 1;
    item.incident_id = STR("INC-1");
    item.name = str_of(name);
    item.priority = priority;
    item.due_at = due_at;
    item.due_for = AT;
    item.summary = arena_printf(arena, "%s is overdue", name);
    return item;
}

static struct digest_item review(const char *incident_id)
{
    struct digest_item item = digest_item_none;
    item.kind = REMINDER_REVIEW_DUE;
    item.number = 1;
    item.incident_id = str_of(incident_id);
    item.due_for = AT;
    item.summary = arena_printf(arena, "Review of %s is due", incident_id);
    return item;
}

static enum decide_result decide_now(const struct event *event, ms_t until)
{
    d.outputs.n = 0;
    return decide_event(&d, event, until);
}

/* A record of items comes; `origin` is of it alone. */
static void come_as(ms_t at, const struct digest_item *items, size_t n, bool urgent,
                    struct str origin)
{
    struct items_event *e = ARENA_NEW(arena, struct items_event);
    e->recipient = STR(WHO);
    e->origin = origin;
    e->items.urgent = urgent;
    e->items.items.items = arena_copy(arena, items, n * sizeof *items);
    e->items.items.n = n;
    struct event event = {.type = EVENT_ITEMS, .incident_id = STR(WHO), .cause = {.at = at}};
    event.items = e;
    struct need need;
    decide_need(arena, &event, &need);
    assert_int_equal(need.n, 2);
    assert_false(need.whole);
    assert_str(need.keys[0], "$to/" WHO);
    assert_int_equal(decide_now(&event, at), DECIDE_OK);
    assert_int_equal(d.outputs.n, 0);
}

static void come(ms_t at, const struct digest_item *items, size_t n, bool urgent)
{
    come_as(at, items, n, urgent, arena_printf(arena, "%05d", origins++));
}

static enum decide_result tick(ms_t until)
{
    struct event event = {.type = EVENT_TICK, .cause = {.at = until}, .tick_key = key_of_header()};
    struct need need;
    decide_need(arena, &event, &need);
    assert_true(need.whole);
    return decide_now(&event, until);
}

static const struct digest_output *digest(void)
{
    assert_int_equal(d.outputs.n, 1);
    assert_int_equal(d.outputs.items[0].type, OUTPUT_DIGEST);
    return &d.outputs.items[0].digest;
}

static void what_comes_together_goes_out_as_one(void **state)
{
    (void)state;
    struct digest_item first[] = {overdue("bug/B", PRIORITY_P2, AT - 5),
                                  overdue("bug/C", PRIORITY_P2, AT - 9)};
    struct digest_item then = overdue("bug/A", PRIORITY_P1, AT);
    come(AT, first, 2, false);
    assert_int_equal(header()->wake_at, AT + 5 * MINUTE_MS);
    come(AT + MINUTE_MS, &then, 1, false);
    assert_int_equal(header()->wake_at, AT + 5 * MINUTE_MS);
    assert_int_equal(waiting(), 2);
    assert_int_equal(tick(AT + 5 * MINUTE_MS - 1), DECIDE_OK); /* too early */
    assert_int_equal(d.outputs.n, 0);
    d.now = AT + 6 * MINUTE_MS;
    assert_int_equal(tick(AT + 5 * MINUTE_MS), DECIDE_OK);
    assert_str(digest()->recipient, WHO);
    assert_int_equal(digest()->number, 1);
    assert_str(digest()->date, "2026-11-26");
    assert_false(digest()->urgent);
    assert_int_equal(d.outputs.items[0].at, AT + 5 * MINUTE_MS);
    assert_int_equal(digest()->items_n, 3);
    assert_str(digest()->items[0]->name, "bug/A"); /* by priority, then by due_at */
    assert_str(digest()->items[1]->name, "bug/C");
    assert_str(digest()->items[2]->name, "bug/B");
    assert_str(digest()->summary, "3 reminders, 1 of them P1; the most urgent: bug/A is overdue");
    assert_int_equal(waiting(), 0);
    assert_true(header()->exists);
    assert_true(header()->wake_at == TIME_NONE);
    assert_int_equal(tick(AT + HOUR_MS), DECIDE_OK); /* an old timer: nothing waits any more */
    assert_int_equal(d.outputs.n, 0);
}

static void numbers_go_on(void **state)
{
    (void)state;
    struct digest_item item = overdue("bug/A", PRIORITY_P2, AT);
    for (int64_t n = 1; n <= 3; n++) {
        come(AT + n * DAY_MS, &item, 1, false);
        tick(AT + n * DAY_MS + HOUR_MS);
        assert_int_equal(digest()->number, n);
        assert_str(digest()->summary, "bug/A is overdue");
    }
    assert_int_equal(header()->recipient->digests, 3);
}

static void what_is_urgent_takes_the_rest_along(void **state)
{
    (void)state;
    struct digest_item item = overdue("bug/A", PRIORITY_P2, AT);
    come(AT, &item, 1, false);
    come(AT + MINUTE_MS, &item, 1, true);
    assert_int_equal(header()->wake_at, AT + 2 * MINUTE_MS);
    tick(AT + 2 * MINUTE_MS);
    assert_true(digest()->urgent);
    assert_int_equal(digest()->items_n, 2);
    come(AT + 3 * MINUTE_MS, &item, 1, false); /* what comes then is not urgent for it */
    assert_int_equal(header()->wake_at, AT + 8 * MINUTE_MS);
    tick(AT + 8 * MINUTE_MS);
    assert_false(digest()->urgent);
}

static void the_same_record_again_is_one(void **state)
{
    (void)state;
    struct digest_item item = overdue("bug/A", PRIORITY_P2, AT);
    come_as(AT, &item, 1, false, STR("1/2/3"));
    come_as(AT, &item, 1, true, STR("1/2/3"));
    assert_null(d.touched);
    assert_int_equal(waiting(), 1);
    tick(AT + 5 * MINUTE_MS);
    assert_int_equal(digest()->items_n, 1);
}

/* What comes late goes out at once, and what comes before it counts from the earliest. */
static void what_comes_late_goes_at_once(void **state)
{
    (void)state;
    struct digest_item item = overdue("bug/A", PRIORITY_P2, AT);
    come(AT, &item, 1, true);
    come(AT - DAY_MS, &item, 1, true);
    assert_int_equal(header()->wake_at, AT - DAY_MS + MINUTE_MS);
}

/* A policy that wants none any more leaves nothing behind. */
static void turned_off_what_waits_is_sent(void **state)
{
    (void)state;
    struct digest_item item = overdue("bug/A", PRIORITY_P2, AT);
    come(AT, &item, 1, false);
    policy.digest = false;
    tick(AT + 5 * MINUTE_MS);
    assert_int_equal(digest()->items_n, 1);
}

static void many_entries_take_several_digests(void **state)
{
    (void)state;
    struct digest_item item = overdue("bug/A", PRIORITY_P2, AT);
    for (int i = 0; i < RECIPIENT_ENTRIES_MAX + 1; i++) come(AT + i, &item, 1, false);
    assert_int_equal(tick(AT + HOUR_MS), DECIDE_MORE);
    assert_int_equal(digest()->items_n, RECIPIENT_ENTRIES_MAX);
    assert_int_equal(waiting(), 1);
    assert_true(header()->wake_at <= AT + HOUR_MS);
    assert_int_equal(tick(AT + HOUR_MS), DECIDE_OK);
    assert_int_equal(digest()->number, 2);
    assert_int_equal(digest()->items_n, 1);
    assert_true(header()->wake_at == TIME_NONE);
}

/* Whether there are more is found out by looking: then there is nothing, and no number is used. */
static void just_as_many_as_one_takes(void **state)
{
    (void)state;
    struct digest_item item = overdue("bug/A", PRIORITY_P2, AT);
    for (int i = 0; i < RECIPIENT_ENTRIES_MAX; i++) come(AT, &item, 1, false);
    assert_int_equal(tick(AT + HOUR_MS), DECIDE_MORE);
    assert_int_equal(tick(AT + HOUR_MS), DECIDE_OK);
    assert_int_equal(d.outputs.n, 0);
    assert_true(header()->wake_at == TIME_NONE);
    assert_int_equal(header()->recipient->digests, 1);
}

static void what_is_over_the_limit_is_counted(void **state)
{
    (void)state;
    struct digest_item items[RECIPIENT_ITEMS_MAX + 3], reviews[RECIPIENT_ITEMS_MAX + 2];
    for (int i = 0; i < RECIPIENT_ITEMS_MAX + 3; i++)
        items[i] = overdue("bug/A", i < 2 ? PRIORITY_P1 : PRIORITY_P4, AT - i);
    for (int i = 0; i < RECIPIENT_ITEMS_MAX + 2; i++)
        reviews[i] = review(arena_printf(arena, "INC-%04d", i).p);
    come(AT, items, RECIPIENT_ITEMS_MAX + 3, false);
    come(AT, reviews, RECIPIENT_ITEMS_MAX + 2, false);
    tick(AT + HOUR_MS);
    assert_int_equal(digest()->items_n, RECIPIENT_ITEMS_MAX);
    assert_int_equal(digest()->reviews_n, RECIPIENT_ITEMS_MAX);
    assert_int_equal(digest()->omitted, 5);
    assert_str(digest()->reviews[0]->incident_id, "INC-0000");
    assert_str(digest()->summary, "203 reminders, 2 of them P1; the most urgent: bug/A is overdue; "
                                  "202 reviews are due");
}

static void sentences(void **state)
{
    (void)state;
    struct digest_item both[] = {review("INC-2"), overdue("bug/A", PRIORITY_P1, AT)};
    come(AT, both, 2, false);
    tick(AT + HOUR_MS);
    assert_str(digest()->summary, "1 reminder; the most urgent: bug/A is overdue; 1 review is due");
    struct digest_item urgent[] = {both[1], both[1]};
    come(AT, urgent, 2, false);
    tick(AT + HOUR_MS);
    assert_str(digest()->summary, "2 reminders, all of them P1; the most urgent: bug/A is overdue");
    come(AT, both, 1, false);
    tick(AT + HOUR_MS);
    assert_str(digest()->summary, "Review of INC-2 is due");
    struct digest_item reviews[] = {review("INC-2"), review("INC-1")};
    come(AT, reviews, 2, false);
    tick(AT + HOUR_MS);
    assert_str(digest()->summary, "2 reviews are due");
    assert_str(digest()->reviews[0]->incident_id, "INC-1");
}

/* By priority, date, task, finding, kind and number; what has no priority comes last. */
static void the_order_is_always_the_same(void **state)
{
    (void)state;
    struct digest_item items[8];
    for (int i = 0; i < 8; i++) items[i] = overdue("bug/A", PRIORITY_P2, AT);
    items[0].name = STR_NONE;
    items[0].priority = priority_none;
    items[0].due_at = TIME_NONE;
    items[0].finding_id = STR("F-2");
    items[1] = items[0];
    items[1].finding_id = STR("F-1");
    items[2].number = 2;
    items[4].kind = REMINDER_DUE;
    items[5].incident_id = STR("INC-0");
    items[6].name = STR("bug/B");
    items[7].priority = PRIORITY_P1;
    static const int expected[] = {7, 5, 4, 3, 2, 6, 1, 0};
    come(AT, items, 8, false);
    tick(AT + HOUR_MS);
    for (size_t i = 0; i < 8; i++) {
        const struct digest_item *a = digest()->items[i], *b = &items[expected[i]];
        assert_true(str_eq(a->name, b->name) && str_eq(a->finding_id, b->finding_id));
        assert_true(str_eq(a->incident_id, b->incident_id));
    }
}

static void a_timer_without_anything_is_removed(void **state)
{
    (void)state;
    assert_int_equal(tick(AT), DECIDE_OK); /* of nobody */
    assert_int_equal(d.outputs.n, 0);
    assert_non_null(d.touched);
    struct digest_item item = overdue("bug/A", PRIORITY_P2, AT);
    come_as(AT, &item, 1, false, STR("1"));
    struct event event = {.type = EVENT_TICK,
                          .cause = {.at = AT},
                          .tick_key = state_items_key(arena, key_of_header(), STR("1"))};
    assert_int_equal(decide_now(&event, AT + HOUR_MS), DECIDE_OK);
    assert_int_equal(d.outputs.n, 0);
    assert_non_null(d.touched);
    assert_true(d.touched->wake_at == TIME_NONE);
    assert_false(decide_needs_whole(&policy, &event, header()));
    assert_false(decide_is_begun(&event, header()));
}

/* The day in the calendar, not in UTC. */
static void the_date_is_that_of_the_calendar(void **state)
{
    (void)state;
    struct digest_item item = overdue("bug/A", PRIORITY_P2, AT);
    policy.calendar.utc_offset_minutes = 330;
    d.now = AT + 10 * HOUR_MS; /* 19:00Z is half past midnight */
    come(AT, &item, 1, false);
    tick(AT + HOUR_MS);
    assert_str(digest()->date, "2026-11-27");
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
        {ROLE_OWNER, {STR("web"), STR("eva@example.com")}},
        {ROLE_ON_CALL, {STR_NONE, STR("eva@example.com")}},
        {ROLE_MANAGER, {STR("web"), STR_NONE}},
        {ROLE_RESPONSE_TEAM, {STR_NONE, STR_NONE}},
        {ROLE_PARTICIPANT, {STR("a/b|c"), STR("")}},
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
    struct recipient list[] = {{ROLE_OWNER, {STR_NONE, {a, 1000}}},
                               {ROLE_OWNER, {STR_NONE, {b, 1000}}},
                               {ROLE_OWNER, {STR_NONE, {a, 256}}}};
    size_t n;
    struct item_recipient *all = recipients_of(list, 3, &n);
    assert_int_equal(n, 3);
    assert_int_equal(all[0].name.n, 7 + 256 + 17);
    assert_int_equal(all[0].name.p[7 + 256], '~');
    assert_false(str_eq(all[0].name, all[1].name));
    assert_int_equal(all[2].name.n, 7 + 256);
}

static void what_was_sent_is_noted(void **state)
{
    (void)state;
    struct recipient list[ITEM_TOLD_MAX + 2];
    for (int i = 0; i < ITEM_TOLD_MAX + 2; i++)
        list[i] = (struct recipient){ROLE_PARTICIPANT, {arena_printf(arena, "t%d", i), STR_NONE}};
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
    task.owner.team = task.owner.person = task.title = (struct str){url, 500};
    item = item_of(&output, AT, cut);
    assert_null(item.tracker.url.p);
    assert_int_equal(item.title.n, 64);
    assert_int_equal(item.owner.team.n, 256);
    assert_int_equal(item.owner.person.n, 256);
    assert_str(item.summary, "is due");
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
        FRESH(what_comes_together_goes_out_as_one), FRESH(numbers_go_on),
        FRESH(what_is_urgent_takes_the_rest_along), FRESH(the_same_record_again_is_one),
        FRESH(what_comes_late_goes_at_once),        FRESH(turned_off_what_waits_is_sent),
        FRESH(many_entries_take_several_digests),   FRESH(just_as_many_as_one_takes),
        FRESH(what_is_over_the_limit_is_counted),   FRESH(sentences),
        FRESH(the_order_is_always_the_same),        FRESH(a_timer_without_anything_is_removed),
        FRESH(the_date_is_that_of_the_calendar),    FRESH(nobody_is_told_twice),
        FRESH(long_names_are_cut_and_told_apart),   FRESH(what_was_sent_is_noted),
        FRESH(an_item_is_what_the_reminder_says),   FRESH(an_item_about_a_finding),
        FRESH(an_item_about_an_incident),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
