/* SPDX-License-Identifier: Apache-2.0 */
/*
 * redis.url, taken apart. An error names places in the URL and never quotes it, since there can be
 * a password in it.
 */
#include "redis_url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "common/text.h"

#define DEFAULT_PORT 6379
#define DATABASE_MAX 99999

static char *copy(const char *text, size_t n)
{
    char *p = strndup(text, n);
    if (!p) abort();
    return p;
}

/* A copy with %XX undone: a password may hold any character, also `@` and `/`. NULL where a % is not
 * followed by two hexadecimal digits, or by those of a NUL; `*bad_at` is its place in `text` then. */
static char *decoded(const char *text, size_t n, size_t *bad_at)
{
    char *out = copy(text, n);
    char *to = out;
    for (size_t i = 0; i < n; i++) {
        bool escaped = text[i] == '%';
        int value = escaped ? text_percent_value(text + i, n - i) : (unsigned char)text[i];
        if (value <= 0) {
            *bad_at = i;
            free(out);
            return NULL;
        }
        *to++ = (char)value;
        i += escaped ? TEXT_PERCENT - 1 : 0;
    }
    *to = 0;
    return out;
}

/* The decimal number that the whole text is, if it is at most `max`; else -1. */
static int number(const char *text, size_t n, int max)
{
    if (!n || n > 6) return -1;
    int value = 0;
    for (size_t i = 0; i < n; i++) {
        if (text[i] < '0' || text[i] > '9') return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value <= max ? value : -1;
}

static enum result bad(struct error *error, const char *what)
{
    return error_usage(error,
                       "redis.url: %s; allowed are redis://host:port/database, the same with "
                       "rediss:// for TLS, and unix:/path/to/socket?db=database",
                       what);
}

static enum result parse_unix(const char *rest, struct redis_url *url, struct error *error)
{
    if (strncmp(rest, "//", 2) == 0) rest += 2;
    size_t n = strcspn(rest, "?");
    if (rest[0] != '/') return bad(error, "unix: needs an absolute path");
    if (n >= sizeof(((struct sockaddr_un *)0)->sun_path))
        return bad(error, "a socket's path can have 107 bytes at most");
    url->path = copy(rest, n);
    if (!rest[n]) return OK;
    if (strncmp(rest + n, "?db=", 4) != 0) return bad(error, "only ?db=N can follow the path");
    url->database = number(rest + n + 4, strlen(rest + n + 4), DATABASE_MAX);
    return url->database < 0 ? bad(error, "the database is not a number") : OK;
}

/* user:password, or :password alone; `begin` is where the URL begins. What is said names places
 * alone: it is a secret. */
static enum result parse_login(const char *begin, const char *text, size_t n, struct redis_url *url,
                               struct error *error)
{
    const char *colon = memchr(text, ':', n);
    size_t user_n = colon ? (size_t)(colon - text) : n, bad_at = 0;
    const char *part = text;
    bool well = !user_n || (url->username = decoded(part, user_n, &bad_at));
    if (well && colon && n > user_n + 1) {
        part = colon + 1;
        well = (url->password = decoded(part, n - user_n - 1, &bad_at)) != NULL;
    }
    if (well) return OK;
    return error_usage(
        error,
        "redis.url: the %% at character %zu is not followed by two hexadecimal digits "
        "of a character; write a %% itself as %%25",
        (size_t)(part - begin) + bad_at + 1);
}

/* host, host:port, [IPv6] or [IPv6]:port. */
static enum result parse_host(const char *at, const char *end, struct redis_url *url,
                              struct error *error)
{
    bool bracket = at < end && *at == '[';
    if (bracket) at++;
    const char *host_end = at;
    while (host_end < end && *host_end != (bracket ? ']' : ':')) host_end++;
    if (bracket && host_end == end) return bad(error, "the ] after an IPv6 address is missing");
    if (host_end == at)
        return bad(error, "it names no host (special characters of a password must be "
                          "percent-encoded, or use redis.password.file)");
    url->host = copy(at, (size_t)(host_end - at));
    url->port = DEFAULT_PORT;
    const char *rest = bracket ? host_end + 1 : host_end;
    if (rest == end) return OK;
    if (*rest == ':') url->port = number(rest + 1, (size_t)(end - rest - 1), 65535);
    return *rest != ':' || url->port < 1 ? bad(error, "the port is not a number from 1 to 65535")
                                         : OK;
}

static enum result parse_tcp(const char *begin, const char *rest, struct redis_url *url,
                             struct error *error)
{
    const char *end = rest + strcspn(rest, "/?#");
    const char *at = memrchr(rest, '@', (size_t)(end - rest));
    enum result result = OK;
    if (at) result = parse_login(begin, rest, (size_t)(at - rest), url, error);
    if (result == OK) result = parse_host(at ? at + 1 : rest, end, url, error);
    if (result) return result;
    if (*end == '/' && end[1]) url->database = number(end + 1, strlen(end + 1), DATABASE_MAX);
    if (*end == '?' || *end == '#' || url->database < 0)
        return bad(error, "what follows the host is not /database, a number");
    return OK;
}

static void make_display(struct redis_url *url)
{
    int n = url->path ? asprintf(&url->display, "unix:%s", url->path)
                      : asprintf(&url->display, strchr(url->host, ':') ? "[%s]:%d" : "%s:%d",
                                 url->host, url->port);
    if (n < 0) abort();
}

enum result redis_url_parse(const char *text, struct redis_url *url, struct error *error)
{
    *url = (struct redis_url){0};
    enum result result;
    if (strncmp(text, "unix:", 5) == 0) {
        result = parse_unix(text + 5, url, error);
    } else if (strncmp(text, "redis://", 8) == 0) {
        result = parse_tcp(text, text + 8, url, error);
    } else if (strncmp(text, "rediss://", 9) == 0) {
        url->tls = true;
        result = parse_tcp(text, text + 9, url, error);
    } else {
        result = bad(error, "it begins with no known scheme");
    }
    if (result)
        redis_url_free(url);
    else
        make_display(url);
    return result;
}

void redis_url_free(struct redis_url *url)
{
    free(url->path);
    free(url->host);
    free(url->username);
    free(url->password);
    free(url->display);
    *url = (struct redis_url){0};
}
