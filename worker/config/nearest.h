/* SPDX-License-Identifier: Apache-2.0 */
/* What somebody may have meant who misspelt a name. */
#ifndef EPILOGUE_CONFIG_NEAREST_H
#define EPILOGUE_CONFIG_NEAREST_H

#include <stdbool.h>
#include <stddef.h>

#include "common/arena.h"

struct nearest {
    const char *word; /* what was written */
    const char *name; /* the nearest candidate so far, NULL before the first */
    size_t distance;
};

/* Takes one candidate into account; of equally near ones the first stays. Start with
 * (struct nearest){.word = …}. */
void nearest_try(struct nearest *nearest, const char *candidate);
/* Whether so few letters differ that it is probably the one that was meant. */
bool nearest_is_near(const struct nearest *nearest);
/* The end of a sentence that an unknown name begins: did you mean "…"? Where the nearest candidate is
 * not near, it is named without the question. There must have been a candidate. */
const char *nearest_hint(struct arena *arena, const struct nearest *nearest);

#endif
