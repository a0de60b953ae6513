/* SPDX-License-Identifier: Apache-2.0 */
/* Findings of a merged incident on their way to the other one. */
#ifndef EPILOGUE_CORE_FORWARD_H
#define EPILOGUE_CORE_FORWARD_H

#include "step.h"

/* Takes a finding of a merged incident on to the other one: `said` is what is told of it, `known`
 * the finding as this incident knows it, or the same; `by` who says it. */
void forward_finding(struct step *step, const struct finding *known, const struct finding *said,
                     unsigned present, struct str by);
/* Whether the finding has come through this incident before. */
bool forward_has_passed(const struct finding *finding, struct str incident_id);
/* Whether the closure that is under way takes the finding on: it has yet to come to it. */
bool forward_is_due(const struct step *step, const struct entry *finding);

#endif
