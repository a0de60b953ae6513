/* SPDX-License-Identifier: Apache-2.0 */
/* The changelog port's functions, as those of changelog.h and lookup.h. */
#include "changelog_port.h"

static bool lookup(void *self, const int32_t *shards, size_t n)
{
    return lookup_ask(((struct real_changelog *)self)->lookup, shards, n);
}

static bool take(void *self, const struct lookup_answer **answer)
{
    return lookup_take(((struct real_changelog *)self)->lookup, answer);
}

static enum result open(void *self, int32_t shard, int64_t from, struct error *error)
{
    return changelog_open(((struct real_changelog *)self)->log, shard, from, error);
}

static enum result read(void *self, struct changelog_record *records, size_t max, int timeout_ms,
                        size_t *n, struct error *error)
{
    return changelog_read(((struct real_changelog *)self)->log, records, max, timeout_ms, n, error);
}

static int64_t next(void *self, int32_t shard)
{
    return changelog_next(((struct real_changelog *)self)->log, shard);
}

static void close(void *self, int32_t shard)
{
    changelog_close(((struct real_changelog *)self)->log, shard);
}

bool changelog_port_init(struct real_changelog *r, const struct config *config, int32_t partitions,
                         struct error *error)
{
    r->port = (struct changelog_port){.self = r,
                                      .lookup_ask = lookup,
                                      .lookup_take = take,
                                      .open = open,
                                      .read = read,
                                      .next = next,
                                      .close = close};
    r->log = changelog_new(config, partitions);
    r->lookup = lookup_new(config, partitions, error);
    return r->lookup != NULL;
}

void changelog_port_clear(struct real_changelog *r)
{
    lookup_free(r->lookup);
    changelog_free(r->log);
}
