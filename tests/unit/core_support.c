/* SPDX-License-Identifier: Apache-2.0 */
#include "core_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the policy ---- */

struct duration days(int64_t n)
{
    return (struct duration){n * DAY_MS, false};
}

struct duration hours(int64_t n)
{
    return (struct duration){n * HOUR_MS, false};
}

struct duration working_days(int64_t n)
{
    return (struct duration){n, true};
}

static void default_times(struct policy *p)
{
    p->sla[PRIORITY_P1] = (struct sla_times){working_days(3), days(7), days(3), days(7)};
    p->sla[PRIORITY_P2] = (struct sla_times){working_days(3), days(30), days(7), days(7)};
    p->sla[PRIORITY_P3] = (struct sla_times){working_days(3), days(60), days(14), days(14)};
    p->sla[PRIORITY_P4] = (struct sla_times){working_days(5), days(90), days(30), days(14)};
    p->due_soon[0] = 50;
    p->due_soon[1] = 75;
    p->due_soon_n = 2;
    p->overdue_every = hours(24);
    p->overdue_max = 30;
    p->assign_every = working_days(1);
    p->stale_every = p->verify_every = p->review_every = days(7);
    p->escalation[0] = (struct escalation_step){.percent = 75, .to = 1u << ROLE_MANAGER};
    p->escalation[1] = (struct escalation_step){.after_breach = true, .to = 1u << ROLE_ON_CALL};
    p->escalation[2] = (struct escalation_step){
        .after_breach = true, .delay = days(3), .to = 1u << ROLE_RESPONSE_LEAD};
    p->escalation_n = 3;
    p->missing_findings_after = days(14);
    p->orphan_finding_after = days(7);
    p->retention = days(365);
}

static void default_routes(struct arena *arena, struct policy *p)
{
    p->routing[CATEGORY_TECHNICAL_LAPSE].kind = KIND_BUG;
    p->routing[CATEGORY_UNKNOWN_ATTACK_VECTOR].kind = KIND_SERVICE_INVESTMENT;
    p->routing[CATEGORY_PROCEDURAL_FAILURE].kind = KIND_REGISTER_ENTRY;
    p->routing[CATEGORY_MANUAL_ERROR].kind = KIND_REGISTER_ENTRY;
    p->routing[CATEGORY_PROCESS_FLAW].kind = KIND_REGISTER_ENTRY;
    p->routing[CATEGORY_COMMUNICATION_GLITCH].kind = KIND_REGISTER_ENTRY;
    p->routing[CATEGORY_UNCATEGORIZED] =
        (struct route){KIND_REGISTER_ENTRY, owner("security-response", NULL)};
    for (int kind = 1; kind < task_kind_end; kind++) p->queue[kind] = QUEUE_RESPONSE_TEAM;
    p->queue[KIND_BUG] = p->queue[KIND_CHANGE_REQUEST] = QUEUE_ENGINEERING;
    p->queue[KIND_SERVICE_INVESTMENT] = QUEUE_ENGINEERING;
    p->queue[KIND_REGISTER_ENTRY] = QUEUE_RESPONSE_REGISTER;
    p->response_team = owner("security-response", NULL);
    p->response_lead = owner(NULL, "response-lead@example.com");
    p->managers_n = p->on_call_n = 1;
    p->managers = ARENA_NEW(arena, struct team_person);
    *p->managers = (struct team_person){STR("identity"), owner(NULL, "manager@example.com")};
    p->on_call = ARENA_NEW(arena, struct team_person);
    *p->on_call = (struct team_person){STR("payments"), owner("payments", "pager@example.com")};
}

void default_policy(struct arena *arena, struct policy *p)
{
    *p = (struct policy){
        .version = STR("2026-11-20"),
        .calendar = {.working_days = 0x1f, .holidays_n = 1},
        .severity_default = SEVERITY_HIGH,
        .priority = {0, PRIORITY_P1, PRIORITY_P2, PRIORITY_P3, PRIORITY_P4, PRIORITY_P4},
        .full_when = BECAUSE_CUSTOMER_IMPACTING | BECAUSE_DATA_BREACH,
        .suspected_is_true = true,
        .priority_boost = 1,
        .aliases_n = 2,
    };
    p->calendar.holidays = ARENA_NEW(arena, int64_t);
    *p->calendar.holidays = timestamp_days(2026, 12, 25);
    p->aliases = arena_alloc(arena, 2 * sizeof *p->aliases);
    p->aliases[0] = (struct alias){STR("sev-0"), SEVERITY_CRITICAL};
    p->aliases[1] = (struct alias){STR("s2"), SEVERITY_HIGH};
    p->verification[PRIORITY_P1] = p->verification[PRIORITY_P2] = true;
    default_times(p);
    default_routes(arena, p);
}

