/* SPDX-License-Identifier: Apache-2.0 */
/* Makes what commands print harmless; the only place of them that writes to a stream. */
#include "terminal.h"

#include <stdarg.h>

#include "codec/grapheme.h"
#include "common/text.h"

#define SENTENCE_BYTES 4000

/* The length of a colour as render.c writes it, "\033[1;31m", at the start of a text; 0: none. */
static size_t colour_length(struct str text)
{
    if (!str_starts(text, STR("\033["))) return 0;
    size_t n = 2;
    while (n < text.n && n < 8 && (text.p[n] == ';' || (text.p[n] >= '0' && text.p[n] <= '9'))) n++;
    return n < text.n && text.p[n] == 'm' ? n + 1 : 0;
}

static void add_coloured(struct buf *out, struct str page)
{
    while (page.n) {
        size_t colour = colour_length(page);
        const char *next = memchr(page.p + (colour == 0), '\033', page.n - (colour == 0));
        size_t n = colour ? colour : next ? (size_t)(next - page.p) : page.n;
        if (colour)
            buf_add(out, page.p, n);
        else
            text_show_page(out, (struct str){page.p, n});
        page = (struct str){page.p + n, page.n - n};
    }
}

void terminal_write(FILE *file, struct str page, bool colour)
{
    struct buf out = {0};
    if (colour)
        add_coloured(&out, page);
    else
        text_show_page(&out, page);
    if (out.n) fwrite(out.p, 1, out.n, file);
    buf_free(&out);
}

void terminal_flush(struct buf *page, bool colour)
{
    terminal_write(stdout, buf_slice(page), colour);
    page->n = 0;
}

void terminal_say(FILE *file, const char *format, ...)
{
    char text[SENTENCE_BYTES];
    struct buf out = {0};
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (n >= (int)sizeof text) text[text_whole(text, sizeof text - 1)] = 0;
    text_show(&out, str_of(text));
    buf_char(&out, '\n');
    fwrite(out.p, 1, out.n, file);
    buf_free(&out);
}

void terminal_text(struct buf *out, struct str text)
{
    text_show(out, text);
}

void terminal_excerpt(struct buf *out, struct str text, size_t max_bytes)
{
    struct str shown = grapheme_cut(text, max_bytes);
    text_show(out, shown);
    if (shown.n < text.n) buf_lit(out, "…");
}
