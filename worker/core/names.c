/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words of others to the values of the contract's vocabularies. Case, underscores and spaces do not
 * count, for platforms write in_progress, In Progress and IN-PROGRESS.
 */
#include "names.h"

#include "common/text.h"

int vocabulary_parse(const struct vocabulary *vocabulary, struct str word)
{
    int v = vocabulary->end - 1;
    while (v > 0 && !text_same_word(vocabulary->words[v], word)) v--;
    return v;
}

NAMES_ALL(NAMES_DEFINE)
