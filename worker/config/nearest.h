/* SPDX-License-Identifier: Apache-2.0 */
/* What somebody may have meant who misspelt a name. */
#ifndef EPILOGUE_CONFIG_NEAREST_H
#define EPILOGUE_CONFIG_NEAREST_H

#include <stddef.h>

struct nearest {
    const char *word; /* what was written */
    const char *name; /* the nearest candidate so far, NULL before the first */
    size_t distance;
};

/* Takes one candidate into account; of equally near ones the first stays. Start with
 * (struct nearest){.word = …}. */
void nearest_try(struct nearest *nearest, const char *candidate);

#endif
