/* SPDX-License-Identifier: Apache-2.0 */
/* What a record says of a finding or a task, and the words in which it does. */
#include "decode_support.h"

static void test_finding(void **state)
{
    (void)state;
    struct finding_event *e = finding_of(
        "{'finding_id':'F-7','incident_id':'INC-1042','revision':5,'category':'Technical_Lapse',"
        "'severity':'SEV 0','title':'Dumps','description':'d','status':'IN PROGRESS','reason':'r',"
        "'owner':{'team':'t','person':'p@example.com'},'groups':['a','b','a'],'work':'change_"
        "request',"
        "'sop_change':true,'due_at':'2026-12-01','snoozed_until':1795170000,"
        "'tracker':{'system':'jira','key':'K','url':'u'},'action_type':'Prevent',"
        "'references':['CVE-1'],'duplicate_of':'F-6','updated_at':'2026-11-20 "
        "10:15:00.123456789+0800',"
        "'unknown':{'x':[1]}}");
    const struct finding *f = &e->finding;
    assert_str(e->incident_id, "INC-1042");
    assert_str(f->finding_id, "F-7");
    assert_int_equal(e->present, 0xffff);
    assert_int_equal(e->warnings.n, 0);
    assert_int_equal(f->order.revision, 5);
    assert_int_equal(f->order.time, 1795169700123 - 8 * HOUR_MS);
    assert_int_equal(f->category, CATEGORY_TECHNICAL_LAPSE);
    assert_int_equal(f->severity, SEVERITY_CRITICAL);
    assert_int_equal(f->status, REPORTED_IN_PROGRESS);
    assert_str(f->title, "Dumps");
    assert_str(f->description, "d");
    assert_str(f->reason, "r");
    assert_str(f->owner.team, "t");
    assert_str(f->owner.person, "p@example.com");
    assert_int_equal(f->groups.n, 2);
    assert_str(f->groups.items[1], "b");
    assert_int_equal(f->work, KIND_CHANGE_REQUEST);
    assert_true(f->sop_change);
    assert_int_equal(f->due_at, 1796083200000 + DAY_MS - 1);
    assert_int_equal(f->snoozed_until, 1795170000000);
    assert_str(f->tracker.system, "jira");
    assert_str(f->tracker.key, "K");
    assert_str(f->tracker.url, "u");
    assert_int_equal(f->action_type, ACTION_PREVENT);
    assert_int_equal(f->references.n, 1);
    assert_str(f->references.items[0], "CVE-1");
    assert_str(f->duplicate_of, "F-6");
    assert_false(f->is_inline);
}

static void test_absent_is_not_null(void **state)
{
    (void)state;
    struct finding_event *e = finding_of(FINDING(""));
    assert_int_equal(e->present, 0);
    assert_int_equal(e->finding.order.revision, -1);
    assert_true(e->finding.order.time == TIME_NONE && e->finding.due_at == TIME_NONE);
    e = finding_of(
        FINDING(",'owner':null,'due_at':null,'severity':null,'revision':null,'groups':null,"
                "'snoozed_until':'0001-01-01T00:00:00Z','updated_at':null,'status':null"));
    assert_int_equal(e->present, FINDING_OWNER | FINDING_DUE_AT | FINDING_SEVERITY |
                                     FINDING_GROUPS | FINDING_SNOOZED_UNTIL | FINDING_STATUS);
    assert_null(e->finding.owner.team.p);
    assert_int_equal(e->finding.severity, 0);
    assert_int_equal(e->finding.status, 0);
    assert_int_equal(e->finding.order.revision, -1);
    assert_true(e->finding.snoozed_until == TIME_NONE && e->finding.due_at == TIME_NONE);
    assert_int_equal(e->warnings.n, 0);
}

