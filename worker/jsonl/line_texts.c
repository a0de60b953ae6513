/* SPDX-License-Identifier: Apache-2.0 */
/* What `check` and `topics` find, for programs: all their lines are flat objects of texts. */
#include "line_texts.h"

#include "codec/json.h"

void line_texts_write(struct buf *out, const struct line_text *members, size_t n)
{
    buf_char(out, '{');
    for (size_t i = 0; i < n; i++) {
        if (i) buf_char(out, ',');
        json_write_string(out, str_of(members[i].name));
        buf_char(out, ':');
        json_write_string(out, str_of(members[i].text));
    }
    buf_lit(out, "}\n");
}
