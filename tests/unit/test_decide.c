/* SPDX-License-Identifier: Apache-2.0 */
/* Ticks that come too early or for nothing, and what must not be guessed. */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core_support.h"

#define NOON "2026-11-20T12:00:00Z"

#ifdef EPILOGUE_COVERAGE
void __gcov_dump(void); /* of gcov's runtime: an aborted process writes nothing by itself */
#endif

static struct entry *loaded(struct world *w, const char *key)
{
    struct entry *entry = state_entry(w->d.table, str_of(key));
    entry->loaded = true;
    return entry;
}

static void tick(struct world *w, const char *key, const char *at)
{
    struct event event = {.type = EVENT_TICK, .cause = {.at = t(at)}, .tick_key = str_of(key)};
    assert_int_equal(decide_event(&w->d, &event, t(at)), DECIDE_OK);
}

/* A timer in the store that is older than the state: it is written anew, and nothing is sent. */
static void a_tick_for_nothing(void **state)
{
    struct world *w = *state;
    struct closure_event *e = closure(w, "INC-1", 1);
    take_closure(w, NOON, e);
    w->seen = w->d.outputs.n;
    w->d.table = state_new(w->arena);
    struct entry *header = loaded(w, "INC-1");
    header->exists = header->whole = true;
    header->incident = arena_copy(w->arena, incident_of(w, "INC-1"), sizeof(struct incident));
    struct entry *task = loaded(w, "INC-1|t|response-evaluation");
    task->exists = true;
    task->task =
        arena_copy(w->arena, task_of(w, "INC-1", "response-evaluation"), sizeof(struct task));
    tick(w, "INC-1", NOON);
    tick(w, "INC-1|t|response-evaluation", NOON);
    assert_news(w, "");
    assert_true(header->dirty);
    assert_time(header->wake_at, "2026-11-27T12:00:00Z");
    assert_true(task->dirty && task->wake_at > t(NOON));
    /* One that was deleted, or has nothing to wait for. */
    struct entry *gone = loaded(w, "INC-1|t|bug/F-1");
    struct entry *kept = loaded(w, "INC-1|c");
    kept->exists = true;
    kept->closure = ARENA_NEW(w->arena, struct closure);
    tick(w, "INC-1|t|bug/F-1", NOON);
    tick(w, "INC-1|c", NOON);
    assert_true(gone->dirty && gone->wake_at == TIME_NONE);
    assert_true(kept->dirty && kept->wake_at == TIME_NONE);
    assert_news(w, "");
}

static void a_tick_without_its_incident(void **state)
{
    struct world *w = *state;
    w->d.table = state_new(w->arena);
    struct entry *task = loaded(w, "INC-1|t|bug/F-1");
    loaded(w, "INC-1");
    tick(w, "INC-1|t|bug/F-1", NOON);
    assert_true(task->dirty);
    assert_false(task->exists);
    assert_int_equal(w->d.outputs.n, 0);
}

/* Several events of one batch on one table see each other's changes, and outputs keep theirs. */
static void events_of_one_batch(void **state)
{
    struct world *w = *state;
    w->d.table = state_new(w->arena);
    loaded(w, "INC-1")->whole = true;
    struct finding_event *f = finding(w, "INC-1", "F-1", 1);
    struct event event = {
        .type = EVENT_FINDING, .cause.at = t(NOON), .incident_id = f->incident_id, .finding = f};
    decide_event(&w->d, &event, 0);
    struct event closing = {.type = EVENT_CLOSURE,
                            .cause.at = t(NOON),
                            .incident_id = f->incident_id,
                            .closure = closure(w, "INC-1", 1)};
    complete_closure(w, closing.closure);
    decide_event(&w->d, &closing, 0);
    event.finding = finding(w, "INC-1", "F-1", 2);
    SET_FINDING(event.finding, TITLE, title, STR("New"));
    decide_event(&w->d, &event, 0);
    assert_news(w, "opened/1 light 0/0\n"
                   "register-entry/F-1/1 created open\n"
                   "stakeholder-review/1 created open\n"
                   "register-entry/F-1/2 updated open [title]\n");
    assert_str(output_at(w, 1)->task.after->title, "Finding F-1");
    assert_int_equal(output_at(w, 0)->incident.incident->counts.open, 0);
}

/* ---- what ends the process before it is written ---- */

