/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/clock.h"

static int64_t ms_of(struct timespec t)
{
    assert_true(t.tv_nsec >= 0 && t.tv_nsec < 1000000000);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Over the end of a second, too, which one of these is wherever the clock stands. */
static void a_time_to_come(void **state)
{
    (void)state;
    for (int ms = 0; ms < 3000; ms += 100) {
        int64_t before = clock_monotonic_ms(), then = ms_of(clock_in(ms));
        assert_in_range(then - ms, before, clock_monotonic_ms());
    }
}

static void a_condition_waits_by_that_clock(void **state)
{
    (void)state;
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t condition;
    clock_cond_init(&condition);
    int64_t before = clock_monotonic_ms();
    struct timespec until = clock_in(50);
    pthread_mutex_lock(&lock);
    while (pthread_cond_timedwait(&condition, &lock, &until) == 0) continue;
    pthread_mutex_unlock(&lock);
    assert_true(clock_monotonic_ms() - before >= 50); /* by the wall clock it were over long ago */
    pthread_cond_destroy(&condition);
}

static void *wait_for(void *mutex)
{
    pthread_mutex_lock(mutex);
    pthread_mutex_unlock(mutex);
    return NULL;
}

static void a_thread_that_ends_and_one_that_does_not(void **state)
{
    (void)state;
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, wait_for, &lock), 0);
    assert_true(clock_join(thread, 60000));
    pthread_mutex_lock(&lock);
    assert_int_equal(pthread_create(&thread, NULL, wait_for, &lock), 0);
    int64_t before = clock_monotonic_ms();
    assert_false(clock_join(thread, 50));
    assert_true(clock_monotonic_ms() - before >= 49); /* two clocks, each rounded down */
    pthread_mutex_unlock(&lock);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_time_to_come),
        cmocka_unit_test(a_condition_waits_by_that_clock),
        cmocka_unit_test(a_thread_that_ends_and_one_that_does_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
