/* SPDX-License-Identifier: Apache-2.0 */
#include "common/text.h"
#include "step.h"

static int severity_of(const struct step *step, const struct finding *finding)
{
    return finding->severity ? finding->severity : step->policy->severity_default;
}

static int category_of(const struct finding *finding)
{
    return finding->category ? finding->category : CATEGORY_UNCATEGORIZED;
}

static int priority_of(const struct step *step, const struct finding *finding)
{
    int boost = step->incident->level == LEVEL_FULL ? step->policy->priority_boost : 0;
    return policy_priority(step->policy, severity_of(step, finding), boost);
}

static int kind_of(const struct step *step, const struct finding *finding)
{
    return finding->work ? finding->work : policy_route(step->policy, category_of(finding))->kind;
}

static struct owner owner_of(const struct step *step, const struct finding *finding)
{
    if (!owner_is_nobody(finding->owner)) return finding->owner;
    return policy_route(step->policy, category_of(finding))->owner;
}

static struct str title_of(struct step *step, const struct finding *finding)
{
    if (finding->title.p && finding->title.n) return finding->title;
    return arena_printf(step->arena, "Finding %.*s", STR_ARG(finding->finding_id));
}

static struct str rule_of(struct step *step, const struct finding *finding)
{
    if (finding->work) return STR("finding/work");
    return arena_printf(step->arena, "finding/%.*s", STR_ARG(category_name(category_of(finding))));
}

/* A duplicate that is in doubt says no more than that the finding is there. */
static int status_of(const struct finding *finding)
{
    return finding->status && !finding->doubt ? finding->status : REPORTED_OPEN;
}

/* A duplicate's reason points to the task that goes on, unless somebody gave a better reason. The
 * other finding is known, or the duplicate would be in doubt; it is at hand just where the record
 * names it: where it does not, looking for it would depend on what else the batch has loaded. */
static struct str reason_of(struct step *step, const struct finding *finding, unsigned present)
{
    if (finding->reason.p || status_of(finding) != REPORTED_DUPLICATE) return finding->reason;
    struct str other = finding->duplicate_of;
    if (present & FINDING_DUPLICATE_OF) {
        int kind = kind_of(step, step_finding_entry(step, other)->finding);
        other =
            state_task_id(step->arena, step->incident->incident_id, task_name(step, kind, other));
    }
    return arena_printf(step->arena, "duplicate of %.*s", STR_ARG(other));
}

static void merge(struct finding *stored, const struct finding *in, unsigned present)
{
    if (present & FINDING_CATEGORY) stored->category = in->category;
    if (present & FINDING_SEVERITY) stored->severity = in->severity;
    if (present & FINDING_TITLE) stored->title = in->title;
    if (present & FINDING_DESCRIPTION) stored->description = in->description;
    if (present & FINDING_STATUS) stored->status = in->status;
    if (present & FINDING_REASON) stored->reason = in->reason;
    if (present & FINDING_OWNER) stored->owner = in->owner;
    if (present & FINDING_GROUPS) stored->groups = in->groups;
    if (present & FINDING_WORK) stored->work = in->work;
    if (present & FINDING_SOP_CHANGE) stored->sop_change = in->sop_change;
    if (present & FINDING_DUE_AT) stored->due_at = in->due_at;
    if (present & FINDING_SNOOZED_UNTIL) stored->snoozed_until = in->snoozed_until;
    if (present & FINDING_TRACKER) stored->tracker = in->tracker;
    if (present & FINDING_ACTION_TYPE) stored->action_type = in->action_type;
    if (present & FINDING_REFERENCES) stored->references = in->references;
    if (present & FINDING_DUPLICATE_OF) stored->duplicate_of = in->duplicate_of;
}

static struct finding *edit(struct step *step, struct entry *entry)
{
    entry->finding = arena_copy(step->arena, entry->finding, sizeof *entry->finding);
    state_touch(step->d->table, entry);
    return entry->finding;
}

