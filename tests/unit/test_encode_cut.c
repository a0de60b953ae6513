/* SPDX-License-Identifier: Apache-2.0 */
/* What is left out of messages that their topic does not take whole. */
#include "encode_support.h"

static size_t count_of(struct str text, const char *part)
{
    size_t n = 0;
    for (const char *at = text.p;
         (at = memmem(at, text.n - (size_t)(at - text.p), part, strlen(part))); at++)
        n++;
    return n;
}

/* What a topic does not take of an event of time goes in this order: open tasks, long texts, lists,
 * the ends of titles. */
static void test_without_long_parts(void **state)
{
    (void)state;
    static char description[60000], title[900];
    memset(description, 'd', sizeof description - 1);
    memset(title, 't', sizeof title - 1);
    struct encoder encoder = make_encoder();
    struct task before = make_task(), task = make_task();
    before.sla = SLA_AT_RISK;
    task.sla = SLA_BREACHED;
    task.description = before.description = str_of(description);
    task.title = before.title = str_of(title);
    struct output output = {.type = OUTPUT_TASK,
                            .incident_id = STR("INC-1042"),
                            .at = AT,
                            .cause = {.at = AT},
                            .task = {TASK_UPDATED, &task, &before, task_diff(&before, &task)}};
    struct message m;
    encode_output_within(&encoder, arena, &output, SIZE_MAX, &m);
    assert_int_equal(m.headers_n, 8);
    char whole[20];
    snprintf(whole, sizeof whole, "%zu", m.value.n);
    encode_output_within(&encoder, arena, &output, 3000, &m);
    assert_true(encode_size(&m) <= 3000);
    assert_header(&m, "epilogue-truncated", whole);
    assert_int_equal(count_of(m.value, "\"description\":null"), 1);
    assert_int_equal(count_of(m.value, title), 1);
    assert_int_equal(count_of(m.value, "\"changes\":{\"sla\":{"), 1);
    encode_output_within(&encoder, arena, &output, 1, &m); /* as little as can be */
    assert_int_equal(count_of(m.value, title), 0);
    assert_int_equal(count_of(m.value, "\"participants\":[]"), 1);
    assert_int_equal(count_of(m.value, "\"sla\":\"breached\""), 1);
    assert_true(encode_size(&m) < 1500);

    const struct task *open[] = {&task, &task, &task, &task, &task, &task};
    struct incident incident = {.title = STR("Key read"), .level = LEVEL_FULL};
    struct output review = {.type = OUTPUT_REMINDER,
                            .incident_id = STR("INC-1"),
                            .at = AT,
                            .cause = {.at = AT},
                            .reminder = {.kind = REMINDER_REVIEW_DUE,
                                         .number = 1,
                                         .due_for = AT,
                                         .occurrence = 1,
                                         .summary = STR("6 tasks are open"),
                                         .incident = &incident,
                                         .open = open,
                                         .open_n = 6}};
    encode_output_within(&encoder, arena, &review, 5000, &m);
    assert_int_equal(count_of(m.value, title), 4); /* the most urgent that fit, whole */
    encode_output_within(&encoder, arena, &review, 1000, &m);
    assert_int_equal(count_of(m.value, "\"open\":[]"), 1);
    assert_non_null(header(&m, "epilogue-truncated"));
    buf_free(&encoder.scratch);
}

/* What a topic does not take goes in this order: the end of the value, the others' headers, the key. */
static void test_dead_letter_within_a_size(void **state)
{
    (void)state;
    static char value[1500000], note[3000], key[2000];
    memset(value, 'v', sizeof value - 1);
    memset(note, 'n', sizeof note - 1);
    memset(key, 'k', sizeof key - 1);
    struct encoder encoder = make_encoder();
    struct record record = make_record(TOPIC_FINDING_UPDATED, value);
    struct header headers[] = {{STR("x"), str_of(note)}};
    record.headers = headers;
    record.headers_n = 1;
    record.key = str_of(key);
    struct refused refused = {REFUSE_TOO_LARGE, STR("too much"), STR_NONE};
    struct message m;
    static const size_t sizes[] = {1000000, 20000, 5000, 3000, 1000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        assert_true(encode_dead_letter(&encoder, arena, &record, &refused, AT, sizes[i], &m));
        size_t bytes = encode_size(&m);
        assert_true(bytes <= sizes[i] && bytes + 12 >= sizes[i]); /* as much as fits */
        assert_header(&m, "epilogue-truncated", "1499999");
        assert_header(&m, "epilogue-error", "too-large");
        assert_int_equal(header(&m, "x") != NULL, sizes[i] >= 20000);
        assert_int_equal(m.key.p != NULL, sizes[i] >= 3000);
    }
    assert_false(encode_dead_letter(&encoder, arena, &record, &refused, AT, 200, &m));
    assert_null(m.key.p);
    assert_null(header(&m, "x"));
    assert_int_equal(m.value.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_long_parts),
        cmocka_unit_test(test_dead_letter_within_a_size),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
