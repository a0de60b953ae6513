/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of Redis: where they live, and what an error answer means for us. */
#ifndef EPILOGUE_REDIS_REDIS_REPLY_H
#define EPILOGUE_REDIS_REDIS_REPLY_H

#include <hiredis/hiredis.h>
#include <stdbool.h>

#include "common/arena.h"
#include "common/error.h"

/* From now on the answers read on this connection are made in `arena`: no malloc for each value,
 * and no second copy, since slices can point into them. They are not to be freed. */
void redis_reply_into(redisContext *context, struct arena *arena);

/*
 * The class of an error answer ("WRONGTYPE Operation against…"), with a sentence that says what to
 * do. RETRY is what can pass without anybody changing a setting, or after one was changed on the
 * running server. `*reconnect`: this connection leads to the wrong server now.
 */
enum result redis_reply_class(const char *text, const char *server, bool *reconnect,
                              struct error *error);

#endif