void finding_count(struct step *step, const struct finding *finding)
{
    step_count(step, 1,
               finding->description.n + step_list_bytes(finding->groups) +
                   step_list_bytes(finding->references));
}

static struct task_seed seed_of(struct step *step, const struct finding *finding, int kind)
{
    return (struct task_seed){
        .kind = kind,
        .part = finding->finding_id,
        .finding_id = finding->finding_id,
        .queue = step->policy->queue[kind],
        .title = title_of(step, finding),
        .description = finding->description,
        .category = category_of(finding),
        .severity = severity_of(step, finding),
        .priority = priority_of(step, finding),
        .owner = owner_of(step, finding),
        .participants = finding->groups,
        .rule = rule_of(step, finding),
        .clock_start = step->cause.at,
        .due_at = TIME_NONE,
    };
}

/* A record that says no owner leaves the one that routing gave: unless it moves to another route. */
static bool is_rerouted(const struct step *step, const struct task *task,
                        const struct finding *finding)
{
    return owner_is_nobody(finding->owner) &&
           owner_eq(task->owner, policy_route(step->policy, task->category)->owner);
}

/* What a record says, put into the task field by field: the later to arrive wins. */
static void apply(struct step *step, struct task *task, const struct finding *finding,
                  unsigned present)
{
    if (present & FINDING_TITLE) task->title = title_of(step, finding);
    if (present & FINDING_DESCRIPTION) task->description = finding->description;
    bool new_owner = (present & FINDING_OWNER) || is_rerouted(step, task, finding);
    if (present & FINDING_CATEGORY) task->category = category_of(finding);
    if (present & FINDING_GROUPS) task->participants = finding->groups;
    if (new_owner) task->owner = owner_of(step, finding);
    if (present & FINDING_SEVERITY)
        task_apply_priority(step, task, severity_of(step, finding), priority_of(step, finding));
    if (task->kind == KIND_SOP_UPDATE) return; /* its own life: status, dates and tracker */
    if (present & (FINDING_CATEGORY | FINDING_WORK)) task->policy_rule = rule_of(step, finding);
    if (present & FINDING_TRACKER) task->tracker = finding->tracker;
    int64_t occurrence = task->occurrence;
    int resolution = task->resolution;
    if (present & FINDING_STATUS) task_apply_status(step, task, status_of(finding));
    /* A date that was given stays; one that is past does not fit a second life. */
    bool again = task->occurrence > occurrence && finding->due_at > step->at;
    if ((present & FINDING_DUE_AT) || again) task_apply_due_at(step, task, finding->due_at);
    if (present & FINDING_SNOOZED_UNTIL) task_apply_snooze(step, task, finding->snoozed_until);
    bool ends = task->resolution && task->resolution != resolution;
    bool points = (present & FINDING_DUPLICATE_OF) && task->resolution && !finding->doubt;
    if ((present & FINDING_REASON) || ends || points)
        task->reason = reason_of(step, finding, present);
}

static void update_task(struct step *step, int kind, const struct finding *finding,
                        unsigned present)
{
    struct entry *entry = step_task_entry(step, task_name(step, kind, finding->finding_id));
    const struct task *before;
    struct task *task = task_edit(step, entry, &before);
    if (step->at > task->touched_at) task->touched_at = step->at;
    apply(step, task, finding, present);
    task_changed(step, entry, before);
}

static void create_task(struct step *step, const struct finding *finding, int kind)
{
    struct task_seed seed = seed_of(step, finding, kind);
    seed.tracker = finding->tracker;
    seed.due_at = finding->due_at;
    if (status_of(finding) <= REPORTED_BLOCKED) seed.reason = finding->reason;
    task_create(step, &seed);
}

/* Opens a task again that another kind had superseded, or that was put aside with its incident.
 * What a tracker or a person made of it stays where the finding says nothing. */
