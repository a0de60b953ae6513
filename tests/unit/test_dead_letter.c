/* SPDX-License-Identifier: Apache-2.0 */
/* What encode_dead_letter writes, read back: nothing of the record is lost, nothing of ours stays. */
#include "codec/dead_letter.h"

#include "codec_support.h"

static struct str names[topic_end];

static int name_topics(void **state)
{
    for (int t = 1; t < topic_end; t++) names[t] = topic_name(t);
    return setup(state);
}

static struct record record_with(const struct header *headers, size_t n)
{
    return (struct record){.topic = TOPIC_TASK_UPDATED,
                           .partition = 3,
                           .offset = 991,
                           .timestamp = NOW - 5000,
                           .key = STR("INC-1"),
                           .value = STR("0123456789"),
                           .headers = headers,
                           .headers_n = n};
}

/* The dead letter of a record, as it is read from its topic. */
static struct record refuse(const struct record *record, size_t max_bytes)
{
    struct encoder encoder = {0};
    memcpy(encoder.topic_names, names, sizeof names);
    struct refused refused = {REFUSE_UNKNOWN_TASK, STR("no such task"), STR_NONE};
    struct message m;
    encode_dead_letter(&encoder, arena, record, &refused, NOW, max_bytes, &m);
    return (struct record){.topic = m.topic,
                           .partition = 1,
                           .offset = 17,
                           .key = m.key,
                           .value = m.value,
                           .headers = m.headers,
                           .headers_n = m.headers_n};
}

static bool same(struct str a, struct str b)
{
    return str_eq(a, b);
}

static void test_there_and_back(void **state)
{
    (void)state;
    struct header headers[] = {{STR("x"), STR_NONE},
                               {STR("epilogue-error"), STR("spoofed")},
                               {STR("epilogue-truncated"), STR("7")},
                               {STR("x"), STR("2")}};
    struct record record = record_with(headers, 4), letter = refuse(&record, 4096), original;
    struct dead_letter read;
    assert_int_equal(dead_letter_read(names, &letter, &read), DEAD_LETTER);
    assert_true(same(read.code, STR("unknown-task")));
    assert_int_equal(read.topic, TOPIC_TASK_UPDATED);
    assert_int_equal(read.refused_at, NOW);
    assert_false(read.is_cut);
    dead_letter_original(arena, &letter, &read, &original);
    assert_int_equal(original.topic, TOPIC_TASK_UPDATED);
    assert_int_equal(original.partition, 3);
    assert_int_equal(original.timestamp, NOW - 5000);
    assert_true(same(original.key, record.key) && same(original.value, record.value));
    assert_int_equal(original.headers_n, 2);
    assert_null(original.headers[0].value.p);
    assert_true(same(original.headers[1].value, STR("2")));
    letter = refuse(&record, 200);
    assert_int_equal(dead_letter_read(names, &letter, &read), DEAD_LETTER);
    assert_true(read.is_cut);
}

/* So do items, which stood nowhere before. */
static void test_items(void **state)
{
    (void)state;
    struct header headers[] = {{STR("epilogue-kind"), STR("items")},
                               {STR("epilogue-origin"), STR("1/2/3/4")}};
    struct record record = record_with(headers, 2), original;
    record.topic = TOPIC_FORWARDED;
    struct record letter = refuse(&record, 4096);
    struct dead_letter read;
    assert_int_equal(dead_letter_read(names, &letter, &read), DEAD_LETTER);
    assert_int_equal(read.topic, TOPIC_FORWARDED);
    assert_int_equal(read.to, TOPIC_FORWARDED);
    dead_letter_original(arena, &letter, &read, &original);
    assert_int_equal(original.topic, TOPIC_FORWARDED);
    assert_int_equal(original.headers_n, 2);
    assert_true(original.timestamp == TIME_NONE); /* that of being sent back */
    assert_str(original.headers[1].value, "1/2/3/4");
    headers[0].value = STR("recurrence"); /* which time has caused */
    letter = refuse(&record, 4096);
    assert_int_equal(dead_letter_read(names, &letter, &read), DEAD_LETTER);
    assert_int_equal(read.to, TOPIC_FORWARDED);
    headers[0].value = STR("recurred");
    letter = refuse(&record, 4096);
    assert_int_equal(dead_letter_read(names, &letter, &read), DEAD_LETTER);
    assert_int_equal(read.to, TOPIC_FORWARDED);
    headers[0].value = STR("record"); /* of a stranger: nobody knows where it stood */
    letter = refuse(&record, 4096);
    assert_int_equal(dead_letter_read(names, &letter, &read), DEAD_LETTER);
    assert_int_equal(read.topic, topic_none);
}

