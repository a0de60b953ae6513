/* SPDX-License-Identifier: Apache-2.0 */
/* Words and values of the vocabularies. */
#include "names.h"

#include "common/text.h"

int vocabulary_parse(const struct vocabulary *vocabulary, struct str word)
{
    int v = vocabulary->end - 1;
    while (v > 0 && !text_same_word(vocabulary->words[v], word)) v--;
    return v;
}

NAMES_ALL(NAMES_DEFINE)
