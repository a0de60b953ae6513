/* SPDX-License-Identifier: Apache-2.0 */
/* The default policy and builders of events. */
#include "core_support.h"

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

void everything_at_once(struct policy *p, bool at_once)
{
    for (int i = 1; i < priority_end; i++) p->at_once[i] = at_once;
}

static void default_times(struct policy *p)
{
    p->sla[PRIORITY_P1] = (struct sla_times){working_days(3), days(7), days(3), days(7)};
    p->sla[PRIORITY_P2] = (struct sla_times){working_days(3), days(30), days(7), days(7)};
    p->sla[PRIORITY_P3] = (struct sla_times){working_days(3), days(60), days(14), days(14)};
    p->sla[PRIORITY_P4] = (struct sla_times){working_days(5), days(90), days(30), days(14)};
    p->grace = 25;
    p->due_soon = (struct points){{50, 75}, 2};
    p->overdue_every = hours(24);
    p->overdue_max = 30;
    p->verify_max = 4;
    p->remind_at = 9 * HOUR_MS;
    p->day_from = 7 * HOUR_MS;
    p->day_to = 20 * HOUR_MS;
    everything_at_once(p, true);
    p->assign_every = working_days(1);
    p->stale_every = p->verify_every = p->review_every = days(7);
    p->escalation[0] = (struct escalation_step){.percent = 75, .to = 1u << ROLE_MANAGER};
    p->escalation[1] = (struct escalation_step){.after_breach = true, .to = 1u << ROLE_ON_CALL};
    p->escalation[2] = (struct escalation_step){
        .after_breach = true, .delay = days(3), .to = 1u << ROLE_RESPONSE_LEAD};
    p->escalation_n = 3;
    p->missing_findings_after = days(14);
    p->orphan_finding_after = p->orphan_every = days(7);
    p->retention = days(365);
    p->recurrence =
        (struct recurrence_policy){.by_references = true, .within = days(365), .boost = true};
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

struct labels labels_of(const char *name, const char *value)
{
    static struct label items[32];
    static size_t next;
    struct label *label = &items[next++ % 32];
    *label = (struct label){str_of(name), str_of(value)};
    return (struct labels){label, 1};
}

struct conditions conditions_of(struct arena *arena, unsigned flags)
{
    struct conditions all = {arena_alloc(arena, flag_end * sizeof *all.items), 0};
    for (int f = 1; f < flag_end; f++) {
        if (!(flags & 1U << (f - 1))) continue;
        struct term *term = ARENA_NEW(arena, struct term);
        *term = (struct term){.asked = ASKED_FLAG, .operator= FOUND_EQUAL, .value = 1 << (f - 1)};
        all.items[all.n++] = (struct condition){flag_words.words[f], term, 1};
    }
    return all;
}

void default_policy(struct arena *arena, struct policy *p)
{
    *p = (struct policy){
        .version = STR("2026-11-20"),
        .calendar = {.working_days = 0x1f, .holidays_n = 1},
        .severity_default = SEVERITY_HIGH,
        .priority = {0, PRIORITY_P1, PRIORITY_P2, PRIORITY_P3, PRIORITY_P4, PRIORITY_P4},
        .full_when = conditions_of(arena, FLAG_CUSTOMER_IMPACTING | FLAG_DATA_BREACH),
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
    p->closed_is = REPORTED_RESOLVED;
    p->evidence[KIND_OBLIGATION] = p->evidence[KIND_RESPONSE_EVALUATION] = true;
    default_times(p);
    default_routes(arena, p);
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
    e->incident.order = (struct order){.revision = revision, .time = t("2026-11-19T17:00:00Z")};
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
    e->finding.order = (struct order){.revision = revision, .time = TIME_NONE};
    e->finding.due_at = e->finding.snoozed_until = e->finding.accepted_until = TIME_NONE;
    return e;
}

struct finding_event *technical(struct world *w, const char *finding_id, int64_t revision)
{
    struct finding_event *f = finding(w, "INC-1", finding_id, revision);
    SET_FINDING(f, CATEGORY, category, CATEGORY_TECHNICAL_LAPSE);
    return f;
}

struct task_update_event *task_update(struct world *w, const char *incident_id, const char *name,
                                      int64_t revision)
{
    struct task_update_event *e = ARENA_NEW(w->arena, struct task_update_event);
    e->incident_id = arena_str(w->arena, str_of(incident_id));
    e->name = arena_str(w->arena, str_of(name));
    e->task_id = arena_printf(w->arena, "%s/%s", incident_id, name ? name : "");
    e->order = (struct order){.revision = revision, .time = TIME_NONE};
    e->snoozed_until = e->submitted_at = e->due_at = TIME_NONE;
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
    c->timeline.n = 2;
    c->timeline.items = arena_zalloc(w->arena, 2 * sizeof *c->timeline.items);
    c->evidence.n = 1;
    c->evidence.items = ARENA_NEW(w->arena, struct evidence);
    c->response = STR("Tokens revoked.");
    c->takeaways.n = 1;
    c->takeaways.items = ARENA_NEW(w->arena, struct str);
    *c->takeaways.items = STR("Dumps leave the network.");
    evaluate(e, TRI_TRUE, TRI_TRUE);
}

void add_party(struct world *w, struct closure_event *e, const char *party, enum party_kind kind,
               bool closed)
{
    struct closure *c = &e->closure;
    struct coordination *all = arena_alloc(w->arena, (c->coordination.n + 1) * sizeof *all);
    for (size_t i = 0; i < c->coordination.n; i++) all[i] = c->coordination.items[i];
    struct str name = arena_str(w->arena, str_of(party));
    all[c->coordination.n++] =
        (struct coordination){.party = name, .key = name, .party_kind = kind, .closed = closed};
    c->coordination.items = all;
    e->present |= CLOSURE_COORDINATION;
}

struct evidence_list some_evidence(struct world *w)
{
    struct evidence *items = ARENA_NEW(w->arena, struct evidence);
    items->ref = STR("receipt");
    return (struct evidence_list){items, 1};
}

void add_submission(struct world *w, struct closure_event *e, const char *id, ms_t submitted_at,
                    bool has_evidence)
{
    struct submission_list *list = &e->closure.obligations;
    struct submission *all = arena_alloc(w->arena, (list->n + 1) * sizeof *all);
    for (size_t i = 0; i < list->n; i++) all[i] = list->items[i];
    all[list->n++] =
        (struct submission){.id = arena_str(w->arena, str_of(id)), .submitted_at = submitted_at};
    if (has_evidence) all[list->n - 1].evidence = some_evidence(w);
    list->items = all;
    e->present |= CLOSURE_OBLIGATIONS;
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
