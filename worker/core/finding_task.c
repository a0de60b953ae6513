/* SPDX-License-Identifier: Apache-2.0 */
/* The tasks of a finding: how they are made, follow it, and go with it to another incident. */
#include "finding_task.h"

#include "closing.h"
#include "deadline.h"
#include "finding_says.h"
#include "followup.h"
#include "forward.h"
#include "state_key.h"
#include "task_arrive.h"
#include "task_clock.h"

/* The entry of its task of this kind, which need not exist. */
static struct entry *entry_of(struct step *step, const struct finding *finding, enum task_kind kind)
{
    return step_task_entry(step, finding_says_name(step, finding, kind));
}

static void update_task(struct step *step, enum task_kind kind, const struct finding *finding,
                        unsigned present)
{
    struct entry *entry = entry_of(step, finding, kind);
    const struct task *before;
    struct task *task = task_edit(step, entry, &before);
    finding_says_apply(step, task, finding, present);
    task_changed(step, entry, before);
}

static void create_task(struct step *step, const struct finding *finding, enum task_kind kind)
{
    struct task_seed seed = finding_says_seed(step, finding, kind);
    seed.tracker = finding->tracker;
    seed.due_at = finding->due_at;
    if (finding_says_status(finding) <= REPORTED_BLOCKED)
        seed.reason = finding_says_reason(step, finding, 0);
    task_create(step, &seed);
}

/* Opens a task again that another kind had superseded, or that was put aside with its incident.
 * What a tracker or a person made of it stays where the finding says nothing; wherever its work had
 * gone to, it is here again. */
static void reactivate(struct step *step, struct entry *entry, const struct finding *finding,
                       unsigned present)
{
    present |= ~(unsigned)FINDING_DUPLICATE_OF;
    present &= ~(unsigned)FINDING_STATUS;
    if (!finding->tracker.key.p) present &= ~(unsigned)FINDING_TRACKER;
    if (owner_is_nobody(finding->owner)) present &= ~(unsigned)FINDING_OWNER;
    const struct task *before;
    struct task *task = task_edit(step, entry, &before);
    if (finding->due_at <= step->at) present &= ~(unsigned)FINDING_DUE_AT;
    task->moved_to = STR_NONE;
    task_apply_status(step, task, finding_task_is_ended(finding) ? finding->status : REPORTED_OPEN);
    finding_says_apply(step, task, finding, present);
    task_changed(step, entry, before);
}

/* It says of its work no more than a new task has: that it is open. */
static bool says_it_is_new(const struct finding *finding)
{
    return finding_says_status(finding) <= REPORTED_OPEN && !finding->reason.p &&
           finding->snoozed_until == TIME_NONE && finding->accepted_until == TIME_NONE &&
           !finding->accepted_by.p;
}

/* Gives the finding its task of this kind. `moved`: it had one of another kind just now. */
static void open_task(struct step *step, const struct finding *finding, enum task_kind kind,
                      bool moved, unsigned present)
{
    struct entry *entry = entry_of(step, finding, kind);
    bool is_new = !entry->exists;
    if (is_new)
        create_task(step, finding, kind);
    else if (moved || task_is_put_aside(entry->task))
        reactivate(step, entry, finding, present);
    else
        return; /* it was closed before its incident was put aside */
    if (is_new && says_it_is_new(finding)) return;
    /* `created` says open, always; how far the work is already is the next version. */
    const struct task *before;
    struct task *task = task_edit(step, entry, &before);
    task->accepted_until = finding->accepted_until;
    task->accepted_by = finding->accepted_by;
    enum reported_status status = finding_says_status(finding);
    if (status > REPORTED_OPEN) task_apply_status(step, task, status);
    task_apply_snooze(step, task, finding->snoozed_until);
    task->reason = finding_says_reason(step, finding, present);
    task_changed(step, entry, before);
}