/* ---- the world ---- */

struct world *world_new(void)
{
    struct arena *arena = arena_new();
    struct world *w = ARENA_NEW(arena, struct world);
    w->arena = arena;
    default_policy(arena, &w->policy);
    w->d.policy = &w->policy;
    w->d.arena = arena;
    w->ids_mask = 1023;
    w->ids = arena_zalloc(arena, (w->ids_mask + 1) * sizeof *w->ids);
    return w;
}

void world_free(struct world *w)
{
    arena_free(w->arena);
}

int world_setup(void **state)
{
    *state = world_new();
    return 0;
}

int world_teardown(void **state)
{
    world_free(*state);
    return 0;
}

static struct stored *stored(struct world *w, struct str key)
{
    for (size_t i = 0; i < w->store_n; i++)
        if (str_eq(w->store[i].key, key)) return &w->store[i];
    return NULL;
}

static struct entry *load(struct world *w, struct str key)
{
    struct entry *entry = state_entry(w->d.table, key);
    struct stored *s = stored(w, key);
    entry->loaded = true;
    if (!s || !s->body) return entry;
    entry->exists = entry->stored = true;
    entry->body = s->body;
    entry->wake_at = s->wake_at;
    return entry;
}

/* Just what the engine does before an event is decided. */
static void load_needed(struct world *w, const struct event *event)
{
    struct need need;
    w->d.table = state_new(w->arena);
    decide_need(w->arena, event, &need);
    assert_true(need.n <= sizeof need.keys / sizeof *need.keys);
    struct entry *header = load(w, need.keys[0]);
    assert_true(header->type == ENTRY_INCIDENT);
    for (size_t i = 1; i < need.n; i++) load(w, need.keys[i]);
    if (!need.whole && !decide_needs_whole(event, header)) return;
    header->whole = true;
    for (size_t i = 0; i < w->store_n; i++)
        if (str_eq(state_header_key(w->store[i].key), header->key)) load(w, w->store[i].key);
}

static void save(struct world *w)
{
    for (struct entry *e = state_first(w->d.table); e; e = e->next) {
        if (!e->dirty) continue;
        assert_true(e->wake_at == decide_wake_at(&w->policy, e));
        struct stored *s = stored(w, e->key);
        if (!s) {
            s = ARENA_PUSH(w->arena, w->store, w->store_n, w->store_cap);
            s->key = e->key;
        }
        *s = (struct stored){s->key, e->type, e->exists ? e->body : NULL, e->wake_at};
    }
}

/* ---- what the contract says of every output ---- */

static bool remember_id(struct world *w, struct str id)
{
    if (w->ids_n * 2 > w->ids_mask) {
        struct str *old = w->ids;
        size_t old_n = w->ids_mask + 1;
        w->ids_mask = w->ids_mask * 2 + 1;
        w->ids = arena_zalloc(w->arena, (w->ids_mask + 1) * sizeof *w->ids);
        w->ids_n = 0;
        for (size_t i = 0; i < old_n; i++)
            if (old[i].p) remember_id(w, old[i]);
    }
    uint64_t h = 5381;
    for (size_t i = 0; i < id.n; i++) h = h * 33 + (unsigned char)id.p[i];
    size_t at = h & w->ids_mask;
    for (; w->ids[at].p; at = (at + 1) & w->ids_mask)
        if (str_eq(w->ids[at], id)) return false;
    w->ids[at] = id;
    w->ids_n++;
    return true;
}

/* The ce_id, in short. */
static struct str id_of(struct world *w, const struct output *o)
{
    struct arena *a = w->arena;
    struct str id = o->incident_id;
    if (o->type == OUTPUT_TASK)
        return arena_printf(a, "%.*s/%.*s/%lld", STR_ARG(id), STR_ARG(o->task.after->name),
                            (long long)o->task.after->version);
    if (o->type == OUTPUT_INCIDENT) {
        struct str event = incident_event_name((int)o->incident.event);
        return arena_printf(a, "%.*s/%.*s/%lld", STR_ARG(id), STR_ARG(event),
                            (long long)o->incident.number);
    }
    struct str subject = o->reminder.task ? o->reminder.task->name : STR("");
    return arena_printf(a, "reminder %.*s/%.*s/%lld/%d/%lld", STR_ARG(id), STR_ARG(subject),
                        (long long)o->reminder.occurrence, o->reminder.kind,
                        (long long)o->reminder.number);
}

