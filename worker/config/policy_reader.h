/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON values -> members of structs, by tables: which members an object may have, where each is
 * put, and how it is read. What is wrong is named by its path ("sla.P1.complete").
 */
#ifndef EPILOGUE_CONFIG_POLICY_READER_H
#define EPILOGUE_CONFIG_POLICY_READER_H

#include <jansson.h>

#include "common/arena.h"
#include "common/error.h"
#include "core/policy.h"

struct policy_reader {
    const char *file; /* for messages */
    struct arena *arena;
    struct policy *policy; /* as far as it was read */
    struct error *error;
};

/* Where a value stands: a member or an item of what `parent` is. */
struct policy_place {
    const struct policy_place *parent; /* NULL: the whole file */
    const char *name;                  /* of a member; NULL for an item */
    size_t index;                      /* of an item */
};

/* Reads `value` into `*target`. FATAL, with the error set, on what is not allowed. */
typedef enum result policy_read(struct policy_reader *reader, const struct policy_place *at,
                                json_t *value, void *target);

/* Begins the definition of one that is its file's own. */
#define POLICY_READ(name)                                                                  \
    static enum result read_##name(struct policy_reader *r, const struct policy_place *at, \
                                   json_t *value, void *target)

struct policy_member {
    const char *name; /* NULL ends a table */
    size_t offset;    /* of its target in that of the object */
    policy_read *read;
    bool required;
};

/* "FILE: PATH: <what is wrong>"; returns FATAL. */
enum result policy_reader_bad(struct policy_reader *reader, const struct policy_place *at,
                              const char *format, ...) __attribute__((format(printf, 3, 4)));

/* An object whose members are those of the table, read into `target` + offset, in the table's order:
 * a member can build on those before it. */
enum result policy_reader_members(struct policy_reader *reader, const struct policy_place *at,
                                  json_t *value, const struct policy_member *members, void *target);

/* An array of at most `max` items, the i-th read into `items` + i * size; sets *n. */
enum result policy_reader_items(struct policy_reader *reader, const struct policy_place *at,
                                json_t *value, policy_read *read, size_t max, size_t size,
                                void *items, size_t *n);

/* The same of an object of at most `max` entries that the file names itself: `what` they are, for the
 * message; `at` says the name of each. *n counts those that were read already. */
enum result policy_reader_entries(struct policy_reader *reader, const struct policy_place *at,
                                  json_t *value, policy_read *read, size_t max, const char *what,
                                  size_t size, void *items, size_t *n);

/* A word out of a vocabulary of core/names.h: a value from `first` on. `out`: its enum. */
enum result policy_reader_word(struct policy_reader *reader, const struct policy_place *at,
                               json_t *value, const struct vocabulary *words, int first, void *out);
/* A word out of a list that ends with NULL; *out is its place in it. */
enum result policy_reader_choice(struct policy_reader *reader, const struct policy_place *at,
                                 json_t *value, const char *const *words, int *out);
/* An array of such words, each once at most, as bits (1 << place). */
enum result policy_reader_choices(struct policy_reader *reader, const struct policy_place *at,
                                  json_t *value, const char *const *words, unsigned *bits);

/* These read into the type that stands behind each. */
policy_read policy_reader_text;       /* struct str: 1 to 256 bytes without control characters */
policy_read policy_reader_duration;   /* struct duration: not 0 */
policy_read policy_reader_percentage; /* int: 1 to 100 */
policy_read policy_reader_bool;       /* bool */

/* A whole number within [min, max]. */
enum result policy_reader_integer(struct policy_reader *reader, const struct policy_place *at,
                                  json_t *value, int64_t min, int64_t max, int64_t *out);

/* `30s`, `15m`, `12h`, `7d`, `3bd`, `nbd`; 0 only where `may_be_zero`. */
bool policy_reader_parse_duration(struct str text, bool may_be_zero, struct duration *out);
/* `75%`: 1 to 100. */
bool policy_reader_parse_percentage(struct str text, int *out);

#endif
