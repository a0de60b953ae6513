/* SPDX-License-Identifier: Apache-2.0 */
/* The kafka.* settings against what this librdkafka knows and was built with. */
#ifndef EPILOGUE_KAFKA_KAFKA_SETTINGS_H
#define EPILOGUE_KAFKA_KAFKA_SETTINGS_H

#include "config/config.h"

/*
 * Looks at every kafka.*, kafka.consumer.* and kafka.producer.* without contacting anybody. FATAL,
 * with a sentence that names where it was set and the nearest name that there is, or why the value
 * is not taken.
 */
enum result kafka_settings_check(const struct config *config, struct error *error);

#endif