static void check_task_output(struct world *w, const struct output *o)
{
    const struct task *after = o->task.after, *before = o->task.before;
    assert_true((before == NULL) == (o->task.event == TASK_CREATED));
    assert_int_equal(after->version, before ? before->version + 1 : 1);
    assert_true(after->updated_at == o->at);
    assert_true(!before || after->updated_at >= before->updated_at);
    assert_true((after->status == STATUS_CLOSED) == (after->resolution != 0));
    assert_true((after->status == STATUS_CLOSED) == (after->closed_at != TIME_NONE));
    assert_true((after->snoozed_until != TIME_NONE) == (after->sla == SLA_PAUSED));
    assert_true(str_eq(after->policy_version, w->policy.version));
    if (!before) {
        assert_int_equal(after->status, STATUS_OPEN);
        assert_int_equal(after->occurrence, 1);
        return;
    }
    assert_true(o->task.changed == task_diff(before, after));
    assert_true(o->task.changed != 0);
    bool reopened = before->status == STATUS_CLOSED && after->status != STATUS_CLOSED;
    assert_int_equal(o->task.event == TASK_REOPENED, reopened);
    assert_int_equal(after->occurrence, before->occurrence + reopened);
}

static void check_reminder_output(const struct output *o)
{
    const struct reminder_output *r = &o->reminder;
    assert_true(r->number >= 1);
    assert_true(r->recipients_n >= 1);
    assert_true(r->coalesced >= 0);
    assert_true(r->summary.n > 0);
    assert_true(o->at == r->due_for);
    assert_int_equal(r->kind < REMINDER_REVIEW_DUE, r->task != NULL);
    if (r->task) assert_int_not_equal(r->task->status, STATUS_CLOSED);
    if (r->task) assert_true(r->task->sla != SLA_PAUSED);
    if (r->kind == REMINDER_REVIEW_DUE || r->kind == REMINDER_MISSING_FINDINGS) {
        assert_non_null(r->incident);
        assert_true(r->open_n == (size_t)r->incident->counts.open);
        assert_true(r->open_n > 0);
    }
    if (r->kind == REMINDER_ORPHAN_FINDING) assert_non_null(r->finding);
}

static void check_outputs(struct world *w)
{
    for (size_t i = w->seen; i < w->d.outputs.n; i++) {
        const struct output *o = &w->d.outputs.items[i];
        if (o->type == OUTPUT_FORWARD) continue;
        struct str id = id_of(w, o);
        if (!remember_id(w, id)) fail_msg("twice: %.*s", STR_ARG(id));
        if (o->type == OUTPUT_TASK) check_task_output(w, o);
        if (o->type == OUTPUT_REMINDER) check_reminder_output(o);
    }
}

static void check_incident(struct world *w, const struct stored *header)
{
    const struct incident *incident = header->body;
    struct counts counts = {0};
    for (size_t i = 0; i < w->store_n; i++) {
        const struct stored *s = &w->store[i];
        if (s->type != ENTRY_TASK || !s->body) continue;
        if (!str_eq(state_header_key(s->key), header->key)) continue;
        const struct task *task = s->body;
        counts.open += task->status != STATUS_CLOSED;
        counts.closed += task->status == STATUS_CLOSED;
        counts.met += task->sla == SLA_MET;
        counts.met_late += task->sla == SLA_MET_LATE;
    }
    assert_int_equal(incident->counts.open, counts.open);
    assert_int_equal(incident->counts.closed, incident->counts.met + incident->counts.met_late);
    if (!incident->retired) {
        assert_int_equal(incident->counts.closed, counts.closed);
        assert_int_equal(incident->counts.met, counts.met);
        assert_int_equal(incident->counts.met_late, counts.met_late);
    }
    assert_int_equal(incident->phase == PHASE_OPEN, counts.open > 0);
    assert_int_equal(incident->phase == PHASE_WAITING, incident->occurrence == 0);
    if (incident->level == LEVEL_UNCONFIRMED || incident->merged_into.p)
        assert_int_equal(counts.open, 0);
}

