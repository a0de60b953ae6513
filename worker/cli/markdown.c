/* SPDX-License-Identifier: Apache-2.0 */
#include "markdown.h"

void markdown_text(struct buf *out, struct str text)
{
    bool starts = true; /* of a line: there some characters mean more */
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c == '\n') {
            buf_char(out, '\n');
            starts = true;
            continue;
        }
        if (c < 0x20 || c == 0x7f) c = ' ';
        bool means = strchr("\\`*_[]<>|~&", c) || (starts && strchr("#-+=", c));
        if (means) buf_char(out, '\\');
        buf_char(out, (char)c);
        starts = starts && c == ' ';
    }
}

void markdown_inline(struct buf *out, struct str text)
{
    size_t from = out->n;
    markdown_text(out, text);
    for (size_t i = from; i < out->n; i++)
        if (out->p[i] == '\n') out->p[i] = ' ';
}
