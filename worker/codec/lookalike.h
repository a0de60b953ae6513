/* SPDX-License-Identifier: Apache-2.0 */
/* Two texts that are not the same, and look as if they were. */
#ifndef EPILOGUE_CODEC_LOOKALIKE_H
#define EPILOGUE_CODEC_LOOKALIKE_H

#include "common/str.h"

/*
 * What the difference of two texts is, for a person who cannot see it: a sentence, or NULL where it
 * can be seen, where one is no UTF-8, or has more than LOOKALIKE_BYTES.
 */
const char *lookalike_of(struct str a, struct str b);

#define LOOKALIKE_BYTES 4096

#endif