static void test_unknown_words_are_taken_with_warnings(void **state)
{
    (void)state;
    struct finding_event *e =
        finding_of(FINDING(",'severity':'terrible','category':'Bad luck','action_type':'pray'"));
    assert_int_equal(e->finding.severity, SEVERITY_HIGH);
    assert_int_equal(e->finding.category, CATEGORY_UNCATEGORIZED);
    assert_int_equal(e->finding.action_type, 0);
    assert_int_equal(e->warnings.n, 3);
    assert_warning(e->warnings, 0, "category", "Bad luck", "uncategorized");
    assert_warning(e->warnings, 1, "severity", "terrible", "high");
    assert_warning(e->warnings, 2, "action_type", "pray", NULL);
    struct closure_event *c = closure_of(CLOSURE(
        ",'severity':9.5,'disposition':'undecided','coordination':[{'party':'P','party_kind':'x'}],"
        "'findings':[{'finding_id':'F','severity':'x'},{'finding_id':'G'}]"));
    assert_int_equal(c->incident.disposition, DISPOSITION_CONFIRMED);
    assert_int_equal(c->closure.coordination.items[0].party_kind, PARTY_OTHER);
    assert_int_equal(c->warnings.n, 3);
    assert_warning(c->warnings, 0, "severity", "9.5", "high");
    assert_warning(c->warnings, 1, "disposition", "undecided", "confirmed");
    assert_warning(c->warnings, 2, "coordination[0].party_kind", "x", "other");
    assert_int_equal(c->findings[0].warnings.n, 1);
    assert_warning(c->findings[0].warnings, 0, "findings[0].severity", "x", "high");
    assert_int_equal(c->findings[1].warnings.n, 0);
}

static void test_severity_words(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        int severity;
    } cases[] = {
        {FINDING(",'severity':1"), SEVERITY_CRITICAL},
        {FINDING(",'severity':'P1'"), SEVERITY_CRITICAL},
        {FINDING(",'severity':'Sev_0'"), SEVERITY_CRITICAL},
        {FINDING(",'severity':'MODERATE'"), SEVERITY_MEDIUM},
        {FINDING(",'severity':5"), SEVERITY_INFORMATIONAL},
        {FINDING(",'severity':'Low'"), SEVERITY_LOW},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct finding_event *e = finding_of(cases[i].value);
        assert_int_equal(e->finding.severity, cases[i].severity);
        assert_int_equal(e->warnings.n, 0);
    }
}

static enum severity severity_from(const char *type, const char *source, const char *value)
{
    static struct alias words[] = {{{"1", 1}, SEVERITY_LOW}};
    static struct alias_source sources[] = {{{"/thehive", 8}, words, 1}};
    struct policy policy = codec_policy;
    policy.sources = sources;
    policy.sources_n = 1;
    struct decoder decoder = make_decoder(&codec_limits);
    decoder.policy = &policy;
    struct header headers[] = {{STR("content-type"), str_of(type)},
                               {STR("ce_source"), str_of(source)}};
    struct record record = make_record(TOPIC_FINDING_UPDATED, value);
    record.headers = headers;
    record.headers_n = 2;
    struct event event;
    struct refused refused;
    if (!decode_record(&decoder, arena, &record, NOW, &event, &refused))
        fail_msg("%.*s", STR_ARG(refused.detail));
    return event.finding->finding.severity;
}

static void test_severities_of_a_source(void **state)
{
    (void)state;
    static const char plain[] = "application/json", structured[] = "application/cloudevents+json";
    static const char one[] = FINDING(",'severity':1");
    assert_int_equal(severity_from(plain, "/thehive/org", one), SEVERITY_LOW);
    assert_int_equal(severity_from(plain, "/pagerduty", one), SEVERITY_CRITICAL);
    assert_int_equal(severity_from(structured, "/pagerduty",
                                   "{'source':'/thehive','data':" FINDING(",'severity':1") "}"),
                     SEVERITY_LOW);
    assert_int_equal(severity_from(structured, "/thehive", "{'data':" FINDING(",'severity':1") "}"),
                     SEVERITY_CRITICAL);
    assert_int_equal(severity_from(plain, "/thehive", FINDING(",'severity':5")), SEVERITY_HIGH);
    struct record none = make_record(TOPIC_FINDING_UPDATED, one);
    assert_int_equal(decoded(&none).finding->finding.severity, SEVERITY_CRITICAL);
}

