/* SPDX-License-Identifier: Apache-2.0 */
/* `$position/<n>` as it is stored. */
#include "codec_support.h"

#include "codec/state_json.h"

static void test_position(void **state)
{
    (void)state;
    struct position_entry position = {.partitions = 12, .entries = -1}, back;
    struct error error;
    struct buf out = {0};
    for (int topic = 0; topic < topic_end; topic++)
        position.offsets[topic] = position.marks[topic].offset = -1;
    position.offsets[TOPIC_INCIDENT_CLOSED] = 0;
    position.offsets[TOPIC_FORWARDED] = 123456789012;
    state_json_write_position(&out, &position);
    assert_str(buf_slice(&out), "{\"v\":1,\"type\":\"position\",\"partitions\":12,"
                                "\"offsets\":{\"incident-closed\":0,"
                                "\"epilogue-forwarded\":123456789012}}");
    assert_int_equal(state_json_read_position(buf_slice(&out), &back, &error), OK);
    assert_int_equal(back.partitions, position.partitions);
    for (int topic = 0; topic < topic_end; topic++)
        assert_int_equal(back.offsets[topic], position.offsets[topic]);
    assert_int_equal(back.batch, 0);
    assert_int_equal(back.entries, -1);
    assert_int_equal(back.waiting, 0);
    for (int topic = 0; topic < topic_end; topic++) assert_int_equal(back.marks[topic].offset, -1);
    static const char *const wrong[] = {
        "{",
        "{'v':1,'type':'task'}",
        "{'v':3,'type':'position'}",
        "{'v':1,'type':'position','offsets':{}}",
        "{'v':1,'type':'position','partitions':0,'offsets':{}}",
        "{'v':1,'type':'position','partitions':12}",
        "{'v':1,'type':'position','partitions':12,'offsets':{'incident-closed':-1}}",
        "{'v':1,'type':'position','partitions':12,'batch':-1,'offsets':{}}",
        "{'v':1,'type':'position','partitions':12,'entries':'3','offsets':{}}",
        "{'v':1,'type':'position','partitions':12,'offsets':{},'marks':[]}",
        "{'v':1,'type':'position','partitions':12,'offsets':{},'marks':{'incident-closed':{"
        "'offset':1,'hash':'12'}}}",
        "{'v':1,'type':'position','partitions':12,'offsets':{},'marks':{'incident-closed':{"
        "'offset':1,'hash':'00000000000000AF'}}}",
        "{'v':1,'type':'position','partitions':12,'offsets':{},'marks':{'incident-closed':{"
        "'offset':1,'time':'yesterday','hash':'00000000000000af'}}}",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct record record = make_record(TOPIC_STATE, wrong[i]);
        assert_int_equal(state_json_read_position(record.value, &back, &error), FATAL);
        assert_non_null(strstr(error.text, "\"$position\" cannot be read"));
    }
    buf_free(&out);
}

static void test_position_of_a_batch(void **state)
{
    (void)state;
    struct position_entry position = {.partitions = 3, .batch = 7, .entries = 120, .waiting = 9},
                          back;
    struct error error;
    struct buf out = {0};
    for (int topic = 0; topic < topic_end; topic++)
        position.offsets[topic] = position.marks[topic].offset = -1;
    position.offsets[TOPIC_FINDING_UPDATED] = 42;
    position.marks[TOPIC_FINDING_UPDATED] =
        (struct input_mark){41, 1764066000120, UINT64_C(0x00ab34567890cdef)};
    position.marks[TOPIC_TASK_UPDATED] = (struct input_mark){0, TIME_NONE, 1};
    state_json_write_position(&out, &position);
    assert_str(buf_slice(&out),
               "{\"v\":1,\"type\":\"position\",\"partitions\":3,\"batch\":7,\"entries\":120,"
               "\"waiting\":9,\"offsets\":{\"finding-updated\":42},\"marks\":{\"finding-updated\":{"
               "\"offset\":41,\"time\":1764066000120,"
               "\"hash\":\"00ab34567890cdef\"},\"task-updated\":{\"offset\":0,"
               "\"hash\":\"0000000000000001\"}}}");
    assert_int_equal(state_json_read_position(buf_slice(&out), &back, &error), OK);
    assert_int_equal(back.batch, 7);
    assert_int_equal(back.entries, 120);
    assert_int_equal(back.waiting, 9);
    assert_memory_equal(&back.marks[TOPIC_FINDING_UPDATED], &position.marks[TOPIC_FINDING_UPDATED],
                        sizeof back.marks[0]);
    assert_int_equal(back.marks[TOPIC_TASK_UPDATED].time, TIME_NONE);
    assert_int_equal(back.marks[TOPIC_TASK_UPDATED].hash, 1);
    assert_int_equal(back.marks[TOPIC_INCIDENT_CLOSED].offset, -1);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_position),
        cmocka_unit_test(test_position_of_a_batch),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
