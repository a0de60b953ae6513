/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For LD_PRELOAD: a process whose wall clock is wrong by as many seconds as the file CLOCK_AHEAD says,
 * read anew all the time. The monotonic clock is right, and whoever waits until a time of the wall
 * clock waits as long as he means to. (libfaketime's waits on a monotonic condition return at once.)
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

static long ahead_s(void)
{
    char text[32] = "";
    FILE *file = fopen(getenv("CLOCK_AHEAD"), "r");
    if (!file) return 0;
    if (!fgets(text, sizeof text, file)) text[0] = 0;
    fclose(file);
    return strtol(text, NULL, 10);
}

int clock_gettime(clockid_t id, struct timespec *t)
{
    int result = (int)syscall(SYS_clock_gettime, id, t);
    if (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE) t->tv_sec += ahead_s();
    return result;
}

int timespec_get(struct timespec *t, int base)
{
    clock_gettime(CLOCK_REALTIME, t);
    return base;
}

int gettimeofday(struct timeval *restrict t, void *restrict zone)
{
    struct timespec now;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    *t = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
    return 0;
}

time_t time(time_t *t)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (t) *t = now.tv_sec;
    return now.tv_sec;
}

/* What is so late is a time of the wall clock. */
static struct timespec right(const struct timespec *until)
{
    struct timespec t = *until;
    if (t.tv_sec > 1000000000) t.tv_sec -= ahead_s();
    return t;
}

int pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *lock,
                           const struct timespec *until)
{
    static int (*real)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
    if (!real) *(void **)&real = dlsym(RTLD_NEXT, "pthread_cond_timedwait");
    struct timespec t = right(until);
    return real(cond, lock, &t);
}

int cnd_timedwait(cnd_t *cond, mtx_t *lock, const struct timespec *until)
{
    static int (*real)(cnd_t *, mtx_t *, const struct timespec *);
    if (!real) *(void **)&real = dlsym(RTLD_NEXT, "cnd_timedwait");
    struct timespec t = right(until);
    return real(cond, lock, &t);
}

int pthread_timedjoin_np(pthread_t thread, void **result, const struct timespec *until)
{
    static int (*real)(pthread_t, void **, const struct timespec *);
    if (!real) *(void **)&real = dlsym(RTLD_NEXT, "pthread_timedjoin_np");
    struct timespec t = right(until);
    return real(thread, result, &t);
}
