/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers as programs print them whose numbers are all floating: 1.0, 1e3, 1763630000.123. A double
 * would hold no nanoseconds since 1970, and a tenth of nothing: so the digits are taken as they are.
 */
#include "decimal.h"

#define EXPONENT_MAX 1000000 /* a record has no more digits */

struct digits {
    struct str text; /* of a number, without its sign and exponent; a point may be in it */
    size_t point;    /* digits before the point */
    size_t n;        /* digits in all */
    int64_t first;   /* the place of the first digit of `text`: 0 for that of ones, 1 of tens */
    bool negative;
};

static int64_t read_exponent(struct str text)
{
    int64_t value = 0;
    size_t i = text.n && (text.p[0] == '-' || text.p[0] == '+');
    for (; i < text.n && value < EXPONENT_MAX; i++) value = value * 10 + (text.p[i] - '0');
    return text.n && text.p[0] == '-' ? -value : value;
}

/* `text` is a number by JSON's grammar. */
static struct digits take_apart(struct str text)
{
    struct digits d = {.negative = text.n && text.p[0] == '-'};
    size_t start = d.negative, end = start;
    while (end < text.n && text.p[end] != 'e' && text.p[end] != 'E') end++;
    d.text = (struct str){text.p + start, end - start};
    const char *point = memchr(d.text.p, '.', d.text.n);
    d.point = point ? (size_t)(point - d.text.p) : d.text.n;
    d.n = d.text.n - (point != NULL);
    int64_t exponent = 0;
    if (end < text.n) exponent = read_exponent((struct str){text.p + end + 1, text.n - end - 1});
    d.first = (int64_t)d.point - 1 + exponent;
    return d;
}

static int digit(const struct digits *d, size_t i)
{
    return d->text.p[i < d->point ? i : i + 1] - '0';
}

/* The digit at a place: 0 for ones, -1 for tenths. */
static int digit_at(const struct digits *d, int64_t place)
{
    int64_t i = d->first - place;
    return i >= 0 && i < (int64_t)d->n ? digit(d, (size_t)i) : 0;
}

/* Whether a digit that is not 0 stands behind `place`. */
static bool has_more(const struct digits *d, int64_t place)
{
    int64_t i = d->first - place + 1;
    for (size_t k = i < 0 ? 0 : (size_t)i; k < d->n; k++)
        if (digit(d, k)) return true;
    return false;
}

/* The place of the first digit that is not 0; of nothing 0. */
static int64_t highest(const struct digits *d)
{
    for (size_t i = 0; i < d->n; i++)
        if (digit(d, i)) return d->first - (int64_t)i;
    return 0;
}

bool decimal_is_integer(const struct json *value)
{
    if (value->type == JSON_INT) return true;
    if (value->type != JSON_REAL) return false;
    struct digits d = take_apart(value->text);
    return !has_more(&d, 0);
}

bool decimal_read(const struct json *value, struct decimal *out)
{
    *out = (struct decimal){value->integer, 0, true};
    if (value->type != JSON_REAL) return value->type == JSON_INT;
    struct digits d = take_apart(value->text);
    int64_t whole = 0, thousandths = 0;
    int64_t place = highest(&d);
    if (place > 18) return false; /* beyond 19 digits */
    for (; place >= 0; place--) {
        int digit = digit_at(&d, place);
        /* Taken as a negative number, since there is one more of those. */
        if (__builtin_mul_overflow(whole, INT64_C(10), &whole) ||
            __builtin_sub_overflow(whole, (int64_t)digit, &whole))
            return false;
    }
    for (place = -1; place >= -3; place--) thousandths = thousandths * 10 + digit_at(&d, place);
    bool finer = has_more(&d, -3);
    out->is_integer = !thousandths && !finer;
    if (!d.negative) {
        if (whole == INT64_MIN) return false;
        *out = (struct decimal){-whole, thousandths, out->is_integer};
        return true;
    }
    /* Below zero what is cut off goes down, as of every other time. */
    int64_t below = thousandths + finer;
    if (below && __builtin_sub_overflow(whole, INT64_C(1), &whole)) return false;
    *out = (struct decimal){whole, below ? 1000 - below : 0, out->is_integer};
    return true;
}
