/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a condition of the policy holds of an incident or a task: a comparison for each of its
 * terms.
 */
#include "condition.h"

NAMES_DEFINE(flag, FLAGS)
NAMES_DEFINE(asked, ASKED)

/* The higher a severity or a priority, the lower its place in its vocabulary. */
static bool word_holds(const struct term *term, int found)
{
    if (!found) return term->operator== FOUND_OTHER;
    if (found == term->value) return term->operator& FOUND_EQUAL;
    return term->operator&(found < term->value ? FOUND_ABOVE : FOUND_BELOW);
}

static bool text_holds(const struct term *term, struct str found)
{
    bool is_equal = str_cmp(found, term->text) == 0;
    return term->operator&(is_equal ? FOUND_EQUAL : FOUND_OTHER);
}

static bool term_holds(const struct term *term, const struct condition_subject *subject)
{
    switch (term->asked) {
    case ASKED_FLAG: return word_holds(term, (int)subject->flags & term->value);
    case ASKED_SEVERITY: return word_holds(term, (int)subject->severity);
    case ASKED_CATEGORY: return word_holds(term, (int)subject->category);
    case ASKED_KIND: return word_holds(term, (int)subject->kind);
    case ASKED_PRIORITY: return word_holds(term, (int)subject->priority);
    case ASKED_TEAM: return text_holds(term, subject->team);
    case ASKED_LABEL:
    default: {
        struct str own = labels_value(subject->labels, term->label);
        return text_holds(term, own.p ? own : labels_value(subject->incident_labels, term->label));
    }
    }
}

bool condition_holds(const struct condition *condition, const struct condition_subject *subject)
{
    for (size_t i = 0; i < condition->n; i++)
        if (!term_holds(&condition->terms[i], subject)) return false;
    return true;
}

const struct condition *condition_any(const struct conditions *conditions,
                                      const struct condition_subject *subject)
{
    for (size_t i = 0; i < conditions->n; i++)
        if (condition_holds(&conditions->items[i], subject)) return &conditions->items[i];
    return NULL;
}
