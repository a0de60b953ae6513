/* SPDX-License-Identifier: Apache-2.0 */
/* What waits for somebody, and the digests that it becomes. */
#include "core/recipient.h"

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
    policy.at_once_every = (struct duration){30 * MINUTE_MS, false};
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

static void what_goes_on_comes_less_often(void **state)
{
    (void)state;
    struct digest_item item = overdue("bug/A", PRIORITY_P1, AT);
    int n = 0, told[2] = {0};
    /* One each ten minutes for two days. */
    for (ms_t at = AT; at < AT + 2 * DAY_MS; at += 10 * MINUTE_MS) {
        come(at, &item, 1, true);
        ms_t due = header()->wake_at;
        if (at < AT + HOUR_MS / 2) assert_true(due == AT + MINUTE_MS || due == AT + 31 * MINUTE_MS);
        while ((due = header()->wake_at) != TIME_NONE && due < at + 10 * MINUTE_MS) {
            tick(due);
            n++;
            told[due >= AT + DAY_MS]++;
        }
    }
    assert_int_equal(told[0], 10); /* at 0:01, 0:31, 1:31, 3:01, 5:01, 7:31, … */
    assert_int_equal(told[1], 6);
    assert_int_equal(header()->recipient->digests, n);
    ms_t later = AT + 4 * DAY_MS;
    tick(later - DAY_MS - HOUR_MS);
    come(later, &item, 1, true);
    assert_int_equal(header()->wake_at, later + MINUTE_MS);
    tick(header()->wake_at);
    come(later + 2 * MINUTE_MS, &item, 1, true); /* afresh */
    assert_int_equal(header()->wake_at, later + 31 * MINUTE_MS);
    come(later + 2 * MINUTE_MS, &item, 1, false); /* what can wait does not wait for it */
    assert_int_equal(header()->wake_at, later + 7 * MINUTE_MS);
}

static void an_obligation_is_not_held_back(void **state)
{
    (void)state;
    struct digest_item items[] = {overdue("obligation/a", PRIORITY_P4, AT + HOUR_MS),
                                  overdue("bug/A", PRIORITY_P1, AT + DAY_MS),
                                  overdue("bug/B", PRIORITY_P2, AT)};
    items[0].task_kind = KIND_OBLIGATION;
    come(AT, items + 1, 1, true);
    tick(AT + MINUTE_MS);
    come(AT + 2 * MINUTE_MS, items + 1, 1, true);
    assert_int_equal(header()->wake_at, AT + 31 * MINUTE_MS);
    come(AT + 3 * MINUTE_MS, items, 3, true);
    assert_int_equal(header()->wake_at, AT + 4 * MINUTE_MS);
    tick(header()->wake_at);
    /* As urgent as P1, and no P1. */
    assert_str(digest()->items[0]->name, "obligation/a");
    assert_str(digest()->items[3]->name, "bug/B");
    assert_str(digest()->summary,
               "4 reminders, 2 of them P1; the most urgent: obligation/a is overdue");
}

/* Nor does one after the other put the digest off. */
static void obligations_do_not_hold_each_other_back(void **state)
{
    (void)state;
    struct digest_item item = overdue("obligation/a", PRIORITY_P2, AT);
    item.task_kind = KIND_OBLIGATION;
    come(AT, &item, 1, true);
    come(AT + MINUTE_MS / 2, &item, 1, true);
    assert_int_equal(header()->wake_at, AT + MINUTE_MS);
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

/* What is due first is no more urgent: they are a list to look an incident up in. */
static void reviews_are_in_the_order_of_their_incidents(void **state)
{
    (void)state;
    struct digest_item reviews[] = {review("INC-3"), review("INC-2"), review("INC-1"),
                                    review("INC-2"), review("INC-2")};
    for (int i = 0; i < 5; i++) reviews[i].due_for = AT + i;
    reviews[1].occurrence = 2;
    reviews[3].occurrence = 1;
    reviews[3].number = 9;
    reviews[4].occurrence = 1;
    come(AT, reviews, 5, false);
    tick(AT + HOUR_MS);
    static const struct {
        const char *incident_id;
        int occurrence, number;
    } order[] = {
        {"INC-1", 0, 1}, {"INC-2", 1, 1}, {"INC-2", 1, 9}, {"INC-2", 2, 1}, {"INC-3", 0, 1}};
    for (int i = 0; i < 5; i++) {
        assert_str(digest()->reviews[i]->incident_id, order[i].incident_id);
        assert_int_equal(digest()->reviews[i]->occurrence, order[i].occurrence);
        assert_int_equal(digest()->reviews[i]->number, order[i].number);
    }
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
    const struct need need = {.n = 0};
    assert_false(decide_needs_whole(&policy, &event, &need, header()));
    assert_false(decide_is_begun(&event, header()));
}

/* The day in the calendar, not in UTC. */
static void the_date_is_that_of_the_calendar(void **state)
{
    (void)state;
    struct digest_item item = overdue("bug/A", PRIORITY_P2, AT);
    policy.calendar.zone.offset = 330 * MINUTE_MS;
    d.now = AT + 10 * HOUR_MS; /* 19:00Z is half past midnight */
    come(AT, &item, 1, false);
    tick(AT + HOUR_MS);
    assert_str(digest()->date, "2026-11-27");
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FRESH(what_comes_together_goes_out_as_one),
        FRESH(numbers_go_on),
        FRESH(what_is_urgent_takes_the_rest_along),
        FRESH(what_goes_on_comes_less_often),
        FRESH(an_obligation_is_not_held_back),
        FRESH(obligations_do_not_hold_each_other_back),
        FRESH(the_same_record_again_is_one),
        FRESH(what_comes_late_goes_at_once),
        FRESH(turned_off_what_waits_is_sent),
        FRESH(many_entries_take_several_digests),
        FRESH(just_as_many_as_one_takes),
        FRESH(what_is_over_the_limit_is_counted),
        FRESH(sentences),
        FRESH(reviews_are_in_the_order_of_their_incidents),
        FRESH(the_order_is_always_the_same),
        FRESH(a_timer_without_anything_is_removed),
        FRESH(the_date_is_that_of_the_calendar),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