static void test_words_of_trackers(void **state)
{
    (void)state;
    static struct status_alias words[] = {{{"in review", 9}, REPORTED_IN_PROGRESS},
                                          {{"archived", 8}, REPORTED_CLOSED}};
    struct policy policy = codec_policy;
    policy.status_aliases = words;
    policy.status_aliases_n = 2;
    struct decoder decoder = make_decoder(&codec_limits);
    decoder.policy = &policy;
    struct event event;
    struct refused refused;
    struct record record = make_record(TOPIC_FINDING_UPDATED, FINDING(",'status':'In Review'"));
    assert_true(decode_record(&decoder, arena, &record, NOW, &event, &refused));
    assert_int_equal(event.finding->finding.status, REPORTED_IN_PROGRESS);
    record = make_record(TOPIC_TASK_UPDATED, UPDATE(",'status':'ARCHIVED'"));
    assert_true(decode_record(&decoder, arena, &record, NOW, &event, &refused));
    assert_int_equal(event.task_update->status, REPORTED_CLOSED);
    /* A finding is never closed, by whatever word. */
    record = make_record(TOPIC_FINDING_UPDATED, FINDING(",'status':'archived'"));
    assert_false(decode_record(&decoder, arena, &record, NOW, &event, &refused));
    assert_int_equal(refused.code, REFUSE_UNKNOWN_VALUE);
    record = make_record(TOPIC_FINDING_UPDATED, FINDING(",'status':'parked'"));
    assert_false(decode_record(&decoder, arena, &record, NOW, &event, &refused));
    assert_int_equal(refused.code, REFUSE_UNKNOWN_VALUE);
}

static void test_tristates(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        int value;
    } cases[] = {
        {"true", TRI_TRUE},
        {"false", TRI_FALSE},
        {"null", 0},
        {"'yes'", TRI_TRUE},
        {"'No'", TRI_FALSE},
        {"'UNKNOWN'", 0},
        {"'true'", TRI_TRUE},
        {"'false'", TRI_FALSE},
        {"'potentially'", TRI_SUSPECTED},
        {"'Suspected'", TRI_SUSPECTED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct str value = arena_printf(arena, CLOSURE(",'customer_impacting':%s"), cases[i].word);
        struct closure_event *c = closure_of(value.p);
        assert_int_equal(c->incident.customer_impacting, cases[i].value);
        assert_int_equal(c->present, CLOSURE_CUSTOMER_IMPACTING);
    }
}

static void test_owners(void **state)
{
    (void)state;
    static const struct {
        const char *value, *team, *person;
        enum owner_part part;
    } cases[] = {
        {FINDING(",'owner':'identity'"), "identity", NULL, OWNER_TEAM},
        {FINDING(",'owner':'lead@example.com'"), NULL, "lead@example.com", OWNER_PERSON},
        {FINDING(",'owner':{'team':'identity'}"), "identity", NULL, OWNER_BOTH},
        {FINDING(",'owner':{'team':null,'person':'me'}"), NULL, "me", OWNER_BOTH},
        {FINDING(",'owner':{}"), NULL, NULL, OWNER_BOTH},
        {FINDING(",'owner':' '"), NULL, NULL, OWNER_BOTH},
        {FINDING(",'owner':null"), NULL, NULL, OWNER_BOTH},
        {FINDING(",'owner':{'team':'','person':' x '}"), NULL, "x", OWNER_BOTH},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct finding_event *e = finding_of(cases[i].value);
        assert_str(e->finding.owner.team, cases[i].team);
        assert_str(e->finding.owner.person, cases[i].person);
        assert_int_equal(e->present, FINDING_OWNER);
        assert_int_equal(e->owner_part, cases[i].part);
        assert_int_equal(e->warnings.n, 0);
    }
}

