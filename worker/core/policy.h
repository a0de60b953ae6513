/* SPDX-License-Identifier: Apache-2.0 */
/* The policy of R9.1 to R9.6, as the decision reads them. Loaded by config/policy.c. */
#ifndef EPILOGUE_CORE_POLICY_H
#define EPILOGUE_CORE_POLICY_H

#include "condition.h"
#include "zone.h"

/* `15m`, `7d`: fixed milliseconds; `3bd`: working days of the calendar. */
struct duration {
    int64_t amount; /* milliseconds, or working days */
    bool working_days;
};

#define EVERY_DAY 0x7fu /* of `working_days` */

struct calendar {
    struct zone zone;
    unsigned working_days; /* bit 0 is Monday; never 0 */
    int64_t *holidays;     /* days since 1970-01-01, ascending */
    size_t holidays_n;
};

/* One that the policy names beside its own. */
struct named_calendar {
    struct str name;
    struct calendar calendar;
};

#define OWNER_MEMBERS(X) X(TEXT, team) X(TEXT, person)
struct owner {
    OWNER_MEMBERS(MEMBER)
};

static inline bool owner_is_nobody(struct owner owner)
{
    return !owner.team.p && !owner.person.p;
}
static inline bool owner_eq(struct owner a, struct owner b)
{
    return str_eq(a.team, b.team) && str_eq(a.person, b.person);
}

/* What a record says of an owner by a text: the one of the two, and the other stays (R4.216). */
enum owner_part { OWNER_BOTH, OWNER_TEAM, OWNER_PERSON };

struct sla_times {
    struct duration assign, complete, stale, verify;
};

/* Times laid over those of the priority: first what [priority_none] has, for each of them, then what
 * the priority has. A duration of 0 is not given. */
struct sla_set {
    struct str name; /* of one that rules name */
    struct sla_times times[priority_end];
};

/* When an escalation step is due: a share of the time given, or a time after the breach. */
struct escalation_step {
    bool after_breach;
    int percent; /* where not after_breach: 1 to 100 */
    struct duration delay;
    unsigned to; /* bit (1 << role) */
};

struct route {
    enum task_kind kind;
    struct owner owner;
};

struct alias {
    struct str name; /* lower case */
    enum severity severity;
};

/* What the words of one source mean: `ce_source` begins with `prefix`. */
struct alias_source {
    struct str prefix;
    struct alias *aliases;
    size_t n;
};

/* A tracker's word for a status. */
struct status_alias {
    struct str name;
    enum reported_status status;
};

/* Who answers for a team: its manager, or its on-call. */
struct team_person {
    struct str team;
    struct owner person;
};

/* Somebody who is away, and who stands in (R4.153). Days since 1970-01-01 of the calendar's time zone,
 * both among them. */
struct absence {
    struct str person, to_person;
    int64_t from, to;
};

#define POLICY_POINTS_MAX 16 /* due_soon points, escalation steps (bits of a state member) */

/* Percentages of the time given, ascending. */
struct points {
    int percent[POLICY_POINTS_MAX];
    size_t n;
};

/* What the clock of an obligation starts with: a time that the closure says, or the submission of
 * another obligation. */
#define OBLIGATION_STARTS(X)             \
    X(FROM_STARTED_AT, "started_at")     \
    X(FROM_DETECTED_AT, "detected_at")   \
    X(FROM_KNOWN_AT, "known_at")         \
    X(FROM_CONTAINED_AT, "contained_at") \
    X(FROM_CLOSED_AT, "closed_at")       \
    X(FROM_AFTER, "after")
NAMES_DECLARE(obligation_start, obligation_start_none, OBLIGATION_STARTS)

struct obligation_time {
    enum obligation_start from;
    struct str after_id; /* FROM_AFTER: the other's id, and its place, before this one's */
    size_t after;
    struct duration within;
    int64_t months; /* > 0: so many, in place of `within` */
};

/* A duty towards an outside party with a clock of its own: a task of its own. */
struct obligation {
    struct str id; /* needs no encoding in a name */
    struct str title;
    struct str party;
    enum party_kind party_kind;
    struct conditions when; /* of the incident; an empty list: each confirmed one */
    struct obligation_time time;
    struct obligation_time at_latest; /* shortens that, unless it is over before that begins */
    bool has_latest;
    struct points lead; /* in place of due_soon */
    bool has_lead;
    const struct calendar *calendar; /* whose days count; NULL: every day does */
    ms_t until;                      /* the time of day at which the last of them ends */
    bool has_until;                  /* `time.within` is in working days */
};

#define RULES_PREFIX "rules/" /* of what a task says that one of them decided it */

/* Of the rules the first that matches decides; what it does not set stays. */
struct policy_rule {
    struct str name;        /* as a task says that it has decided: "rules/<its name or number>" */
    struct conditions when; /* of a task; empty: each */
    bool of_finding;        /* `when` asks for what a finding says by itself alone */
    enum task_kind kind;
    enum queue queue;
    struct owner owner;
    enum priority priority;
    int priority_by;              /* steps towards P1; where no priority is set */
    struct str times;             /* the name of a set of times */
    struct str_list participants; /* beside those that are there */
};