static void open_sop_update(struct step *step, const struct finding *finding)
{
    struct entry *entry = entry_of(step, finding, KIND_SOP_UPDATE);
    if (!entry->exists) {
        struct task_seed seed = finding_says_seed(step, finding, KIND_SOP_UPDATE);
        task_create(step, &seed);
    } else if (task_is_put_aside(entry->task)) {
        const struct task *before;
        task_apply_status(step, task_edit(step, entry, &before), REPORTED_OPEN);
        task_changed(step, entry, before);
    }
}

#define END (FINDING_STATUS | FINDING_ACCEPTED_UNTIL | FINDING_ACCEPTED_BY)

/* Judged by the priority and the owner that the task has after the record: else who makes it urgent
 * in the same breath would be asked for no more than before. */
static struct claim claim_of(struct step *step, const struct finding *finding,
                             const struct task *task, unsigned present)
{
    enum task_kind kind = rules_kind(step, finding);
    const struct ruling ruling = rules_decide(step, kind, finding);
    struct task decided = {.priority = ruling.priority, .owner = ruling.owner};
    if (task && task->kind == kind) {
        decided = *task;
        finding_says_decide(step, &decided, &ruling, present);
    }
    return (struct claim){
        .task = task,
        .status = finding_status(finding),
        .kind = kind,
        .has_evidence = task && task->evidence.n,
        .priority = decided.priority,
        .owner = decided.owner,
        .by = finding->status_by,
        .has_reason = finding->reason.n,
        .accepted_until = finding->accepted_until,
        .accepted_by = finding->accepted_by,
    };
}

/* What counts of the end that it says is what it says; where that is nothing, its status stays as it
 * was. `task`: that it has; NULL: none yet. Returns the status that was not taken. */
static enum reported_status judge_end(struct step *step, struct finding *finding,
                                      const struct task *task, const struct finding *was,
                                      unsigned *present)
{
    if (!(*present & END)) return reported_status_none;
    /* What was wanting is said now. */
    if (!(*present & FINDING_STATUS) && task && task->refused) {
        finding->status = task->refused;
        *present |= FINDING_STATUS;
    }
    struct claim claim = claim_of(step, finding, task, *present);
    bool says_until = !task || (*present & FINDING_ACCEPTED_UNTIL);
    bool says_by = !task || (*present & FINDING_ACCEPTED_BY);
    closing_accept(step, &claim, says_until, says_by);
    /* What its task was told before is the finding's where that is closed by it. */
    bool is_accepted = claim.status == REPORTED_WONT_FIX;
    if (says_until || is_accepted) finding->accepted_until = claim.accepted_until;
    if (says_by || is_accepted) finding->accepted_by = claim.accepted_by;
    if (!(*present & FINDING_STATUS)) return reported_status_none;
    /* It is about to be closed anew. */
    if (task && finding_says_resolved_after_all(finding, task)) claim.task = NULL;
    finding->status = closing_judge(step, &claim);
    if (finding->status) return reported_status_none;
    finding->status = was->status;
    if (!finding->reason.p) finding->reason = was->reason;
    *present &= ~(unsigned)FINDING_STATUS;
    return claim.status;
}

static void note_refused(struct step *step, const struct finding *finding,
                         enum reported_status refused)
{
    if (!refused) return;
    struct entry *entry = entry_of(step, finding, finding->kind);
    const struct task *before;
    struct task *task = task_edit(step, entry, &before);
    task_note_refused(step, task, refused);
    task_changed(step, entry, before);
}

const struct task *finding_task_of(struct step *step, const struct finding *finding)
{
    if (!finding->kind) return NULL;
    return entry_of(step, finding, finding->kind)->task;
}

struct owner finding_task_owner(struct step *step, const struct finding *finding)
{
    if (finding->carried.n) return finding->carried.items[0].owner;
    const struct task *task = finding_task_of(step, finding);
    return task ? task->owner : finding->owner;
}

struct str finding_task_said_by(struct step *step, const struct finding *finding)
{
    enum task_kind kind = rules_kind(step, finding);
    bool is_back = entry_of(step, finding, kind)->exists;
    return is_back && !finding_task_is_ended(finding) ? STR_NONE : finding->status_by;
}

