/* SPDX-License-Identifier: Apache-2.0 */
/* Values as programs print them, and what forms send that were left empty. */
#include "codec_support.h"

static const struct finding_event *finding_of(const char *value)
{
    struct record record = make_record(TOPIC_FINDING_UPDATED, value);
    return decoded(&record).finding;
}

static const struct closure_event *closure_of(const char *value)
{
    struct record record = make_record(TOPIC_INCIDENT_CLOSED, value);
    return decoded(&record).closure;
}

static void numbers_with_a_point_or_an_exponent(void **state)
{
    (void)state;
    assert_int_equal(finding_of(FINDING(",'revision':1.0"))->finding.order.revision, 1);
    assert_int_equal(finding_of(FINDING(",'revision':1e3"))->finding.order.revision, 1000);
    assert_int_equal(finding_of(FINDING(",'revision':0.0"))->finding.order.revision, 0);
    assert_int_equal(finding_of(FINDING(",'due_at':1763630000.123"))->finding.due_at,
                     1763630000123);
    assert_int_equal(finding_of(FINDING(",'due_at':1.763630000123e9"))->finding.due_at,
                     1763630000123);
    assert_int_equal(finding_of(FINDING(",'due_at':1763630000123.75"))->finding.due_at,
                     1763630000123);
    assert_true(finding_of(FINDING(",'due_at':-62135596800.0"))->finding.due_at == TIME_NONE);
    assert_int_equal(finding_of(FINDING(",'severity':1.0"))->finding.severity, SEVERITY_CRITICAL);
    assert_int_equal(finding_of(FINDING(",'severity':5e0"))->warnings.n, 0);
    struct record record =
        make_record(TOPIC_INCIDENT_CLOSED, "{'incident_id':'INC-1','closed_at':-62135596800.0}");
    assert_refused(&record, REFUSE_MISSING_FIELD, "closed_at: ");
}

/* Whatever may be null may be "", and means that. */
static void an_empty_text_is_null(void **state)
{
    (void)state;
    static const char *const members[] = {
        "category", "severity",      "title",    "description", "status",
        "reason",   "owner",         "groups",   "work",        "sop_change",
        "due_at",   "snoozed_until", "tracker",  "action_type", "references",
        "labels",   "duplicate_of",  "revision", "updated_at"};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        const struct finding_event *empty =
            finding_of(arena_printf(arena, FINDING(",'%s':''"), members[i]).p);
        const struct finding_event *null =
            finding_of(arena_printf(arena, FINDING(",'%s':null"), members[i]).p);
        assert_int_equal(empty->present, null->present);
        assert_int_equal(empty->warnings.n, 0);
        struct finding a = empty->finding, b = null->finding;
        assert_true(str_eq(written(ENTRY_FINDING, &a), written(ENTRY_FINDING, &b)));
    }
}

static void an_empty_text_is_null_in_a_closure(void **state)
{
    (void)state;
    static const char *const members[] = {"title",
                                          "severity",
                                          "disposition",
                                          "customer_impacting",
                                          "data_breach",
                                          "started_at",
                                          "detected_at",
                                          "contained_at",
                                          "owner",
                                          "summary",
                                          "timeline",
                                          "technical_summary",
                                          "response_evaluation",
                                          "coordination",
                                          "references",
                                          "labels",
                                          "findings",
                                          "revision",
                                          "updated_at"};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        const struct closure_event *empty =
            closure_of(arena_printf(arena, CLOSURE(",'%s':''"), members[i]).p);
        const struct closure_event *null =
            closure_of(arena_printf(arena, CLOSURE(",'%s':null"), members[i]).p);
        assert_int_equal(empty->present, null->present);
        assert_int_equal(empty->warnings.n, 0);
        struct closure a = empty->closure, b = null->closure;
        struct incident x = empty->incident, y = null->incident;
        x.order.taken = y.order.taken = (struct str_list){NULL, 0};
        assert_true(str_eq(written(ENTRY_CLOSURE, &a), written(ENTRY_CLOSURE, &b)));
        assert_true(str_eq(written(ENTRY_INCIDENT, &x), written(ENTRY_INCIDENT, &y)));
    }
    const struct closure_event *inner = closure_of(CLOSURE(
        ",'timeline':[{'action':'a','at':'','actor':''}],'technical_summary':{'evidence':'',"
        "'actors':'','response':'','takeaways':''},'response_evaluation':{'sufficient':'',"
        "'complete':'','note':''},'coordination':[{'party':'P','party_kind':'','reference':'',"
        "'status':''}],'owner':{'team':'','person':''},'findings':[{'finding_id':'F','tracker':"
        "{'system':'','key':'','url':''}}]"));
    assert_int_equal(inner->warnings.n, 0);
    assert_null(inner->closure.timeline.items[0].actor.p);
    assert_int_equal(inner->closure.coordination.items[0].party_kind, 0);
    assert_null(inner->findings[0].finding.tracker.system.p);
}

/* A form that was left empty undoes no merge; null does. */
static void an_empty_merged_into_is_absent(void **state)
{
    (void)state;
    assert_int_equal(closure_of(CLOSURE(",'merged_into':''"))->present, 0);
    assert_int_equal(closure_of(CLOSURE(",'merged_into':null"))->present, CLOSURE_MERGED_INTO);
}

static void an_empty_text_clears_what_a_tracker_says(void **state)
{
    (void)state;
    struct record record = make_record(
        TOPIC_TASK_UPDATED, UPDATE(",'status':'','owner':'','tracker':'','snoozed_until':'',"
                                   "'reason':'','revision':'','updated_at':'','by':''"));
    const struct task_update_event *e = decoded(&record).task_update;
    assert_int_equal(e->status, 0);
    assert_null(e->reason.p);
    assert_true(e->snoozed_until == TIME_NONE);
    assert_int_equal(e->order.revision, -1);
    assert_int_equal(e->warnings.n, 0);
}

static void what_says_nothing_is_missing(void **state)
{
    (void)state;
    const struct closure_event *c = closure_of(
        CLOSURE(",'technical_summary':{'evidence':['',' ',{},{'ref':'','note':' '},{'note':'n'}],"
                "'actors':[''],'response':' \\n','takeaways':['','\\t']},'references':['','R']"));
    assert_int_equal(c->closure.evidence.n, 1);
    assert_str(c->closure.evidence.items[0].note, "n");
    assert_int_equal(c->closure.actors.n, 0);
    assert_null(c->closure.response.p);
    assert_int_equal(c->closure.takeaways.n, 0);
    assert_int_equal(c->closure.references.n, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_with_a_point_or_an_exponent),
        cmocka_unit_test(an_empty_text_is_null),
        cmocka_unit_test(an_empty_text_is_null_in_a_closure),
        cmocka_unit_test(an_empty_merged_into_is_absent),
        cmocka_unit_test(an_empty_text_clears_what_a_tracker_says),
        cmocka_unit_test(what_says_nothing_is_missing),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
