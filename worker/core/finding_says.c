/* SPDX-License-Identifier: Apache-2.0 */
/* What a finding says, as its tasks have it: what one is made of, and what of a record is put into it. */
#include "finding_says.h"

#include "reminder.h"
#include "state_key.h"
#include "task_clock.h"

struct str finding_says_name(struct step *step, const struct finding *finding, enum task_kind kind)
{
    return task_name(step, kind,
                     state_finding_part(step->arena, &finding->origin, finding->finding_id));
}

struct str finding_says_title(struct step *step, const struct finding *finding)
{
    if (finding->title.p && finding->title.n) return finding->title;
    return arena_printf(step->arena, "Finding %.*s", STR_ARG(finding->finding_id));
}

/* Two tasks of one finding are told apart in a list. */
static struct str title_of(struct step *step, const struct finding *finding, enum task_kind kind)
{
    struct str title = finding_says_title(step, finding);
    if (kind != KIND_SOP_UPDATE) return title;
    title = reminder_title(step, title);
    return arena_printf(step->arena, "Change the procedures: %.*s", STR_ARG(title));
}

const struct finding *finding_says_shown(struct step *step, const struct finding *finding)
{
    struct finding *shown = arena_copy(step->arena, finding, sizeof *finding);
    shown->severity = rules_severity(step, finding);
    shown->category = finding_category(finding);
    return shown;
}

enum reported_status finding_says_status(const struct finding *finding)
{
    if (!finding->doubt) return finding_status(finding);
    return finding->earlier.n ? finding->earlier.items[0].status : REPORTED_OPEN;
}

struct str finding_says_reason(struct step *step, const struct finding *finding, unsigned present)
{
    if (finding->doubt && finding->earlier.n) return finding->earlier.items[0].reason;
    if (finding->reason.p || finding_says_status(finding) != REPORTED_DUPLICATE)
        return finding->reason;
    struct str other = finding->duplicate_of;
    if (present & FINDING_DUPLICATE_OF) {
        const struct finding *goes_on = step_finding_named(step, other)->finding;
        other = state_task_id(step->arena, step->incident->incident_id,
                              finding_says_name(step, goes_on, rules_kind(step, goes_on)));
    }
    return arena_printf(step->arena, "duplicate of %.*s", STR_ARG(other));
}

struct task_seed finding_says_seed(struct step *step, const struct finding *finding,
                                   enum task_kind kind)
{
    return (struct task_seed){
        .kind = kind,
        .part = state_finding_part(step->arena, &finding->origin, finding->finding_id),
        .finding_id = finding->finding_id,
        .origin = finding->origin,
        .ruling = rules_decide(step, kind, finding),
        .title = title_of(step, finding, kind),
        .description = finding->description,
        .category = finding_category(finding),
        .labels = finding->labels,
        .clock_start = step->cause.at,
        .due_at = TIME_NONE,
    };
}

/* What the policy decides by. */
#define DECIDES \
    ((unsigned)FINDING_CATEGORY | FINDING_SEVERITY | FINDING_LABELS | FINDING_WORK | FINDING_OWNER)

void finding_says_decide(struct step *step, struct task *task, const struct ruling *ruling,
                         unsigned present)
{
    if (present & DECIDES) task_decide_anew(step, task, ruling);
    if ((present & FINDING_OWNER) && !rules_set_owner(ruling)) task->owner = ruling->owner;
}

bool finding_says_resolved_after_all(const struct finding *finding, const struct task *task)
{
    return finding->status == REPORTED_RESOLVED && task->status == STATUS_CLOSED &&
           task->resolution != RESOLUTION_DONE;
}

/* Where it is to be verified it is open for that. */
static void apply_status(struct step *step, struct task *task, const struct finding *finding,
                         enum priority priority)
{
    enum reported_status status = finding_says_status(finding);
    if (finding_says_resolved_after_all(finding, task)) {
        if (step->policy->verification[priority])
            task_apply_status(step, task, REPORTED_OPEN);
        else
            status = REPORTED_VERIFIED;
    }
    task_apply_status(step, task, status);
}

void finding_says_apply(struct step *step, struct task *task, const struct finding *finding,
                        unsigned present)
{
    if (present & FINDING_TITLE) task->title = title_of(step, finding, task->kind);
    if (present & FINDING_DESCRIPTION) task->description = finding->description;
    const struct ruling ruling = rules_decide(step, task->kind, finding);
    if (present & FINDING_CATEGORY) task->category = finding_category(finding);
    if (present & FINDING_GROUPS) task->participants = ruling.participants;
    if (present & FINDING_LABELS) task->labels = finding->labels;
    finding_says_decide(step, task, &ruling, present);
    if (task->kind == KIND_SOP_UPDATE) return; /* its own life: status, dates and tracker */
    if (present & (FINDING_CATEGORY | FINDING_WORK)) task->policy_rule = ruling.rule;
    if (present & FINDING_TRACKER) task->tracker = finding->tracker;
    const struct task before = *task;
    if (present & FINDING_ACCEPTED_UNTIL) task->accepted_until = finding->accepted_until;
    if (present & FINDING_ACCEPTED_BY) task->accepted_by = finding->accepted_by;
    if (present & FINDING_STATUS) apply_status(step, task, finding, ruling.priority);
    /* A date that was given stays; one that is past does not fit a second life. */
    bool again = task->occurrence > before.occurrence && finding->due_at > step->at;
    if ((present & FINDING_DUE_AT) || again) task_apply_due_at(step, task, finding->due_at);
    if (present & FINDING_SNOOZED_UNTIL) task_apply_snooze(step, task, finding->snoozed_until);
    bool ends = task->resolution && task->resolution != before.resolution;
    bool points = (present & FINDING_DUPLICATE_OF) && task->resolution && !finding->doubt;
    if ((present & FINDING_REASON) || ends || points)
        task->reason = finding_says_reason(step, finding, present);
    else if ((present & FINDING_STATUS) && task_has_other_status(&before, task))
        task->reason = STR_NONE;
}
