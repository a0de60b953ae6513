/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What counts of what is said of the end of a task. Where verification is asked, that is the word of
 * another one than its owner; where a risk has to be accepted, it is by whom and until when; and some
 * work is done only where something shows that.
 */
#include "closing.h"

#include "common/text.h"

/* The part before the @ of an address; all of a name that is none. */
static struct str account(struct str name)
{
    const char *at = name.n ? memchr(name.p, '@', name.n) : NULL;
    return at ? (struct str){name.p, (size_t)(at - name.p)} : name;
}

/* Trackers name people by their accounts, others by their addresses: dev is dev@example.com, and of
 * two addresses all counts. */
static bool is_same_person(struct str a, struct str b)
{
    if (!a.p || !b.p) return false;
    struct str x = account(a), y = account(b);
    return x.n < a.n && y.n < b.n ? text_same(a, b) : text_same(x, y);
}

static bool is_by_owner(const struct claim *claim)
{
    return is_same_person(claim->by, claim->owner.person) ||
           (claim->task && is_same_person(claim->by, claim->task->owner.person));
}

static bool is_done(const struct task *task)
{
    return task && task->resolution == RESOLUTION_DONE;
}

/* ---- risks that are accepted ---- */

/* For want of what wont-fix is left alone, not refused: a click in a tracker has to reach somebody. */
static bool lacks_acceptance(const struct policy *policy, const struct claim *claim)
{
    return policy->acceptance[claim->priority] &&
           (claim->accepted_until == TIME_NONE || !claim->accepted_by.p);
}

bool closing_lacks_reason(const struct policy *policy, const struct claim *claim)
{
    if (claim->has_reason) return false;
    if (claim->status == REPORTED_DISMISSED) return true;
    return claim->status == REPORTED_WONT_FIX && !lacks_acceptance(policy, claim);
}

bool closing_refuse_reason(struct step *step, const struct claim *claim, struct str incident_id)
{
    if (!closing_lacks_reason(step->policy, claim)) return false;
    step->d->refused = (struct refused){REFUSE_MISSING_FIELD,
                                        claim->status == REPORTED_DISMISSED
                                            ? STR("reason: a dismissal needs a reason, a text")
                                            : STR("reason: wont-fix needs a reason, a text"),
                                        incident_id};
    return true;
}

/* What holds a task closed is not taken away by clearing it: that would close it for ever. */
#define KEPT STR("not taken: wont-fix needs it")

static ms_t take_until(struct step *step, struct claim *claim, bool is_needed, ms_t stored)
{
    ms_t said = claim->accepted_until;
    claim->is_past = said != TIME_NONE && said <= step->cause.at;
    if (!claim->is_past && (said != TIME_NONE || !is_needed)) return said;
    step_warn(step, STR("accepted_until"), timestamp_text(step->arena, said),
              claim->is_past ? STR("not taken: it is past") : KEPT);
    return stored;
}

static struct str take_by(struct step *step, const struct claim *claim, bool is_needed,
                          struct str stored)
{
    struct claim accepts = *claim;
    accepts.by = claim->accepted_by;
    bool is_own = is_by_owner(&accepts), is_past = claim->is_past && claim->accepted_by.p;
    if (!is_own && !is_past && (claim->accepted_by.p || !is_needed)) return claim->accepted_by;
    step_warn(step, STR("accepted_by"), claim->accepted_by,
              is_own    ? STR("accepted-by-owner: not taken")
              : is_past ? STR("not taken: accepted_until is past")
                        : KEPT);
    return stored;
}

void closing_accept(struct step *step, struct claim *claim, bool says_until, bool says_by)
{
    const struct task *task = claim->task ? claim->task : &task_none;
    bool is_needed = task_is_accepted(task) && step->policy->acceptance[claim->priority];
    claim->accepted_until = says_until ? take_until(step, claim, is_needed, task->accepted_until)
                                       : task->accepted_until;
    claim->accepted_by =
        says_by ? take_by(step, claim, is_needed, task->accepted_by) : task->accepted_by;
}

/* ---- what is taken ---- */

static void warn_not_closed(struct step *step, const struct claim *claim)
{
    const char *lacks[3], *and[] = {"", " and ", ", "};
    size_t n = 0;
    if (claim->accepted_by.p == NULL) lacks[n++] = "accepted_by";
    if (claim->accepted_until == TIME_NONE || claim->is_past) lacks[n++] = "accepted_until";
    if (!claim->has_reason) lacks[n++] = "reason";
    struct str all = STR("not closed: it needs ");
    for (size_t i = n; i > 0; i--)
        all = arena_printf(step->arena, "%.*s%s%s", STR_ARG(all), lacks[i - 1], and[i - 1]);
    step_warn(step, STR("status"), reported_status_name(claim->status), all);
}

