/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A worker's ports, wrapped: each call is counted, and one that is chosen beforehand goes wrong. What
 * lies behind them (sim/) knows nothing of it.
 *
 * How to add a fault: a line in FAULTS, and what it does in before() or after() of faults.c, or in
 * the one call that it concerns.
 */
#ifndef EPILOGUE_TESTS_SIM_FAULTS_H
#define EPILOGUE_TESTS_SIM_FAULTS_H

#include <setjmp.h>

#include "engine/engine.h"
#include "sim/sim_client.h"
#include "sim/sim_store.h"

#define FAULTS(X)                                                                             \
    X(FAULT_NONE, "none")                                                                     \
    X(FAULT_CRASH_BEFORE, "crash-before") /* the worker is gone, and nothing done */          \
    X(FAULT_CRASH_AFTER, "crash-after")   /* the same, and the call has had its effect */     \
    X(FAULT_FAILS, "fails")               /* it has no effect, and fails */                   \
    X(FAULT_FAILS_AFTER, "fails-after")   /* it has its effect, and fails */                  \
    X(FAULT_NAPS, "naps")     /* frozen for longer than a session, less than a transaction */ \
    X(FAULT_SLEEPS, "sleeps") /* frozen for longer than both */                               \
    X(FAULT_LOSES, "loses")   /* the store loses all that it has, before the call */          \
    X(FAULT_ROLLS_BACK, "rolls-back") /* it is what it was some time ago */

#define FAULTS_ID(id, name) id,
enum fault { FAULTS(FAULTS_ID) fault_end };
#undef FAULTS_ID

const char *fault_name(enum fault fault);

/* What all workers of a fleet share. */
struct fault_plan {
    int64_t calls; /* so far, of all workers */
    int64_t at;    /* the call that goes wrong; -1: none */
    enum fault fault;
    int64_t happened; /* faults so far */
    const char *name; /* of the call that went wrong last */
    /* While this worker is frozen, the others go on for so long. */
    void (*freeze)(void *fleet, int worker, bool long_time);
    /* Something happens to the store. */
    void (*harm)(void *fleet, enum fault fault);
    /* The next fault is chosen, after one has happened. */
    void (*next)(void *fleet);
    void *fleet;
};

struct faulty {
    struct input_port input;
    struct changelog_port changelog;
    struct transaction_port transaction;
    struct store_port store;
    struct engine_ports ports; /* the wrapped ones, for the engine */
    struct sim_client *client;
    struct sim_store_client *store_client;
    struct fault_plan *plan;
    int worker;
    bool is_dead; /* it has crashed: what is still called has no effect */
    jmp_buf crash;
    bool no_transaction, no_apply; /* what was started was not: its take fails */
    struct lookup_answer no_answer;
};

/* Must not move in memory afterwards. */
void faulty_init(struct faulty *f, struct sim_client *client, struct sim_store_client *store,
                 struct clock_port *clock, struct fault_plan *plan, int worker);

#endif