static void withdraw_sop_update(struct step *step, const struct finding *finding)
{
    task_close(step, entry_of(step, finding, KIND_SOP_UPDATE), RESOLUTION_SUPERSEDED,
               STR("its finding asks for no change of the procedures any more"));
}

/* Warnings that no event has carried yet, and what a finding asks for beside its own task. `is_new`:
 * no work of a process category was known of it here. */
static void finish_follow_up(struct step *step, struct finding *finding, unsigned present,
                             bool is_new)
{
    if (step->warnings.n) task_tell_warnings(step, entry_of(step, finding, finding->kind));
    if (finding->sop_task && !finding->sop_change)
        withdraw_sop_update(step, finding);
    else if (finding->sop_task)
        update_task(step, KIND_SOP_UPDATE, finding, present);
    else if (finding->sop_change)
        open_sop_update(step, finding);
    finding->sop_task = finding->sop_change;
    /* From now on the task knows it. */
    finding->earlier = (struct told_status_list){NULL, 0};
    finding->refused = reported_status_none;
    if (!finding_task_is_process(finding)) return;
    if (is_new)
        followup_review_finding(step, finding->finding_id);
    else
        followup_need_stakeholders(step);
}

bool finding_task_is_process(const struct finding *finding)
{
    return category_is_process(finding_category(finding));
}

/* The same of the task that it has had here, though it was put aside since. */
static bool was_process(struct step *step, const struct finding *finding)
{
    const struct entry *entry = entry_of(step, finding, rules_kind(step, finding));
    return entry->exists && category_is_process(entry->task->category);
}

enum reported_status finding_task_judge(struct step *step, struct finding *finding,
                                        const struct finding *was, unsigned *present)
{
    return judge_end(step, finding, finding_task_of(step, finding), was, present);
}

void finding_task_follow_up(struct step *step, struct finding *finding, const struct finding *was,
                            unsigned present, enum reported_status refused)
{
    enum task_kind old = finding->kind;
    bool is_new = finding_task_is_process(finding) &&
                  (old ? !finding_task_is_process(was) : !was_process(step, finding));
    finding->kind = rules_kind(step, finding);
    if (old == finding->kind) {
        update_task(step, old, finding, present);
    } else {
        struct str now = task_kind_name(finding->kind);
        if (old)
            task_close(step, entry_of(step, finding, old), RESOLUTION_SUPERSEDED,
                       arena_printf(step->arena, "now a %.*s", STR_ARG(now)));
        open_task(step, finding, finding->kind, old, present);
    }
    note_refused(step, finding, refused);
    finish_follow_up(step, finding, present, is_new);
}

/* ---- on the way from one incident to another ---- */

/* Whether it counts as a duplicate is asked where it is followed up, for here the other one need not
 * be known: till then its work is open, unless it was closed as one of that other one already. */
static unsigned unchecked(const struct finding *finding, const struct finding *was,
                          const struct task *task, unsigned present)
{
    bool names_another = task->resolution == RESOLUTION_DUPLICATE &&
                         !str_eq(finding->duplicate_of, was->duplicate_of);
    return names_another ? present | FINDING_STATUS : present & ~(unsigned)FINDING_STATUS;
}

void finding_task_say(struct step *step, struct finding *finding, const struct finding *was,
                      unsigned present)
{
    size_t n = finding->carried.n;
    enum reported_status refused =
        judge_end(step, finding, &finding->carried.items[0], was, &present);
    struct finding said = *finding;
    if (said.status == REPORTED_DUPLICATE) said.doubt = DOUBT_UNCHECKED;
    struct task *tasks = arena_copy(step->arena, finding->carried.items, n * sizeof *tasks);
    for (size_t i = 0; i < n; i++)
        finding_says_apply(step, &tasks[i], &said,
                           said.doubt ? unchecked(&said, was, &tasks[i], present) : present);
    if (refused) task_note_refused(step, &tasks[0], refused);
    finding->carried.items = tasks;
}