static void on_abort(int number)
{
#ifdef EPILOGUE_COVERAGE
    __gcov_dump();
#endif
    _exit(number);
}

static void assert_ends(struct world *w, void (*decide)(struct world *w))
{
    pid_t child = fork();
    if (child == 0) {
        signal(SIGABRT, on_abort);
        decide(w);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), SIGABRT);
}

/* An entry that nobody asked the store for is not taken for absent. */
static void not_loaded(struct world *w)
{
    w->d.table = state_new(w->arena);
    loaded(w, "INC-1");
    struct finding_event *f = finding(w, "INC-1", "F-1", 1);
    struct event event = {
        .type = EVENT_FINDING, .cause.at = t(NOON), .incident_id = f->incident_id, .finding = f};
    decide_event(&w->d, &event, 0);
}

/* INC-1 with its one task, response-evaluation, in a table of its own. */
static struct entry *with_a_task(struct world *w, struct incident *incident, struct task *task)
{
    take_closure(w, NOON, closure(w, "INC-1", 1));
    *incident = *incident_of(w, "INC-1");
    *task = *task_of(w, "INC-1", "response-evaluation");
    w->d.table = state_new(w->arena);
    struct entry *header = loaded(w, "INC-1");
    header->exists = header->whole = true;
    header->incident = incident;
    struct entry *entry = loaded(w, "INC-1|t|response-evaluation");
    entry->exists = true;
    entry->task = task;
    return entry;
}

static void close_the_task(struct world *w)
{
    w->policy.evidence[KIND_RESPONSE_EVALUATION] = false;
    struct task_update_event *e = task_update(w, "INC-1", "response-evaluation", 1);
    e->status = REPORTED_VERIFIED;
    e->present = TASK_UPDATE_STATUS;
    struct event event = {.type = EVENT_TASK_UPDATE,
                          .cause.at = t(NOON),
                          .incident_id = e->incident_id,
                          .task_update = e};
    decide_event(&w->d, &event, 0);
}

static void a_task_that_is_not_counted(struct world *w)
{
    struct incident incident;
    struct task task;
    with_a_task(w, &incident, &task);
    incident.counts.open = 0;
    close_the_task(w);
}

static void a_task_of_another_incident(struct world *w)
{
    struct incident incident;
    struct task task;
    with_a_task(w, &incident, &task);
    task.incident_id = STR("INC-2");
    close_the_task(w);
}

static void an_entry_without_a_body(struct world *w)
{
    struct incident incident;
    struct task task;
    with_a_task(w, &incident, &task);
    loaded(w, "INC-1|c")->exists = true;
    tick(w, "INC-1|c", NOON);
}

/* INC-1 is closed by a record for which nobody has asked for its tasks. */
static void close_unasked(struct world *w, struct incident *incident, struct closure_event *e)
{
    w->d.table = state_new(w->arena);
    struct entry *header = loaded(w, "INC-1");
    header->exists = incident != NULL;
    header->incident = incident;
    struct entry *kept = loaded(w, "INC-1|c");
    kept->exists = incident != NULL;
    kept->closure = ARENA_NEW(w->arena, struct closure);
    loaded(w, "INC-1|m");
    loaded(w, "INC-1|d|coordination/Police/INC-1");
    struct event event = {
        .type = EVENT_CLOSURE, .cause.at = t(NOON), .incident_id = e->incident_id, .closure = e};
    decide_event(&w->d, &event, 0);
}

static void a_task_that_was_made(struct world *w)
{
    struct incident incident;
    struct task task;
    with_a_task(w, &incident, &task);
    close_unasked(w, &incident, closure(w, "INC-1", 2));
}

/* No header says whether it was made, as it says of the incident's own. */
static void a_task_of_a_party(struct world *w)
{
    struct incident incident;
    struct task task;
    with_a_task(w, &incident, &task);
    incident.made = 0;
    struct closure_event *e = closure(w, "INC-1", 2);
    add_party(w, e, "Police", PARTY_LAW_ENFORCEMENT, false);
    close_unasked(w, &incident, e);
}

static void a_task_of_an_incident_that_is_unknown(struct world *w)
{
    close_unasked(w, NULL, closure(w, "INC-1", 1));
}

