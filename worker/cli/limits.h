/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the limits of the process (ulimit, a container's) leave a worker what it needs. */
#ifndef EPILOGUE_LIMITS_H
#define EPILOGUE_LIMITS_H

#include "common/error.h"

/*
 * Tries to have at once the threads and the memory that a worker has later, and looks at how many
 * descriptors it may open. FATAL with the limit to raise: where one of them fails later, librdkafka
 * ends the process by an assertion, or waits for brokers that it cannot connect to.
 */
enum result limits_check(struct error *error);

#endif
