/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Routing and the rules of the policy: one pass over the rules, on what routing gave, and the first
 * that matches decides.
 */
#include "rules.h"

#include "incident.h"

static bool matches(const struct policy_rule *rule, const struct condition_subject *subject)
{
    return !rule->when.n || condition_any(&rule->when, subject);
}

static enum task_kind routed_kind(const struct policy *policy, const struct finding *finding)
{
    return finding->work ? finding->work : policy_route(policy, finding_category(finding))->kind;
}

enum severity rules_severity(const struct step *step, const struct finding *finding)
{
    enum severity severity = finding ? finding->severity : severity_none;
    if (!severity) severity = step->incident->severity;
    /* Where nothing is closed yet that is what merged incidents have brought. */
    if (!severity) severity = step->incident->merged_severity;
    return severity ? severity : step->policy->severity_default;
}

static struct owner owner_of(const struct policy *policy, const struct finding *finding)
{
    if (!owner_is_nobody(finding->owner)) return finding->owner;
    return policy_route(policy, finding_category(finding))->owner;
}

enum task_kind rules_kind(const struct step *step, const struct finding *finding)
{
    const struct policy *policy = step->policy;
    enum task_kind kind = routed_kind(policy, finding);
    const struct condition_subject own = {.severity = finding->severity,
                                          .category = finding_category(finding),
                                          .kind = kind,
                                          .team = owner_of(policy, finding).team,
                                          .labels = finding->labels};
    for (size_t i = 0; i < policy->rules_n; i++) {
        const struct policy_rule *rule = &policy->rules[i];
        if (rule->of_finding && matches(rule, &own)) return rule->kind ? rule->kind : kind;
    }
    return kind;
}

/* As routing has it. */
static struct ruling routed(struct step *step, enum task_kind kind, const struct finding *finding)
{
    const struct policy *policy = step->policy;
    const struct incident *incident = step->incident;
    struct ruling ruling = {.queue = policy->queue[kind],
                            .severity = rules_severity(step, finding)};
    int boost = 0;
    if (finding) {
        ruling.owner = owner_of(policy, finding);
        ruling.fallback = policy_route(policy, finding_category(finding))->owner;
        ruling.participants = finding->groups;
        ruling.rule = kind == KIND_SOP_UPDATE ? STR("finding/sop-change")
                      : finding->work
                          ? STR("finding/work")
                          : arena_join(step->arena, STR("finding/"),
                                       category_name(finding_category(finding)), STR_NONE);
        if (incident->level == LEVEL_FULL || (!incident->level && incident->merged_full))
            boost = policy->priority_boost;
    } else {
        ruling.fallback = policy->response_team;
        ruling.owner = owner_is_nobody(incident->owner) ? policy->response_team : incident->owner;
        ruling.rule = kind == KIND_COORDINATION ? STR("coordination")
                      : kind == KIND_OBLIGATION ? STR("obligation")
                                                : arena_join(step->arena, STR("postmortem/"),
                                                             level_name(incident->level), STR_NONE);
    }
    ruling.priority = policy_priority(policy, ruling.severity, boost);
    return ruling;
}

static struct str_list joined(struct arena *arena, struct str_list a, struct str_list b)
{
    struct str_list both = {arena_alloc(arena, (a.n + b.n) * sizeof *both.items), a.n};
    for (size_t i = 0; i < a.n; i++) both.items[i] = a.items[i];
    for (size_t i = 0; i < b.n; i++)
        if (!str_list_has(both, b.items[i])) both.items[both.n++] = b.items[i];
    return both;
}

static enum priority moved(enum priority priority, int by)
{
    int to = (int)priority - by;
    if (to < (int)PRIORITY_P1) to = PRIORITY_P1;
    return to > (int)PRIORITY_P4 ? PRIORITY_P4 : (enum priority)to;
}

static void apply(struct step *step, const struct policy_rule *rule, struct ruling *ruling)
{
    ruling->by = rule;
    ruling->rule = rule->name;
    if (rule->queue) ruling->queue = rule->queue;
    if (rules_set_owner(ruling)) ruling->owner = ruling->fallback = rule->owner;
    ruling->priority = rule->priority ? rule->priority : moved(ruling->priority, rule->priority_by);
    ruling->times = rule->times;
    if (rule->participants.n)
        ruling->participants = joined(step->arena, ruling->participants, rule->participants);
}

struct ruling rules_decide(struct step *step, enum task_kind kind, const struct finding *finding)
{
    const struct policy *policy = step->policy;
    struct ruling ruling = routed(step, kind, finding);
    struct condition_subject subject = incident_subject(policy, step->incident);
    subject.severity = ruling.severity;
    subject.priority = ruling.priority;
    subject.team = ruling.owner.team;
    subject.kind = kind;
    if (finding) {
        subject.category = finding_category(finding);
        subject.incident_labels = subject.labels;
        subject.labels = finding->labels;
        if (kind != KIND_SOP_UPDATE) subject.kind = routed_kind(policy, finding);
    }
    for (size_t i = 0; i < policy->rules_n && !ruling.by; i++)
        if (matches(&policy->rules[i], &subject)) apply(step, &policy->rules[i], &ruling);
    if (finding) ruling.priority = moved(ruling.priority, (int)finding->raised_by.n);
    return ruling;
}

struct ruling rules_of(struct step *step, const struct task *task)
{
    const struct finding *finding =
        task->finding_id.p ? step_finding_entry(step, &task->origin, task->finding_id)->finding
                           : NULL;
    return rules_decide(step, task->kind, finding);
}
