/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a finding that is held says of its end. Whether a risk is accepted, or a duplicate counts, is known
 * with its task; where it does not, the task is as what was said before has left it.
 */
#include "finding_held.h"

#include "closing.h"
#include "finding_task.h"

/* Whether it may turn out not to count; of what is done only where it is to be shown. */
static bool may_not_count(enum reported_status status)
{
    return status >= REPORTED_RESOLVED && status != REPORTED_DISMISSED;
}

/* Of each status the last is enough. */
static void keep_earlier(struct step *step, struct finding *finding, const struct finding *was)
{
    const struct told_status_list old = finding->earlier;
    if (finding->status == was->status) return;
    finding->earlier = (struct told_status_list){NULL, 0};
    if (!may_not_count(finding->status)) return;
    struct told_status *kept = arena_alloc(step->arena, (old.n + 1) * sizeof *kept);
    size_t n = 0;
    for (size_t i = 0; i < old.n; i++)
        if (old.items[i].status != finding->status) kept[n++] = old.items[i];
    if (was->status > REPORTED_OPEN)
        kept[n++] = (struct told_status){was->status, was->reason, was->status_by};
    finding->earlier = (struct told_status_list){kept, n};
}

/* A risk that was accepted till a time that is over is none at any priority. */
static bool is_past(struct step *step, const struct finding *finding)
{
    struct claim claim = {
        .status = finding->status,
        .has_reason = finding->reason.n,
        .accepted_until = finding->accepted_until,
        .accepted_by = finding->accepted_by,
    };
    if (claim.status != REPORTED_WONT_FIX) return false;
    closing_accept(step, &claim, true, true);
    if (claim.is_past) closing_judge(step, &claim);
    return claim.is_past;
}

void finding_held_say(struct step *step, struct finding *finding, const struct finding *was,
                      unsigned present)
{
    if (finding->carried.n) {
        finding_task_say(step, finding, was, present);
        return;
    }
    if (!(present & FINDING_STATUS)) return;
    finding->refused = reported_status_none;
    if (is_past(step, finding)) {
        finding->refused = REPORTED_WONT_FIX;
        finding->status = was->status;
        finding->status_by = was->status_by;
        finding->reason = was->reason;
        finding->accepted_until = was->accepted_until;
        finding->accepted_by = was->accepted_by;
    }
    keep_earlier(step, finding, was);
}

static void take_earlier(struct finding *finding)
{
    const struct told_status *earlier = &finding->earlier.items[--finding->earlier.n];
    finding->status = earlier->status;
    finding->reason = earlier->reason;
    finding->status_by = earlier->by;
}

/* Whether it was accepted meanwhile till a time that is over: it is open again (R4.203). */
static bool is_over(const struct step *step, const struct finding *finding,
                    enum reported_status status)
{
    return status == REPORTED_WONT_FIX && finding->accepted_until != TIME_NONE &&
           finding->accepted_until <= step->cause.at;
}

static void end_acceptances(struct step *step, struct finding *finding)
{
    struct told_status_list *earlier = &finding->earlier;
    earlier->items = arena_copy(step->arena, earlier->items, earlier->n * sizeof *earlier->items);
    for (size_t i = 0; i < earlier->n; i++)
        if (is_over(step, finding, earlier->items[i].status))
            earlier->items[i] = (struct told_status){.status = REPORTED_OPEN};
}

/* What counts of its status, or of the last before it that does: leaves in `earlier` those before that one.
 * Returns the status that was not taken. */
static enum reported_status judge(struct step *step, struct finding *finding, unsigned *present)
{
    bool ends = is_over(step, finding, finding->status);
    *present = ~0u;
    enum reported_status refused = finding_task_judge(step, finding, &finding_none, present);
    if (!refused || ends || !finding->earlier.n) return refused;
    take_earlier(finding);
    judge(step, finding, present);
    return refused;
}

enum reported_status finding_held_judge(struct step *step, struct finding *finding,
                                        unsigned *present)
{
    end_acceptances(step, finding);
    enum reported_status refused = judge(step, finding, present);
    return refused ? refused : finding->refused;
}

void finding_held_doubt(struct step *step, struct finding *finding)
{
    if (!finding->earlier.n) return;
    struct finding said = *finding;
    unsigned present;
    take_earlier(&said);
    judge(step, &said, &present);
    struct told_status *before = ARENA_NEW(step->arena, struct told_status);
    *before = (struct told_status){said.status, said.reason, said.status_by};
    finding->earlier = (struct told_status_list){before, 1};
}
