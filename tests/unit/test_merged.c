/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Findings on their way from merged incident to merged incident: names that are made once, circles
 * that are cut, and nothing that is lost on the way, whatever comes in between.
 */
#include "parts_support.h"

#include <stdlib.h>

#include "codec/decode.h"

#define AT "2026-11-20T10:00:00Z"
#define LATER "2026-11-21T10:00:00Z"
#define LATER_STILL "2026-11-22T10:00:00Z"

static uint64_t runs = 60; /* more: test_merged RUNS */

/* ---- the way of a record ---- */

/* What the incident gets that a finding goes on to, by way of its bytes. */
static struct event arrived(struct world *w, const struct output *output)
{
    static const struct limits limits = LIMITS_DEFAULT;
    struct encoder encoder = {.source = STR("/epilogue/test")};
    struct decoder decoder = {.policy = &w->policy, .limits = &limits};
    for (int topic = 1; topic < topic_end; topic++)
        encoder.topic_names[topic] = decoder.topic_names[topic] = topic_name(topic);
    struct message m;
    encode_output(&encoder, w->arena, output, &m);
    buf_free(&encoder.scratch);
    const struct record record = {.topic = TOPIC_FORWARDED,
                                  .timestamp = m.timestamp,
                                  .key = m.key,
                                  .value = m.value,
                                  .headers = m.headers,
                                  .headers_n = m.headers_n};
    struct event event;
    struct refused refused;
    if (!decode_record(&decoder, w->arena, &record, w->now, &event, &refused))
        fail_msg("refused: %.*s", STR_ARG(refused.detail));
    return event;
}

static size_t taken; /* outputs that were looked at */

/* Takes what goes on to other incidents until nothing does; `seen` is where the news begins. */
static void deliver(struct world *w)
{
    for (; taken < w->d.outputs.n; taken++) {
        if (w->d.outputs.items[taken].type != OUTPUT_FORWARD) continue;
        struct event event = arrived(w, &w->d.outputs.items[taken]);
        enum decide_result result = take(w, &event);
        assert_true(result == DECIDE_OK || result == DECIDE_REJECT);
    }
}

static int setup(void **state)
{
    taken = 0;
    return world_setup(state);
}

/* ---- incidents ---- */

static struct closure_event *closed(struct world *w, const char *id, int64_t revision)
{
    struct closure_event *e = closure(w, id, revision);
    evaluate(e, TRI_TRUE, TRI_TRUE);
    return e;
}

static struct closure_event *merged(struct world *w, const char *id, int64_t revision,
                                    const char *into)
{
    struct closure_event *e = closed(w, id, revision);
    SET_CLOSURE(e, MERGED_INTO, merged_into, str_of(into));
    return e;
}

static struct finding_event *lapse(struct world *w, const char *id, const char *finding_id,
                                   int64_t revision)
{
    struct finding_event *f = finding(w, id, finding_id, revision);
    SET_FINDING(f, CATEGORY, category, CATEGORY_TECHNICAL_LAPSE);
    return f;
}

static void close_with(struct world *w, struct closure_event *e, const char *finding_id)
{
    add_inline(w, e, lapse(w, arena_str(w->arena, e->incident_id).p, finding_id, -1));
    take_closure(w, AT, e);
    deliver(w);
}

static bool is_open(struct world *w, const char *incident_id, const char *name)
{
    struct str key = state_task_key(w->arena, str_of(incident_id), str_of(name));
    return is_stored(w, key) && task_of(w, incident_id, name)->status != STATUS_CLOSED;
}

/* ---- names ---- */

static void a_name_stays_the_same_from_incident_to_incident(void **state)
{
    struct world *w = *state;
    close_with(w, closed(w, "C", 1), "G");
    close_with(w, merged(w, "B", 1, "C"), "G");
    close_with(w, merged(w, "A", 1, "B"), "F");
    assert_true(is_open(w, "C", "bug/A:F"));
    assert_true(is_open(w, "C", "bug/B:G"));
    const struct finding *f = finding_of(w, "C", "A:F");
    assert_str(f->origin.incident_id, "A");
    assert_str(f->origin.finding_id, "F");
    assert_int_equal(f->passed.n, 2);
    /* What is told of it later goes the same way. */
    struct finding_event *told = finding(w, "A", "F", 5);
    SET_FINDING(told, STATUS, status, REPORTED_IN_PROGRESS);
    take_finding(w, LATER, told);
    deliver(w);
    assert_news(w, "forward B A:F\nforward C A:F\nbug/A:F/2 updated in-progress [status]\n");
}

