/* SPDX-License-Identifier: Apache-2.0 */
/* A policy file (R9.1, schemas/policy.schema.json) -> struct policy. */
#ifndef EPILOGUE_CONFIG_POLICY_FILE_H
#define EPILOGUE_CONFIG_POLICY_FILE_H

#include "common/arena.h"
#include "common/error.h"
#include "core/policy.h"

/*
 * Reads a policy file, or with path NULL the built-in default, which is deploy/policy/default.json.
 * A member that the file does not have is as in the default; the maps severity.aliases, sla,
 * routing and people replace the default's map whole. Everything in `policy` lives in the arena.
 * FATAL with a sentence that names the file, and line and column, or the member and what is
 * allowed.
 */
enum result policy_file_load(const char *path, struct arena *arena, struct policy *policy,
                             struct error *error);

#endif
