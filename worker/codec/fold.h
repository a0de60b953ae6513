/* SPDX-License-Identifier: Apache-2.0 */
/* By what two names are one, however they are written. */
#ifndef EPILOGUE_CODEC_FOLD_H
#define EPILOGUE_CODEC_FOLD_H

#include "common/arena.h"

/* The name without what a person takes no notice of: of any case, composed (NFC), without characters
 * that cannot be seen, each white space one space and none at both ends. In the arena; the name
 * itself where nothing is left of it, or it is no text. Of a bounded name: what the order of many
 * marks costs grows with the square of their number. */
struct str fold_name(struct arena *arena, struct str name);

#endif
