/* SPDX-License-Identifier: Apache-2.0 */
/* The table of all options: what config_load fills `struct config` from, and what the reference is
 * printed from. A new option is one row here and one member there. */
#ifndef EPILOGUE_CONFIG_OPTIONS_H
#define EPILOGUE_CONFIG_OPTIONS_H

#include "config.h"

enum option_type {
    OPTION_TEXT,    /* const char *: min to max bytes without control characters */
    OPTION_SERVERS, /* const char *: addresses of Kafka brokers */
    OPTION_INT,     /* int from min to max */
    OPTION_SIZE,    /* size_t from min to max */
    OPTION_TOPIC,   /* struct str: a name that Kafka takes */
    OPTION_LEVEL,   /* enum log_level */
    OPTION_FORMAT,  /* bool: whether it is json */
    OPTION_SWITCH,  /* bool */
    OPTION_REDIS,   /* const char *: a URL that Redis connections understand the beginning of */
    OPTION_PREFIX,  /* const char *: what Redis keys may begin with */
    OPTION_LISTEN,  /* struct listen_address */
    OPTION_SECRET,  /* const char *, never printed; `<key>.file` names a file that holds it */
};

struct option {
    const char *key;
    enum option_type type;
    size_t offset;             /* of the member in struct config */
    const char *default_value; /* NULL: none, the member stays NULL */
    long min, max;
    const char *default_words; /* said in the reference in place of default_value */
    const char *section;       /* begins a section of the reference */
    const char *help;
};

extern const struct option options[]; /* ends with key == NULL */

/* The row of a key, NULL when there is none. */
const struct option *options_find(const char *key);
/* Writes the member of an option, which keeps pointing to `value`; false on a bad one. */
bool options_set(struct config *config, const struct option *option, const char *value);
/* Appends what is allowed, to stand behind "allowed: ". */
void options_allowed(const struct option *option, struct buf *out);

#endif
