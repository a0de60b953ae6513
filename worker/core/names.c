/* SPDX-License-Identifier: Apache-2.0 */
#include "names.h"

/* Case, `_` and space do not count: platforms write in_progress, In Progress and IN-PROGRESS. */
static char fold(char c)
{
    if (c >= 'A' && c <= 'Z') return (char)(c - 'A' + 'a');
    if (c == '_' || c == ' ') return '-';
    return c;
}

static int parse(const struct str *names, int end, struct str text)
{
    for (int v = 1; v < end; v++) {
        if (names[v].n != text.n) continue;
        size_t i = 0;
        while (i < text.n && fold(names[v].p[i]) == fold(text.p[i])) i++;
        if (i == text.n) return v;
    }
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