void check_store(struct world *w)
{
    for (size_t i = 0; i < w->store_n; i++) {
        const struct stored *s = &w->store[i];
        if (!s->body) continue;
        struct entry entry = {.type = s->type, .exists = true, .body = s->body};
        assert_true(s->wake_at == decide_wake_at(&w->policy, &entry));
        if (s->type == ENTRY_INCIDENT) check_incident(w, s);
        if (s->type == ENTRY_TASK && ((struct task *)s->body)->status != STATUS_CLOSED)
            assert_true(s->wake_at != TIME_NONE);
    }
}

enum decide_result take(struct world *w, struct event *event)
{
    load_needed(w, event);
    size_t before = w->d.outputs.n;
    enum decide_result result = decide_event(&w->d, event, w->now);
    if (result == DECIDE_REJECT) {
        assert_int_equal(w->d.outputs.n, before);
        for (struct entry *e = state_first(w->d.table); e; e = e->next) assert_false(e->dirty);
        return result;
    }
    size_t seen = w->seen;
    w->seen = before;
    check_outputs(w);
    w->seen = seen;
    save(w);
    check_store(w);
    return result;
}

/* ---- events ---- */

ms_t t(const char *text)
{
    ms_t at;
    enum timestamp_result result = timestamp_parse(str_of(text), &at);
    assert_true(result == TIMESTAMP_OK || result == TIMESTAMP_PARTIAL);
    return at;
}

struct closure_event *closure(struct world *w, const char *incident_id, int64_t revision)
{
    struct closure_event *e = ARENA_NEW(w->arena, struct closure_event);
    e->incident_id = e->incident.incident_id = arena_str(w->arena, str_of(incident_id));
    e->incident.order = (struct order){revision, t("2026-11-19T17:00:00Z")};
    e->incident.started_at = e->incident.detected_at = e->incident.contained_at = TIME_NONE;
    e->incident.closed_at = t("2026-11-19T17:00:00Z");
    return e;
}

struct finding_event *finding(struct world *w, const char *incident_id, const char *finding_id,
                              int64_t revision)
{
    struct finding_event *e = ARENA_NEW(w->arena, struct finding_event);
    e->incident_id = arena_str(w->arena, str_of(incident_id));
    e->finding.finding_id = arena_str(w->arena, str_of(finding_id));
    e->finding.order = (struct order){revision, TIME_NONE};
    e->finding.due_at = e->finding.snoozed_until = TIME_NONE;
    return e;
}

struct task_update_event *task_update(struct world *w, const char *incident_id, const char *name,
                                      int64_t revision)
{
    struct task_update_event *e = ARENA_NEW(w->arena, struct task_update_event);
    e->incident_id = arena_str(w->arena, str_of(incident_id));
    e->name = arena_str(w->arena, str_of(name));
    e->task_id = arena_printf(w->arena, "%s/%s", incident_id, name ? name : "");
    e->order = (struct order){revision, TIME_NONE};
    e->snoozed_until = TIME_NONE;
    return e;
}

void evaluate(struct closure_event *e, int sufficient, int is_complete)
{
    e->present |= CLOSURE_RESPONSE_EVALUATION;
    e->closure.sufficient = sufficient;
    e->closure.complete = is_complete;
}

void complete_closure(struct world *w, struct closure_event *e)
{
    struct closure *c = &e->closure;
    e->present |= CLOSURE_TIMELINE | CLOSURE_TECHNICAL_SUMMARY;
    c->timeline_n = 2;
    c->timeline = arena_zalloc(w->arena, 2 * sizeof *c->timeline);
    c->evidence_n = 1;
    c->evidence = ARENA_NEW(w->arena, struct evidence);
    c->response = STR("Tokens revoked.");
    c->takeaways.n = 1;
    c->takeaways.items = ARENA_NEW(w->arena, struct str);
    evaluate(e, TRI_TRUE, TRI_TRUE);
}

void add_party(struct world *w, struct closure_event *e, const char *party, int kind, bool closed)
{
    struct closure *c = &e->closure;
    struct coordination *all = arena_alloc(w->arena, (c->coordination_n + 1) * sizeof *all);
    for (size_t i = 0; i < c->coordination_n; i++) all[i] = c->coordination[i];
    all[c->coordination_n++] = (struct coordination){
        .party = arena_str(w->arena, str_of(party)), .party_kind = kind, .closed = closed};
    c->coordination = all;
    e->present |= CLOSURE_COORDINATION;
}