/* Nothing was said of the owner then, but somebody meant to. */
static void test_owners_of_an_unknown_shape(void **state)
{
    (void)state;
    static const char said[] =
        "not taken: must be a text, or an object with team and person as texts";
    static const struct {
        const char *value, *shown;
    } cases[] = {
        {"7", "7"},
        {"true", "true or false"},
        {"['a@example.com','b@example.com']", "a list of 2"},
        {"{'name':'Dev','email':'dev@example.com'}", "an object with name, email"},
        {"{'team':{'name':'identity'}}", "an object with team"},
        {"{'team':'identity','person':7}", "an object with team, person"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *value = cases[i].value;
        struct finding_event *f = finding_of(arena_printf(arena, FINDING(",'owner':%s"), value).p);
        assert_int_equal(f->present, 0);
        assert_int_equal(f->warnings.n, 1);
        assert_warning(f->warnings, 0, "owner", cases[i].shown, said);
        struct task_update_event *u =
            update_of(arena_printf(arena, UPDATE(",'owner':%s"), value).p);
        assert_int_equal(u->present, 0);
        assert_warning(u->warnings, 0, "owner", cases[i].shown, said);
        struct closure_event *c = closure_of(
            arena_printf(arena, CLOSURE(",'owner':%s,'findings':[{'finding_id':'F','owner':%s}]"),
                         value, value)
                .p);
        assert_int_equal(c->present, 0);
        assert_warning(c->warnings, 0, "owner", cases[i].shown, said);
        assert_warning(c->findings[0].warnings, 0, "findings[0].owner", cases[i].shown, said);
    }
    /* However many names there are, and how long. */
    struct str many = STR("{'x0':1");
    for (int i = 1; i < 100; i++)
        many = arena_printf(arena, "%.*s,'x%d%064d':1", STR_ARG(many), i, 0);
    struct finding_event *f =
        finding_of(arena_printf(arena, FINDING(",'owner':%.*s}"), STR_ARG(many)).p);
    assert_true(f->warnings.items[0].value.n < 300);
}

static void labels_are_texts_by_names(void **state)
{
    (void)state;
    struct finding_event *e = finding_of(
        FINDING(",'labels':{'product':'pay','tier':1,'share':0.50,'legacy':true,'new':false,"
                "'none':null,'empty':''}"));
    const struct labels *labels = &e->finding.labels;
    static const char *const expected[][2] = {
        {"product", "pay"}, {"tier", "1"}, {"share", "0.50"}, {"legacy", "true"}, {"new", "false"}};
    assert_int_equal(labels->n, 5); /* what a form left empty is no label (R3.69) */
    for (size_t i = 0; i < 5; i++) {
        assert_str(labels->items[i].name, expected[i][0]);
        assert_str(labels->items[i].value, expected[i][1]);
    }
    assert_int_equal(e->present, FINDING_LABELS);
    e = finding_of(FINDING(",'labels':null"));
    assert_int_equal(e->finding.labels.n, 0);
    assert_int_equal(e->present, FINDING_LABELS);
    assert_int_equal(finding_of(FINDING(",'labels':{}"))->finding.labels.n, 0);
    struct closure_event *c = closure_of(CLOSURE(",'labels':{'a':'b'}"));
    assert_int_equal(c->incident.labels.n, 1);
}

static void evidence_of_a_task(void **state)
{
    (void)state;
    struct record record =
        make_record(TOPIC_TASK_UPDATED,
                    "{'task_id':'I/bug','incident_id':'I','evidence':['a',{'note':'n'},{},' ',"
                    "{'ref':'r','note':null}]}");
    struct task_update_event *u = decoded(&record).task_update;
    assert_int_equal(u->present, TASK_UPDATE_EVIDENCE);
    assert_int_equal(u->evidence.n, 3);
    assert_str(u->evidence.items[0].ref, "a");
    assert_null(u->evidence.items[1].ref.p);
    assert_str(u->evidence.items[1].note, "n");
    assert_str(u->evidence.items[2].ref, "r");
    assert_int_equal(u->warnings.n, 2);
    assert_warning(u->warnings, 0, "evidence[2]", NULL, "left out: it has no ref and no note");
    assert_warning(u->warnings, 1, "evidence[3]", NULL, "left out: it has no ref and no note");
}

static void answers_of_an_evaluation(void **state)
{
    static const struct {
        const char *value;
        unsigned answers;
        struct evaluation evaluation;
    } said[] = {
        {"{'sufficient':true,'complete':false,'note':'n'}", ANSWER_ALL, {TRI_TRUE, TRI_FALSE, {0}}},
        {"{'complete':false}", ANSWER_COMPLETE, {0, TRI_FALSE, {0}}},
        {"{'sufficient':null}", ANSWER_SUFFICIENT, {0}},
        {"{'sufficient':'','note':''}", ANSWER_SUFFICIENT | ANSWER_NOTE, {0}},
        {"{}", 0, {0}},
        {"null", ANSWER_ALL, {0}},
        {"''", ANSWER_ALL, {0}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        struct record record =
            make_record(TOPIC_TASK_UPDATED,
                        arena_printf(arena, "{'task_id':'I/bug','incident_id':'I','evaluation':%s}",
                                     said[i].value)
                            .p);
        struct task_update_event *u = decoded(&record).task_update;
        assert_int_equal(u->present, TASK_UPDATE_EVALUATION);
        assert_int_equal(u->answers, said[i].answers);
        assert_int_equal(u->evaluation.sufficient, said[i].evaluation.sufficient);
        assert_int_equal(u->evaluation.complete, said[i].evaluation.complete);
        assert_int_equal(u->evaluation.note.n, i == 0);
    }
}

static void test_long_titles_are_cut(void **state)
{
    (void)state;
    struct buf b = {0};
    buf_lit(&b, "{\"incident_id\":\"I\",\"finding_id\":\"F\",\"title\":\"");
    for (int i = 0; i < 500; i++) buf_lit(&b, "\xe2\x82\xac");
    buf_lit(&b, "\"}");
    struct record record = make_record(TOPIC_FINDING_UPDATED, "");
    record.value = buf_slice(&b);
    struct event event = decoded(&record);
    assert_int_equal(event.finding->finding.title.n, 1023);
    assert_warning(event.finding->warnings, 0, "title", "1500 bytes", "1023 bytes");
    /* Between grapheme clusters: an emoji keeps its skin, a letter its accents. */
    b.n = 0;
    buf_lit(&b, "{\"incident_id\":\"I\",\"finding_id\":\"F\",\"title\":\"");
    for (int i = 0; i < 1018; i++) buf_char(&b, 'x');
    buf_lit(&b, "\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd\"}");
    record.value = buf_slice(&b);
    event = decoded(&record);
    assert_int_equal(event.finding->finding.title.n, 1018);
    assert_warning(event.finding->warnings, 0, "title", "1026 bytes", "1018 bytes");
    buf_free(&b);
}

static void test_the_party_of_a_task(void **state)
{
    (void)state;
    static const char *const names[][2] = {{"coordination/A%2FB", "a/b"},
                                           {"coordination/Bank  One~2", "bank one"},
                                           {"obligation/V", NULL},
                                           {"coordination", NULL}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct task_update_event *u = update_of(
            arena_printf(arena, "{'task_id':'I/%s','incident_id':'I','owner':'x'}", names[i][0]).p);
        assert_true(str_eq(u->party, str_of(names[i][1])));
    }
}

static void test_task_update(void **state)
{
    (void)state;
    struct task_update_event *u = update_of(
        "{'task_id':'INC%2F1/coordination/A%2FB','incident_id':'INC/"
        "1','revision':9,'status':'Closed',"
        "'reason':'done','owner':null,'snoozed_until':'2026-12-01T08:00:00Z','tracker':{'key':'K'},"
        "'updated_at':'2026-12-01T08:00:00Z'}");
    assert_int_equal(u->present, 0x1f);
    assert_int_equal(u->status, REPORTED_CLOSED);
    assert_str(u->reason, "done");
    assert_int_equal(u->order.revision, 9);
    assert_int_equal(u->order.time, u->snoozed_until);
    assert_str(u->tracker.key, "K");
    u = update_of("{'task_id':'INC-2/bug/F','incident_id':'INC-1','snoozed_until':null}");
    assert_null(u->name.p);
    assert_int_equal(u->present, TASK_UPDATE_SNOOZED_UNTIL);
    assert_true(u->snoozed_until == TIME_NONE);
    assert_null(update_of("{'task_id':'INC-1/','incident_id':'INC-1','owner':'x'}")->name.p);
    assert_null(update_of("{'task_id':'INC-1','incident_id':'INC-1','owner':'x'}")->name.p);
    assert_null(update_of("{'task_id':'INC-12/bug','incident_id':'INC-1','owner':'x'}")->name.p);
}

static void test_who_did_it(void **state)
{
    (void)state;
    static const struct {
        const char *member, *by; /* NULL: it is refused */
    } cases[] = {{"'dev@example.com'", "dev@example.com"},
                 {"' Ada Lovelace '", "Ada Lovelace"},
                 {"''", ""},
                 {"null", ""},
                 {"7", NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct str member = arena_printf(arena, ",'status':'open','by':%s}", cases[i].member);
        struct str said =
            arena_join(arena, STR("{'incident_id':'INC-1','finding_id':'F-1'"), member, STR_NONE);
        struct str update = arena_join(
            arena, STR("{'incident_id':'INC-1','task_id':'INC-1/bug/F-1'"), member, STR_NONE);
        struct record finding = make_record(TOPIC_FINDING_UPDATED, said.p);
        struct record report = make_record(TOPIC_TASK_UPDATED, update.p);
        if (cases[i].by) {
            assert_str(decoded(&finding).finding->by, *cases[i].by ? cases[i].by : NULL);
            assert_str(decoded(&report).task_update->by, *cases[i].by ? cases[i].by : NULL);
        } else {
            assert_refused(&finding, REFUSE_WRONG_TYPE, "by:");
            assert_refused(&report, REFUSE_WRONG_TYPE, "by:");
        }
    }
    struct str long_name = arena_printf(arena, UPDATE(",'status':'open','by':'%0300d'"), 0);
    struct record record = make_record(TOPIC_TASK_UPDATED, long_name.p);
    assert_refused(&record, REFUSE_TOO_LARGE, "by:");
}

static void test_an_accepted_risk(void **state)
{
    (void)state;
    static const char said[] =
        ",'accepted_until':'2027-06','accepted_by':' CISO ','status':'wont-fix'}";
    struct str text =
        arena_join(arena, STR("{'incident_id':'INC-1','finding_id':'F-1'"), str_of(said), STR_NONE);
    struct record record = make_record(TOPIC_FINDING_UPDATED, text.p);
    const struct finding *finding = &decoded(&record).finding->finding;
    assert_int_equal(finding->accepted_until, INT64_C(1814399999999)); /* the end of June */
    assert_str(finding->accepted_by, "CISO");
    record = make_record(TOPIC_TASK_UPDATED, UPDATE(",'accepted_until':'2027-06-30'"));
    assert_int_equal(decoded(&record).task_update->accepted_until, INT64_C(1814399999999));
    record = make_record(TOPIC_TASK_UPDATED, UPDATE(",'accepted_by':'ciso'"));
    assert_str(decoded(&record).task_update->accepted_by, "ciso");
    record = make_record(TOPIC_TASK_UPDATED, UPDATE(",'accepted_until':'soon'"));
    assert_refused(&record, REFUSE_BAD_TIME, "accepted_until:");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finding),
        cmocka_unit_test(test_absent_is_not_null),
        cmocka_unit_test(test_unknown_words_are_taken_with_warnings),
        cmocka_unit_test(test_severity_words),
        cmocka_unit_test(test_severities_of_a_source),
        cmocka_unit_test(test_words_of_trackers),
        cmocka_unit_test(test_tristates),
        cmocka_unit_test(test_owners),
        cmocka_unit_test(test_owners_of_an_unknown_shape),
        cmocka_unit_test(labels_are_texts_by_names),
        cmocka_unit_test(evidence_of_a_task),
        cmocka_unit_test(answers_of_an_evaluation),
        cmocka_unit_test(test_long_titles_are_cut),
        cmocka_unit_test(test_task_update),
        cmocka_unit_test(test_the_party_of_a_task),
        cmocka_unit_test(test_who_did_it),
        cmocka_unit_test(test_an_accepted_risk),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
