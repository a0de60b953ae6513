/* SPDX-License-Identifier: Apache-2.0 */
/* What state_json.c and position_json.c share. */
#ifndef EPILOGUE_CODEC_STATE_JSON_PRIVATE_H
#define EPILOGUE_CODEC_STATE_JSON_PRIVATE_H

#include "state_json.h"

struct json;

/* Says that a member is not as it must be. Always false, for the caller to return. */
bool state_json_unreadable(struct error *error, struct str member, const char *why);
/* A time exactly as json_write_time writes it. */
bool state_json_read_time(struct str text, ms_t *out);
/* An object of our version and type; `error` says what else. */
bool state_json_open_value(struct arena *arena, struct str value, struct str type,
                           struct json **root, struct error *error);
/* Puts before what is wrong where it stands. FATAL. */
enum result state_json_cannot_read(struct arena *arena, struct str key, struct error *error);

#endif