static enum reported_status judge_wont_fix(struct step *step, const struct claim *claim)
{
    if (!claim->is_past && !lacks_acceptance(step->policy, claim) && claim->has_reason)
        return claim->status;
    warn_not_closed(step, claim);
    return reported_status_none;
}

/* ---- what is done ---- */

/* Where another one has to look at it, that one's word is evidence. */
static bool is_verified(const struct policy *policy, const struct claim *claim)
{
    return claim->status == REPORTED_VERIFIED && policy->verification[claim->priority] &&
           claim->by.p && (policy->verified_by_owner || !is_by_owner(claim));
}

bool closing_lacks_evidence(const struct policy *policy, const struct claim *claim)
{
    if (!policy->evidence[claim->kind]) return false;
    if (claim->kind == KIND_RESPONSE_EVALUATION) return !evaluation_is_answered(claim->evaluation);
    return !claim->has_evidence && !is_verified(policy, claim);
}

bool closing_task_lacks_evidence(const struct policy *policy, const struct task *task)
{
    const struct claim claim = {
        .kind = task->kind, .has_evidence = task->evidence.n, .evaluation = task->evaluation};
    return closing_lacks_evidence(policy, &claim);
}

struct str closing_needs(enum task_kind kind, enum reported_status refused)
{
    if (refused == REPORTED_WONT_FIX) return STR("reason, accepted_until and accepted_by");
    return kind == KIND_RESPONSE_EVALUATION ? STR("evaluation, sufficient and complete")
                                            : STR("evidence");
}

/* Whether the task would be closed by it that is not, or as something else. */
static bool ends_work(const struct policy *policy, const struct claim *claim,
                      enum reported_status status)
{
    if (status == REPORTED_VERIFIED) return true;
    if (claim->task && claim->task->status == STATUS_CLOSED) return false;
    return status == REPORTED_CLOSED ||
           (status == REPORTED_RESOLVED && !policy->verification[claim->priority]);
}

static enum reported_status not_done(struct step *step, const struct claim *claim)
{
    struct str needs = closing_needs(claim->kind, claim->status);
    step_warn(step, STR("status"), reported_status_name(claim->status),
              arena_printf(step->arena, "not closed: it needs %.*s", STR_ARG(needs)));
    return reported_status_none;
}

/* By its answers it is done, whoever gives them; and by nothing else, where they are asked for. */
static enum reported_status judge_evaluation(struct step *step, const struct claim *claim)
{
    bool is_closed = claim->task->status == STATUS_CLOSED;
    bool is_end =
        claim->status == REPORTED_VERIFIED ||
        (!is_closed && (claim->status == REPORTED_RESOLVED || claim->status == REPORTED_CLOSED));
    if (!is_end || is_done(claim->task)) return claim->status;
    if (evaluation_is_answered(claim->evaluation)) return REPORTED_VERIFIED;
    return not_done(step, claim);
}

static enum reported_status judge_verified(struct step *step, const struct claim *claim)
{
    const struct policy *policy = step->policy;
    enum reported_status status = claim->status;
    if (!policy->verification[claim->priority] || is_done(claim->task)) return status;
    bool is_closed =
        claim->task && claim->task->status == STATUS_CLOSED; /* its ticket is closed too */
    if (status == REPORTED_CLOSED && !is_closed) status = policy->closed_is;
    if (status != REPORTED_VERIFIED || policy->verified_by_owner || !is_by_owner(claim))
        return status;
    step_warn(step, STR("status"), reported_status_name(claim->status),
              STR("verified-by-owner: resolved"));
    return REPORTED_RESOLVED;
}

static enum reported_status judge_done(struct step *step, const struct claim *claim)
{
    const struct policy *policy = step->policy;
    enum reported_status status = judge_verified(step, claim);
    bool is_to_show = ends_work(policy, claim, status) && !is_done(claim->task);
    return is_to_show && closing_lacks_evidence(policy, claim) ? not_done(step, claim) : status;
}

enum reported_status closing_judge(struct step *step, const struct claim *claim)
{
    bool is_asked =
        evaluation_is_answered(claim->evaluation) || step->policy->evidence[claim->kind];
    if (claim->status == REPORTED_WONT_FIX) return judge_wont_fix(step, claim);
    if (claim->kind == KIND_RESPONSE_EVALUATION && is_asked) return judge_evaluation(step, claim);
    return judge_done(step, claim);
}
