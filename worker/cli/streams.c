/* SPDX-License-Identifier: Apache-2.0 */
/* Standard input, output and error that are closed, full or not read any more. */
#include "streams.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

/* The lowest free descriptor, on which the stream's own direction does not work; a folder does as
 * well where there is no /dev. */
static int open_useless(int fd)
{
    int got = open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    return got >= 0 ? got : open("/", O_RDONLY | O_DIRECTORY);
}

void streams_repair(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open_useless(fd) != fd) _exit(EXIT_FAILED);
    signal(SIGPIPE, SIG_IGN);
}

static bool reader_gone(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO};
    return poll(&out, 1, 0) > 0 && (out.revents & (POLLERR | POLLNVAL));
}

bool streams_closed(void)
{
    return ferror(stdout) || reader_gone();
}

int streams_finish(int code)
{
    bool enough = reader_gone();
    bool failed = ferror(stdout);
    errno = 0;
    /* Some file systems tell only at the end that there is no room. */
    failed |= fclose(stdout) != 0;
    int reason = errno;
    if (!failed || enough || reason == EPIPE) return code;
    return cli_fail(code == EXIT_USAGE ? EXIT_USAGE : EXIT_FAILED,
                    "standard output could not be written%s%s", reason ? ": " : "",
                    reason ? strerror(reason) : "");
}
