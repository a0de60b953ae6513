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

#define REVIEW_ASKS                                                                        \
    "Evaluate the improvements with everybody they concern, and decide which go into the " \
    "standard procedures."

static bool was_made(const struct incident *incident, enum task_kind kind)
{
    return incident->made >> kind & 1;
}

static struct entry *entry_of(struct step *step, enum task_kind kind)
{
    return step_task_entry(step, task_name(step, kind, STR_NONE));
}

/* What a task asks for, of which some may be there already. */
struct wanted {
    const char *what; /* of its title */
    struct str description;
    struct evaluation evaluation;
};

static void create(struct step *step, enum task_kind kind, const struct wanted *wanted)
{
    struct task_seed seed = followup_seed(step, kind, followup_title(step, wanted->what));
    seed.description = wanted->description;
    seed.evaluation = wanted->evaluation;
    step->incident->made |= 1u << kind;
    task_create(step, &seed);
}

static void reopen(struct step *step, struct entry *entry, const struct wanted *wanted,
                   struct str why)
{
    const struct task *before;
    struct task *task = task_edit(step, entry, &before);
    if (task->aside && task->resolution == RESOLUTION_DUPLICATE) {
        task_go_on(step, task); /* its incident was merged */
    } else {
        task_apply_status(step, task, REPORTED_OPEN);
        task->evaluation = wanted->evaluation;
    }
    task->description = wanted->description;
    task->reason = why;
    task_changed(step, entry, before);
}

/* Makes an incident-level task once; one that was put aside goes on when the incident is back. */
static void make(struct step *step, enum task_kind kind, const struct wanted *wanted)
{
    if (was_made(step->incident, kind) && !step->is_resumed) return;
    struct entry *entry = entry_of(step, kind);
    if (!entry->exists)
        create(step, kind, wanted);
    else if (entry->task->aside)
        reopen(step, entry, wanted, STR_NONE);
}

/* Keeps a task that asks for something missing: made while it is, its description up to date, and
 * closed when it has come. */
static void want(struct step *step, enum task_kind kind, const struct wanted *wanted, bool missing)
{
    if (missing) make(step, kind, wanted);
    struct entry *entry = entry_of(step, kind);
    if (!entry->exists || entry->task->status == STATUS_CLOSED) return;
    if (!missing) {
        task_close(step, entry, RESOLUTION_DONE, STR_NONE);
        return;
    }
    const struct task *before;
    task_edit(step, entry, &before)->description = wanted->description;
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
    const struct wanted wanted = {"Complete the technical summary of", lacks, {0}};
    want(step, KIND_TECHNICAL_SUMMARY, &wanted, missing);
}

static void want_sequence(struct step *step, const struct closure *closure)
{
    const struct wanted wanted = {
        "Write the sequence of events of", STR("The timeline has fewer than two entries."), {0}};
    want(step, KIND_SEQUENCE_OF_EVENTS, &wanted, closure->timeline.n < 2);
}

struct str followup_question(struct step *step, struct evaluation evaluation)
{
    const char *what = evaluation.sufficient ? "complete"
                       : evaluation.complete ? "sufficient"
                                             : "sufficient and complete";
    return arena_printf(step->arena, "Say whether the response was %s.", what);
}

/* What a closure answers otherwise than the one before takes the place of what was answered; of a task
 * that is done it corrects that. What it has always said is no news of what was told of the task. */
static void take_answers(struct step *step, struct entry *entry, struct evaluation said)
{
    bool is_news = step->incident->cursor.changes & CHANGE_EVALUATION;
    bool is_open = entry->task->status != STATUS_CLOSED;
    if (!is_open && !(is_news && task_is_done(entry->task))) return;
    const struct task *before;
    struct task *task = task_edit(step, entry, &before);
    if (is_news && (is_open || said.sufficient)) task->evaluation.sufficient = said.sufficient;
    if (is_news && (is_open || said.complete)) task->evaluation.complete = said.complete;
    if (is_open && evaluation_is_answered(task->evaluation)) {
        task_apply_status(step, task, REPORTED_VERIFIED);
        task->reason = STR_NONE;
    } else if (is_open) {
        task->description = followup_question(step, task->evaluation);
    }
    task_changed(step, entry, before);
}

static void want_evaluation(struct step *step, const struct closure *closure)
{
    /* Its note may be as long as a record: it stays in the closure. */
    const struct evaluation said = {closure->sufficient, closure->complete, STR_NONE};
    const struct wanted wanted = {"Evaluate the response to", followup_question(step, said), said};
    if (!evaluation_is_answered(said)) make(step, KIND_RESPONSE_EVALUATION, &wanted);
    struct entry *entry = entry_of(step, KIND_RESPONSE_EVALUATION);
    if (entry->exists) take_answers(step, entry, said);
    if (evaluation_finds_fault(said)) followup_need_stakeholders(step);
}

static const struct wanted review = {
    "Stakeholder review of",
    {REVIEW_ASKS, sizeof REVIEW_ASKS - 1},
    {0},
};

void followup_need_stakeholders(struct step *step)
{
    make(step, KIND_STAKEHOLDER_REVIEW, &review);
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
        create(step, KIND_STAKEHOLDER_REVIEW, &review);
    else if (entry->task->status == STATUS_CLOSED)
        reopen(step, entry, &review,
               arena_printf(step->arena, "finding %.*s came after it was closed",
                            STR_ARG(finding_id)));
    step->incident->review_open = true; /* older versions did not say so */
}

void followup_make(struct step *step, const struct closure *closure)
{
    if (step->incident->level == LEVEL_FULL) {
        make(step, KIND_POSTMORTEM, &(struct wanted){.what = "Hold the full postmortem of"});
        want_sequence(step, closure);
        want_summary(step, closure);
        make(step, KIND_FINDINGS_REPORT, &(struct wanted){.what = "Write the findings report for"});
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