static void take_up(struct step *step, struct entry *entry, const struct finding *finding,
                    unsigned present)
{
    present |= ~(unsigned)FINDING_DUPLICATE_OF;
    present &= ~(unsigned)FINDING_STATUS;
    if (!finding->tracker.key.p) present &= ~(unsigned)FINDING_TRACKER;
    if (owner_is_nobody(finding->owner)) present &= ~(unsigned)FINDING_OWNER;
    const struct task *before;
    struct task *task = task_edit(step, entry, &before);
    if (finding->due_at <= step->at) present &= ~(unsigned)FINDING_DUE_AT;
    task_apply_status(step, task, finding_is_ended(finding) ? finding->status : REPORTED_OPEN);
    apply(step, task, finding, present);
    task_changed(step, entry, before);
}

/* Gives the finding its task of this kind. `moved`: it had one of another kind just now. */
static void open_task(struct step *step, const struct finding *finding, int kind, bool moved,
                      unsigned present)
{
    struct entry *entry = step_task_entry(step, task_name(step, kind, finding->finding_id));
    if (!entry->exists)
        create_task(step, finding, kind);
    else if (moved || task_is_put_aside(entry->task))
        take_up(step, entry, finding, present);
    else
        return; /* it was closed before its incident was put aside */
    /* `created` says open, always; how far the work is already is the next version. */
    const struct task *before;
    struct task *task = task_edit(step, entry, &before);
    if (status_of(finding) > REPORTED_OPEN) task_apply_status(step, task, finding->status);
    task_apply_snooze(step, task, finding->snoozed_until);
    task->reason = reason_of(step, finding, present);
    task_changed(step, entry, before);
}

static void open_sop_update(struct step *step, const struct finding *finding)
{
    struct entry *entry =
        step_task_entry(step, task_name(step, KIND_SOP_UPDATE, finding->finding_id));
    if (!entry->exists) {
        struct task_seed seed = seed_of(step, finding, KIND_SOP_UPDATE);
        seed.rule = STR("finding/sop-change");
        task_create(step, &seed);
    } else if (task_is_put_aside(entry->task)) {
        const struct task *before;
        task_apply_status(step, task_edit(step, entry, &before), REPORTED_OPEN);
        task_changed(step, entry, before);
    }
}

/* The part of a finding's life that needs a closed incident: its tasks are made, moved, changed. */
static void follow_up(struct step *step, struct finding *finding, unsigned present)
{
    int old = finding->kind;
    finding->kind = kind_of(step, finding);
    if (old == finding->kind) {
        update_task(step, old, finding, present);
    } else {
        struct str now = task_kind_name(finding->kind);
        if (old)
            task_close(step, step_task_entry(step, task_name(step, old, finding->finding_id)),
                       RESOLUTION_SUPERSEDED,
                       arena_printf(step->arena, "now a %.*s", STR_ARG(now)));
        open_task(step, finding, finding->kind, old, present);
    }
    task_tell_warnings(step,
                       step_task_entry(step, task_name(step, finding->kind, finding->finding_id)));
    if (finding->sop_task) {
        update_task(step, KIND_SOP_UPDATE, finding, present);
    } else if (finding->sop_change) {
        finding->sop_task = true;
        open_sop_update(step, finding);
    }
    if (category_is_process(category_of(finding))) followup_need_stakeholders(step);
}

static bool is_news(const struct step *step, const struct finding *stored, const struct finding *in,
                    bool in_closure)
{
    /* What comes back to where it has been tells something new only if it says that itself. */
    if (merged_has_passed(in, step->incident->incident_id) && in->order.revision < 0 &&
        in->order.time == TIME_NONE)
        return false;
    /* What a closure says of a finding never overrides what its own topic said, unless its own
     * revision is higher. */
    if (in_closure && !stored->is_inline)
        return in->order.revision >= 0 && in->order.revision > stored->order.revision;
    return order_is_later(stored->order, in->order);
}