void add_inline(struct world *w, struct closure_event *e, const struct finding_event *f)
{
    struct finding_event *all = arena_alloc(w->arena, (e->findings_n + 1) * sizeof *all);
    for (size_t i = 0; i < e->findings_n; i++) all[i] = e->findings[i];
    all[e->findings_n++] = *f;
    e->findings = all;
}

struct warnings warning(struct world *w, const char *member)
{
    struct warning *item = ARENA_NEW(w->arena, struct warning);
    *item = (struct warning){arena_str(w->arena, str_of(member)), STR("?"), STR("high")};
    return (struct warnings){item, 1};
}

struct owner owner(const char *team, const char *person)
{
    return (struct owner){str_of(team), str_of(person)};
}

struct str_list groups(struct world *w, const char *a, const char *b)
{
    struct str *items = arena_alloc(w->arena, 2 * sizeof *items);
    items[0] = str_of(a);
    items[1] = str_of(b);
    return (struct str_list){items, b ? 2 : 1};
}

static void accept(struct world *w, struct event event, const char *at)
{
    w->seen = w->d.outputs.n;
    event.cause.at = t(at);
    event.cause.offset = w->offset++;
    if (event.cause.at > w->now) w->now = event.cause.at;
    assert_int_equal(take(w, &event), DECIDE_OK);
}

void take_closure(struct world *w, const char *at, struct closure_event *e)
{
    accept(w,
           (struct event){.type = EVENT_CLOSURE,
                          .cause = {.topic = TOPIC_INCIDENT_CLOSED},
                          .incident_id = e->incident_id,
                          .closure = e},
           at);
}

void take_finding(struct world *w, const char *at, struct finding_event *e)
{
    accept(w,
           (struct event){.type = EVENT_FINDING,
                          .cause = {.topic = TOPIC_FINDING_UPDATED},
                          .incident_id = e->incident_id,
                          .finding = e},
           at);
}

void take_update(struct world *w, const char *at, struct task_update_event *e)
{
    accept(w,
           (struct event){.type = EVENT_TASK_UPDATE,
                          .cause = {.topic = TOPIC_TASK_UPDATED},
                          .incident_id = e->incident_id,
                          .task_update = e},
           at);
}

/* ---- time ---- */

static void go_on(struct world *w, ms_t until, bool asleep)
{
    w->seen = w->d.outputs.n;
    for (int n = 0;; n++) {
        struct stored *first = NULL;
        for (size_t i = 0; i < w->store_n; i++) {
            struct stored *s = &w->store[i];
            if (s->wake_at == TIME_NONE || s->wake_at > until) continue;
            if (!first || s->wake_at < first->wake_at) first = s;
        }
        if (!first) break;
        if (n > 100000) fail_msg("time stands still");
        struct event event = {.type = EVENT_TICK, .cause = {.at = first->wake_at}};
        event.tick_key = first->key;
        if (first->wake_at > w->now || asleep) w->now = asleep ? until : first->wake_at;
        ms_t due = first->wake_at;
        assert_int_equal(take(w, &event), DECIDE_OK);
        first = stored(w, event.tick_key);
        assert_true(first->wake_at == TIME_NONE || first->wake_at > due);
    }
    if (until > w->now) w->now = until;
}

void run_until_ms(struct world *w, ms_t until)
{
    go_on(w, until, false);
}

void run_until(struct world *w, const char *until)
{
    go_on(w, t(until), false);
}

void sleep_until(struct world *w, const char *until)
{
    go_on(w, t(until), true);
}

/* ---- news ---- */

static struct str render_task(struct world *w, const struct output *o)
{
    static const char *const members[] = {
#define NAME(name, member, type) #name,
        TASK_MEMBERS(NAME)
#undef NAME
    };
    const struct task *task = o->task.after;
    struct str changes = STR("");
    for (int i = 0; i < TASK_MEMBER_end; i++)
        if (o->task.changed >> i & 1)
            changes = arena_printf(w->arena, "%.*s%s%s", STR_ARG(changes), changes.n ? "," : " [",
                                   members[i]);
    struct str resolution = resolution_name(task->resolution);
    return arena_printf(w->arena, "%.*s/%lld %.*s %.*s%s%.*s%.*s%s", STR_ARG(task->name),
                        (long long)task->version, STR_ARG(task_event_name((int)o->task.event)),
                        STR_ARG(task_status_name(task->status)), resolution.p ? ":" : "",
                        STR_ARG(resolution), STR_ARG(changes), changes.n ? "]" : "");
}