static void a_part_without_its_holder(struct world *w)
{
    struct incident incident;
    struct task task, part;
    with_a_task(w, &incident, &task);
    struct entry *entry = loaded(w, "INC-1|t|bug/F-1");
    loaded(w, "INC-1|f|F-1");
    part = task;
    part.name = STR("bug/F-1");
    entry->exists = true;
    entry->task = &part;
    tick(w, "INC-1|t|bug/F-1", NOON);
}

static void an_entry_without_its_incident(struct world *w)
{
    w->d.table = state_new(w->arena);
    struct entry *entry = loaded(w, "INC-1|c");
    entry->exists = true;
    entry->closure = ARENA_NEW(w->arena, struct closure);
    wake_touched(&w->policy, entry);
}

/* A tick of one incident by whose key another one's entry is in the table. */
static void an_entry_of_another_incident(struct world *w)
{
    struct incident incident;
    struct task task;
    with_a_task(w, &incident, &task)->header = loaded(w, "INC-2");
    close_the_task(w);
}

static void what_would_be_written_wrong_is_not_written(void **state)
{
    struct world *w = *state;
    assert_ends(w, not_loaded);
    assert_ends(w, a_task_that_is_not_counted);
    assert_ends(w, a_task_of_another_incident);
    assert_ends(w, an_entry_without_a_body);
    assert_ends(w, a_task_that_was_made);
    assert_ends(w, a_task_of_a_party);
    assert_ends(w, a_task_of_an_incident_that_is_unknown);
    assert_ends(w, a_part_without_its_holder);
    assert_ends(w, an_entry_without_its_incident);
    assert_ends(w, an_entry_of_another_incident);
}

/* What has to be right for them to end for the reason that is meant. */
static void what_is_right_is_written(void **state)
{
    struct world *w = *state;
    struct incident incident;
    struct task task;
    struct entry *entry = with_a_task(w, &incident, &task);
    close_the_task(w);
    assert_int_equal(entry->task->status, STATUS_CLOSED);
    assert_int_equal(entry->header->incident->counts.open, 0);
}

/* ---- holders and their parts ---- */

/* INC-1 with F-1, which is done, and its task; the part stands before its holder in the table. */
static struct entry *with_a_part(struct world *w, struct entry **holder)
{
    struct closure_event *e = closure(w, "INC-1", 1);
    complete_closure(w, e);
    struct finding_event *f = technical(w, "F-1", 1);
    SET_FINDING(f, STATUS, status, REPORTED_VERIFIED);
    add_inline(w, e, f);
    take_closure(w, NOON, e);
    w->d.table = state_new(w->arena);
    struct entry *header = loaded(w, "INC-1"), *part = loaded(w, "INC-1|t|bug/F-1");
    *holder = loaded(w, "INC-1|f|F-1");
    header->exists = header->whole = part->exists = (*holder)->exists = true;
    header->incident = arena_copy(w->arena, incident_of(w, "INC-1"), sizeof *header->incident);
    part->task = arena_copy(w->arena, task_of(w, "INC-1", "bug/F-1"), sizeof *part->task);
    (*holder)->finding =
        arena_copy(w->arena, finding_of(w, "INC-1", "F-1"), sizeof *(*holder)->finding);
    return part;
}

static void parts_are_deleted_with_their_holder(void **state)
{
    struct world *w = *state;
    struct entry *holder, *part = with_a_part(w, &holder);
    tick(w, "INC-1", "2027-11-20T12:00:00Z");
    assert_false(part->exists || holder->exists);
    assert_true(part->dirty && holder->dirty);
}

static void a_holder_wakes_with_the_first_of_its_parts(void **state)
{
    struct world *w = *state;
    struct entry *holder, *part = with_a_part(w, &holder);
    assert_true(wake_of_holder(&w->policy, holder) == TIME_NONE);
    part->task->status = STATUS_OPEN;
    ms_t wake_at = wake_time(&w->policy, part);
    assert_true(wake_at != TIME_NONE);
    assert_true(wake_of_holder(&w->policy, holder) == wake_at);
    part->dirty = true; /* then it is known */
    part->wake_at = wake_at - 1;
    assert_true(wake_of_holder(&w->policy, holder) == wake_at - 1);
}

/* ---- parties of older versions ---- */

static struct entry *party_in(struct world *w, const char *name)
{
    struct entry *entry = loaded(w, arena_printf(w->arena, "INC-1|t|%s", name).p);
    struct task *task = ARENA_NEW(w->arena, struct task);
    *task = *task_of(w, "INC-1", name);
    task->party = STR("k");
    entry->exists = true;
    entry->task = task;
    return entry;
}