static void told_under_its_name_elsewhere(void **state)
{
    struct world *w = *state;
    close_with(w, closed(w, "B", 1), "G");
    close_with(w, merged(w, "A", 1, "B"), "F");
    struct finding_event *told = finding(w, "B", "A:F", 5);
    SET_FINDING(told, STATUS, status, REPORTED_IN_PROGRESS);
    told->warnings = warning(w, "severity");
    take_finding(w, LATER, told);
    assert_news(w, "bug/A:F/2 updated in-progress [status]\n");
    const struct warnings *said = &output_at(w, 0)->warnings;
    assert_int_equal(said->n, 2);
    assert_str(said->items[1].member, "finding_id");
    assert_str(said->items[1].value, "A:F");
    assert_str(said->items[1].taken_as, "finding F of A");
    /* And it keeps this name when that incident is merged. */
    take_closure(w, LATER, merged(w, "B", 2, "C"));
    assert_str(output_at(w, 0)->forward.finding.finding.finding_id, "A:F");
}

static void a_duplicate_names_the_other_as_it_is_called_there(void **state)
{
    struct world *w = *state;
    struct closure_event *e = merged(w, "A", 1, "B");
    struct finding_event *f = lapse(w, "A", "F", -1);
    SET_FINDING(f, DUPLICATE_OF, duplicate_of, STR("E"));
    add_inline(w, e, lapse(w, "A", "E", -1));
    add_inline(w, e, f);
    f = lapse(w, "A", "H", -1);
    SET_FINDING(f, DUPLICATE_OF, duplicate_of, STR("unknown"));
    add_inline(w, e, f);
    take_closure(w, AT, e);
    deliver(w);
    take_closure(w, AT, closed(w, "B", 1));
    assert_str(finding_of(w, "B", "A:F")->duplicate_of, "A:E");
    assert_str(finding_of(w, "B", "A:H")->duplicate_of, "A:unknown");
    f = lapse(w, "A", "F", 7);
    SET_FINDING(f, DUPLICATE_OF, duplicate_of, STR("G"));
    take_finding(w, LATER, f);
    assert_str(output_at(w, 0)->forward.finding.finding.duplicate_of, "A:G");
    deliver(w);
    /* From B on, for B's own and for those of A. */
    take_finding(w, LATER, lapse(w, "B", "G", 1));
    f = lapse(w, "B", "A:E", 7);
    SET_FINDING(f, DUPLICATE_OF, duplicate_of, STR("G"));
    take_finding(w, LATER, f);
    f = lapse(w, "B", "K", 7);
    SET_FINDING(f, DUPLICATE_OF, duplicate_of, STR("A:F"));
    take_finding(w, LATER, f);
    take_closure(w, LATER, merged(w, "B", 2, "C"));
    deliver(w);
    take_closure(w, LATER, closed(w, "C", 1));
    assert_str(finding_of(w, "C", "A:E")->duplicate_of, "B:G");
    assert_str(finding_of(w, "C", "A:H")->duplicate_of, "A:unknown");
    assert_str(finding_of(w, "C", "B:K")->duplicate_of, "A:F");
}

