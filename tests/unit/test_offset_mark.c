/* SPDX-License-Identifier: Apache-2.0 */
/* The mark that our committed offsets carry. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "kafka/offset_mark.h"

static void there_and_back(int32_t partitions, int64_t batch, int64_t checkpoint)
{
    char text[OFFSET_MARK_BYTES];
    struct offset_mark mark = {partitions, batch, checkpoint}, back;
    offset_mark_write(text, &mark);
    assert_true(offset_mark_read(text, &back));
    assert_int_equal(back.partitions, partitions);
    assert_int_equal(back.batch, batch);
    assert_int_equal(back.checkpoint, checkpoint);
}

static void test_round_trip(void **state)
{
    (void)state;
    there_and_back(1, 1, 0);
    there_and_back(12, 7, 345);
    there_and_back(INT32_MAX, INT64_MAX, INT64_MAX);
}

static void test_what_it_looks_like(void **state)
{
    (void)state;
    char text[OFFSET_MARK_BYTES];
    offset_mark_write(text, &(struct offset_mark){12, 7, 345});
    assert_string_equal(text, "epilogue/1 partitions=12 batch=7 checkpoint=345");
    offset_mark_write(text, &(struct offset_mark){INT32_MAX, INT64_MAX, INT64_MAX});
    assert_true(strlen(text) + 1 < OFFSET_MARK_BYTES);
}

static void test_not_ours(void **state)
{
    (void)state;
    static const char *const others[] = {
        NULL,
        "",
        " ",
        "{\"v\":1}",
        "epilogue",
        "epilogue/1",
        "epilogue/2 partitions=12 batch=7 checkpoint=345",
        "Epilogue/1 partitions=12 batch=7 checkpoint=345",
        " epilogue/1 partitions=12 batch=7 checkpoint=345",
        "epilogue/1 partitions=12 batch=7",
        "epilogue/1 partitions=12 batch=7 checkpoint=",
        "epilogue/1 partitions=12 batch=7 checkpoint=x",
        "epilogue/1 batch=7 partitions=12 checkpoint=345",
        /* something behind it */
        "epilogue/1 partitions=12 batch=7 checkpoint=345 ",
        "epilogue/1 partitions=12 batch=7 checkpoint=345 more=1",
        "epilogue/1 partitions=12 batch=7 checkpoint=345\n",
        "epilogue/1 partitions=12 batch=7 checkpoint=34.5",
        /* numbers that cannot be */
        "epilogue/1 partitions=0 batch=7 checkpoint=345",
        "epilogue/1 partitions=-12 batch=7 checkpoint=345",
        "epilogue/1 partitions=12 batch=0 checkpoint=345",
        "epilogue/1 partitions=12 batch=-7 checkpoint=345",
        "epilogue/1 partitions=12 batch=7 checkpoint=-1",
        /* numbers that do not fit */
        "epilogue/1 partitions=2147483648 batch=7 checkpoint=345",
        "epilogue/1 partitions=4294967308 batch=7 checkpoint=345",
        "epilogue/1 partitions=12 batch=9223372036854775808 checkpoint=345",
        "epilogue/1 partitions=12 batch=7 checkpoint=99999999999999999999999999",
        /* numbers in another form */
        "epilogue/1 partitions=+12 batch=7 checkpoint=345",
        "epilogue/1 partitions= 12 batch=7 checkpoint=345",
        "epilogue/1 partitions=012 batch=7 checkpoint=345",
        "epilogue/1  partitions=12 batch=7 checkpoint=345",
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct offset_mark mark;
        if (offset_mark_read(others[i], &mark)) fail_msg("taken for ours: \"%s\"", others[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_what_it_looks_like),
        cmocka_unit_test(test_not_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