/* INC-1 with two tasks of one party, which no version makes any more, loaded in either order. */
static void load_two_of_a_party(struct world *w, const struct incident *incident, bool swapped)
{
    w->d.table = state_new(w->arena);
    struct entry *header = loaded(w, "INC-1");
    header->exists = header->whole = true;
    header->incident = arena_copy(w->arena, incident, sizeof *incident);
    party_in(w, swapped ? "coordination/B" : "coordination/A");
    party_in(w, swapped ? "coordination/A" : "coordination/B");
    loaded(w, "INC-1|c");
    loaded(w, "INC-1|t|response-evaluation");
}

static const struct incident *with_two_parties(struct world *w)
{
    struct closure_event *e = closure(w, "INC-1", 1);
    complete_closure(w, e);
    add_party(w, e, "A", PARTY_VENDOR, false);
    add_party(w, e, "B", PARTY_VENDOR, false);
    take_closure(w, NOON, e);
    return incident_of(w, "INC-1");
}

static const struct task *after_closure(struct world *w, struct closure_event *e, const char *key)
{
    struct event event = {.type = EVENT_CLOSURE,
                          .cause = {.topic = TOPIC_INCIDENT_CLOSED, .at = t(NOON)},
                          .incident_id = e->incident_id,
                          .closure = e};
    assert_int_equal(decide_event(&w->d, &event, 0), DECIDE_OK);
    return state_find(w->d.table, str_of(key))->task;
}

static void of_two_tasks_of_a_party_the_first_counts(void **state)
{
    struct world *w = *state;
    const struct incident *incident = with_two_parties(w);
    for (int swapped = 0; swapped < 2; swapped++) {
        load_two_of_a_party(w, incident, swapped);
        loaded(w, "INC-1|t|coordination/C");
        struct closure_event *e = closure(w, "INC-1", 2);
        complete_closure(w, e);
        add_party(w, e, "C", PARTY_VENDOR, true);
        e->closure.coordination.items[0].key = STR("k");
        const struct task *a = after_closure(w, e, "INC-1|t|coordination/A");
        assert_int_equal(a->status, STATUS_CLOSED);
    }
}

static void of_two_tasks_of_a_party_the_first_goes_along(void **state)
{
    struct world *w = *state;
    const struct incident *incident = with_two_parties(w);
    for (int swapped = 0; swapped < 2; swapped++) {
        load_two_of_a_party(w, incident, swapped);
        struct closure_event *e = closure(w, "INC-1", 2);
        complete_closure(w, e);
        SET_CLOSURE(e, MERGED_INTO, merged_into, STR("INC-2"));
        const struct task *a = after_closure(w, e, "INC-1|t|coordination/A");
        const struct task *b = state_find(w->d.table, STR("INC-1|t|coordination/B"))->task;
        assert_str(a->moved_to, "INC-2/coordination/A");
        assert_null(b->moved_to.p);
        assert_int_equal(b->status, STATUS_CLOSED);
    }
}

/* ---- what an event has touched ---- */

static void what_an_event_touched_is_told(void **state)
{
    struct world *w = *state;
    struct incident incident;
    struct task task;
    struct entry *entry = with_a_task(w, &incident, &task);
    close_the_task(w);
    assert_ptr_equal(w->d.touched, entry->header);
    assert_ptr_equal(w->d.touched->next_touched, entry);
    assert_null(entry->next_touched);
    assert_true(entry->wake_at == TIME_NONE);
    assert_true(entry->header->wake_at == wake_time(&w->policy, entry->header));
    close_the_task(w); /* no later than what is stored, so nothing of it is taken */
    assert_null(w->d.touched);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
        TEST(a_tick_for_nothing),
        TEST(a_tick_without_its_incident),
        TEST(events_of_one_batch),
        TEST(what_would_be_written_wrong_is_not_written),
        TEST(what_is_right_is_written),
        TEST(parts_are_deleted_with_their_holder),
        TEST(a_holder_wakes_with_the_first_of_its_parts),
        TEST(of_two_tasks_of_a_party_the_first_counts),
        TEST(of_two_tasks_of_a_party_the_first_goes_along),
        TEST(what_an_event_touched_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
