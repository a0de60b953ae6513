/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer on everything that reads bytes from outside: records of the input topics in all
 * envelopes, and the state that is read back. The first byte chooses which; the rest is the value.
 *
 *   cmake --preset dev -DCMAKE_C_COMPILER=clang -DEPILOGUE_FUZZ=ON && ninja -C build/dev fuzz_decode
 *   build/dev/tests/fuzz/fuzz_decode -max_len=4096 CORPUS_FOLDER schemas/examples
 */
#include <stdlib.h>

#include "codec/decode.h"
#include "codec/encode.h"
#include "codec/envelope.h"
#include "codec/state_json.h"

static const struct policy policy = {.version = {"fuzz", 4}, .severity_default = SEVERITY_HIGH};
static const struct limits limits = {4096, 8, 64, 128, 4, 4};

static struct entry *read_state(struct arena *arena, int type, struct str value)
{
    static const struct str keys[] = {{"K", 1}, {"K|c", 3}, {"K|f|F-1", 7}, {"K|t|bug", 7}};
    struct error error;
    struct state_table *table = state_new(arena);
    struct entry *entry = state_entry(table, keys[type]);
    return state_json_read(arena, table, value, entry, &error) == OK ? entry : NULL;
}

static void fuzz_state(struct arena *arena, struct str value)
{
    struct error error;
    struct position_entry position;
    for (int type = ENTRY_INCIDENT; type <= ENTRY_TASK; type++) {
        struct buf once = {0}, twice = {0};
        struct entry *entry = read_state(arena, type, value);
        if (!entry) continue;
        state_json_write(&once, entry);
        /* What we wrote we can read, and it says the same. */
        entry = read_state(arena, type, buf_slice(&once));
        if (!entry) abort();
        state_json_write(&twice, entry);
        if (!str_eq(buf_slice(&once), buf_slice(&twice))) abort();
        buf_free(&once);
        buf_free(&twice);
    }
    state_json_read_position(value, &position, &error);
}

static void fuzz_record(struct arena *arena, unsigned choice, struct str value)
{
    const struct header headers[] = {
        {{"epilogue-kind", 13}, envelope_kinds[choice & 8 ? ENVELOPE_FINDING : ENVELOPE_RECORD]},
        {{"epilogue-topic", 14}, {"finding-updated", 15}},
        {{"epilogue-partition", 18}, {"3", 1}},
        {{"epilogue-offset", 15}, {"991", 3}},
        {{"content-type", 12}, {"application/cloudevents+json", 28}},
    };
    struct decoder decoder = {.policy = &policy, .limits = &limits};
    struct encoder encoder = {.source = STR("/epilogue/fuzz")};
    for (int topic = 1; topic < topic_end; topic++)
        decoder.topic_names[topic] = encoder.topic_names[topic] = topic_name(topic);
    struct record record = {
        .topic = (int)(choice % 4) + TOPIC_INCIDENT_CLOSED,
        .timestamp = 1000,
        .value = value,
        .headers = headers,
        .headers_n = choice & 4 ? 5 : 4,
    };
    struct event event;
    struct refused refused;
    struct message message;
    if (decode_record(&decoder, arena, &record, 2000, &event, &refused)) {
        if (!event.incident_id.n) abort();
        if (event.type != EVENT_FINDING) return;
        struct forward_output forward = {.type = EVENT_FINDING, .finding = *event.finding};
        struct output output = {.type = OUTPUT_FORWARD,
                                .incident_id = event.incident_id,
                                .cause = event.cause,
                                .forward = &forward};
        encode_output(&encoder, arena, &output, &message);
        buf_free(&encoder.scratch);
    } else {
        if (!refused.code || refused.code >= refusal_end || !refused.detail.n) abort();
        encode_dead_letter(&encoder, arena, &record, &refused, 2000, 400, &message);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static struct arena *arena;
    if (!n) return 0;
    if (!arena) arena = arena_new();
    struct str value = {(const char *)bytes + 1, n - 1};
    if (bytes[0] % 16 == 15)
        fuzz_state(arena, value);
    else
        fuzz_record(arena, bytes[0], value);
    arena_reset(arena, 1 << 20);
    return 0;
}
