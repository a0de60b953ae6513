/* SPDX-License-Identifier: Apache-2.0 */
#include "arena_support.h"
#include <fcntl.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/file.h"

static struct error error;
static struct str text;

/* Reads what a file with these bytes gives. */
static enum result read_back(struct str bytes, size_t max_bytes)
{
    FILE *f = tmpfile();
    assert_non_null(f);
    assert_int_equal(fwrite(bytes.p, 1, bytes.n, f), bytes.n);
    rewind(f);
    error.text[0] = 0;
    enum result result = file_read(arena, fileno(f), "the file", max_bytes, &text, &error);
    assert_true(fcntl(fileno(f), F_GETFD) >= 0);
    fclose(f);
    return result;
}

static void is_read_whole(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 65535, 65536, 65537, 300000};
    struct buf bytes = {0};
    for (int i = 0; i < 300000; i++) buf_char(&bytes, (char)('a' + i % 26));
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct str part = {bytes.p, sizes[i]};
        assert_int_equal(read_back(part, sizes[i]), OK);
        assert_true(str_eq(text, part));
        assert_int_equal(text.p[text.n], 0);
        if (!part.n) continue;
        assert_int_equal(read_back(part, sizes[i] - 1), FATAL);
        char expected[60];
        snprintf(expected, sizeof expected, "the file: larger than %zu bytes", sizes[i] - 1);
        assert_string_equal(error.text, expected);
    }
    buf_free(&bytes);
}

static void without_its_byte_order_mark(void **state)
{
    (void)state;
    assert_int_equal(read_back(STR("\xef\xbb\xbf"), 3), OK);
    assert_int_equal(text.n, 0);
    assert_int_equal(read_back(STR("\xef\xbb\xbf\xef\xbb\xbfx"), 100), OK);
    assert_true(str_eq(text, STR("\xef\xbb\xbfx")));
    assert_int_equal(read_back(STR("\xef\xbb"), 100), OK);
    assert_int_equal(text.n, 2);
}

static void a_pipe_comes_in_pieces(void **state)
{
    (void)state;
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(write(fds[1], "one ", 4), 4);
    assert_int_equal(write(fds[1], "two", 3), 3);
    close(fds[1]);
    assert_int_equal(file_read(arena, fds[0], "the pipe", SIZE_MAX, &text, &error), OK);
    assert_true(str_eq(text, STR("one two")));
    close(fds[0]);
}

static void what_cannot_be_read(void **state)
{
    (void)state;
    int fd = open("/", O_RDONLY | O_DIRECTORY);
    assert_int_equal(file_read(arena, fd, "the folder", SIZE_MAX, &text, &error), FATAL);
    assert_string_equal(error.text, "the folder: Is a directory");
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_read_whole),
        cmocka_unit_test(without_its_byte_order_mark),
        cmocka_unit_test(a_pipe_comes_in_pieces),
        cmocka_unit_test(what_cannot_be_read),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
