/* SPDX-License-Identifier: Apache-2.0 */
/* The real changelog port: followup-state read back, and the brokers asked in the background. */
#ifndef EPILOGUE_KAFKA_CHANGELOG_PORT_H
#define EPILOGUE_KAFKA_CHANGELOG_PORT_H

#include "changelog.h"
#include "lookup.h"

/* Also the head of an object that gives some of the functions of its own: `self` points to it. */
struct real_changelog {
    struct changelog_port port;
    struct changelog *log;
    struct lookup *lookup;
};

/* Contacts nobody yet. false and a sentence on a bad setting; free it in any case. */
bool changelog_port_init(struct real_changelog *r, const struct config *config, int32_t partitions,
                         struct error *error);
void changelog_port_clear(struct real_changelog *r);

#endif
