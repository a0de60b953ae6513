/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of the configuration: Java's .properties syntax, and files whose whole content is a value
 * (secrets, policies). Where a plain file is asked for, a pipe or a device is refused before it is
 * read: it could hold up the start.
 */
#include "properties.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file.h"
#include "common/text.h"

#define FILE_BYTES_MAX ((size_t)1024 * 1024)

static enum result read_text(struct arena *arena, int fd, const char *path, size_t max,
                             struct str *bytes, struct error *error)
{
    enum result result = file_read(arena, fd, path, max, bytes, error);
    if (result == OK && memchr(bytes->p, 0, bytes->n))
        return error_set(error, FATAL, "%s: has a NUL byte: not a text", path);
    return result;
}

enum result properties_read_bytes(struct arena *arena, const char *path, size_t max,
                                  struct str *bytes, struct error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return error_set(error, FATAL, "%s: %s", path, strerror(errno));
    enum result result = read_text(arena, fd, path, max, bytes, error);
    close(fd);
    return result;
}

enum result properties_read_plain(struct arena *arena, const char *path, size_t max,
                                  struct str *bytes, struct error *error)
{
    struct stat is;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* opening a FIFO would wait, too */
    if (fd < 0) return error_set(error, FATAL, "%s: %s", path, strerror(errno));
    enum result result =
        fstat(fd, &is) == 0 && S_ISREG(is.st_mode)
            ? read_text(arena, fd, path, max, bytes, error)
            : error_set(error, FATAL, "%s: is not a plain file; give the path of one", path);
    close(fd);
    return result;
}

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\f' || c == '\r';
}

/* The next line of `text` (taken off it), without its line break. */
static struct str next_line(struct str *text)
{
    const char *newline = memchr(text->p, '\n', text->n);
    struct str line = {text->p, newline ? (size_t)(newline - text->p) : text->n};
    size_t taken = line.n + (newline != NULL);
    text->p += taken;
    text->n -= taken;
    if (line.n && line.p[line.n - 1] == '\r') line.n--;
    return line;
}

static struct str trim_start(struct str s)
{
    while (s.n && blank(*s.p)) s.p++, s.n--;
    return s;
}

/* An odd number of backslashes at the end: the last one is not escaped itself. */
static bool goes_on(struct str line)
{
    size_t n = 0;
    while (n < line.n && line.p[line.n - 1 - n] == '\\') n++;
    return n % 2 == 1;
}

/* Joins a line with those that continue it; white space before a continuation does not count. */
static struct str logical_line(struct arena *arena, struct str first, struct str *text, int *lines)
{
    struct str joined = first;
    while (goes_on(joined)) {
        struct str more = STR("");
        if (text->n) {
            more = trim_start(next_line(text));
            ++*lines;
        }
        joined.n--;
        joined = arena_printf(arena, "%.*s%.*s", STR_ARG(joined), STR_ARG(more));
    }
    return joined;
}

/* What a backslash and this character mean: \t \n \r \f; any other stands for itself. */
static char escaped(char c)
{
    switch (c) {
    case 't': return '\t';
    case 'n': return '\n';
    case 'r': return '\r';
    case 'f': return '\f';
    default: return c;
    }
}

/* \uXXXX at `*i`, or two of them for a character above U+FFFF, as UTF-8; leaves `*i` at its last
 * character. How many bytes were written; 0 for a NUL, half a pair, or no digits. */
static size_t unescape_unicode(struct str s, size_t *i, char *out)
{
    size_t length;
    int32_t c = text_unescape(s.p + *i, s.n - *i, &length);
    if (c <= 0) return 0;
    *i += length - 1;
    return text_put_char(out, (uint32_t)c);
}

/* NULL for a \u that stands for no character. */
static const char *unescape(struct arena *arena, struct str s)
{
    char *out = arena_alloc(arena, s.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] != '\\' || i + 1 == s.n) {
            out[n++] = s.p[i];
        } else if (s.p[i + 1] != 'u') {
            out[n++] = escaped(s.p[++i]);
        } else {
            size_t written = unescape_unicode(s, &i, out + n);
            if (!written) return NULL;
            n += written;
        }
    }
    out[n] = 0;
    return out;
}

static struct str trim(struct str s)
{
    s = trim_start(s);
    /* "\ " at the end is a space that was meant */
    while (s.n && blank(s.p[s.n - 1]) && !(s.n > 1 && s.p[s.n - 2] == '\\')) s.n--;
    return s;
}

static size_t separator(struct str line)
{
    for (size_t i = 0; i < line.n; i++) {
        if (line.p[i] == '\\')
            i++;
        else if (line.p[i] == '=' || line.p[i] == ':')
            return i;
    }
    return line.n;
}

enum result properties_read(struct arena *arena, const char *path, struct properties *properties,
                            struct error *error)
{
    struct str text = {0};
    *properties = (struct properties){0};
    enum result result = properties_read_bytes(arena, path, FILE_BYTES_MAX, &text, error);
    if (result != OK) return result;
    for (int at = 1; text.n; at++) {
        int begins = at;
        struct str line = trim_start(next_line(&text));
        if (!line.n || *line.p == '#' || *line.p == '!') continue;
        line = logical_line(arena, line, &text, &at);
        size_t split = separator(line);
        if (split == line.n)
            return error_set(error, FATAL, "%s:%d: \"%.*s\" is not a setting; write key=value",
                             path, begins, line.n > 100 ? 100 : (int)line.n, line.p);
        struct properties_line *item =
            ARENA_PUSH(arena, properties->items, properties->n, properties->cap);
        item->key = unescape(arena, trim((struct str){line.p, split}));
        item->value = unescape(arena, trim((struct str){line.p + split + 1, line.n - split - 1}));
        item->line = begins;
        if (!item->key || !item->value)
            return error_set(
                error, FATAL,
                "%s:%d: \\u needs the four hexadecimal digits of a character, twice for "
                "one above \\uFFFF; write a backslash itself as \\\\",
                path, begins);
    }
    return OK;
}
