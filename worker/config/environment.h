/* SPDX-License-Identifier: Apache-2.0 */
/* EPILOGUE_REDIS_URL is redis.url: names of environment variables and the keys that they mean. */
#ifndef EPILOGUE_CONFIG_ENVIRONMENT_H
#define EPILOGUE_CONFIG_ENVIRONMENT_H

#include "common/arena.h"
#include "common/error.h"

/* "EPILOGUE_" and the key in upper case, with `_` for `.` and `-`. */
const char *environment_name(struct arena *arena, const char *key);

/*
 * What one variable ("NAME=value") sets. *key NULL: it is none of ours. FATAL: it begins with
 * EPILOGUE_ and means nothing; the sentence names the nearest known one.
 */
enum result environment_read(struct arena *arena, const char *variable, const char **key,
                             const char **name, const char **value, struct error *error);

#endif
