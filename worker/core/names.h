/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The closed vocabularies of the contract, each as one table that gives the enum and its names.
 * Value 0 is always "none": absent, null, not decided.
 */
#ifndef EPILOGUE_CORE_NAMES_H
#define EPILOGUE_CORE_NAMES_H

#include "common/str.h"

#define SEVERITIES(X)                \
    X(SEVERITY_CRITICAL, "critical") \
    X(SEVERITY_HIGH, "high")         \
    X(SEVERITY_MEDIUM, "medium")     \
    X(SEVERITY_LOW, "low")           \
    X(SEVERITY_INFORMATIONAL, "informational")

#define PRIORITIES(X)    \
    X(PRIORITY_P1, "P1") \
    X(PRIORITY_P2, "P2") \
    X(PRIORITY_P3, "P3") \
    X(PRIORITY_P4, "P4")

/* The two that say what is technical come first: the rest are process categories. */
#define CATEGORIES(X)                                          \
    X(CATEGORY_TECHNICAL_LAPSE, "technical-lapse")             \
    X(CATEGORY_UNKNOWN_ATTACK_VECTOR, "unknown-attack-vector") \
    X(CATEGORY_PROCEDURAL_FAILURE, "procedural-failure")       \
    X(CATEGORY_MANUAL_ERROR, "manual-error")                   \
    X(CATEGORY_PROCESS_FLAW, "process-flaw")                   \
    X(CATEGORY_COMMUNICATION_GLITCH, "communication-glitch")   \
    X(CATEGORY_UNCATEGORIZED, "uncategorized")

/* What a finding or a tracker says of itself; `closed` is for task-updated alone. */
#define REPORTED_STATUSES(X)               \
    X(REPORTED_OPEN, "open")               \
    X(REPORTED_IN_PROGRESS, "in-progress") \
    X(REPORTED_BLOCKED, "blocked")         \
    X(REPORTED_RESOLVED, "resolved")       \
    X(REPORTED_VERIFIED, "verified")       \
    X(REPORTED_WONT_FIX, "wont-fix")       \
    X(REPORTED_DISMISSED, "dismissed")     \
    X(REPORTED_DUPLICATE, "duplicate")     \
    X(REPORTED_CLOSED, "closed")

#define TASK_STATUSES(X)                 \
    X(STATUS_OPEN, "open")               \
    X(STATUS_IN_PROGRESS, "in-progress") \
    X(STATUS_BLOCKED, "blocked")         \
    X(STATUS_RESOLVED, "resolved")       \
    X(STATUS_CLOSED, "closed")

/* Those by which no work has ended a task come last: it is put aside. */
#define RESOLUTIONS(X)                   \
    X(RESOLUTION_DONE, "done")           \
    X(RESOLUTION_WONT_FIX, "wont-fix")   \
    X(RESOLUTION_DISMISSED, "dismissed") \
    X(RESOLUTION_DUPLICATE, "duplicate") \
    X(RESOLUTION_SUPERSEDED, "superseded")

#define SLA_STATES(X)           \
    X(SLA_ON_TRACK, "on-track") \
    X(SLA_AT_RISK, "at-risk")   \
    X(SLA_BREACHED, "breached") \
    X(SLA_PAUSED, "paused")     \
    X(SLA_MET, "met")           \
    X(SLA_MET_LATE, "met-late") \
    X(SLA_WAIVED, "waived")

/* The four a finding can be routed to come last. */
#define TASK_KINDS(X)                                  \
    X(KIND_POSTMORTEM, "postmortem")                   \
    X(KIND_SEQUENCE_OF_EVENTS, "sequence-of-events")   \
    X(KIND_TECHNICAL_SUMMARY, "technical-summary")     \
    X(KIND_FINDINGS_REPORT, "findings-report")         \
    X(KIND_RESPONSE_EVALUATION, "response-evaluation") \
    X(KIND_STAKEHOLDER_REVIEW, "stakeholder-review")   \
    X(KIND_COORDINATION, "coordination")               \
    X(KIND_OBLIGATION, "obligation")                   \
    X(KIND_SOP_UPDATE, "sop-update")                   \
    X(KIND_BUG, "bug")                                 \
    X(KIND_CHANGE_REQUEST, "change-request")           \
    X(KIND_SERVICE_INVESTMENT, "service-investment")   \
    X(KIND_REGISTER_ENTRY, "register-entry")