/* What of a finding can be a part of the key of its cause (R9.35). */
#define CAUSE_PARTS(X)                       \
    X(CAUSE_CATEGORY, "category")            \
    X(CAUSE_SEVERITY, "severity")            \
    X(CAUSE_TITLE, "title")                  \
    X(CAUSE_WORK, "work")                    \
    X(CAUSE_ACTION_TYPE, "action_type")      \
    X(CAUSE_TEAM, "team") /* that owns it */ \
    X(CAUSE_LABEL, "label")
NAMES_DECLARE(cause_part, cause_part_none, CAUSE_PARTS)

struct cause_member {
    enum cause_part part;
    struct str label; /* CAUSE_LABEL: its name */
};

/* By what a cause is known that comes back, and what follows. */
struct recurrence_policy {
    bool off;
    bool by_references;           /* of a finding that says no cause: each is one */
    struct cause_member *members; /* else what these are, together; of none: no cause */
    size_t members_n;
    struct duration within;
    bool boost; /* what is open of it is raised */
};

struct policy {
    struct str version;
    struct calendar calendar;
    struct named_calendar *calendars;
    size_t calendars_n;
    enum severity severity_default;
    struct alias *aliases;
    size_t aliases_n;
    struct alias_source *sources; /* the longest prefix first */
    size_t sources_n;
    struct status_alias *status_aliases;
    size_t status_aliases_n;
    enum priority priority[severity_end];
    struct conditions full_when; /* of the incident */
    bool suspected_is_true;
    int priority_boost;
    struct sla_times sla[priority_end]; /* see policy_times */
    struct sla_set sla_kinds[task_kind_end], *sla_named;
    size_t sla_named_n;
    int grace; /* percent of the new time that a rise of priority leaves from now on, 1 to 100 */
    struct points due_soon;
    struct duration overdue_every, assign_every, stale_every, verify_every, orphan_every;
    int64_t overdue_max, verify_max;
    ms_t remind_at;             /* within a day of the calendar */
    ms_t day_from, day_to;      /* so is what counts as day; remind_at lies in it */
    bool at_once[priority_end]; /* what does not wait for remind_at */
    bool digest;                /* reminders go out in digests, else each as an event of its own */
    struct duration collect, collect_at_once; /* how long a digest gathers them */
    struct duration at_once_every; /* between two urgent digests, the more of them the longer */
    struct escalation_step escalation[POLICY_POINTS_MAX];
    size_t escalation_n;
    struct route routing[category_end]; /* kind 0: take [CATEGORY_UNCATEGORIZED], the default */
    enum queue queue[task_kind_end];
    struct owner response_team, response_lead;
    struct team_person *managers;
    size_t managers_n;
    struct team_person *on_call;
    size_t on_call_n;
    struct absence *away; /* by person, of one by day; no two of one overlap */
    size_t away_n;
    bool verification[priority_end];
    enum reported_status closed_is; /* where verification is asked: resolved or verified */
    bool verified_by_owner;         /* counts as verified */
    bool acceptance[priority_end];  /* wont-fix has to be an accepted risk */
    bool evidence[task_kind_end];   /* what is done only with evidence */
    int review_on;                  /* 1 for Monday to 7; 0: review_every counts */
    struct duration review_every, missing_findings_after, orphan_finding_after, retention;
    struct policy_rule *rules;
    size_t rules_n;
    struct obligation *obligations;
    size_t obligations_n;
    struct recurrence_policy recurrence;
};

/* The severity of a word of a record from `source` (absent: none is known): one of the five names, or an
 * alias, of its source where the policy has that (R3.75), in any case; 0 if unknown. */
enum severity policy_severity(const struct policy *policy, struct str source, struct str word);
/* The status that a word is an alias of (R3.76); 0 if of none. */
enum reported_status policy_status(const struct policy *policy, struct str word);
/* The route of a category, the default route for those that have none. */
const struct route *policy_route(const struct policy *policy, enum category category);
/* The owner after a record said a part of it. Who is known to belong to another team brings that. */
struct owner policy_owner(const struct policy *policy, struct owner before, struct owner said,
                          enum owner_part part);
/* The times of a task: those of the set `named` (it may be absent, or unknown to this policy), else
 * of its kind, else of its priority, each of the four by itself. */
struct sla_times policy_times(const struct policy *policy, enum task_kind kind,
                              enum priority priority, struct str named);
/* Priority of a severity, raised by `boost` steps, never above P1. */
enum priority policy_priority(const struct policy *policy, enum severity severity, int boost);

/* Who gets at `t` what is meant for `person`: who is away has it sent to who stands in, who may be away
 * as well. In a circle the person keeps it (R4.154). */
struct str policy_delegate(const struct policy *policy, struct str person, ms_t t);

/* The obligation of which a task with this name is; NULL where the policy has none such (any more). */
const struct obligation *policy_obligation(const struct policy *policy, struct str name);
/* When a task of this name is said to be due soon. */
const struct points *policy_lead(const struct policy *policy, struct str name);

#endif
