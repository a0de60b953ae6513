/* SPDX-License-Identifier: Apache-2.0 */
/* What a record says of a closed incident, with its findings, lists and submissions. */
#include "decode_support.h"

static const char whole_closure[] =
    "{'incident_id':'INC-1042','revision':3,'title':'Key "
    "read','summary':'s','severity':'critical',"
    "'disposition':'False "
    "Positive','customer_impacting':true,'data_breach':false,'postmortem':'Full','started_at':'"
    "2026-11',"
    "'detected_at':'2026-11-02T09:30:00Z','known_at':'2026-11-02T12:00:00Z','contained_at':'2026-"
    "11-03','closed_at':"
    "1795107600000,"
    "'owner':'identity','labels':{'product':'pay'},'timeline':[{'at':'2026-11-02T09:30:00Z','actor'"
    ":'soc','"
    "action':'Alert'},"
    "{'at':'2026','action':'b'},{'action':'c'}],"
    "'technical_summary':{'evidence':[{'ref':'case/77','note':'image'},'a "
    "note'],'actors':['unknown'],"
    "'response':'Revoked.','takeaways':['One.']},"
    "'response_evaluation':{'sufficient':true,'complete':false,'note':'late'},"
    "'coordination':[{'party':' Police "
    "','party_kind':'law_enforcement','reference':'118','status':'open'},"
    "{'party':'Vendor'},{'party':'Police','status':'Closed'}],"
    "'obligations':[{'id':'a'},{'id':'b','submitted_at':'2026-11-03','evidence':['r']},"
    "{'id':'a','evidence':[{'note':'n'}]}],"
    "'findings':[{'finding_id':'F-7','category':'technical-lapse','severity':'zzz'},"
    "{'finding_id':'F-8'},"
    "{'finding_id':'F-7','severity':'low','incident_id':7}],'merged_into':'INC-9','"
    "references':['CVE-1','CVE-2']}";

static void test_closure(void **state)
{
    (void)state;
    struct closure_event *c = closure_of(whole_closure);
    const struct incident *i = &c->incident;
    assert_int_equal(c->present, 0xfffff);
    assert_str(i->incident_id, "INC-1042");
    assert_int_equal(i->order.revision, 3);
    assert_int_equal(i->order.time, 1795107600000);
    assert_int_equal(i->closed_at, 1795107600000);
    assert_str(i->title, "Key read");
    assert_int_equal(i->severity, SEVERITY_CRITICAL);
    assert_int_equal(i->disposition, DISPOSITION_FALSE_POSITIVE);
    assert_int_equal(i->customer_impacting, TRI_TRUE);
    assert_int_equal(i->data_breach, TRI_FALSE);
    assert_int_equal(i->postmortem, LEVEL_FULL);
    assert_str(i->owner.team, "identity");
    assert_str(i->merged_into, "INC-9");
    assert_int_equal(i->known_at, INT64_C(1793620800000));
    assert_int_equal(c->warnings.n, 2); /* of what was submitted */
}

static void what_a_closure_asks_for(void **state)
{
    (void)state;
    struct closure_event *c = closure_of(CLOSURE(",'postmortem':'light'"));
    assert_int_equal(c->incident.postmortem, LEVEL_LIGHT);
    assert_int_equal(c->present, CLOSURE_POSTMORTEM);
    c = closure_of(CLOSURE(",'postmortem':null"));
    assert_int_equal(c->incident.postmortem, 0);
    assert_int_equal(c->present, CLOSURE_POSTMORTEM);
    assert_int_equal(c->warnings.n, 0);
    /* It is the level of what is no incident, and nobody can ask for that. */
    c = closure_of(CLOSURE(",'postmortem':'none'"));
    assert_int_equal(c->incident.postmortem, 0);
    assert_int_equal(c->warnings.n, 1);
    assert_str(c->warnings.items[0].value, "none");
    assert_null(c->warnings.items[0].taken_as.p);
}

static void test_closure_texts_and_lists(void **state)
{
    (void)state;
    struct closure_event *c = closure_of(whole_closure);
    const struct incident *i = &c->incident;
    const struct closure *x = &c->closure;
    assert_str(x->summary, "s");
    assert_str(x->started_at_text, "2026-11");
    assert_null(x->detected_at_text.p);
    assert_str(x->contained_at_text, "2026-11-03");
    assert_int_equal(i->started_at, 1793491200000);
    assert_int_equal(x->timeline.n, 3);
    assert_str(x->timeline.items[0].actor, "soc");
    assert_null(x->timeline.items[0].at_text.p);
    assert_str(x->timeline.items[1].at_text, "2026");
    assert_true(x->timeline.items[2].at == TIME_NONE);
    assert_int_equal(x->evidence.n, 2);
    assert_str(x->evidence.items[0].ref, "case/77");
    assert_str(x->evidence.items[1].ref, "a note");
    assert_null(x->evidence.items[1].note.p);
    assert_int_equal(x->actors.n, 1);
    assert_str(x->response, "Revoked.");
    assert_int_equal(x->takeaways.n, 1);
    assert_int_equal(x->sufficient, TRI_TRUE);
    assert_int_equal(x->complete, TRI_FALSE);
    assert_str(x->evaluation_note, "late");
    assert_int_equal(x->coordination.n, 2);
    assert_str(x->coordination.items[0].party, "Vendor");
    assert_false(x->coordination.items[0].closed);
    assert_str(x->coordination.items[1].party, "Police");
    assert_str(x->coordination.items[1].status, "Closed");
    assert_true(x->coordination.items[1].closed);
    assert_int_equal(x->references.n, 2);
}

