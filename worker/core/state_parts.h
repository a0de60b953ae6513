/* SPDX-License-Identifier: Apache-2.0 */
/* Objects that are members of several entries. */
#ifndef EPILOGUE_CORE_STATE_PARTS_H
#define EPILOGUE_CORE_STATE_PARTS_H

#include "members.h"

/* clang-format off */

/* What decides which of two records is the later one (R3.23). */
#define ORDER_MEMBERS(X) \
    X(REVISION, revision) \
    X(TIME, time) \
    X(LIST, taken) /* hashes of what was taken at that very time (R3.59); of a record its own */
struct order { ORDER_MEMBERS(MEMBER) };

#define TRACKER_MEMBERS(X) X(TEXT, system) X(TEXT, key) X(TEXT, url)
struct tracker { TRACKER_MEMBERS(MEMBER) };

#define WARNING_MEMBERS(X) X(TEXT, member) X(TEXT, value) X(TEXT, taken_as)
struct warning { WARNING_MEMBERS(MEMBER) };

struct warnings {
    struct warning *items;
    size_t n;
};

/* Where a finding began that came with a merged incident; absent: in this one. */
#define ORIGIN_MEMBERS(X) X(TEXT, incident_id) X(TEXT, finding_id)
struct origin { ORIGIN_MEMBERS(MEMBER) };

#define EVIDENCE_MEMBERS(X) X(TEXT, ref) X(TEXT, note)
struct evidence { EVIDENCE_MEMBERS(MEMBER) };

struct evidence_list {
    struct evidence *items;
    size_t n;
};

/* What is said of the response; tristate_none is not answered. */
#define EVALUATION_MEMBERS(X) X(TRISTATE, sufficient) X(TRISTATE, complete) X(TEXT, note)
struct evaluation { EVALUATION_MEMBERS(MEMBER) };

/* clang-format on */

static inline bool evidence_list_eq(struct evidence_list a, struct evidence_list b)
{
    bool same = a.n == b.n;
    for (size_t i = 0; same && i < a.n; i++)
        same = str_eq(a.items[i].ref, b.items[i].ref) && str_eq(a.items[i].note, b.items[i].note);
    return same;
}
static inline bool evaluation_eq(struct evaluation a, struct evaluation b)
{
    return a.sufficient == b.sufficient && a.complete == b.complete && str_eq(a.note, b.note);
}
/* Whether it has both answers. */
static inline bool evaluation_is_answered(struct evaluation evaluation)
{
    return evaluation.sufficient && evaluation.complete;
}
/* Whether it answers one of them with no. */
static inline bool evaluation_finds_fault(struct evaluation evaluation)
{
    return evaluation.sufficient == TRI_FALSE || evaluation.complete == TRI_FALSE;
}

#endif