#define QUEUES(X)                                   \
    X(QUEUE_ENGINEERING, "engineering")             \
    X(QUEUE_RESPONSE_REGISTER, "response-register") \
    X(QUEUE_RESPONSE_TEAM, "response-team")         \
    X(QUEUE_EXTERNAL, "external")

#define LEVELS(X)           \
    X(LEVEL_FULL, "full")   \
    X(LEVEL_LIGHT, "light") \
    X(LEVEL_UNCONFIRMED, "none")

#define DISPOSITIONS(X)                             \
    X(DISPOSITION_CONFIRMED, "confirmed")           \
    X(DISPOSITION_FALSE_POSITIVE, "false-positive") \
    X(DISPOSITION_BENIGN, "benign")                 \
    X(DISPOSITION_TEST, "test")

#define PARTY_KINDS(X)                          \
    X(PARTY_INTERNAL_GROUP, "internal-group")   \
    X(PARTY_LAW_ENFORCEMENT, "law-enforcement") \
    X(PARTY_REGULATOR, "regulator")             \
    X(PARTY_VENDOR, "vendor")                   \
    X(PARTY_CUSTOMER, "customer")               \
    X(PARTY_OTHER, "other")

#define ACTION_TYPES(X)            \
    X(ACTION_MITIGATE, "mitigate") \
    X(ACTION_PREVENT, "prevent")   \
    X(ACTION_DETECT, "detect")     \
    X(ACTION_PROCESS, "process")   \
    X(ACTION_INVESTIGATE, "investigate")

/* A boolean that publishers may not know. */
#define TRISTATES(X)      \
    X(TRI_FALSE, "false") \
    X(TRI_TRUE, "true")   \
    X(TRI_SUSPECTED, "suspected")

/* Those about a task come first, in the order of which says more (R4.93). */
#define REMINDER_KINDS(X)                            \
    X(REMINDER_ESCALATION, "escalation")             \
    X(REMINDER_OVERDUE, "overdue")                   \
    X(REMINDER_DUE, "due")                           \
    X(REMINDER_VERIFY_DUE, "verify-due")             \
    X(REMINDER_NOT_CLOSED, "not-closed")             \
    X(REMINDER_STALE, "stale")                       \
    X(REMINDER_DUE_SOON, "due-soon")                 \
    X(REMINDER_ASSIGN_DUE, "assign-due")             \
    X(REMINDER_REVIEW_DUE, "review-due")             \
    X(REMINDER_MISSING_FINDINGS, "missing-findings") \
    X(REMINDER_ORPHAN_FINDING, "orphan-finding")     \
    X(REMINDER_RECURRED, "recurred")

#define ROLES(X)                           \
    X(ROLE_OWNER, "owner")                 \
    X(ROLE_MANAGER, "manager")             \
    X(ROLE_ON_CALL, "on-call")             \
    X(ROLE_RESPONSE_TEAM, "response-team") \
    X(ROLE_RESPONSE_LEAD, "response-lead") \
    X(ROLE_PARTICIPANT, "participant")

#define TASK_EVENTS(X)           \
    X(TASK_CREATED, "created")   \
    X(TASK_UPDATED, "updated")   \
    X(TASK_RESOLVED, "resolved") \
    X(TASK_CLOSED, "closed")     \
    X(TASK_REOPENED, "reopened")

#define INCIDENT_EVENTS(X)         \
    X(INCIDENT_OPENED, "opened")   \
    X(INCIDENT_UPDATED, "updated") \
    X(INCIDENT_COMPLETED, "completed")

/* Every reason to refuse a record, in the order in which the first that applies is said
 * (R3.38). malformed-json and too-deep: whichever the parser meets first. */
#define REFUSALS(X)                                \
    X(REFUSE_NO_VALUE, "no-value")                 \
    X(REFUSE_TOO_LARGE, "too-large")               \
    X(REFUSE_INVALID_UTF8, "invalid-utf8")         \
    X(REFUSE_MALFORMED_JSON, "malformed-json")     \
    X(REFUSE_TOO_DEEP, "too-deep")                 \
    X(REFUSE_DUPLICATE_MEMBER, "duplicate-member") \
    X(REFUSE_BAD_ENVELOPE, "bad-envelope")         \
    X(REFUSE_NOT_AN_OBJECT, "not-an-object")       \
    X(REFUSE_MISSING_FIELD, "missing-field")       \
    X(REFUSE_WRONG_TYPE, "wrong-type")             \
    X(REFUSE_BAD_IDENTIFIER, "bad-identifier")     \
    X(REFUSE_BAD_TIME, "bad-time")                 \
    X(REFUSE_UNKNOWN_VALUE, "unknown-value")       \
    X(REFUSE_KEY_MISMATCH, "key-mismatch")         \
    X(REFUSE_UNKNOWN_TASK, "unknown-task")