static struct finding *first_sight(struct step *step, struct entry *entry, const struct finding *in)
{
    struct finding *finding = ARENA_NEW(step->arena, struct finding);
    *finding = (struct finding){
        .finding_id = in->finding_id,
        .origin = in->origin,
        .order = {-1, TIME_NONE},
        .due_at = TIME_NONE,
        .snoozed_until = TIME_NONE,
        .first_seen_at = step->at,
        .is_inline = true,
    };
    entry->finding = finding;
    entry->exists = true;
    state_touch(step->d->table, entry);
    step->incident->findings++;
    return finding;
}

struct warnings finding_join_warnings(struct arena *arena, struct warnings a, struct warnings b)
{
    struct warnings both = {arena_alloc(arena, (a.n + b.n) * sizeof *both.items), 0};
    for (size_t i = 0; i < a.n; i++) {
        size_t j = 0;
        while (j < b.n && !str_eq(a.items[i].member, b.items[j].member)) j++;
        if (j == b.n) both.items[both.n++] = a.items[i];
    }
    for (size_t i = 0; i < b.n; i++) both.items[both.n++] = b.items[i];
    return both;
}

/* They belong on the event that the finding will make. */
static void hold_warnings(struct step *step, struct finding *finding)
{
    finding->warnings = finding_join_warnings(step->arena, finding->warnings, step->warnings);
}

static void take_held_warnings(struct step *step, struct finding *finding)
{
    step->warnings = finding_join_warnings(step->arena, finding->warnings, step->warnings);
    finding->warnings = (struct warnings){0};
}

/* A finding that has no task, nor will get one as things are, has its warnings on an event of its
 * incident; there the member says whose it is. */
static void tell_of_incident(struct step *step, const struct finding *finding)
{
    struct warnings said = step->warnings;
    if (!said.n) return;
    struct warning *items = arena_copy(step->arena, said.items, said.n * sizeof *items);
    for (size_t i = 0; i < said.n; i++)
        if (!str_starts(items[i].member, STR("findings["))) /* so it is inside a closure */
            items[i].member = arena_printf(step->arena, "findings[%.*s].%.*s",
                                           STR_ARG(finding->finding_id), STR_ARG(items[i].member));
    step->warnings.items = items;
    step_count(step, 1, 0);
    incident_announce(step, INCIDENT_UPDATED);
}

void finding_look_again(struct step *step, struct entry *entry)
{
    enum doubt old = entry->finding->doubt;
    if (!old) return;
    enum doubt doubt = duplicate_doubt(step, entry->finding);
    if (doubt == old) return;
    struct finding *finding = edit(step, entry);
    finding_count(step, finding);
    duplicate_set_doubt(step, finding, doubt);
    if (doubt) duplicate_warn(step, finding);
    struct entry *task_entry =
        step_task_entry(step, task_name(step, finding->kind, finding->finding_id));
    /* One that a tracker has closed in the meantime stays as it is. */
    bool is_closed = task_entry->task->status == STATUS_CLOSED;
    if (is_closed ? old == DOUBT_MOVED : !doubt) {
        const struct task *before;
        struct task *task = task_edit(step, task_entry, &before);
        task_apply_status(step, task, status_of(finding));
        task->reason = reason_of(step, finding, FINDING_DUPLICATE_OF);
        task_changed(step, task_entry, before);
    }
    task_tell_warnings(step, task_entry);
}

static bool lacks_reason(const struct finding *stored, const struct finding_event *event)
{
    if (!(event->present & FINDING_STATUS) || event->finding.status != REPORTED_DISMISSED)
        return false;
    return !((event->present & FINDING_REASON) ? event->finding.reason.n : stored->reason.n);
}

static struct warnings dismissal_warning(struct step *step)
{
    struct warning *w = ARENA_NEW(step->arena, struct warning);
    *w =
        (struct warning){STR("reason"), STR_NONE, STR("not dismissed: a dismissal needs a reason")};
    return (struct warnings){w, 1};
}

/* The way by which it came last; or a warning where a record says the name that a finding of
 * another incident has here: it may mean that one, or one of its own. */
