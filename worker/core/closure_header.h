/* SPDX-License-Identifier: Apache-2.0 */
/* What a closure makes of the header of its incident. */
#ifndef EPILOGUE_CORE_CLOSURE_HEADER_H
#define EPILOGUE_CORE_CLOSURE_HEADER_H

#include "step.h"

/* Takes what the closure says. */
void closure_header_merge(struct step *step, const struct closure_event *event);
/* Whether the closure asks once more for the merge that would close a circle. */
bool closure_header_asks_void_merge(const struct incident *stored,
                                    const struct closure_event *event);
/* There is no merge of it that is, or was to be, made void. */
void closure_header_forget_circle(struct incident *incident);
/* Full never turns back into light, and when nothing asks for it any more its reasons stay. */
void closure_header_decide_level(struct step *step);
/* What the later stages have to know of the difference: bits of CLOSURE_CHANGES. */
unsigned closure_header_changes(const struct policy *policy, const struct incident *old,
                                const struct incident *now);

#endif
