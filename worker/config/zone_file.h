/* SPDX-License-Identifier: Apache-2.0 */
/* The system's zone database: compiled zone files (TZif, RFC 8536) -> struct zone. */
#ifndef EPILOGUE_CONFIG_ZONE_FILE_H
#define EPILOGUE_CONFIG_ZONE_FILE_H

#include "common/arena.h"
#include "common/error.h"
#include "core/zone.h"

/*
 * The zone of a name like Europe/Berlin, out of the folder that the environment's TZDIR names, else
 * /usr/share/zoneinfo; UTC needs no file. The table lives in the arena. FATAL with a sentence that says
 * what is wrong with the name or the file, or which package has the database (R9.10).
 */
enum result zone_file_load(struct arena *arena, struct str name, struct zone *zone,
                           struct error *error);
/* The same of the file's bytes; false, with what is wrong in *why, where they are none that we read. */
bool zone_file_parse(struct arena *arena, struct str bytes, struct zone *zone, const char **why);
/* The version of the zone database ("2025b"), "unknown" where it does not say. */
struct str zone_file_version(struct arena *arena);

#endif
