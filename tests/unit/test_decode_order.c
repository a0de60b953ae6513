/* SPDX-License-Identifier: Apache-2.0 */
/* The times of records: what orders them, and dates that people mean in their own zone. */
#include "codec_support.h"

static struct event of(enum topic topic, const char *value)
{
    struct record record = make_record((int)topic, value);
    return decoded(&record);
}

/* The hash of what a finding-updated says, absent where it needs none. */
static struct str hash_of(const char *value)
{
    const struct order order = of(TOPIC_FINDING_UPDATED, value).finding->finding.order;
    assert_true(order.taken.n <= 1);
    return order.taken.n ? order.taken.items[0] : STR_NONE;
}

#define AT_ONE_TIME ",'updated_at':'2026-11-20T10:00:00Z'"
#define OPEN AT_ONE_TIME ",'status':'open','owner':{'team':'t','person':'p'}"

static void what_a_record_says_has_a_hash(void **state)
{
    (void)state;
    struct str a = hash_of(FINDING(OPEN));
    assert_int_equal(a.n, 16);
    for (size_t i = 0; i < a.n; i++) assert_non_null(strchr("0123456789abcdef", a.p[i]));
    /* The same: in another order, otherwise written, with members that nobody knows. */
    static const char *const same[] = {
        FINDING(",'owner':{'person':'p','team':'t'},'status':'open'" AT_ONE_TIME),
        FINDING(AT_ONE_TIME ", 'status' : 'op\\u0065n', 'owner':{'team':'t','person':'p'}"),
        FINDING(",'updated_at':'2026-11-20T11:00:00+01:00','revision':null,'exported_at':77,"
                "'status':'open','owner':{'team':'t','person':'p'}"),
    };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        if (!str_eq(hash_of(same[i]), a)) fail_msg("another hash: %s", same[i]);
    static const char *const other[] = {
        FINDING(AT_ONE_TIME ",'status':'open'"),
        FINDING(AT_ONE_TIME ",'status':'open','owner':null"),
        FINDING(AT_ONE_TIME ",'status':'open','owner':{'team':'p','person':'t'}"),
        FINDING(OPEN ",'groups':[]"),
        FINDING(OPEN ",'groups':['a','b']"),
        FINDING(OPEN ",'groups':['b','a']"),
        FINDING(OPEN ",'severity':1"),
        FINDING(OPEN ",'severity':2"),
        FINDING(OPEN ",'severity':2.5"),
        FINDING(OPEN ",'sop_change':true"),
        FINDING(OPEN ",'sop_change':false"),
    };
    for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
        struct str b = hash_of(other[i]);
        if (str_eq(b, a)) fail_msg("the same hash: %s", other[i]);
        for (size_t j = 0; j < i; j++)
            if (str_eq(b, hash_of(other[j]))) fail_msg("the same hash: %s", other[i]);
    }
}

static void what_is_told_otherwise_needs_no_hash(void **state)
{
    (void)state;
    assert_null(hash_of(FINDING(",'status':'open'")).p);
    assert_null(hash_of(FINDING(AT_ONE_TIME ",'revision':0,'status':'open'")).p);
    struct event e = of(TOPIC_TASK_UPDATED, UPDATE(AT_ONE_TIME ",'status':'open'"));
    assert_int_equal(e.task_update->order.taken.n, 1);
    e = of(TOPIC_TASK_UPDATED, UPDATE(",'status':'open','revision':3"));
    assert_int_equal(e.task_update->order.taken.n, 0);
}

static void the_time_of_a_closure(void **state)
{
    (void)state;
    struct closure_event *e = of(TOPIC_INCIDENT_CLOSED, CLOSURE("")).closure;
    assert_true(e->incident.order.time == e->incident.closed_at);
    assert_int_equal(e->incident.order.taken.n, 1);
    struct str a = e->incident.order.taken.items[0];
    e = of(TOPIC_INCIDENT_CLOSED, CLOSURE(",'updated_at':'2026-11-20T10:15:00Z'")).closure;
    assert_int_equal(e->incident.order.time, 1795169700000);
    assert_true(str_eq(e->incident.order.taken.items[0], a));
    e = of(TOPIC_INCIDENT_CLOSED, CLOSURE(",'updated_at':'0001-01-01T00:00:00Z'")).closure;
    assert_true(e->incident.order.time == e->incident.closed_at);
    /* Its findings are a part of what it says. */
    e = of(TOPIC_INCIDENT_CLOSED, CLOSURE(",'findings':[{'finding_id':'F'}]")).closure;
    assert_false(str_eq(e->incident.order.taken.items[0], a));
    struct str one = e->incident.order.taken.items[0];
    e = of(TOPIC_INCIDENT_CLOSED, CLOSURE(",'findings':[{'finding_id':'G'}]")).closure;
    assert_false(str_eq(e->incident.order.taken.items[0], one));
}

