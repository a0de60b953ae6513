/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A struct of the state is one table, an X-macro beside it, with a row for each member. The struct,
 * what is stored of it, what a record changes of it and what its events show all come from the
 * rows, so none of them can lack a member. The names of the members are those of the JSON.
 *
 * A row's type is one of these; what "nothing" is, is left out where the state is written:
 *
 *   TEXT                  absent
 *   LIST                  of texts; empty
 *   INTEGER, BITS         0
 *   REVISION              -1
 *   BOOLEAN               false
 *   TRISTATE              0; a boolean, or the word "suspected"
 *   TIME                  TIME_NONE
 *   WORD(vocabulary)      0; by its name
 *   WORDS(vocabulary, v)  0; bit n is the value v + n, written as the list of the names
 *   OBJECT(struct)        nothing in it
 *   LABELS                none; an object of texts
 *   OBJECTS(list, struct) empty; `list` is a struct of `items` and their number `n`
 *   REMINDERS             none of any kind
 */
#ifndef EPILOGUE_CORE_MEMBERS_H
#define EPILOGUE_CORE_MEMBERS_H

#include "common/timestamp.h"
#include "names.h"

#define MEMBER_TEXT struct str
#define MEMBER_LIST struct str_list
#define MEMBER_INTEGER int64_t
#define MEMBER_BITS unsigned
#define MEMBER_REVISION int64_t
#define MEMBER_BOOLEAN bool
#define MEMBER_TRISTATE enum tristate
#define MEMBER_TIME ms_t
#define MEMBER_WORD(vocabulary) enum vocabulary
#define MEMBER_WORDS(vocabulary, first) unsigned
#define MEMBER_OBJECT(name) struct name
#define MEMBER_OBJECTS(list, name) struct list
#define MEMBER_LABELS struct labels
#define MEMBER_REMINDERS reminders_by_kind

/* For rows of X(type, member), of X(bit, type, member), and for those that are left out. */
#define MEMBER(type, member) MEMBER_##type member;
#define MEMBER_OF(bit, type, member) MEMBER_##type member;
#define MEMBER_SKIP(...)

/* Words of the publisher's own for what it sends: names, each once, and values. */
#define LABEL_MEMBERS(X) X(TEXT, name) X(TEXT, value)
struct label {
    LABEL_MEMBERS(MEMBER)
};

struct labels {
    struct label *items;
    size_t n;
};

/* The value of this name; absent where there is none. */
static inline struct str labels_value(struct labels labels, struct str name)
{
    for (size_t i = 0; i < labels.n; i++)
        if (str_eq(labels.items[i].name, name)) return labels.items[i].value;
    return STR_NONE;
}
/* In whatever order they stand: each name is there once, and many languages' maps have no order. */
static inline bool labels_eq(struct labels a, struct labels b)
{
    bool same = a.n == b.n;
    for (size_t i = 0; same && i < a.n; i++)
        same = str_eq(labels_value(b, a.items[i].name), a.items[i].value);
    return same;
}
static inline size_t labels_bytes(struct labels labels)
{
    size_t bytes = 0;
    for (size_t i = 0; i < labels.n; i++) bytes += labels.items[i].name.n + labels.items[i].value.n;
    return bytes;
}

/* For rows of X(bit, type, member): takes the members that `present` has from `in` to `stored`. */
#define MEMBER_MERGE(bit, type, member) \
    if (present & (unsigned)(bit)) stored->member = in->member;

/* The bits of such rows: one enum for their places, then one for the bits. */
#define MEMBER_PLACE(bit, ...) bit##_place,
#define MEMBER_BIT(bit, ...) bit = 1 << bit##_place,

#endif
