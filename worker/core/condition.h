/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The conditions of a policy: a list of texts of which any one suffices, each of terms that all have
 * to hold. One syntax wherever a policy asks for something (R9.20); config/policy_conditions.c reads
 * it.
 */
#ifndef EPILOGUE_CORE_CONDITION_H
#define EPILOGUE_CORE_CONDITION_H

#include "members.h"

/* What is true of an incident or not. */
#define FLAGS(X)                                     \
    X(FLAG_CUSTOMER_IMPACTING, "customer_impacting") \
    X(FLAG_DATA_BREACH, "data_breach")
NAMES_DECLARE_BITS(flag, FLAGS)

/* What a term asks for; a flag goes by its own name, a label by that of the label. */
#define ASKED(X)                  \
    X(ASKED_FLAG, "flag")         \
    X(ASKED_SEVERITY, "severity") \
    X(ASKED_CATEGORY, "category") \
    X(ASKED_KIND, "kind")         \
    X(ASKED_PRIORITY, "priority") \
    X(ASKED_TEAM, "team")         \
    X(ASKED_LABEL, "label")
NAMES_DECLARE_BITS(asked, ASKED)

/* What is known of each subject: conditions that ask for more do not load (R9.21). */
enum {
    KNOWN_OF_INCIDENT = ASKED_FLAG | ASKED_SEVERITY | ASKED_LABEL,
    /* Of a task, its incident included; and of a finding by its own records alone. */
    KNOWN_OF_TASK = KNOWN_OF_INCIDENT | ASKED_CATEGORY | ASKED_KIND | ASKED_PRIORITY | ASKED_TEAM,
    KNOWN_OF_FINDING = ASKED_SEVERITY | ASKED_CATEGORY | ASKED_KIND | ASKED_TEAM | ASKED_LABEL,
};

/* How what is found lies to what the term names; operators are sets of these. */
enum { FOUND_BELOW = 1, FOUND_EQUAL = 2, FOUND_ABOVE = 4, FOUND_OTHER = FOUND_BELOW | FOUND_ABOVE };

struct term {
    enum asked asked;
    unsigned operator; /* FOUND_* that hold */
    int value;         /* a flag, or of a vocabulary */
    struct str text;   /* of a team or a label */
    struct str label;  /* the name of a label */
};

/* Holds when all its terms do. */
struct condition {
    struct str text; /* as the policy has it */
    struct term *terms;
    size_t n;
};

struct conditions {
    struct condition *items;
    size_t n;
};

/* What is asked. A member that is not known, or that there is none of, is none (0). */
struct condition_subject {
    unsigned flags; /* FLAG_* that are true */
    enum severity severity;
    enum category category;
    enum task_kind kind;
    enum priority priority;
    struct str team;
    struct labels labels;
    struct labels incident_labels; /* asked where there is none of that name in `labels` */
};

/* Whether all terms hold. What there is none of is other than every word, and is neither above nor
 * below; a team or a label that there is none of is as the empty text. */
bool condition_holds(const struct condition *condition, const struct condition_subject *subject);
/* The first of the list that holds, NULL if none does: so it is of an empty list. */
const struct condition *condition_any(const struct conditions *conditions,
                                      const struct condition_subject *subject);

#endif