struct str finding_task_id_in(struct step *step, struct str incident_id,
                              const struct finding *finding, enum task_kind kind)
{
    struct arena *arena = step->arena;
    struct origin origin = forward_identity(step, finding);
    struct origin there = str_eq(incident_id, origin.incident_id) ? finding_none.origin : origin;
    struct str part = state_finding_part(arena, &there, origin.finding_id);
    return state_task_id(arena, incident_id,
                         arena_join(arena, task_kind_name(kind), STR("/"), part));
}

/* One of its tasks as it goes along. What was closed with an incident that was none is open again. */
static struct task carried(struct step *step, const struct finding *finding,
                           const struct task *task)
{
    struct task copy = *task;
    copy.moved_from = state_task_id(step->arena, task->incident_id, task->name);
    if (!finding->kind && task_is_put_aside(task) && !finding_task_is_ended(finding))
        task_apply_status(step, &copy, REPORTED_OPEN);
    return copy;
}

void finding_task_leave(struct step *step, struct finding *finding, struct str to,
                        enum resolution resolution)
{
    enum task_kind kinds[] = {finding->kind ? finding->kind : rules_kind(step, finding),
                              KIND_SOP_UPDATE};
    struct task *tasks = arena_alloc(step->arena, 2 * sizeof *tasks);
    size_t n = 0;
    if (finding->carried.n) return; /* it was held */
    struct str reason = arena_printf(
        step->arena, resolution == RESOLUTION_DUPLICATE ? "merged into %.*s" : "goes on in %.*s",
        STR_ARG(to));
    for (size_t i = 0; i < 2; i++) {
        struct entry *entry = entry_of(step, finding, kinds[i]);
        if (!entry->exists || entry->task->moved_to.p) continue;
        task_settle(step, entry, step->cause.at);
        step->at = time_later(step->cause.at, entry->task->updated_at);
        tasks[n++] = carried(step, finding, entry->task);
        task_leave(step, entry, resolution, finding_task_id_in(step, to, finding, kinds[i]),
                   reason);
    }
    finding->carried = (struct task_list){tasks, n};
}

void finding_task_come(struct step *step, struct finding *finding, unsigned present)
{
    const struct task_list tasks = finding->carried;
    bool is_new = finding_task_is_process(finding) && !was_process(step, finding);
    finding->carried = (struct task_list){NULL, 0};
    finding->kind = rules_kind(step, finding);
    bool has_work = false;
    for (size_t i = 0; i < tasks.n; i++) {
        bool is_sop = tasks.items[i].kind == KIND_SOP_UPDATE;
        struct task_seed seed =
            finding_says_seed(step, finding, is_sop ? KIND_SOP_UPDATE : finding->kind);
        struct entry *entry = task_arrive(step, &seed, &tasks.items[i]);
        task_tell_warnings(step, entry);
        finding->sop_task |= is_sop;
        has_work |= !is_sop;
    }
    if (!has_work) open_task(step, finding, finding->kind, task_kind_none, present);
    finish_follow_up(step, finding, 0, is_new);
}

void finding_task_settle(struct step *step, const struct finding *finding, enum doubt old)
{
    struct entry *entry = entry_of(step, finding, finding->kind);
    /* What has counted and is in doubt now is open again; else what a tracker made of it stays. */
    if (!finding->doubt || old == DOUBT_MOVED) {
        const struct task *before;
        struct task *task = task_edit(step, entry, &before);
        task_apply_status(step, task, finding_says_status(finding));
        task->reason = finding_says_reason(step, finding, FINDING_DUPLICATE_OF);
        task_changed(step, entry, before);
    }
    task_tell_warnings(step, entry);
}

static void note_why(struct task *task, const struct task *before, struct str why)
{
    bool is_free = !task->reason.p || task_is_said_once(task->reason);
    if (why.p && task->priority != before->priority && is_free) task->reason = why;
}

/* `why`: absent, or what it is raised for. */
static void decide_anew(struct step *step, const struct finding *finding, enum task_kind kind,
                        struct str why)
{
    struct entry *entry = entry_of(step, finding, kind);
    if (entry->task->status == STATUS_CLOSED) return;
    const struct task *before;
    struct task *task = task_edit(step, entry, &before);
    const struct ruling ruling = rules_decide(step, kind, finding);
    task_decide_anew(step, task, &ruling);
    note_why(task, before, why);
    task_changed(step, entry, before);
}

