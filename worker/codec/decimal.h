/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of JSON that are written with a fraction or an exponent, taken exactly. */
#ifndef EPILOGUE_CODEC_DECIMAL_H
#define EPILOGUE_CODEC_DECIMAL_H

#include "json.h"

struct decimal {
    int64_t whole;       /* the greatest integer that is not above it */
    int64_t thousandths; /* what it has above that, 0 to 999, what is finer cut off */
    bool is_integer;     /* nothing is above `whole`, however fine */
};

/* Reads a JSON_INT or JSON_REAL, as many digits as it may have; false where its integer is beyond 64
 * bits, or where it is no number. */
bool decimal_read(const struct json *value, struct decimal *out);
/* Whether a number is an integer of whatever size: 1, 1.0, 1e3, 12e-1 not. */
bool decimal_is_integer(const struct json *value);

#endif
