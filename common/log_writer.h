/* SPDX-License-Identifier: Apache-2.0 */
/* How log lines reach standard error: at once, or by a thread that alone waits for a slow reader. */
#ifndef EPILOGUE_COMMON_LOG_WRITER_H
#define EPILOGUE_COMMON_LOG_WRITER_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

/* The longest line, its end included. A pipe takes up to PIPE_BUF (4,096 on Linux) bytes in one
 * piece, so lines of several threads and processes never mix. */
#define LOG_LINE_BYTES 4096

/*
 * From now on a line is only put into a ring of LOG_RING_BYTES, and a thread writes it: no caller
 * ever waits for whoever reads the log. Lines for which there is no room are dropped and counted,
 * and a line says how many when there is room again. FATAL when the thread cannot be had.
 */
#define LOG_RING_BYTES ((size_t)256 * 1024)
enum result log_writer_start(struct error *error);

/* Waits up to `wait_ms` until the ring is empty, then ends the thread; one that is stuck in a write
 * stays behind, and nobody waits for it. May be called from any thread, and without start. */
void log_writer_stop(int wait_ms);

/* Writes one line of up to LOG_LINE_BYTES, which ends in '\n'. From any thread. */
void log_writer_put(const char *line, size_t n);

/* How many lines were dropped since the start of the process. */
int64_t log_writer_dropped(void);

#endif
