/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EPILOGUE_ENGINE_MACHINE_CLOCK_H
#define EPILOGUE_ENGINE_MACHINE_CLOCK_H

#include "ports.h"

/* The clock port of an engine that works in real time. */
struct clock_port machine_clock(void);

#endif
