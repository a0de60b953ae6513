/* SPDX-License-Identifier: Apache-2.0 */
/* A partition: records with offsets, of which compaction and retention leave out some. Readers hold
 * what they were given, as a fetched record is theirs whatever becomes of the log. */
#include "sim_log.h"

#include <assert.h>
#include <stdlib.h>

#include "sim_index.h"

static struct str put(char **at, struct str s)
{
    struct str copy = {s.p ? *at : NULL, s.n};
    if (s.n) memcpy(*at, s.p, s.n);
    *at += s.n;
    return copy;
}

static struct sim_record *copy_of(const struct message *m)
{
    size_t bytes = m->key.n + m->value.n + 1;
    for (size_t i = 0; i < m->headers_n; i++) bytes += m->headers[i].name.n + m->headers[i].value.n;
    size_t headers_bytes = m->headers_n * sizeof(struct header);
    struct sim_record *record = calloc(1, sizeof *record + headers_bytes + bytes);
    if (!record) abort();
    record->headers = (struct header *)(record + 1);
    record->headers_n = m->headers_n;
    char *at = (char *)record->headers + headers_bytes;
    record->key = put(&at, m->key);
    record->value = put(&at, m->value);
    for (size_t i = 0; i < m->headers_n; i++)
        record->headers[i] =
            (struct header){put(&at, m->headers[i].name), put(&at, m->headers[i].value)};
    return record;
}

struct sim_record *sim_log_append(struct sim_log *log, const struct message *message,
                                  enum sim_record_state state, ms_t now)
{
    const struct message nothing = {.timestamp = TIME_NONE};
    const struct message *m = message ? message : &nothing;
    struct sim_record *record = copy_of(m);
    record->offset = log->high++;
    record->state = state;
    record->timestamp = m->timestamp == TIME_NONE ? now : m->timestamp;
    record->appended_at = now;
    record->refs = 1;
    if (log->n == log->cap && log->first > log->cap / 2) {
        log->n -= log->first;
        memmove(log->items, log->items + log->first, log->n * sizeof(struct sim_record *));
        log->first = 0;
    }
    if (log->n == log->cap) {
        log->cap = log->cap ? 2 * log->cap : 16;
        log->items = realloc(log->items, log->cap * sizeof(struct sim_record *));
        if (!log->items) abort();
    }
    return log->items[log->n++] = record;
}

size_t sim_log_find(const struct sim_log *log, int64_t offset)
{
    size_t low = log->first, high = log->n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (log->items[middle]->offset < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void sim_log_trim(struct sim_log *log, int64_t offset)
{
    assert(offset <= log->high);
    if (offset <= log->low) return;
    log->low = offset;
    while (log->first < log->n && log->items[log->first]->offset < offset)
        sim_record_release(log->items[log->first++]);
}

/* Whether a later committed record has its key; `seen` has the keys of those. */
static bool is_outdated(struct sim_index *seen, struct sim_record *record)
{
    if (sim_index_get(seen, 0, record->key)) return true;
    sim_index_add(seen, 0, record->key, record);
    return false;
}

void sim_log_compact(struct sim_log *log, int64_t until, ms_t deletions_from)
{
    struct sim_index seen = {0};
    size_t end = sim_log_find(log, until);
    if (end == log->n && end > log->first) end--;
    bool *goes = calloc(log->n + 1, sizeof *goes);
    if (!goes) abort();
    for (size_t i = end; i-- > log->first;) {
        struct sim_record *record = log->items[i];
        assert(record->state != SIM_OPEN);
        goes[i] = record->state != SIM_COMMITTED || is_outdated(&seen, record) ||
                  (!record->value.p && record->appended_at < deletions_from);
    }
    sim_index_clear(&seen);
    size_t kept = log->first;
    for (size_t i = log->first; i < log->n; i++) {
        if (goes[i])
            sim_record_release(log->items[i]);
        else
            log->items[kept++] = log->items[i];
    }
    log->n = kept;
    free(goes);
}

void sim_log_free(struct sim_log *log)
{
    for (size_t i = log->first; i < log->n; i++) sim_record_release(log->items[i]);
    free(log->items);
    *log = (struct sim_log){0};
}

void sim_record_hold(struct sim_record *record)
{
    record->refs++;
}

void sim_record_release(struct sim_record *record)
{
    assert(record->refs > 0);
    if (!--record->refs) free(record);
}