static void two_findings_of_one_name_are_not_mixed_up(void **state)
{
    struct world *w = *state;
    close_with(w, closed(w, "C", 1), "A:B:F");
    struct finding_event *own = lapse(w, "C", "A:F", 1);
    take_finding(w, AT, own);
    static const struct {
        const char *incident_id, *finding_id;
        bool is_taken;
    } cases[] = {
        {"A", "F", false}, /* C has one of its own that is called A:F */
        {"X", "Y:Z", true}, {"X", "Y:Z", true}, {"X:Y", "Z", false}, {"X:Y", "Y", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world *other = world_new();
        take_closure(other, AT, merged(other, cases[i].incident_id, 1, "C"));
        take_finding(other, AT, lapse(other, cases[i].incident_id, cases[i].finding_id, -1));
        struct event event = arrived(w, output_at(other, 0));
        enum decide_result result = take(w, &event);
        assert_int_equal(result, cases[i].is_taken ? DECIDE_OK : DECIDE_REJECT);
        if (result == DECIDE_REJECT) assert_int_equal(w->d.refused.code, REFUSE_BAD_IDENTIFIER);
        world_free(other);
    }
}

/* ---- circles ---- */

/* F of A and G of B, merged into each other. */
static void make_circle(struct world *w)
{
    close_with(w, merged(w, "A", 1, "B"), "F");
    close_with(w, closed(w, "B", 1), "G");
    take_closure(w, LATER, merged(w, "B", 2, "A"));
    deliver(w);
}

static void a_circle_is_cut_at_its_smallest_member(void **state)
{
    struct world *w = *state;
    make_circle(w);
    assert_news(w, "forward A A:F\n"
                   "forward A B:G\n"
                   "bug/A:F/2 closed closed:duplicate [status,resolution,reason,closed_at,sla]\n"
                   "bug/G/2 closed closed:duplicate [status,resolution,reason,closed_at,sla]\n"
                   "completed/1 light 0/2\n"
                   "updated/1 light 0/0\n"
                   "opened/2 light 0/0\n"
                   "bug/F/1 created open\n"
                   "bug/B:G/1 created open\n");
    const struct output *updated = output_at(w, 5);
    assert_int_equal(updated->warnings.n, 1);
    assert_str(updated->warnings.items[0].member, "merged_into");
    assert_str(updated->warnings.items[0].value, "B");
    assert_str(updated->warnings.items[0].taken_as, "merge-cycle: not merged");
    assert_int_equal(updated->cause.topic, TOPIC_INCIDENT_CLOSED);
    assert_time(updated->at, LATER);
    assert_null(incident_of(w, "A")->merged_into.p);
    assert_str(incident_of(w, "A")->merge_void, "B");
    assert_str(incident_of(w, "B")->merged_into, "A");
}

static void whatever_is_told_last(void **state)
{
    struct world *w = *state;
    close_with(w, merged(w, "C", 1, "A"), "F");
    close_with(w, merged(w, "A", 1, "B"), "F");
    close_with(w, merged(w, "B", 1, "C"), "F");
    assert_true(is_open(w, "A", "bug/F"));
    assert_true(is_open(w, "A", "bug/B:F"));
    assert_true(is_open(w, "A", "bug/C:F"));
    assert_int_equal(incident_of(w, "B")->counts.open + incident_of(w, "C")->counts.open, 0);
}

static void a_void_merge_stays_void_until_something_else_is_said(void **state)
{
    struct world *w = *state;
    make_circle(w);
    struct closure_event *e = merged(w, "A", 2, "B");
    SET_CLOSURE(e, TITLE, title, STR("Anew"));
    e->warnings = warning(w, "severity");
    take_closure(w, LATER, e);
    assert_news(w, "updated/2 light 2/0\n");
    assert_int_equal(output_at(w, 0)->warnings.n, 2);
    assert_str(output_at(w, 0)->warnings.items[1].taken_as, "merge-cycle: not merged");
    take_closure(w, LATER, closed(w, "A", 3));
    assert_news(w, "");
    assert_str(incident_of(w, "A")->merge_void, "B");
    /* "Nothing", and then the same: a merge again, and so again void. */
    take_closure(w, LATER, merged(w, "A", 4, NULL));
    assert_news(w, "");
    assert_null(incident_of(w, "A")->merge_void.p);
    take_closure(w, LATER, merged(w, "A", 5, "B"));
    assert_int_equal(incident_of(w, "A")->counts.open, 0);
    deliver(w);
    assert_int_equal(incident_of(w, "A")->counts.open, 2);
    /* Another incident. */
    take_closure(w, LATER, merged(w, "A", 6, "D"));
    deliver(w);
    take_closure(w, LATER, closed(w, "D", 1));
    assert_true(is_open(w, "D", "bug/A:F"));
    assert_true(is_open(w, "D", "bug/B:G"));
}

static void in_parts_a_void_merge_says_the_same(void **state)
{
    (void)state;
    struct str whole = STR_NONE;
    for (size_t step_max = SIZE_MAX; step_max; step_max = step_max == SIZE_MAX ? 2 : step_max - 1) {
        struct world *w = world_new();
        taken = 0;
        w->d.step_max = step_max;
        w->between = restart;
        struct closure_event *a = merged(w, "A", 1, "B");
        add_party(w, a, "Police", PARTY_OTHER, false);
        add_party(w, a, "Press", PARTY_OTHER, false);
        for (int i = 0; i < 4; i++)
            add_inline(w, a, lapse(w, "A", arena_printf(w->arena, "F-%d", i).p, -1));
        close_with(w, a, "F");
        close_with(w, closed(w, "B", 1), "G");
        take_closure(w, LATER, merged(w, "B", 2, "A"));
        deliver(w);
        struct closure_event *again = merged(w, "A", 2, "B");
        add_party(w, again, "Police", PARTY_OTHER, false);
        add_party(w, again, "Press", PARTY_OTHER, true);
        add_party(w, again, "Vendor", PARTY_OTHER, false);
        again->present |= CLOSURE_COORDINATION;
        take_closure(w, LATER_STILL, again);
        assert_int_equal(incident_of(w, "A")->counts.open, 8);
        struct str all = told(w);
        if (!whole.p)
            whole = (struct str){strndup(all.p, all.n), all.n};
        else
            assert_same(whole, all, "a void merge");
        assert_true(w->parts > 0 || step_max == SIZE_MAX);
        world_free(w);
    }
    free((void *)(uintptr_t)whole.p);
}

/* A was merged into B by mistake, and then into C; B into A afterwards. What comes to A from there has
 * been in A and finds it merged, but not by the way that it has gone. */
static void merged_elsewhere_since_is_no_circle(void **state)
{
    struct world *w = *state;
    close_with(w, merged(w, "A", 1, "B"), "F");
    close_with(w, closed(w, "B", 1), "G");
    close_with(w, closed(w, "C", 1), "H");
    take_closure(w, LATER, merged(w, "A", 2, "C"));
    take_closure(w, LATER, merged(w, "B", 2, "A"));
    deliver(w);
    assert_str(incident_of(w, "A")->merged_into, "C");
    assert_null(incident_of(w, "A")->merge_void.p);
    assert_int_equal(incident_of(w, "A")->counts.open, 0);
    assert_true(is_open(w, "C", "bug/A:F"));
    assert_true(is_open(w, "C", "bug/B:G"));
    /* A real one, by way of C, is cut as ever. */
    take_closure(w, LATER, merged(w, "C", 2, "B"));
    deliver(w);
    assert_str(incident_of(w, "A")->merge_void, "C");
    assert_true(is_open(w, "A", "bug/F"));
    assert_true(is_open(w, "A", "bug/B:G"));
    assert_true(is_open(w, "A", "bug/C:H"));
}

/* ---- what comes back to where it was ---- */

static void parted_incidents_have_what_comes_back(void **state)
{
    struct world *w = *state;
    close_with(w, merged(w, "A", 1, "B"), "F");
    close_with(w, closed(w, "B", 1), "G");
    take_closure(w, LATER, merged(w, "A", 2, NULL));
    deliver(w);
    assert_true(is_open(w, "A", "bug/F"));
    struct finding_event *told = finding(w, "A", "F", -1);
    SET_FINDING(told, STATUS, status, REPORTED_IN_PROGRESS);
    take_finding(w, LATER, told);
    /* B's own older copy says nothing new. */
    take_closure(w, LATER, merged(w, "B", 2, "A"));
    deliver(w);
    assert_int_equal(task_of(w, "A", "bug/F")->status, STATUS_IN_PROGRESS);
    assert_true(is_open(w, "A", "bug/B:G"));
    assert_str(incident_of(w, "B")->merged_into, "A");
}

static void news_that_comes_back_is_known_by_its_order(void **state)
{
    struct world *w = *state;
    for (int timed = 0; timed < 2; timed++) {
        const char *a = timed ? "A" : "A2", *b = timed ? "B" : "B2";
        close_with(w, merged(w, a, 1, b), "F");
        close_with(w, closed(w, b, 1), "G");
        take_closure(w, LATER, merged(w, a, 2, NULL));
        deliver(w);
        struct finding_event *told =
            finding(w, b, arena_printf(w->arena, "%s:F", a).p, timed ? -1 : 7);
        if (timed) told->finding.order.time = t(LATER);
        SET_FINDING(told, STATUS, status, REPORTED_BLOCKED);
        take_finding(w, LATER, told);
        take_closure(w, LATER, merged(w, b, 2, a));
        deliver(w);
        assert_int_equal(task_of(w, a, "bug/F")->status, STATUS_BLOCKED);
    }
}

/* Duplicates that are to be looked at again are no cut that is under way. */
static void what_comes_back_leaves_doubts_alone(void **state)
{
    struct world *w = *state;
    close_with(w, merged(w, "A", 1, "B"), "F");
    close_with(w, closed(w, "B", 1), "G");
    take_closure(w, LATER, merged(w, "A", 2, NULL));
    deliver(w);
    struct finding_event *f = lapse(w, "A", "D", 1);
    SET_FINDING(f, STATUS, status, REPORTED_DUPLICATE);
    SET_FINDING(f, DUPLICATE_OF, duplicate_of, STR("E"));
    take_finding(w, LATER, f);
    take_finding(w, LATER, lapse(w, "A", "E", 1));
    assert_int_equal(incident_of(w, "A")->cursor.stage, STAGE_AGAIN);
    take_closure(w, LATER, merged(w, "B", 2, "A"));
    deliver(w);
    run_until(w, LATER_STILL);
    assert_int_equal(incident_of(w, "A")->cursor.stage, STAGE_NONE);
    assert_int_equal(task_of(w, "A", "bug/D")->resolution, RESOLUTION_DUPLICATE);
    assert_true(is_open(w, "A", "bug/B:G"));
}

static void no_incident_is_not_followed_up_for_a_circle(void **state)
{
    struct world *w = *state;
    struct closure_event *e = merged(w, "A", 1, "B");
    SET_CLOSURE(e, DISPOSITION, disposition, DISPOSITION_TEST);
    close_with(w, e, "F");
    close_with(w, closed(w, "B", 1), "G");
    take_closure(w, LATER, merged(w, "B", 2, "A"));
    deliver(w);
    assert_int_equal(incident_of(w, "A")->counts.open, 0);
    assert_str(incident_of(w, "A")->merge_void, "B");
    assert_int_equal(incident_of(w, "A")->updates, 1);
}

static void a_circle_of_what_is_past_its_retention(void **state)
{
    struct world *w = *state;
    w->policy.retention = days(10);
    close_with(w, merged(w, "A", 1, "B"), "F");
    close_with(w, closed(w, "B", 1), "G");
    run_until(w, "2027-02-01");
    assert_int_equal(incident_of(w, "A")->retired, 1);
    take_closure(w, "2027-02-02", merged(w, "B", 2, "A"));
    deliver(w);
    assert_true(is_open(w, "A", "bug/F~2"));
    assert_true(is_open(w, "A", "bug/B:G~2"));
}

/* ---- between the parts ---- */

static bool (*visitor)(struct world *w);

static bool visit(struct world *w, const struct event *event)
{
    restart(w, event);
    w->between = restart;
    return !visitor(w);
}

/* The circle is closed while the merge that it begins with is being done. */
static bool close_the_circle(struct world *w)
{
    size_t before = taken;
    assert_int_equal(incident_of(w, "A")->cursor.stage, STAGE_FORWARD);
    struct event event = arrived(w, &w->d.outputs.items[before]);
    struct str *passed = arena_alloc(w->arena, 2 * sizeof *passed);
    passed[0] = STR("A");
    passed[1] = STR("B");
    event.incident_id = event.finding->incident_id = STR("A");
    event.finding->finding.finding_id = STR("F");
    event.finding->finding.origin = (struct origin){0};
    event.finding->finding.passed = (struct str_list){passed, 2};
    size_t n = w->d.outputs.n;
    take(w, &event);
    assert_int_equal(w->d.outputs.n, n + 1);
    assert_str(render(w, &w->d.outputs.items[n]), "forward B A:F");
    return false;
}

static void a_merge_under_way_is_done_first(void **state)
{
    struct world *w = *state;
    struct closure_event *e = closed(w, "A", 1);
    add_inline(w, e, lapse(w, "A", "E", -1));
    close_with(w, e, "F");
    w->d.step_max = 1;
    w->between = visit;
    visitor = close_the_circle;
    taken = w->d.outputs.n;
    take_closure(w, LATER, merged(w, "A", 2, "B"));
    assert_int_equal(incident_of(w, "A")->phase, PHASE_COMPLETED);
    assert_str(incident_of(w, "A")->merged_into, "B");
}

/* Another record of the circle, of another cause, comes in the middle of the cut: it finds the
 * incident followed up again. */
static bool tell_of_another(struct world *w)
{
    assert_null(incident_of(w, "A")->merged_into.p);
    assert_int_not_equal(incident_of(w, "A")->cursor.stage, STAGE_NONE);
    struct finding_event *f = lapse(w, "B", "H", 3);
    struct event event = {.type = EVENT_FINDING,
                          .cause = {.topic = TOPIC_FINDING_UPDATED, .offset = 77, .at = t(LATER)},
                          .incident_id = STR("B"),
                          .finding = f};
    take(w, &event);
    const struct output *forward = &w->d.outputs.items[w->d.outputs.n - 1];
    assert_str(render(w, forward), "forward A B:H");
    struct event on = arrived(w, forward);
    struct str *passed = arena_alloc(w->arena, 2 * sizeof *passed);
    passed[0] = STR("A");
    passed[1] = STR("B");
    on.finding->finding.passed = (struct str_list){passed, 2};
    take(w, &on);
    assert_true(is_open(w, "A", "bug/B:H"));
    return false;
}

static void a_cut_under_way_goes_on_behind_others(void **state)
{
    struct world *w = *state;
    struct closure_event *e = merged(w, "A", 1, "B");
    add_inline(w, e, lapse(w, "A", "E", -1));
    close_with(w, e, "F");
    close_with(w, closed(w, "B", 1), "G");
    take_closure(w, LATER, merged(w, "B", 2, "A"));
    w->d.step_max = 1;
    w->between = visit;
    visitor = tell_of_another;
    deliver(w);
    assert_int_equal(incident_of(w, "A")->cursor.stage, STAGE_NONE);
    assert_true(is_open(w, "A", "bug/E"));
    assert_true(is_open(w, "A", "bug/F"));
    assert_true(is_open(w, "A", "bug/B:G"));
}

/* ---- any order ---- */

static const char *const names[] = {"A", "B", "C", "D"};
#define NAMES 4

struct queues {
    size_t *items[NAMES]; /* outputs on their way to each incident, in order */
    size_t n[NAMES], cap[NAMES], done[NAMES];
    size_t delivered;
    bool known[NAMES];
};

static size_t index_of(struct str id)
{
    size_t i = 0;
    while (!str_eq(id, str_of(names[i]))) i++;
    return i;
}

static void queue_up(struct world *w, struct queues *q)
{
    for (; taken < w->d.outputs.n; taken++) {
        if (w->d.outputs.items[taken].type != OUTPUT_FORWARD) continue;
        size_t to = index_of(w->d.outputs.items[taken].incident_id);
        *ARENA_PUSH(w->arena, q->items[to], q->n[to], q->cap[to]) = taken;
    }
}

static bool deliver_one(struct world *w, struct queues *q)
{
    size_t from = (size_t)story_pick(NAMES);
    for (size_t i = 0; i < NAMES; i++) {
        size_t to = (from + i) % NAMES;
        if (q->done[to] == q->n[to]) continue;
        struct event event = arrived(w, &w->d.outputs.items[q->items[to][q->done[to]++]]);
        assert_int_equal(take(w, &event), DECIDE_OK);
        q->delivered++;
        return true;
    }
    return false;
}

static void some_record(struct world *w, struct queues *q, int64_t number)
{
    size_t i = (size_t)story_pick(NAMES);
    if (story_chance(60)) {
        const char *into = story_chance(25) ? NULL : names[story_pick(NAMES)];
        struct closure_event *e = merged(w, names[i], number, into);
        if (story_chance(50)) add_inline(w, e, lapse(w, names[i], "F", -1));
        q->known[i] |= e->findings_n;
        take_closure(w, AT, e);
    } else {
        take_finding(w, AT, lapse(w, names[i], "F", story_chance(50) ? number : -1));
        q->known[i] = true;
    }
}

static bool is_open_somewhere(struct world *w, const char *of)
{
    bool open = is_open(w, of, "bug/F");
    for (size_t i = 0; i < NAMES; i++)
        open |= is_open(w, names[i], arena_printf(w->arena, "bug/%s:F", of).p);
    return open;
}

static size_t play(uint64_t seed)
{
    struct world *w = world_new();
    struct queues q = {0};
    size_t records = NAMES;
    taken = 0;
    story_seed(seed);
    w->d.step_max = seed % 3 ? seed % 3 : SIZE_MAX;
    w->between = restart;
    for (size_t i = 0; i < NAMES; i++) take_closure(w, AT, closed(w, names[i], 1));
    for (int64_t number = 2; number < 40; number++) {
        queue_up(w, &q);
        if (story_chance(60) && deliver_one(w, &q)) continue;
        some_record(w, &q, number);
        records++;
    }
    do queue_up(w, &q);
    while (deliver_one(w, &q));
    /* Each record sends on what is known, and each member of a circle does so twice. */
    assert_true(q.delivered <= records * NAMES * 2 * NAMES);
    for (size_t i = 0; i < NAMES; i++)
        if (q.known[i] && !is_open_somewhere(w, names[i]))
            fail_msg("seed %llu: nobody follows up F of %s", (unsigned long long)seed, names[i]);
    size_t cut = 0;
    for (size_t i = 0; i < NAMES; i++) cut += incident_of(w, names[i])->merge_void.p != NULL;
    world_free(w);
    return cut;
}

static void nothing_is_lost_whatever_overtakes_what(void **state)
{
    (void)state;
    size_t cut = 0;
    for (uint64_t seed = 1; seed <= runs; seed++) cut += play(seed);
    print_message("%zu circles\n", cut);
    assert_true(cut > runs / 4);
}

int main(int argc, char **argv)
{
    if (argc > 1) runs = strtoull(argv[1], NULL, 10);
#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, setup, world_teardown)
    const struct CMUnitTest tests[] = {
        IN_WORLD(a_name_stays_the_same_from_incident_to_incident),
        IN_WORLD(told_under_its_name_elsewhere),
        IN_WORLD(a_duplicate_names_the_other_as_it_is_called_there),
        IN_WORLD(two_findings_of_one_name_are_not_mixed_up),
        IN_WORLD(a_circle_is_cut_at_its_smallest_member),
        IN_WORLD(whatever_is_told_last),
        IN_WORLD(a_void_merge_stays_void_until_something_else_is_said),
        cmocka_unit_test(in_parts_a_void_merge_says_the_same),
        IN_WORLD(parted_incidents_have_what_comes_back),
        IN_WORLD(news_that_comes_back_is_known_by_its_order),
        IN_WORLD(what_comes_back_leaves_doubts_alone),
        IN_WORLD(no_incident_is_not_followed_up_for_a_circle),
        IN_WORLD(merged_elsewhere_since_is_no_circle),
        IN_WORLD(a_circle_of_what_is_past_its_retention),
        IN_WORLD(a_merge_under_way_is_done_first),
        IN_WORLD(a_cut_under_way_goes_on_behind_others),
        cmocka_unit_test(nothing_is_lost_whatever_overtakes_what),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
