/* SPDX-License-Identifier: Apache-2.0 */
/* The conditions of a policy file (R9.20): texts like "severity>=high and not data_breach". */
#ifndef EPILOGUE_CONFIG_POLICY_CONDITIONS_H
#define EPILOGUE_CONFIG_POLICY_CONDITIONS_H

#include "policy_reader.h"

#define POLICY_CONDITIONS_MAX 32        /* in one list */
#define POLICY_CONDITION_BYTES_MAX 1024 /* of each */
#define POLICY_TERMS_MAX 16             /* in each */

/* Who is asked, and what is known of it. */
struct policy_subject {
    const char *name; /* "an incident" */
    unsigned known;   /* ASKED_* */
};

/* A list of conditions of the subject, each once. FATAL, with the error set, on what is none, and
 * on one that asks for what is not known of the subject. */
enum result policy_conditions_read(struct policy_reader *reader, const struct policy_place *at,
                                   json_t *value, const struct policy_subject *subject,
                                   struct conditions *out);

policy_read policy_conditions_of_incident; /* struct conditions */

#endif
