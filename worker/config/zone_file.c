/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds a zone in the system's zone database and makes it a table of changes: those that its file has,
 * and behind them those of its rule for as long as it takes until all dates come again. So that the
 * decision needs neither files nor the C library's notion of a zone.
 */
#include "zone_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file.h"
#include "zone_rule.h"

#define FOLDER "/usr/share/zoneinfo"
#define PACKAGE "install the package tzdata, or set TZDIR to the folder of a zone database"
#define NAME_BYTES_MAX 255
#define FILE_BYTES_MAX ((size_t)1024 * 1024)
#define VERSION_BYTES_MAX 64

#define HEADER_BYTES 44
#define TYPE_BYTES 6
/* Of a file's times: no date of ours is farther away. In seconds, some 30,000 years. */
#define SECONDS_MAX INT64_C(1000000000000)
/* A rule without a table counts from here on. */
#define RULE_YEAR_MIN 1900
#define CYCLE_YEARS 400

/* ---- bytes ---- */

static uint64_t big_endian(const char *p, int n)
{
    uint64_t value = 0;
    for (int i = 0; i < n; i++) value = value << 8 | (unsigned char)p[i];
    return value;
}

/* Of a header: how many of each there are (RFC 8536, part 3.1). */
struct counts {
    uint64_t isut, isstd, leap, time, type, chars;
};

static bool take_header(struct str *bytes, struct counts *counts, char *version)
{
    if (bytes->n < HEADER_BYTES || memcmp(bytes->p, "TZif", 4) != 0) return false;
    *version = bytes->p[4];
    uint64_t *all[] = {&counts->isut, &counts->isstd, &counts->leap,
                       &counts->time, &counts->type,  &counts->chars};
    for (size_t i = 0; i < 6; i++) *all[i] = big_endian(bytes->p + 20 + 4 * i, 4);
    bytes->p += HEADER_BYTES;
    bytes->n -= HEADER_BYTES;
    return true;
}

/* The size of what stands behind a header whose times have so many bytes. */
static uint64_t block_bytes(const struct counts *c, uint64_t time_bytes)
{
    return c->time * (time_bytes + 1) + c->type * TYPE_BYTES + c->chars +
           c->leap * (time_bytes + 4) + c->isstd + c->isut;
}

static bool skip(struct str *bytes, uint64_t n)
{
    if (bytes->n < n) return false;
    bytes->p += n;
    bytes->n -= (size_t)n;
    return true;
}

/* ---- the table ---- */

struct table {
    struct arena *arena;
    struct zone_change *changes;
    size_t n, cap;
};

static void put(struct table *table, ms_t at, int64_t offset)
{
    *ARENA_PUSH(table->arena, table->changes, table->n, table->cap) =
        (struct zone_change){at, offset};
}

/* Of two at one time the one farther east is the last: summer time may last the whole year. */
static int by_time(const void *a, const void *b)
{
    const struct zone_change *x = a, *y = b;
    if (x->at != y->at) return x->at < y->at ? -1 : 1;
    return (x->offset > y->offset) - (x->offset < y->offset);
}

/* The changes of the rule behind those of the table. */
static void put_rule(struct table *table, const struct zone_rule *rule, struct zone *zone)
{
    int64_t year = RULE_YEAR_MIN;
    ms_t last = table->n ? table->changes[table->n - 1].at : INT64_MIN;
    size_t first = table->n;
    unsigned month, day;
    if (table->n) timestamp_date(timestamp_day(last), &year, &month, &day);
    /* A change may be a week off its year; a year more on both sides holds that. */
    for (int64_t y = year; y < year + CYCLE_YEARS + 4; y++) {
        ms_t begins = zone_rule_summer_begins(rule, y), ends = zone_rule_summer_ends(rule, y);
        if (begins > last) put(table, begins, rule->summer_offset);
        if (ends > last) put(table, ends, rule->offset);
    }
    qsort(table->changes + first, table->n - first, sizeof *table->changes, by_time);
    zone->is_endless = true;
    zone->cycle_from = timestamp_days(year + 2, 1, 1) * DAY_MS;
}

/* The offset of a type, in ms; false for one that no zone has. */
static bool offset_of(const char *types, uint64_t i, int64_t *offset)
{
    *offset = (int32_t)big_endian(types + i * TYPE_BYTES, 4) * SECOND_MS;
    return *offset > -ZONE_OFFSET_MAX && *offset < ZONE_OFFSET_MAX;
}

static int64_t within(int64_t seconds)
{
    if (seconds < -SECONDS_MAX) return -SECONDS_MAX;
    return seconds > SECONDS_MAX ? SECONDS_MAX : seconds;
}

/* The block of a header whose times have eight bytes. */
static const char *read_block(struct table *table, struct str bytes, const struct counts *c,
                              struct zone *zone)
{
    const char *indexes = bytes.p + c->time * 8, *types = indexes + c->time;
    int64_t before = INT64_MIN;
    if (!offset_of(types, 0, &zone->offset)) return "an offset is out of range";
    for (uint64_t i = 0; i < c->time; i++) {
        int64_t seconds = (int64_t)big_endian(bytes.p + i * 8, 8), offset;
        uint64_t type = (unsigned char)indexes[i];
        if (i && seconds <= before) return "its times do not ascend";
        if (type >= c->type) return "a change has a type that is not there";
        if (!offset_of(types, type, &offset)) return "an offset is out of range";
        put(table, within(seconds) * SECOND_MS, offset);
        before = seconds;
    }
    return NULL;
}

