/* SPDX-License-Identifier: Apache-2.0 */
/* The task that the tests of encoding write. */
#ifndef EPILOGUE_TESTS_UNIT_ENCODE_SUPPORT_H
#define EPILOGUE_TESTS_UNIT_ENCODE_SUPPORT_H

#include "codec_support.h"
#include "core/task_diff.h"

#define AT INT64_C(1795169700000) /* 2026-11-20T10:15:00.000Z */

static inline struct task make_task(void)
{
    static struct str participants[] = {{"identity", 8}, {"crash-reporting", 15}};
    static struct label product = {{"product", 7}, {"a\"b", 3}};
    return (struct task){
        .name = STR("bug/F-7"),
        .incident_id = STR("INC-1042"),
        .finding_id = STR("F-7"),
        .kind = KIND_BUG,
        .queue = QUEUE_ENGINEERING,
        .title = STR("Dumps \"are\" not redacted"),
        .description = STR_NONE,
        .category = CATEGORY_TECHNICAL_LAPSE,
        .severity = SEVERITY_HIGH,
        .priority = PRIORITY_P1,
        .status = STATUS_OPEN,
        .accepted_until = TIME_NONE,
        .owner = {STR("crash-reporting"), STR_NONE},
        .participants = {participants, 2},
        .labels = {&product, 1},
        .created_at = AT,
        .updated_at = AT,
        .assign_due_at = TIME_NONE,
        .due_at = AT + 7 * DAY_MS,
        .snoozed_until = TIME_NONE,
        .closed_at = TIME_NONE,
        .first_breached_at = TIME_NONE,
        .sla = SLA_ON_TRACK,
        .submitted_at = TIME_NONE,
        .occurrence = 1,
        .version = 1,
        .policy_version = STR("2026-11-20"),
        .policy_rule = STR("finding/technical-lapse"),
    };
}

static inline struct cause make_cause(void)
{
    return (struct cause){.topic = TOPIC_FINDING_UPDATED,
                          .partition = 3,
                          .offset = 991,
                          .event_id = STR("5b1c"),
                          .at = AT,
                          .traceparent = STR("00-ab-cd-01"),
                          .tracestate = STR("v=1")};
}

/* What goes out is always JSON that our own strict parser takes. */
static inline void assert_value(const struct message *message, const char *expected)
{
    struct json *root;
    struct str detail;
    assert_str(message->value, expected);
    assert_int_equal(json_parse(arena, arena, message->value, 32, &root, &detail), JSON_OK);
}

#endif
