/* SPDX-License-Identifier: Apache-2.0 */
/* The limits are tried, not only read: what a container or a cgroup does not allow no call tells
 * beforehand. */
#include "limits.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

/* Four clients of Kafka, each with a thread for itself and for every broker, and six of our own. */
#define THREADS 40
/* Their connections, those of HTTP, files. */
#define DESCRIPTORS 128
/* A full inbox, a batch, and the queues of the clients. */
#define MEMORY_BYTES ((size_t)192 * 1024 * 1024)

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void *wait_at_gate(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&gate);
    pthread_mutex_unlock(&gate);
    return NULL;
}

/* 0, or the errno of the thread that could not be started. */
static int try_threads(void)
{
    pthread_t threads[THREADS];
    int n = 0, failed = 0;
    pthread_mutex_lock(&gate);
    while (n < THREADS && !failed) {
        failed = pthread_create(&threads[n], NULL, wait_at_gate, NULL);
        n += !failed;
    }
    pthread_mutex_unlock(&gate);
    while (n--) pthread_join(threads[n], NULL);
    return failed;
}

static int try_memory(void)
{
    void *p = mmap(NULL, MEMORY_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) return errno;
    munmap(p, MEMORY_BYTES);
    return 0;
}

enum result limits_check(struct error *error)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < DESCRIPTORS)
        return error_set(error, FATAL,
                         "the process may open %" PRIu64 " files and connections, and needs %d: "
                         "raise the limit (ulimit -n, LimitNOFILE=)",
                         (uint64_t)files.rlim_cur, DESCRIPTORS);
    int failed = try_memory();
    if (failed)
        return error_set(error, FATAL,
                         "%zu MiB of memory are not available (%s): raise the limit (ulimit -v, "
                         "LimitAS=)",
                         MEMORY_BYTES >> 20, strerror(failed));
    failed = try_threads();
    if (failed)
        return error_set(error, FATAL,
                         "%d threads cannot be started (%s): raise the limit of processes or of "
                         "memory (ulimit -u, ulimit -v, TasksMax=, a container's pids limit)",
                         THREADS, strerror(failed));
    return OK;
}
