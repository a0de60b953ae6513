/* SPDX-License-Identifier: Apache-2.0 */
#include "names.h"

#include "common/text.h"

static int parse(const struct str *names, int end, struct str text)
{
    for (int v = 1; v < end; v++)
        if (text_same_word(names[v], text)) return v;
    return 0;
}

#define NAMES_TEXT(id, text) {text, sizeof(text) - 1},
#define NAMES_DEFINE(name, TABLE)                                            \
    static const struct str name##_names[] = {{NULL, 0}, TABLE(NAMES_TEXT)}; \
    struct str name##_name(int value)                                        \
    {                                                                        \
        return name##_names[value];                                          \
    }                                                                        \
    int name##_parse(struct str text)                                        \
    {                                                                        \
        return parse(name##_names, name##_end, text);                        \
    }
NAMES_ALL(NAMES_DEFINE)
