/* SPDX-License-Identifier: Apache-2.0 */
/* Findings that come, and the circle of merges by which one may have come. */
#ifndef EPILOGUE_CORE_MERGED_H
#define EPILOGUE_CORE_MERGED_H

#include "step.h"

/* Takes a record of finding-updated, or a finding that came with a merged incident: it goes on, is
 * taken here, or has come round a circle, which is cut. DECIDE_MORE as of a closure. */
enum decide_result merged_take_finding(struct step *step, const struct finding_event *event);

#endif
