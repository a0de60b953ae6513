/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reminders on their way to digests. What a shard's part of a batch has for somebody becomes one
 * record of epilogue-forwarded, which goes to the shard of that recipient in the same transaction; of
 * many items it becomes several, none so large that it could not be stored. What can wait and what
 * cannot are never in one record: each has a time of its own at which it is told (R4.112).
 */
#include <stdlib.h>

#include "batch_private.h"
#include "codec/state_json.h"
#include "core/item.h"

#define RECORD_BYTES ((size_t)100000)
#define ITEM_BYTES 1024 /* of the record, about */
#define KEY_BYTES 200   /* that the key of an entry has more than the record's */

struct addressed {
    struct str recipient;
    struct digest_item item;
    bool urgent;
    size_t number; /* in the order of decision */
};

void batch_add_items(struct batch *b, struct batch_shard *bs, const struct output *output)
{
    size_t n;
    struct item_recipient *recipients = item_recipients(b->work, &output->reminder, &n);
    struct digest_item item = item_of(output, b->now, b->decision.cut);
    for (size_t i = 0; i < n; i++) {
        struct addressed *a = ARENA_PUSH(b->work, bs->items_out, bs->items_out_n, bs->items_cap);
        *a = (struct addressed){recipients[i].name, item, output->reminder.urgent, bs->items_out_n};
        a->item.roles = recipients[i].roles;
        a->item.delegated_from = recipients[i].delegated_from;
        b->bytes += ITEM_BYTES + item.summary.n + item.title.n;
    }
}

static bool goes_with(const struct addressed *a, const struct addressed *b)
{
    return a->urgent == b->urgent && str_eq(a->recipient, b->recipient);
}

static int by_recipient(const void *a, const void *b)
{
    const struct addressed *x = a, *y = b;
    int order = str_cmp(x->recipient, y->recipient);
    if (!order) order = (int)y->urgent - (int)x->urgent;
    return order ? order : (x->number > y->number) - (x->number < y->number);
}

/* What both the record and the entry that it becomes may have. */
static size_t bytes_max(const struct batch *b)
{
    struct transaction_port *transaction = b->engine->transaction;
    struct topic_limit on_its_way, stored;
    transaction->limit(transaction->self, TOPIC_FORWARDED, &on_its_way);
    transaction->limit(transaction->self, TOPIC_STATE, &stored);
    size_t bytes = on_its_way.bytes < stored.bytes ? on_its_way.bytes : stored.bytes;
    bytes = bytes > KEY_BYTES ? bytes - KEY_BYTES : 0;
    return bytes < RECORD_BYTES ? bytes : RECORD_BYTES;
}

static struct str origin_of(const struct batch *b, const struct batch_shard *bs)
{
    return arena_printf(b->arena, "%013lld/%d/%lld/%zu", (long long)b->now, bs->shard->id,
                        (long long)bs->batch, bs->records_out);
}

static struct items items_of(struct batch *b, const struct addressed *addressed, size_t n)
{
    struct items items = {.urgent = addressed->urgent,
                          .items = {arena_alloc(b->work, n * sizeof(struct digest_item)), n}};
    for (size_t i = 0; i < n; i++) items.items.items[i] = addressed[i].item;
    return items;
}

/* One record, or if that is too large each half of it in the same way. */
static enum result send(struct batch *b, struct batch_shard *bs, const struct addressed *addressed,
                        size_t n, struct error *error)
{
    struct message m;
    struct items items = items_of(b, addressed, n);
    encode_items(&b->engine->encoder, b->arena, addressed->recipient, &items, origin_of(b, bs),
                 b->now, &m);
    if (n > 1 && encode_size(&m) > bytes_max(b)) {
        enum result result = send(b, bs, addressed, n / 2, error);
        return result == OK ? send(b, bs, addressed + n / 2, n - n / 2, error) : result;
    }
    struct message_origin origin = {.shard = bs->shard};
    struct topic_limit limit;
    if (!batch_fits(b, &m, &limit)) return batch_refuse(b, &origin, &m, error);
    m.partition = batch_partition_of(b, m.key);
    *batch_add_message(b, origin) = m;
    bs->records_out++;
    return OK;
}

enum result batch_send_items(struct batch *b, struct batch_shard *bs, struct error *error)
{
    struct addressed *all = bs->items_out;
    size_t n = bs->items_out_n;
    enum result result = OK;
    if (n) qsort(all, n, sizeof *all, by_recipient);
    for (size_t from = 0, to; from < n && result == OK; from = to) {
        for (to = from; to < n && goes_with(&all[to], &all[from]);) to++;
        result = send(b, bs, all + from, to - from, error);
    }
    return result;
}
