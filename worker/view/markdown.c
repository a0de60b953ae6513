/* SPDX-License-Identifier: Apache-2.0 */
/* Escapes for Markdown: texts of others stay texts in a report. */
#include "markdown.h"

#include <strings.h>

#include "common/text.h"

/* The length of the number that makes an ordered list of a line that begins with it; 0: none. */
static size_t list_number(struct str line)
{
    size_t n = 0;
    while (n < line.n && line.p[n] >= '0' && line.p[n] <= '9') n++;
    if (!n || n == line.n || (line.p[n] != '.' && line.p[n] != ')')) return 0;
    return n + 1 == line.n || strchr(" \t\r", line.p[n + 1]) ? n : 0;
}

/* Whether what is put in last begins a bare link with the character that comes. */
static bool begins_link(const struct buf *out, struct str rest)
{
    if (str_starts(rest, STR("://"))) return true;
    return rest.p[0] == '.' && out->n >= 3 && strncasecmp(out->p + out->n - 3, "www", 3) == 0;
}

/* One character with all that it means taken off; returns its length in the input. */
static size_t put_char(struct buf *out, struct str rest, bool starts)
{
    uint32_t c;
    size_t n = text_char(rest.p, rest.n, &c);
    if (n == 1 && (c == '\t' || c == '\r')) {
        buf_char(out, ' ');
        return 1;
    }
    if (!n || text_is_unsafe(c)) { /* a backslash before a letter is one, in Markdown too */
        text_show(out, (struct str){rest.p, n ? n : 1});
        return n ? n : 1;
    }
    bool means = n == 1 && (strchr("\\`*_[]<>|~&$^", rest.p[0]) ||
                            (starts && strchr("#-+=:", rest.p[0])) || begins_link(out, rest));
    if (means) buf_char(out, '\\');
    buf_add(out, rest.p, n);
    return n;
}

/* A line. What stands at its beginning means more; spaces there would make code of it. */
static void put_line(struct buf *out, struct str line)
{
    while (line.n && (line.p[0] == ' ' || line.p[0] == '\t' || line.p[0] == '\r')) {
        line.p++;
        line.n--;
    }
    size_t number = list_number(line);
    buf_add(out, line.p, number);
    if (number) buf_char(out, '\\');
    for (size_t at = number; at < line.n;)
        at += put_char(out, (struct str){line.p + at, line.n - at}, at == 0);
}

static void put_lines(struct buf *out, struct str text, char between)
{
    while (text.n) {
        const char *end = memchr(text.p, '\n', text.n);
        size_t n = end ? (size_t)(end - text.p) : text.n;
        put_line(out, (struct str){text.p, n});
        if (end) buf_char(out, between);
        n += end != NULL;
        text = (struct str){text.p + n, text.n - n};
    }
}

void markdown_text(struct buf *out, struct str text)
{
    put_lines(out, text, '\n');
}

void markdown_inline(struct buf *out, struct str text)
{
    put_lines(out, text, ' ');
}

/* Whether nothing in it can end a link or a cell. */
static bool is_link(struct str url)
{
    if (!str_starts(url, STR("https://")) && !str_starts(url, STR("http://"))) return false;
    for (size_t i = 0; i < url.n; i++) {
        unsigned char c = (unsigned char)url.p[i];
        if (c <= ' ' || c >= 0x7f || strchr("<>|\\\"`", c)) return false;
    }
    return true;
}

void markdown_url(struct buf *out, struct str url)
{
    if (!is_link(url)) {
        markdown_inline(out, url);
        return;
    }
    buf_char(out, '<');
    buf_str(out, url);
    buf_char(out, '>');
}
