/* SPDX-License-Identifier: Apache-2.0 */
#include "core_incident.h"

struct world *closed_incident(void **state)
{
    struct world *w = *state;
    struct closure_event *e = closure(w, "INC-1", 1);
    complete_closure(w, e);
    take_closure(w, NOON, e);
    return w;
}

struct world *full_incident(void **state)
{
    struct world *w = *state;
    struct closure_event *e = closure(w, "INC-1", 1);
    complete_closure(w, e);
    SET_CLOSURE(e, DATA_BREACH, data_breach, TRI_TRUE);
    take_closure(w, NOON, e);
    return w;
}

void take_status(struct world *w, const char *at, int64_t revision, int status)
{
    struct finding_event *f = finding(w, "INC-1", "F-1", revision);
    SET_FINDING(f, STATUS, status, status);
    if (status == REPORTED_DISMISSED || status == REPORTED_WONT_FIX)
        SET_FINDING(f, REASON, reason, STR("not ours"));
    take_finding(w, at, f);
}
