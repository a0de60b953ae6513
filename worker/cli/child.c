/* SPDX-License-Identifier: Apache-2.0 */
/* A program of ours started, waited for and ended: `dev` runs a worker and a Redis so. */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"

static void become(const char *const *argv, const char *log_path, int failed)
{
    /* A Ctrl-C goes to the whole terminal; the parent alone decides when its children stop. */
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (log_path) {
        int fd = open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (fd >= 0) {
            dup2(fd, STDOUT_FILENO);
            dup2(fd, STDERR_FILENO);
        }
    }
    execvp(argv[0], (char *const *)argv);
    int reason = errno;
    ssize_t written = write(failed, &reason, sizeof reason);
    _exit(written == sizeof reason ? 127 : 126);
}

pid_t child_start(const char *const *argv, const char *log_path, struct error *error)
{
    int failed[2];
    if (pipe2(failed, O_CLOEXEC) != 0) {
        error_set(error, FATAL, "cannot make a pipe: %s", strerror(errno));
        return 0;
    }
    pid_t pid = fork();
    if (pid == 0) become(argv, log_path, failed[1]);
    close(failed[1]);
    int reason = pid < 0 ? errno : 0;
    /* Nothing comes when exec went well: the pipe is closed by it. */
    if (pid > 0 && read(failed[0], &reason, sizeof reason) == sizeof reason) {
        waitpid(pid, NULL, 0);
        pid = 0;
    }
    close(failed[0]);
    if (pid > 0) return pid;
    error_set(error, FATAL, "cannot start %s: %s", argv[0], strerror(reason));
    return 0;
}

int child_is_alive(pid_t pid)
{
    return pid > 0 && waitpid(pid, NULL, WNOHANG) == 0;
}

int child_wait(pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR) return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int child_stop(pid_t pid, int signal)
{
    if (pid <= 0) return 0;
    int status = 0;
    kill(pid, signal);
    for (int i = 0; i < 500; i++) {
        if (waitpid(pid, &status, WNOHANG) != 0) return status;
        clock_sleep(10);
    }
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    return status;
}
