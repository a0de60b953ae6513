/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an incident brings to the one that it is merged into (R4.247), and what it has from those that
 * were merged into it: facts that make it graver, and lists. It stands beside what the incident says
 * itself, so that a later closure of it, or of them, takes away none of the other's.
 */
#include "merged_facts.h"

#include "forward.h"
#include "merged_lists.h"
#include "occurrence.h"
#include "state_key.h"

/* True wins, and what is suspected is more than false. */
static enum tristate stronger(enum tristate a, enum tristate b)
{
    static const int strength[] = {0, [TRI_FALSE] = 1, [TRI_SUSPECTED] = 2, [TRI_TRUE] = 3};
    return strength[a] >= strength[b] ? a : b;
}

static enum severity higher(enum severity a, enum severity b)
{
    return a && (!b || a < b) ? a : b;
}

static struct entry *merged_entry(struct step *step)
{
    return step_holder(step, state_merged_key(step->arena, step->header->key));
}

static const struct merged_lists *brought_lists(struct step *step)
{
    static const struct merged_lists none;
    const struct entry *entry = merged_entry(step);
    return entry->exists ? entry->merged : &none;
}

void merged_facts_count(struct step *step)
{
    struct incident *incident = step->incident;
    incident->labels = merged_labels(step->arena, incident->labels, brought_lists(step)->labels);
    incident->severity = higher(incident->severity, incident->merged_severity);
    incident->customer_impacting =
        stronger(incident->customer_impacting, incident->merged_customer_impacting);
    incident->data_breach = stronger(incident->data_breach, incident->merged_data_breach);
}

struct closure merged_facts_join(struct step *step)
{
    static const struct closure none;
    const struct entry *entry = step_closure(step);
    return merged_lists_join(step->arena, entry->exists ? entry->closure : &none,
                             brought_lists(step));
}

/* On an event of the incident, or on one of its own. */
static void warn_left(struct step *step, const struct merged_left *left, const char *what)
{
    const struct {
        const char *member;
        size_t n;
    } all[] = {{"labels", left->labels},
               {"timeline", left->timeline},
               {"technical_summary.evidence", left->evidence},
               {"technical_summary.takeaways", left->takeaways},
               {"technical_summary.response", left->response}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].n)
            step_warn(
                step, arena_str(step->arena, (struct str){all[i].member, strlen(all[i].member)}),
                STR_NONE,
                arena_printf(step->arena, "%s: %zu entries, there is no room", what, all[i].n));
}

void merged_facts_send(struct step *step)
{
    const struct closure joined = merged_facts_join(step);
    const struct merged_lists all = merged_lists_of(&joined, step->incident->labels);
    struct facts_event on = {.facts = forward_facts_of(step->incident)};
    struct merged_left left;
    (void)merged_lists_add(step->arena, &on.lists, &all, &left);
    warn_left(step, &left, "not taken along with the merge");
    if (step->warnings.n) occurrence_announce(step, INCIDENT_UPDATED);
    forward_facts(step, &on);
}

/* Returns whether there is any that was not known. */
static bool take_lists(struct step *step, const struct merged_lists *lists)
{
    struct entry *entry = merged_entry(step);
    struct merged_lists *all = ARENA_NEW(step->arena, struct merged_lists);
    struct merged_left left;
    if (entry->exists) *all = *entry->merged;
    bool any = merged_lists_add(step->arena, all, lists, &left);
    warn_left(step, &left, "not taken over from a merged incident");
    if (!any) return false;
    entry->merged = all;
    entry->exists = true;
    step_touch(step, entry);
    return true;
}

bool merged_facts_take(struct step *step, const struct facts_event *event)
{
    const struct merged_facts *facts = &event->facts;
    struct incident *incident = step->incident;
    incident->merged_severity = higher(incident->merged_severity, facts->severity);
    incident->merged_customer_impacting =
        stronger(incident->merged_customer_impacting, facts->customer_impacting);
    incident->merged_data_breach = stronger(incident->merged_data_breach, facts->data_breach);
    incident->merged_full |= facts->full;
    return take_lists(step, &event->lists);
}
