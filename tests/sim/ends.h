/* SPDX-License-Identifier: Apache-2.0 */
/* What is left of a story: what is followed up in the end, where, and as what. */
#ifndef EPILOGUE_TESTS_SIM_ENDS_H
#define EPILOGUE_TESTS_SIM_ENDS_H

#include "common/buf.h"
#include "fleet.h"

/*
 * A line for each task that is not closed, for each of a finding that was closed where it is, and for
 * each record that was refused. On which ways, and in which laps of a circle, things have come there
 * is not in it.
 */
void ends_write(const struct fleet *w, struct buf *out);

#endif