/* "\nCET-1CEST,M3.5.0,M10.5.0/3\n"; nothing between the two: no more changes are known. */
static const char *read_footer(struct table *table, struct str bytes, struct zone *zone)
{
    const char *end = bytes.n ? memchr(bytes.p + 1, '\n', bytes.n - 1) : NULL;
    struct zone_rule rule;
    if (!end || *bytes.p != '\n') return "it ends before its rule";
    struct str text = {bytes.p + 1, (size_t)(end - bytes.p) - 1};
    if (!text.n) return NULL;
    if (!zone_rule_parse(text, &rule)) return "its rule cannot be read";
    if (!table->n) zone->offset = rule.offset;
    if (rule.has_summer) put_rule(table, &rule, zone);
    return NULL;
}

/* What is wrong with them, or NULL. */
static const char *read_bytes(struct arena *arena, struct str bytes, struct zone *zone)
{
    struct counts counts;
    struct table table = {.arena = arena};
    char version;
    if (!take_header(&bytes, &counts, &version)) return "it is no compiled zone file (TZif)";
    if (version < '2') return "it is of version 1, which has no rule for the future";
    if (!skip(&bytes, block_bytes(&counts, 4)) || !take_header(&bytes, &counts, &version))
        return "it is cut off";
    if (bytes.n < block_bytes(&counts, 8)) return "it is cut off";
    if (counts.leap) return "it counts leap seconds, which no time of ours does";
    if (!counts.type) return "it has no offset";
    const char *why = read_block(&table, bytes, &counts, zone);
    skip(&bytes, block_bytes(&counts, 8));
    if (!why) why = read_footer(&table, bytes, zone);
    zone->changes = table.changes;
    zone->changes_n = table.n;
    return why;
}

bool zone_file_parse(struct arena *arena, struct str bytes, struct zone *zone, const char **why)
{
    *zone = (struct zone){0};
    *why = read_bytes(arena, bytes, zone);
    return !*why;
}

/* ---- the database ---- */

static const char *folder(void)
{
    const char *dir = getenv("TZDIR");
    return dir && *dir ? dir : FOLDER;
}

/* The zone database's names: parts of letters, digits, '+', '-' and '_', none of which leads out. */
static bool is_name(struct str name)
{
    if (!name.n || name.n > NAME_BYTES_MAX) return false;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        bool is_part = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '+' || c == '-' || c == '_';
        bool is_edge = i == 0 || i == name.n - 1 || name.p[i - 1] == '/';
        if (!is_part && (c != '/' || is_edge)) return false;
    }
    /* Another one on each machine. */
    return !str_eq(name, STR("localtime"));
}

/* The bytes of a plain file. */
static enum result read_plain(struct arena *arena, const char *path, size_t max, struct str *bytes,
                              struct error *error)
{
    struct stat is;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* opening a FIFO would wait */
    if (fd < 0) return error_set(error, FATAL, "%s: %s", path, strerror(errno));
    enum result result = fstat(fd, &is) == 0 && S_ISREG(is.st_mode)
                             ? file_read(arena, fd, path, max, bytes, error)
                             : error_set(error, FATAL, "%s: is not a plain file", path);
    close(fd);
    return result;
}

static enum result not_found(struct str name, struct error *error)
{
    struct stat is;
    if (stat(folder(), &is) != 0)
        return error_set(error, FATAL, "there is no zone database at %s; " PACKAGE, folder());
    return error_set(error, FATAL,
                     "\"%.*s\" is no zone of %s; names are like \"Europe/Berlin\", with capitals, "
                     "and old ones like \"US/Eastern\" may need the package tzdata-legacy",
                     STR_ARG(name), folder());
}

enum result zone_file_load(struct arena *arena, struct str name, struct zone *zone,
                           struct error *error)
{
    const char *why;
    struct str bytes;
    *zone = (struct zone){.name = STR("UTC")};
    if (str_eq(name, zone->name)) return OK;
    if (!is_name(name))
        return error_set(error, FATAL,
                         "allowed: a name of the zone database like \"Europe/Berlin\", or \"UTC\"");
    const char *path = arena_printf(arena, "%s/%.*s", folder(), STR_ARG(name)).p;
    struct stat is;
    if (stat(path, &is) != 0 && (errno == ENOENT || errno == ENOTDIR))
        return not_found(name, error);
    enum result result = read_plain(arena, path, FILE_BYTES_MAX, &bytes, error);
    if (result != OK) return result;
    if (!zone_file_parse(arena, bytes, zone, &why))
        return error_set(error, FATAL, "%s: %s; " PACKAGE, path, why);
    zone->name = arena_str(arena, name);
    return OK;
}

/* The first line of a file, behind `before`; absent where it is none that we know. */
static struct str version_in(struct arena *arena, const char *file, struct str before)
{
    struct str text;
    const char *path = arena_printf(arena, "%s/%s", folder(), file).p;
    if (read_plain(arena, path, FILE_BYTES_MAX, &text, NULL) != OK) return STR_NONE;
    if (!str_starts(text, before)) return STR_NONE;
    struct str version = {text.p + before.n, 0};
    while (before.n + version.n < text.n && (unsigned char)version.p[version.n] > ' ') version.n++;
    return version.n && version.n <= VERSION_BYTES_MAX ? version : STR_NONE;
}

struct str zone_file_version(struct arena *arena)
{
    struct str version = version_in(arena, "tzdata.zi", STR("# version "));
    if (!version.p) version = version_in(arena, "+VERSION", STR(""));
    return version.p ? version : STR("unknown");
}
