/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What counts of what is said of the end of a task. Where verification is asked, that is the word of
 * another one than its owner.
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

enum reported_status closing_judge(struct step *step, const struct claim *claim)
{
    const struct policy *policy = step->policy;
    enum reported_status status = claim->status;
    if (!policy->verification[claim->priority] || is_done(claim->task)) return status;
    if (status == REPORTED_CLOSED) status = policy->closed_is;
    if (status != REPORTED_VERIFIED || policy->verified_by_owner || !is_by_owner(claim))
        return status;
    step_warn(step, STR("status"), reported_status_name(claim->status),
              STR("verified-by-owner: resolved"));
    return REPORTED_RESOLVED;
}
