/* SPDX-License-Identifier: Apache-2.0 */
/* A message as a line that `publish` and `simulate` read: the other direction of lines.h. */
#ifndef EPILOGUE_JSONL_LINE_JSON_H
#define EPILOGUE_JSONL_LINE_JSON_H

#include "codec/record.h"
#include "common/arena.h"
#include "common/buf.h"

/*
 * Appends {"topic":…,"key":…,"headers":{…},"value":…,"at":…} and a line break. `names` are the
 * configured names of the topics. A value that is no JSON goes as `raw_base64`, none as
 * `value_null`; of headers with one name the last counts. Without a timestamp there is no "at".
 * The arena is for scratch.
 */
void line_json_write(struct buf *out, struct arena *arena, const struct message *message,
                     const struct str names[topic_end]);

#endif
