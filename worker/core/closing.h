/* SPDX-License-Identifier: Apache-2.0 */
/* What a record says of the end of a task, and what of it counts. */
#ifndef EPILOGUE_CORE_CLOSING_H
#define EPILOGUE_CORE_CLOSING_H

#include "step.h"

struct claim {
    const struct task *task; /* as it was before; NULL: there is none yet */
    enum reported_status status;
    enum priority priority; /* with what the record says, as is the next */
    struct owner owner;
    struct str by;
};

/* The status that is taken for the one that was said (R4.200, R4.201), with a warning where it is
 * less than it seems. */
enum reported_status closing_judge(struct step *step, const struct claim *claim);

#endif