static struct str render_reminder(struct world *w, const struct output *o)
{
    const struct reminder_output *r = &o->reminder;
    char at[TIMESTAMP_TEXT];
    timestamp_format(r->due_for, at);
    struct str to = STR("");
    for (size_t i = 0; i < r->recipients_n; i++) {
        const struct recipient *x = &r->recipients[i];
        to = arena_printf(w->arena, "%.*s %.*s=%.*s%s%.*s", STR_ARG(to), STR_ARG(role_name(x->role)),
                          STR_ARG(x->who.team), x->who.person.p ? ":" : "",
                          STR_ARG(x->who.person));
    }
    struct str about = r->task      ? r->task->name
                       : r->finding ? r->finding->finding_id
                                    : o->incident_id;
    struct str skipped = STR("");
    if (r->coalesced) skipped = arena_printf(w->arena, " +%lld", (long long)r->coalesced);
    return arena_printf(w->arena, "reminder %.*s/%lld %.*s%.*s %.16s%.*s",
                        STR_ARG(reminder_kind_name(r->kind)), (long long)r->number, STR_ARG(about),
                        STR_ARG(skipped), at, STR_ARG(to));
}

struct str render(struct world *w, const struct output *o)
{
    switch (o->type) {
    case OUTPUT_TASK: return render_task(w, o);
    case OUTPUT_REMINDER: return render_reminder(w, o);
    case OUTPUT_INCIDENT: {
        const struct incident *i = o->incident.incident;
        return arena_printf(w->arena, "%.*s/%lld %.*s %lld/%lld",
                            STR_ARG(incident_event_name((int)o->incident.event)),
                            (long long)o->incident.number, STR_ARG(level_name(i->level)),
                            (long long)i->counts.open, (long long)i->counts.closed);
    }
    default:
        return arena_printf(w->arena, "forward %.*s %.*s", STR_ARG(o->incident_id),
                            STR_ARG(o->forward.finding.finding.finding_id));
    }
}

struct str news(struct world *w)
{
    struct str all = STR("");
    for (size_t i = w->seen; i < w->d.outputs.n; i++) {
        struct str line = render(w, &w->d.outputs.items[i]);
        all = arena_printf(w->arena, "%.*s%.*s\n", STR_ARG(all), STR_ARG(line));
    }
    return all;
}

void assert_news(struct world *w, const char *expected)
{
    struct str actual = news(w);
    if (!str_eq(actual, str_of(expected)))
        fail_msg("expected:\n%s\nbut was:\n%.*s", expected, STR_ARG(actual));
}

size_t outputs_n(const struct world *w)
{
    return w->d.outputs.n - w->seen;
}

const struct output *output_at(struct world *w, size_t i)
{
    assert_true(i < outputs_n(w));
    return &w->d.outputs.items[w->seen + i];
}

/* ---- the store ---- */

static void *body_of(struct world *w, struct str key)
{
    struct stored *s = stored(w, key);
    if (!s || !s->body) fail_msg("no entry %.*s", STR_ARG(key));
    return s->body;
}

bool is_stored(struct world *w, struct str key)
{
    struct stored *s = stored(w, key);
    return s && s->body;
}

ms_t wake_of(struct world *w, struct str key)
{
    body_of(w, key);
    return stored(w, key)->wake_at;
}

const struct task *task_of(struct world *w, const char *incident_id, const char *name)
{
    return body_of(w, state_task_key(w->arena, str_of(incident_id), str_of(name)));
}

const struct incident *incident_of(struct world *w, const char *incident_id)
{
    return body_of(w, state_incident_key(w->arena, str_of(incident_id)));
}

const struct finding *finding_of(struct world *w, const char *incident_id, const char *finding_id)
{
    return body_of(w, state_finding_key(w->arena, str_of(incident_id), str_of(finding_id)));
}

void assert_str(struct str actual, const char *expected)
{
    if (!str_eq(actual, str_of(expected)))
        fail_msg("expected '%s', but was '%.*s'", expected ? expected : "(absent)",
                 STR_ARG(actual));
}

void assert_time(ms_t actual, const char *expected)
{
    char text[TIMESTAMP_TEXT] = "none";
    if (actual != TIME_NONE) timestamp_format(actual, text);
    ms_t wanted = expected ? t(expected) : TIME_NONE;
    if (actual != wanted)
        fail_msg("expected %s, but was %.24s", expected ? expected : "none", text);
}
