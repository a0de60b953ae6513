/* SPDX-License-Identifier: Apache-2.0 */
/* Settings of librdkafka that go through: kafka.<name>, kafka.consumer.<name>,
 * kafka.producer.<name>. */
#ifndef EPILOGUE_CONFIG_PASSTHROUGH_H
#define EPILOGUE_CONFIG_PASSTHROUGH_H

#include <stdbool.h>

enum passthrough_side { PASSTHROUGH_COMMON, PASSTHROUGH_CONSUMER, PASSTHROUGH_PRODUCER };

/* librdkafka's name in a key that begins with "kafka.", and for which side it is. */
const char *passthrough_name(const char *key, enum passthrough_side *side);
/* Why a setting may not be given, as the rest of a sentence that begins with its key; NULL when it
 * may. */
const char *passthrough_refused(const char *name);
/* Whether the value must not be printed. */
bool passthrough_secret(const char *name);

/* What the reference says about all that: prints each refused name with its reason. */
struct passthrough_rule {
    const char *name; /* NULL ends the list */
    const char *reason;
};
extern const struct passthrough_rule passthrough_rules[];

#endif