/* The last entry of a party counts, under the name that the first one gives it. */
static void one_party_however_it_is_written(void **state)
{
    (void)state;
    struct closure_event *c = closure_of(
        CLOSURE(",'coordination':[{'party':'Police','status':'open','reference':'1'},"
                "{'party':'Vendor'},{'party':'police  '},{'party':'POLICE','status':'closed'},"
                "{'party':'VENDOR','reference':'7'}]"));
    const struct coordination_list *parties = &c->closure.coordination;
    assert_int_equal(parties->n, 2);
    assert_str(parties->items[0].party, "Police");
    assert_str(parties->items[0].key, "police");
    assert_true(parties->items[0].closed);
    assert_null(parties->items[0].reference.p);
    assert_str(parties->items[1].party, "Vendor");
    assert_str(parties->items[1].key, "vendor");
    assert_str(parties->items[1].reference, "7");
}

static void submissions_of_a_closure(void **state)
{
    (void)state;
    struct closure_event *c = closure_of(whole_closure);
    const struct submission *all = c->closure.obligations.items;
    assert_int_equal(c->closure.obligations.n, 2);
    assert_str(all[0].id, "b");
    assert_int_equal(all[0].submitted_at, INT64_C(1793664000000));
    assert_int_equal(all[0].evidence.n, 1);
    assert_str(all[1].id, "a");
    assert_true(all[1].submitted_at == TIME_NONE);
    assert_str(all[1].evidence.items[0].note, "n");
    assert_warning(c->warnings, 0, "obligations[1].submitted_at", "2026-11-03",
                   "2026-11-03T00:00:00.000Z");
    assert_warning(c->warnings, 1, "obligations[0].id", "a", NULL);
}

static void test_closure_findings(void **state)
{
    (void)state;
    struct closure_event *c = closure_of(whole_closure);
    assert_int_equal(c->findings_n, 2);
    assert_str(c->findings[0].finding.finding_id, "F-8");
    assert_str(c->findings[1].finding.finding_id, "F-7");
    assert_str(c->findings[1].incident_id, "INC-1042");
    assert_int_equal(c->findings[1].finding.severity, SEVERITY_LOW);
    assert_int_equal(c->findings[1].present, FINDING_SEVERITY);
    assert_true(c->findings[1].finding.is_inline);
    assert_int_equal(c->findings[1].warnings.n, 1);
    assert_warning(c->findings[1].warnings, 0, "findings[0].finding_id", "F-7", NULL);
}

static void test_contradictions_are_warned_about(void **state)
{
    (void)state;
    struct closure_event *c = closure_of(
        CLOSURE(",'started_at':'2026-12-02T00:00:00Z','detected_at':'2026-12-01T00:00:00+01:00',"
                "'timeline':[{'at':'2026-11-02T09:30:00Z','action':'a'},{'action':'b'},{'at':'2026'"
                ",'action':'c'},"
                "{'at':'2026-11-02T09:29:00Z','action':'d'}],'merged_into':'INC-1'"));
    assert_int_equal(c->warnings.n, 4);
    assert_warning(c->warnings, 0, "detected_at", "2026-12-01T00:00:00+01:00",
                   "2026-11-30T23:00:00.000Z");
    assert_warning(c->warnings, 1, "closed_at", "2026-11-19T17:00:00Z", "2026-11-19T17:00:00.000Z");
    assert_warning(c->warnings, 2, "merged_into", "INC-1", NULL);
    assert_warning(c->warnings, 3, "timeline", "2026-11-02T09:29:00.000Z",
                   "2026-11-02T09:29:00.000Z");
    assert_null(c->incident.merged_into.p);
    /* A partial date contradicts nothing. */
    c = closure_of(
        "{'incident_id':'I','closed_at':'2026-11-19','detected_at':'2026-11-19T10:00:00Z'}");
    assert_int_equal(c->warnings.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_closure),
        cmocka_unit_test(what_a_closure_asks_for),
        cmocka_unit_test(test_closure_texts_and_lists),
        cmocka_unit_test(one_party_however_it_is_written),
        cmocka_unit_test(submissions_of_a_closure),
        cmocka_unit_test(test_closure_findings),
        cmocka_unit_test(test_contradictions_are_warned_about),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