static void take_way(struct step *step, struct finding *finding, const struct finding *in)
{
    if (in->passed.n) {
        if (!merged_has_passed(in, step->incident->incident_id)) finding->passed = in->passed;
        return;
    }
    if (!finding->origin.incident_id.p) return;
    step_warn(step, STR("finding_id"), finding->finding_id,
              arena_printf(step->arena, "finding %.*s of %.*s", STR_ARG(finding->origin.finding_id),
                           STR_ARG(finding->origin.incident_id)));
}

/* Two incidents, or an incident and one merged into it, can make one name of different ones. */
static bool name_is_taken(struct decision *d, const struct finding *stored,
                          const struct finding_event *event)
{
    struct str from = event->finding.origin.incident_id;
    if (!from.p || str_eq(stored->origin.incident_id, from)) return false;
    d->refused = (struct refused){
        REFUSE_BAD_IDENTIFIER,
        STR("finding_id: another finding of the incident that it was merged into has this name"),
        event->incident_id};
    return true;
}

bool finding_refused(struct decision *d, const struct finding_event *event)
{
    static const struct finding unknown;
    struct entry *entry = state_find(
        d->table, state_finding_key(d->arena, event->incident_id, event->finding.finding_id));
    if (entry && entry->exists && name_is_taken(d, entry->finding, event)) return true;
    if (!lacks_reason(entry && entry->exists ? entry->finding : &unknown, event)) return false;
    d->refused =
        (struct refused){REFUSE_MISSING_FIELD, STR("reason: a dismissal needs a reason, a text"),
                         event->incident_id};
    return true;
}

void finding_take(struct step *step, const struct finding_event *event, bool in_closure)
{
    struct entry *entry = step_finding_entry(step, event->finding.finding_id);
    if (entry->exists && !is_news(step, entry->finding, &event->finding, in_closure)) return;

    struct warnings closure_warnings = step->warnings;
    step->warnings = event->warnings;
    static const struct finding unknown;
    const struct finding *old = entry->exists ? entry->finding : &unknown;
    struct finding *finding =
        entry->exists ? edit(step, entry) : first_sight(step, entry, &event->finding);
    finding->order = order_advance(finding->order, event->finding.order);
    finding->is_inline = finding->is_inline && in_closure;
    unsigned present = event->present;
    if (in_closure && lacks_reason(finding, event)) {
        /* One entry cannot refuse a whole closure: only its dismissal does not count. */
        present &= ~(unsigned)FINDING_STATUS;
        step->warnings =
            finding_join_warnings(step->arena, step->warnings, dismissal_warning(step));
    }
    merge(finding, &event->finding, present);
    take_way(step, finding, &event->finding);
    finding_count(step, finding);

    const struct incident *incident = step->incident;
    if (incident->merged_into.p) {
        /* A closure forwards its findings itself, and all of a finding that it has yet to reach:
         * two parts of it would not be told apart by their order. */
        bool comes = in_closure || closure_will_forward(step, entry);
        finding->orphan_sent = !comes;
        if (!comes) merged_forward(step, finding, &event->finding, event->present);
        tell_of_incident(step, finding);
    } else if (incident->level == LEVEL_UNCONFIRMED) {
        finding->orphan_sent = true;
        tell_of_incident(step, finding);
    } else if (!finding->kind && (incident->phase == PHASE_WAITING || in_closure)) {
        /* Held; a closure releases its findings itself, when all of it is known. */
        hold_warnings(step, finding);
    } else {
        if (!finding->kind) take_held_warnings(step, finding);
        present = duplicate_judge(step, finding, old, present, in_closure);
        follow_up(step, finding, present);
        if (!in_closure) duplicate_doubts_may_end(step, finding, old);
    }
    entry->wake_at = decide_wake_at(step->policy, entry);
    step->warnings = closure_warnings;
}

