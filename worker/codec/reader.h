/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the decoder stands in a record, and what it has found wrong so far. A record is read to its
 * end even when something is wrong with it, because the refusal that is told is the first in the
 * order of R3.38, wherever it stands.
 */
#ifndef EPILOGUE_CODEC_READER_H
#define EPILOGUE_CODEC_READER_H

#include "decode.h"
#include "json.h"

#define READER_NO_INDEX ((size_t)-1)

/* An object or entry of a list that is being read; the way to it gives paths their names. */
struct reader_place {
    const struct reader_place *outer; /* NULL: the record itself */
    struct str name;
    size_t index; /* READER_NO_INDEX: not an entry of a list */
};

struct reader {
    const struct decoder *decoder;
    struct arena *arena;
    const struct reader_place *place; /* NULL: the record itself */
    struct str source;                /* the CloudEvents source of the record, or absent */
    bool merged; /* a finding that comes with a merged incident: it says its origin and its way */
    struct refused *refused;
    int rank; /* of what `refused` says, in the order of refusals; 0: nothing wrong */
    struct warning *warnings;
    size_t warnings_n, warnings_cap;
};

/* Finds the member of each name in an object; found[i] is NULL where there is none. */
void reader_find(const struct json *object, const struct str *names, size_t n,
                 const struct json **found);

/* Notes a refusal of the member `name` of the present place, unless one that comes before it is
 * noted already. The text behind the path says what is allowed. */
void reader_refuse(struct reader *r, int code, struct str name, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* wrong-type: "<path>: must be <wanted>, is <what it is>". */
void reader_wrong_type(struct reader *r, const struct json *value, const char *wanted);

/* Adds a warning about the member `name` of the present place. */
void reader_warn(struct reader *r, struct str name, struct str value, struct str taken_as);
/* The warnings so far; none are left behind. */
struct warnings reader_take_warnings(struct reader *r);

#endif