static struct event by_policy(const struct policy *policy, enum topic topic, const char *value)
{
    struct decoder decoder = make_decoder(&codec_limits);
    decoder.policy = policy;
    struct record record = make_record((int)topic, value);
    struct event event;
    struct refused refused;
    if (!decode_record(&decoder, arena, &record, NOW, &event, &refused))
        fail_msg("%.*s", STR_ARG(refused.detail));
    return event;
}

static struct event in_zone(int offset_minutes, enum topic topic, const char *value)
{
    struct policy policy = codec_policy;
    policy.calendar.zone.offset = offset_minutes * MINUTE_MS;
    return by_policy(&policy, topic, value);
}

static void assert_time(ms_t actual, const char *expected)
{
    ms_t t;
    timestamp_parse(str_of(expected), &t);
    assert_int_equal(actual, t);
}

static void dates_are_read_in_the_zone_of_the_calendar(void **state)
{
    (void)state;
    struct event e = in_zone(330, TOPIC_FINDING_UPDATED,
                             FINDING(",'due_at':'2026-11-20','snoozed_until':'2026-12',"
                                     "'updated_at':'2026-11-20'"));
    const struct finding *f = &e.finding->finding;
    assert_time(f->due_at, "2026-11-20T18:29:59.999Z");
    assert_time(f->snoozed_until, "2026-11-30T18:30:00Z");
    assert_time(f->order.time, "2026-11-20"); /* of others it says nothing */
    e = in_zone(-300, TOPIC_FINDING_UPDATED,
                FINDING(",'due_at':'2026','snoozed_until':'2026-12-01'"));
    assert_time(e.finding->finding.due_at, "2027-01-01T04:59:59.999Z");
    assert_time(e.finding->finding.snoozed_until, "2026-12-01T05:00:00Z");
    e = in_zone(330, TOPIC_FINDING_UPDATED,
                FINDING(",'due_at':'2026-11-20T10:00:00Z','snoozed_until':1795170000"));
    assert_time(e.finding->finding.due_at, "2026-11-20T10:00:00Z");
    assert_int_equal(e.finding->finding.snoozed_until, 1795170000000);
    e = in_zone(330, TOPIC_TASK_UPDATED, UPDATE(",'snoozed_until':'2026-12-01'"));
    assert_time(e.task_update->snoozed_until, "2026-11-30T18:30:00Z");
    e = in_zone(330, TOPIC_INCIDENT_CLOSED,
                CLOSURE(",'detected_at':'2026-11-01',"
                        "'findings':[{'finding_id':'F','due_at':'2026-11-20'}]"));
    assert_time(e.closure->incident.detected_at, "2026-11-01");
    assert_time(e.closure->findings[0].finding.due_at, "2026-11-20T18:29:59.999Z");
    /* Over the edge of what a time can be it is none. */
    e = in_zone(-300, TOPIC_FINDING_UPDATED, FINDING(",'due_at':'9998'"));
    assert_true(e.finding->finding.due_at == TIME_NONE);
}

/* A day on which the clocks go back at midnight has 25 hours. */
static void a_day_ends_where_the_next_begins(void **state)
{
    (void)state;
    static const struct zone_change changes[] = {{INT64_C(1793307600000), 2 * HOUR_MS}};
    struct policy policy = codec_policy;
    policy.calendar.zone = (struct zone){.offset = 3 * HOUR_MS, .changes = changes, .changes_n = 1};
    struct event e = by_policy(&policy, TOPIC_FINDING_UPDATED,
                               FINDING(",'due_at':'2026-10-29','snoozed_until':'2026-10-30'"));
    assert_time(e.finding->finding.due_at, "2026-10-29T21:59:59.999Z");
    assert_time(e.finding->finding.snoozed_until, "2026-10-29T22:00:00Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_record_says_has_a_hash),
        cmocka_unit_test(what_is_told_otherwise_needs_no_hash),
        cmocka_unit_test(the_time_of_a_closure),
        cmocka_unit_test(dates_are_read_in_the_zone_of_the_calendar),
        cmocka_unit_test(a_day_ends_where_the_next_begins),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