/* The topics, by what they carry; their names are configuration. */
#define TOPICS(X)                               \
    X(TOPIC_INCIDENT_CLOSED, "incident-closed") \
    X(TOPIC_FINDING_UPDATED, "finding-updated") \
    X(TOPIC_TASK_UPDATED, "task-updated")       \
    X(TOPIC_FORWARDED, "epilogue-forwarded")    \
    X(TOPIC_TASKS, "followup-tasks")            \
    X(TOPIC_REMINDERS, "followup-reminders")    \
    X(TOPIC_STATE, "followup-state")            \
    X(TOPIC_DEAD_LETTERS, "followup-dead-letters")

/* The words of a vocabulary by their values; that of 0, "none", is absent. */
struct vocabulary {
    const struct str *words;
    int end; /* one past the last value */
};

/* The value of a word taken tolerantly (text_same_word), 0 when it is none of them. */
int vocabulary_parse(const struct vocabulary *vocabulary, struct str word);

/* A vocabulary `v`: enum v with `none` for 0, v_end one past its last value (no value itself, so
 * that a switch need not name it), v_words, and v_name and v_parse between value and word. */
#define NAMES_VALUE(id, text) id,
#define NAMES_COUNT(id, text) +1
#define NAMES_DECLARE(v, none, TABLE)                      \
    enum v { none, TABLE(NAMES_VALUE) };                   \
    enum { v##_end = 1 TABLE(NAMES_COUNT) };               \
    extern const struct vocabulary v##_words;              \
    static inline struct str v##_name(enum v value)        \
    {                                                      \
        return v##_words.words[value];                     \
    }                                                      \
    static inline enum v v##_parse(struct str word)        \
    {                                                      \
        return (enum v)vocabulary_parse(&v##_words, word); \
    }

/* One of which several values are true at once: its ids are bits, its words in their order. */
#define NAMES_PLACE(id, text) id##_place,
#define NAMES_BIT(id, text) id = 1 << id##_place,
#define NAMES_DECLARE_BITS(v, TABLE)         \
    enum { TABLE(NAMES_PLACE) };             \
    enum v { TABLE(NAMES_BIT) };             \
    enum { v##_end = 1 TABLE(NAMES_COUNT) }; \
    extern const struct vocabulary v##_words;

/* In one .c file for each of them. */
#define NAMES_TEXT(id, text) {text, sizeof(text) - 1},
#define NAMES_DEFINE(v, TABLE)                                                               \
    const struct vocabulary v##_words = {(const struct str[]){{NULL, 0}, TABLE(NAMES_TEXT)}, \
                                         v##_end};

#define NAMES_ALL(D)                      \
    D(severity, SEVERITIES)               \
    D(priority, PRIORITIES)               \
    D(category, CATEGORIES)               \
    D(reported_status, REPORTED_STATUSES) \
    D(task_status, TASK_STATUSES)         \
    D(resolution, RESOLUTIONS)            \
    D(sla_state, SLA_STATES)              \
    D(task_kind, TASK_KINDS)              \
    D(queue, QUEUES)                      \
    D(level, LEVELS)                      \
    D(disposition, DISPOSITIONS)          \
    D(party_kind, PARTY_KINDS)            \
    D(action_type, ACTION_TYPES)          \
    D(tristate, TRISTATES)                \
    D(reminder_kind, REMINDER_KINDS)      \
    D(role, ROLES)                        \
    D(task_event, TASK_EVENTS)            \
    D(incident_event, INCIDENT_EVENTS)    \
    D(refusal, REFUSALS)                  \
    D(topic, TOPICS)

#define NAMES_DECLARE_ONE(v, TABLE) NAMES_DECLARE(v, v##_none, TABLE)
NAMES_ALL(NAMES_DECLARE_ONE)
#undef NAMES_DECLARE_ONE

#define REMINDER_TASK_KINDS ((int)REMINDER_REVIEW_DUE) /* array size: kinds about a task, and 0 */

static inline bool category_is_process(enum category category)
{
    return category != CATEGORY_TECHNICAL_LAPSE && category != CATEGORY_UNKNOWN_ATTACK_VECTOR;
}

/* A kind that a finding can be routed to. */
static inline bool task_kind_is_finding_work(enum task_kind kind)
{
    return kind >= KIND_BUG;
}

#endif
