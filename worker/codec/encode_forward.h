/* SPDX-License-Identifier: Apache-2.0 */
/* The values of records from one merged incident to another, each appended to a buffer. */
#ifndef EPILOGUE_CODEC_ENCODE_FORWARD_H
#define EPILOGUE_CODEC_ENCODE_FORWARD_H

#include "common/buf.h"
#include "core/output.h"

void encode_forward(struct buf *out, const struct output *output);

#endif