void finding_task_note_recurrence(struct step *step, const struct finding *finding)
{
    if (!finding->kind) return;
    struct entry *entry = entry_of(step, finding, finding->kind);
    const struct task *before;
    task_edit(step, entry, &before)->recurrences++;
    task_changed(step, entry, before);
}

/* From what it has, not from what it would get here: a merge may have brought that (R4.186), and its
 * cause may be seen again before it comes or after. */
static void raise(struct step *step, struct entry *entry, struct str why)
{
    if (entry->task->status == STATUS_CLOSED || entry->task->priority == PRIORITY_P1) return;
    const struct task *before;
    struct task *task = task_edit(step, entry, &before);
    task_rise(step, task, before->priority - 1);
    note_why(task, before, why);
    task_changed(step, entry, before);
}

void finding_task_raise(struct step *step, const struct finding *finding, struct str why)
{
    raise(step, entry_of(step, finding, finding->kind), why);
    if (finding->sop_task) raise(step, entry_of(step, finding, KIND_SOP_UPDATE), why);
}

void finding_task_decide_anew(struct step *step, struct entry *entry)
{
    const struct finding *finding = entry->finding;
    /* But for its level, and its severity where they have none, it is by rules alone that an incident
     * decides about findings. */
    unsigned changes = step->incident->cursor.changes;
    bool is_rated = changes & CHANGE_RAISED || (changes & CHANGE_SEVERITY && !finding->severity);
    if (!finding->kind || (!is_rated && !step->policy->rules_n)) return;
    struct str why = changes & CHANGE_RAISED ? TASK_RAISED : STR_NONE;
    decide_anew(step, finding, finding->kind, why);
    if (finding->sop_task) decide_anew(step, finding, KIND_SOP_UPDATE, why);
}

/* "2026-11-27", the day of the calendar. */
static struct str date_of(struct step *step, ms_t at)
{
    char text[TIMESTAMP_TEXT];
    timestamp_format(calendar_local(&step->policy->calendar, at), text);
    return arena_str(step->arena, (struct str){text, sizeof "2026-11-27" - 1});
}

static struct str acceptance_ended(struct step *step, const struct task *task)
{
    struct str date = date_of(step, task->accepted_until);
    const char *by = task->accepted_by.p ? " by " : "";
    return arena_printf(step->arena, "the risk was accepted%s%.*s until %.*s", by,
                        STR_ARG(task->accepted_by), STR_ARG(date));
}

static void forget_acceptance(struct finding *finding)
{
    if (finding_task_is_ended(finding)) finding->status = REPORTED_OPEN;
    finding->accepted_until = TIME_NONE;
    finding->accepted_by = finding->reason = finding->status_by = STR_NONE;
}

void finding_task_end_acceptance(struct step *step, struct entry *entry)
{
    struct str why = acceptance_ended(step, entry->task);
    struct cause tick = step->cause;
    step->cause = (struct cause){.at = entry->task->accepted_until};
    const struct task *before;
    struct task *task = task_edit(step, entry, &before);
    task_apply_status(step, task, REPORTED_OPEN);
    task->reason = why;
    task_changed(step, entry, before);
    step->cause = tick;
    if (!task_kind_is_finding_work(task->kind)) return;
    struct entry *holder = step_finding_entry(step, &task->origin, task->finding_id);
    struct finding *finding = arena_copy(step->arena, holder->finding, sizeof *finding);
    forget_acceptance(finding);
    holder->finding = finding;
    step_touch(step, holder);
}

void finding_task_end_held(struct step *step, struct finding *finding, struct task *task)
{
    ms_t until = task_acceptance_ends(task), at = step->at;
    if (until == TIME_NONE || until > step->cause.at) return;
    struct str why = acceptance_ended(step, task);
    step->at = until;
    task_apply_status(step, task, REPORTED_OPEN);
    step->at = at;
    task->reason = why;
    if (task_kind_is_finding_work(task->kind)) forget_acceptance(finding);
}
