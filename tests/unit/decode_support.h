/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the decoder share: events out of the values of records, and their warnings. */
#ifndef EPILOGUE_TESTS_DECODE_SUPPORT_H
#define EPILOGUE_TESTS_DECODE_SUPPORT_H

#include "codec_support.h"

static inline struct finding_event *finding_of(const char *value)
{
    struct record record = make_record(TOPIC_FINDING_UPDATED, value);
    struct event event = decoded(&record);
    assert_int_equal(event.type, EVENT_FINDING);
    return event.finding;
}

static inline struct closure_event *closure_of(const char *value)
{
    struct record record = make_record(TOPIC_INCIDENT_CLOSED, value);
    struct event event = decoded(&record);
    assert_int_equal(event.type, EVENT_CLOSURE);
    return event.closure;
}

static inline struct task_update_event *update_of(const char *value)
{
    struct record record = make_record(TOPIC_TASK_UPDATED, value);
    struct event event = decoded(&record);
    assert_int_equal(event.type, EVENT_TASK_UPDATE);
    return event.task_update;
}

static inline void assert_warning(struct warnings warnings, size_t i, const char *member,
                                  const char *value, const char *taken_as)
{
    assert_true(i < warnings.n);
    assert_str(warnings.items[i].member, member);
    assert_str(warnings.items[i].value, value);
    assert_str(warnings.items[i].taken_as, taken_as);
}

#endif
