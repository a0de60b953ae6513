/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Named places where a fault test lets the process die as kill -9 would, or stand still. The
 * environment names one and how often it is passed before that.
 */
#include "failpoint.h"

#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"

#define KILLED 137 /* what a shell says of a process that kill -9 ended */

/* Read once, from the engine's thread: a failpoint is for the whole life of a process. */
static struct {
    enum { UNREAD, UNSET, ARMED } state;
    char name[32];
    long countdown;
    bool freezes;
} point;

static void read_environment(void)
{
    point.state = UNSET;
    const char *text = getenv("EPILOGUE_FAILPOINT");
    const char *colon = text ? strchr(text, ':') : NULL;
    if (!text) return;
    char *end = NULL;
    if (colon && (size_t)(colon - text) < sizeof point.name) {
        memcpy(point.name, text, (size_t)(colon - text));
        point.countdown = strtol(colon + 1, &end, 10);
    }
    point.freezes = end && strcmp(end, ":freeze") == 0;
    bool is_whole = end && end != colon + 1 && (!*end || point.freezes);
    if (is_whole && point.countdown > 0 && point.countdown < LONG_MAX) {
        point.state = ARMED;
        log_warn("a failpoint is set: this process will die, or stand still, on purpose",
                 LOG_TEXT("failpoint", text));
    } else {
        log_error("EPILOGUE_FAILPOINT is not <name>:<countdown>[:freeze], ignored",
                  LOG_TEXT("value", text));
    }
}

void failpoint(const char *name)
{
    if (point.state == UNSET) return;
    if (point.state == UNREAD) read_environment();
    if (point.state != ARMED || strcmp(name, point.name) != 0 || --point.countdown > 0) return;
    if (!point.freezes) _exit(KILLED);
    point.state = UNSET;
    raise(SIGSTOP);
}
