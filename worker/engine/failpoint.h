/* SPDX-License-Identifier: Apache-2.0 */
/* Named places where the fault tests let the process die or stand still. */
#ifndef EPILOGUE_ENGINE_FAILPOINT_H
#define EPILOGUE_ENGINE_FAILPOINT_H

/*
 * With EPILOGUE_FAILPOINT=<name>:<countdown> in the environment, the countdown-th passing of the
 * place with that name is `_exit(137)`, as kill -9 would be; with :freeze behind that it is SIGSTOP,
 * from which somebody has to wake the process. Without it nothing happens, at the price of one
 * comparison.
 */
void failpoint(const char *name);

#endif