/* What a merge has sent on goes back to where it stood, with all that it had there. */
static void test_merged_finding(void **state)
{
    (void)state;
    struct header headers[] = {{STR("epilogue-kind"), STR("finding")},
                               {STR("epilogue-topic"), STR("incident-closed")},
                               {STR("epilogue-partition"), STR("2")},
                               {STR("epilogue-offset"), STR("7")}};
    struct record record = record_with(headers, 4), original;
    record.topic = TOPIC_FORWARDED;
    struct record letter = refuse(&record, 4096);
    struct dead_letter read;
    assert_int_equal(dead_letter_read(names, &letter, &read), DEAD_LETTER);
    assert_int_equal(read.topic, TOPIC_INCIDENT_CLOSED);
    dead_letter_original(arena, &letter, &read, &original);
    assert_int_equal(original.topic, TOPIC_FORWARDED);
    assert_true(original.timestamp == TIME_NONE); /* a header has the first one */
    assert_int_equal(original.headers_n, 4);
    assert_str(original.headers[3].value, "7");
    headers[0].value = STR("record");
    letter = refuse(&record, 4096);
    assert_int_equal(dead_letter_read(names, &letter, &read), DEAD_LETTER);
    dead_letter_original(arena, &letter, &read, &original);
    assert_int_equal(original.topic, TOPIC_INCIDENT_CLOSED);
    assert_int_equal(original.headers_n, 0);
}

static void test_times(void **state)
{
    (void)state;
    struct record record = record_with(NULL, 0);
    struct dead_letter read;
    record.timestamp = NOW + 1; /* Kafka may refuse times in the future: as of the refusal */
    struct record letter = refuse(&record, 4096);
    assert_int_equal(dead_letter_read(names, &letter, &read), DEAD_LETTER);
    assert_int_equal(read.record_time, NOW);
    record.timestamp = TIME_NONE;
    letter = refuse(&record, 4096);
    assert_int_equal(dead_letter_read(names, &letter, &read), DEAD_LETTER);
    assert_int_equal(read.record_time, TIME_NONE);
}

static void test_markers(void **state)
{
    (void)state;
    struct header header = {STR("epilogue-redriven"), STR("5")};
    struct record record = record_with(&header, 1), letter = refuse(&record, 4096);
    struct dead_letter read;
    struct message m;
    assert_int_equal(dead_letter_read(names, &letter, &read), DEAD_LETTER);
    dead_letter_marker(arena, &letter, &m);
    assert_int_equal(m.topic, TOPIC_DEAD_LETTERS);
    assert_int_equal(m.partition, 1);
    assert_true(same(m.key, STR("INC-1")));
    assert_null(m.value.p);
    struct record marker = {.headers = m.headers, .headers_n = m.headers_n};
    assert_int_equal(dead_letter_read(names, &marker, &read), DEAD_LETTER_MARKER);
    assert_int_equal(read.redriven, 17);
}

static void test_strange(void **state)
{
    (void)state;
    struct record record = record_with(NULL, 0);
    struct dead_letter read;
    assert_int_equal(dead_letter_read(names, &record, &read), DEAD_LETTER_STRANGE);
    for (size_t missing = 0; missing < 7; missing++) {
        struct record letter = refuse(&record, 4096);
        struct header *headers = (struct header *)letter.headers;
        headers[missing].value = STR("x");
        enum dead_letter_kind kind = dead_letter_read(names, &letter, &read);
        bool is_text = missing < 3; /* the code, the detail, the topic */
        assert_int_equal(kind, is_text ? DEAD_LETTER : DEAD_LETTER_STRANGE);
        if (missing == 2) assert_int_equal(read.topic, topic_none);
    }
    struct header garbage = {STR("epilogue-redriven"), STR("-1")};
    record = record_with(&garbage, 1);
    assert_int_equal(dead_letter_read(names, &record, &read), DEAD_LETTER_STRANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_and_back), cmocka_unit_test(test_merged_finding),
        cmocka_unit_test(test_items),          cmocka_unit_test(test_times),
        cmocka_unit_test(test_markers),        cmocka_unit_test(test_strange),
    };
    return cmocka_run_group_tests(tests, name_topics, teardown);
}
