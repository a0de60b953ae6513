/* SPDX-License-Identifier: Apache-2.0 */
/* One engine on the simulated Kafka and store, for what a restore finds there. */
#ifndef EPILOGUE_TESTS_ENGINE_SIM_H
#define EPILOGUE_TESTS_ENGINE_SIM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/engine.h"
#include "sim/sim_client.h"
#include "sim/sim_rest.h"

#define SIM_START INT64_C(1793610000000) /* 2026-11-02T09:00:00Z */
#define SIM_SHARDS 2

struct engine_sim {
    struct arena *arena;
    struct policy policy;
    struct limits limits;
    struct sim_clock clock;
    struct sim_kafka *kafka;
    struct sim_store *store;
    struct sim_client *client;
    struct sim_store_client store_client;
    struct engine_ports ports;
    struct engine_options options;
    struct engine *engine;
    struct error error; /* with which the engine ended */
};

void engine_sim_set_up(struct engine_sim *s);
void engine_sim_tear_down(struct engine_sim *s);
/* A record on the end of an input; its incident's id ends in its shard: "I-0". */
void engine_sim_put(struct engine_sim *s, int topic, const char *id, const char *value);
/* An incident with the finding F is closed; a finding comes. */
void engine_sim_close(struct engine_sim *s, const char *id);
void engine_sim_find(struct engine_sim *s, const char *id, const char *finding);
/* Steps until nothing is left to do: OK; or until the engine ends: FATAL, see s->error. */
enum result engine_sim_work(struct engine_sim *s);
/* The process is killed, and another one takes its place when the session is over. */
void engine_sim_restart(struct engine_sim *s);
/* Works on, and takes one more finding of each of two incidents, one of each shard. */
void engine_sim_goes_on(struct engine_sim *s, const char *id, const char *other,
                        const char *finding);
/* The store has these entries; frees `expected`. */
void engine_sim_is_stored(struct engine_sim *s, struct sim_store *expected);
/* How many committed messages of a topic have this ce_type. */
size_t engine_sim_count(const struct engine_sim *s, int topic, const char *type);

#endif
