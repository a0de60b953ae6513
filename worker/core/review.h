/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes due about an incident as a whole. */
#ifndef EPILOGUE_CORE_REVIEW_H
#define EPILOGUE_CORE_REVIEW_H

#include "step.h"

/* review-due, missing-findings, and the end of retention. The wake time has come. */
enum decide_result review_tick(struct step *step, ms_t until);
/* Deletes the past of the incident. DECIDE_MORE: not all of it fitted, and the cursor says so. */
enum decide_result review_retire(struct step *step);
/*
 * Behind a record or tick: what was stored of an incident whose past is deleted, by a record that
 * opens nothing, is kept for another retention (R6.2).
 */
void review_keep(struct step *step);
/* When the incident wants its next tick; TIME_NONE: never. */
ms_t review_wake_at(const struct policy *policy, const struct incident *incident);

#endif