void finding_release(struct step *step, struct entry *entry)
{
    if (entry->finding->kind) return;
    struct finding *finding = edit(step, entry);
    finding_count(step, finding);
    struct warnings closure_warnings = step->warnings;
    step->warnings = (struct warnings){0};
    take_held_warnings(step, finding);
    follow_up(step, finding, duplicate_judge(step, finding, finding, ~0u, false));
    entry->wake_at = decide_wake_at(step->policy, entry);
    step->warnings = closure_warnings;
}

void finding_hold(struct step *step, struct entry *entry)
{
    if (finding_is_held(entry->finding) && !entry->finding->warnings.n) return;
    struct finding *finding = edit(step, entry);
    finding_count(step, finding);
    take_held_warnings(step, finding);
    tell_of_incident(step, finding);
    duplicate_set_doubt(step, finding, DOUBT_NONE);
    finding->kind = 0;
    finding->sop_task = false;
    finding->orphan_sent = true;
    entry->wake_at = TIME_NONE;
}

static void reprioritize_task(struct step *step, const struct finding *finding, int kind)
{
    struct entry *entry = step_task_entry(step, task_name(step, kind, finding->finding_id));
    if (entry->task->status == STATUS_CLOSED) return;
    const struct task *before;
    struct task *task = task_edit(step, entry, &before);
    task_apply_priority(step, task, severity_of(step, finding), priority_of(step, finding));
    if (task->priority != before->priority && !task->reason.p) task->reason = TASK_RAISED;
    task_changed(step, entry, before);
}

void finding_reprioritize(struct step *step, struct entry *entry)
{
    const struct finding *finding = entry->finding;
    if (!finding->kind) return;
    reprioritize_task(step, finding, finding->kind);
    if (finding->sop_task) reprioritize_task(step, finding, KIND_SOP_UPDATE);
}

ms_t finding_wake_at(const struct policy *policy, const struct finding *finding)
{
    if (finding->kind || finding->orphan_sent || finding->first_seen_at == TIME_NONE)
        return TIME_NONE;
    return deadline_add(&policy->calendar, finding->first_seen_at, policy->orphan_finding_after);
}

/* As its task would show it. */
static const struct finding *with_defaults(struct step *step, const struct finding *finding)
{
    struct finding *shown = arena_copy(step->arena, finding, sizeof *finding);
    shown->severity = severity_of(step, finding);
    shown->category = category_of(finding);
    return shown;
}

void finding_tick(struct step *step, struct entry *entry)
{
    struct finding *finding = edit(step, entry);
    ms_t due = finding_wake_at(step->policy, finding);
    entry->wake_at = TIME_NONE;
    if (step->incident->phase != PHASE_WAITING) {
        /* No orphan: the closure that is under way has yet to reach it. */
        finding->first_seen_at = TIME_NONE;
        return;
    }
    finding->orphan_sent = true;
    struct output *output = step_emit(step, OUTPUT_REMINDER);
    output->at = due;
    struct str waited = reminder_span(step->arena, due - finding->first_seen_at);
    struct str title = reminder_title(step, title_of(step, finding));
    struct str category = category_name(category_of(finding));
    output->reminder = (struct reminder_output){
        .kind = REMINDER_ORPHAN_FINDING,
        .number = ++step->incident->orphans,
        .due_for = due,
        .occurrence = 1, /* the incident has never opened */
        .incident = step->incident,
        .finding = with_defaults(step, finding),
    };
    struct str summary = arena_printf(
        step->arena,
        "Finding %.*s '%.*s' (%.*s) came %.*s ago, and its incident %.*s was never closed",
        STR_ARG(finding->finding_id), STR_ARG(title), STR_ARG(category), STR_ARG(waited),
        STR_ARG(step->incident->incident_id));
    output->reminder.summary = text_clean(step->arena, summary);
    reminder_add(step, &output->reminder, ROLE_RESPONSE_TEAM, step->policy->response_team);
    if (!owner_is_nobody(finding->owner))
        reminder_add(step, &output->reminder, ROLE_OWNER, finding->owner);
}
