/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of a policy, and the sets of times that they name. */
#ifndef EPILOGUE_CONFIG_POLICY_RULES_H
#define EPILOGUE_CONFIG_POLICY_RULES_H

#include "policy_reader.h"

policy_read policy_rules_sla; /* what a struct policy has of times */
policy_read policy_rules;     /* the rules of a struct policy */
/* Whether each set of times that a rule names is there. FATAL, with the error set. */
enum result policy_rules_check(struct policy_reader *reader, const struct policy *policy);

#endif
