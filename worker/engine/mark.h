/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last record consumed of an input, kept with the position behind it. A topic that was deleted
 * and made again begins at offset 0; once it has grown past the position nothing but this tells it
 * from the old one, and its first records would be passed over.
 */
#ifndef EPILOGUE_ENGINE_MARK_H
#define EPILOGUE_ENGINE_MARK_H

#include "codec/record.h"
#include "codec/state_json.h"

/* FNV-1a of two slices, of which each can be absent. */
uint64_t mark_hash(struct str key, struct str value);
/* Of the record's offset, time, key and value. */
struct input_mark mark_of(const struct record *record);
/* Whether the record at the mark's offset is the one that the mark was made of. */
bool mark_is_of(const struct input_mark *mark, const struct record *record);

#endif
