/* SPDX-License-Identifier: Apache-2.0 */
/* The reference of the configuration, printed from the table in options.c. */
#ifndef EPILOGUE_CONFIG_REFERENCE_H
#define EPILOGUE_CONFIG_REFERENCE_H

#include "common/buf.h"

/* Appends docs/configuration.md: Markdown that a terminal's reader can read as well. */
void reference_write(struct buf *out);

#endif
