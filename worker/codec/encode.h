/* SPDX-License-Identifier: Apache-2.0 */
/* What goes out -> bytes: outputs as binary-mode CloudEvents (R2.5, R5.1, R5.12), dead letters
 * and forwarded records (R3.42, R1.12). Written straight into memory of the arena, without a tree.
 * A message points into the arena, the record that it came from and the encoder, and nowhere else. */
#ifndef EPILOGUE_CODEC_ENCODE_H
#define EPILOGUE_CODEC_ENCODE_H

#include "common/buf.h"
#include "core/decide.h"
#include "decode.h"
#include "record.h"

struct encoder {
    struct str source; /* ce_source: /epilogue/<group.id>, percent-encoded */
    struct str topic_names[topic_end];
    struct buf scratch; /* kept between calls; free with buf_free */
};

/* "/epilogue/" and the group.id percent-encoded as a URI path segment. */
struct str encode_source(struct arena *arena, struct str group_id);

/* A task event, incident event, reminder or forwarded finding as a message; topic, key, value and
 * headers are set, partition is left 0 for the engine to set. */
void encode_output(struct encoder *encoder, struct arena *arena, const struct output *output,
                   struct message *message);

/* The value of a task, incident or reminder output alone, appended to `out` (one JSON object). */
void encode_value(const struct encoder *encoder, struct buf *out, const struct output *output);

/*
 * The bytes of a record batch (format 2, not compressed) with this message alone in it: what a
 * broker compares with max.message.bytes, and more than what a client compares with message.max.bytes.
 */
size_t encode_size(const struct message *message);

/*
 * encode_output of what a tick causes, without as much of it as lets encode_size stay within
 * `max_bytes`, or without all that may go (R5.19): the caller looks whether that is little
 * enough. The header epilogue-truncated says how large the whole value was.
 */
void encode_output_within(struct encoder *encoder, struct arena *arena, const struct output *output,
                          size_t max_bytes, struct message *message);

/*
 * A dead letter: the original key, value and headers, then ours. Coordinates and topic are those
 * where the record first stood, and its Kafka time, but never one later than `now`. What makes encode_size exceed `max_bytes` is left out, in this order:
 * the end of the value, the record's own headers, the key; then epilogue-truncated says how large the
 * value was. False: nothing is left to leave out and it is still larger.
 */
bool encode_dead_letter(const struct encoder *encoder, struct arena *arena,
                        const struct record *record, const struct refused *refused, ms_t now,
                        size_t max_bytes, struct message *message);

/* Items for a recipient, on their way to its shard by epilogue-forwarded. `origin` tells the record
 * from all others; it is sent at `now`. */
void encode_items(struct encoder *encoder, struct arena *arena, struct str recipient,
                  const struct items *items, struct str origin, ms_t now, struct message *message);

/* The same record for epilogue-forwarded, with the headers that say where it first stood and its
 * first Kafka time, but never one later than `now`. The time of the message itself is `now`, for the
 * topic forgets what is old. Its key becomes `incident_id`'s when it had none. */
void encode_forwarded(const struct encoder *encoder, struct arena *arena,
                      const struct record *record, struct str incident_id, ms_t now,
                      struct message *message);

#endif
