/* SPDX-License-Identifier: Apache-2.0 */
/* The tasks of the incident itself: postmortem and its parts, evaluation, stakeholders, parties. */
#include "followup.h"

#include "common/text.h"
#include "incident.h"
#include "reminder.h"

struct task_seed followup_seed(struct step *step, enum task_kind kind, struct str title)
{
    const struct incident *incident = step->incident;
    return (struct task_seed){
        .kind = kind,
        .ruling = rules_decide(step, kind, NULL),
        .title = title,
        .labels = incident->labels,
        .clock_start = step->cause.at,
        .due_at = TIME_NONE,
    };
}

struct str followup_title(struct step *step, const char *what)
{
    const struct incident *incident = step->incident;
    struct str title = reminder_title(step, incident->title);
    struct str text =
        arena_printf(step->arena, "%s %.*s%s%.*s", what, STR_ARG(incident->incident_id),
                     title.n ? ": " : "", STR_ARG(title));
    return text_clean(step->arena, text);
}

static bool was_made(const struct incident *incident, enum task_kind kind)
{
    return incident->made >> kind & 1;
}

static struct entry *entry_of(struct step *step, enum task_kind kind)
{
    return step_task_entry(step, task_name(step, kind, STR_NONE));
}

static void create(struct step *step, enum task_kind kind, const char *what, struct str description)
{
    struct task_seed seed = followup_seed(step, kind, followup_title(step, what));
    seed.description = description;
    step->incident->made |= 1u << kind;
    task_create(step, &seed);
}

static void reopen(struct step *step, struct entry *entry, struct str description, struct str why)
{
    const struct task *before;
    struct task *task = task_edit(step, entry, &before);
    if (task->aside && task->resolution == RESOLUTION_DUPLICATE)
        task_go_on(step, task); /* its incident was merged */
    else
        task_apply_status(step, task, REPORTED_OPEN);
    task->description = description;
    task->reason = why;
    task_changed(step, entry, before);
}

/* Makes an incident-level task once; one that was put aside goes on when the incident is back. */
static void make(struct step *step, enum task_kind kind, const char *what, struct str description)
{
    if (was_made(step->incident, kind) && !step->is_resumed) return;
    struct entry *entry = entry_of(step, kind);
    if (!entry->exists)
        create(step, kind, what, description);
    else if (entry->task->aside)
        reopen(step, entry, description, STR_NONE);
}

/* Keeps a task that asks for something missing: made while it is, its description up to date, and
 * closed when it has come. */
static void want(struct step *step, enum task_kind kind, const char *what, bool missing,
                 struct str description)
{
    if (missing) make(step, kind, what, description);
    struct entry *entry = entry_of(step, kind);
    if (!entry->exists || entry->task->status == STATUS_CLOSED) return;
    if (!missing) {
        task_close(step, entry, RESOLUTION_DONE, STR_NONE);
        return;
    }
    const struct task *before;
    task_edit(step, entry, &before)->description = description;
    task_changed(step, entry, before);
}

static void want_summary(struct step *step, const struct closure *closure)
{
    const char *evidence = closure->evidence.n ? "" : " evidence,";
    const char *response = closure->response.n ? "" : " response,";
    const char *takeaways = closure->takeaways.n ? "" : " takeaways,";
    bool missing = *evidence || *response || *takeaways;
    struct str lacks = arena_printf(step->arena, "The technical summary lacks:%s%s%s", evidence,
                                    response, takeaways);
    lacks.n--; /* the last comma */
    want(step, KIND_TECHNICAL_SUMMARY, "Complete the technical summary of", missing, lacks);
}

static void want_evaluation(struct step *step, const struct closure *closure)
{
    const char *what = closure->sufficient ? "complete"
                       : closure->complete ? "sufficient"
                                           : "sufficient and complete";
    want(step, KIND_RESPONSE_EVALUATION, "Evaluate the response to",
         !closure->sufficient || !closure->complete,
         arena_printf(step->arena, "Say whether the response was %s.", what));
    if (closure->sufficient == TRI_FALSE || closure->complete == TRI_FALSE)
        followup_need_stakeholders(step);
}

#define REVIEW "Stakeholder review of"
#define REVIEW_ASKS                                                                            \
    STR("Evaluate the improvements with everybody they concern, and decide which go into the " \
        "standard procedures.")

void followup_need_stakeholders(struct step *step)
{
    make(step, KIND_STAKEHOLDER_REVIEW, REVIEW, REVIEW_ASKS);
}

bool followup_review_is_over(const struct incident *incident)
{
    return was_made(incident, KIND_STAKEHOLDER_REVIEW) && !incident->review_open &&
           !incident_is_put_aside(incident);
}

void followup_review_finding(struct step *step, struct str finding_id)
{
    if (!followup_review_is_over(step->incident)) {
        followup_need_stakeholders(step);
        return;
    }
    struct entry *entry = entry_of(step, KIND_STAKEHOLDER_REVIEW);
    if (!entry->exists) /* it went with what retention has deleted */
        create(step, KIND_STAKEHOLDER_REVIEW, REVIEW, REVIEW_ASKS);
    else if (entry->task->status == STATUS_CLOSED)
        reopen(step, entry, REVIEW_ASKS,
               arena_printf(step->arena, "finding %.*s came after it was closed",
                            STR_ARG(finding_id)));
    step->incident->review_open = true; /* older versions did not say so */
}

void followup_make(struct step *step, const struct closure *closure)
{
    if (step->incident->level == LEVEL_FULL) {
        make(step, KIND_POSTMORTEM, "Hold the full postmortem of", STR_NONE);
        want(step, KIND_SEQUENCE_OF_EVENTS, "Write the sequence of events of",
             closure->timeline.n < 2, STR("The timeline has fewer than two entries."));
        want_summary(step, closure);
        make(step, KIND_FINDINGS_REPORT, "Write the findings report for", STR_NONE);
    }
    want_evaluation(step, closure);
}

void followup_update(struct step *step, struct entry *entry)
{
    const struct incident *incident = step->incident;
    const struct task *before = entry->task;
    if (before->finding_id.p || before->status == STATUS_CLOSED) return;
    struct task *task = task_edit(step, entry, &before);
    const struct ruling ruling = rules_of(step, task);
    task_decide_anew(step, task, &ruling);
    task->labels = incident->labels;
    if ((incident->cursor.changes & CHANGE_OWNER) && !rules_set_owner(&ruling))
        task->owner = ruling.owner;
    task_changed(step, entry, before);
}
