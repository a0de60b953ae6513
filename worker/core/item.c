/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a reminder to what its recipients' digests say of it. A recipient is a person, or else a team:
 * who is told as owner and as on-call is told once, with both roles.
 */
#include "item.h"

#include <inttypes.h>

#include "common/hash.h"
#include "common/text.h"
#include "state_key.h"

#define NAME_BYTES 256  /* a longer name is cut, and told from others by its hash */
#define TEXT_BYTES 4096 /* of all texts of an item; above it they are cut */
#define TITLE_BYTES 64  /* to so many each */
#define SUMMARY_BYTES 200
#define OWNER_BYTES 256

/* A name is a key of Kafka and of the store, so it is short, safe, and always the same. */
static struct str name_of(struct arena *arena, const char *what, struct str raw)
{
    if (raw.n <= NAME_BYTES) {
        struct str part = state_encode_part(arena, raw);
        return arena_printf(arena, "%s:%.*s", what, STR_ARG(part));
    }
    size_t whole = text_whole(raw.p, NAME_BYTES);
    struct str part = state_encode_part(arena, (struct str){raw.p, whole});
    return arena_printf(arena, "%s:%.*s~%016" PRIx64, what, STR_ARG(part),
                        hash_bytes(HASH_START, raw));
}

static struct str recipient_name(struct arena *arena, const struct recipient *r)
{
    if (r->who.person.n) return name_of(arena, "person", r->who.person);
    if (r->who.team.n) return name_of(arena, "team", r->who.team);
    return name_of(arena, "role", role_name(r->role));
}

static void add_delegation(struct arena *arena, struct str_list *list, struct str from)
{
    if (!from.p || list->n == ITEM_TOLD_MAX || str_list_has(*list, from)) return;
    if (!list->n) list->items = arena_alloc(arena, ITEM_TOLD_MAX * sizeof *list->items);
    list->items[list->n++] = from;
}

struct item_recipient *item_recipients(struct arena *arena, const struct reminder_output *reminder,
                                       size_t *n)
{
    size_t most = reminder->recipients_n;
    struct item_recipient *all = arena_alloc(arena, (most + 1) * sizeof *all);
    *n = 0;
    for (size_t i = 0; i < most; i++) {
        const struct recipient *r = &reminder->recipients[i];
        struct str name = recipient_name(arena, r);
        size_t at = 0;
        while (at < *n && !str_eq(all[at].name, name)) at++;
        if (at == *n) all[(*n)++] = (struct item_recipient){.name = name};
        all[at].roles |= 1u << r->role;
        add_delegation(arena, &all[at].delegated_from, r->delegated_from);
    }
    return all;
}

void item_note_sent(struct arena *arena, const struct reminder_output *reminder, ms_t now,
                    struct reminder_state *sent)
{
    size_t n;
    struct item_recipient *all = item_recipients(arena, reminder, &n);
    if (n > ITEM_TOLD_MAX) n = ITEM_TOLD_MAX;
    sent->sent_at = now;
    sent->to = (struct str_list){arena_alloc(arena, (n + 1) * sizeof *sent->to.items), n};
    for (size_t i = 0; i < n; i++) sent->to.items[i] = all[i].name;
}

static void take_task(struct digest_item *item, const struct task *task)
{
    item->name = task->name;
    item->title = task->title;
    item->task_kind = task->kind;
    item->priority = task->priority;
    item->status = task->status;
    item->owner = task->owner;
    item->due_at = task->due_at;
    item->tracker = task->tracker;
    item->labels = task->labels;
}

static void take_finding(struct digest_item *item, const struct finding *finding)
{
    item->finding_id = finding->finding_id;
    item->title = finding->title;
    item->category = finding_category(finding);
    item->severity = finding->severity;
    item->labels = finding->labels;
    item->reported = finding_status(finding);
    item->owner = finding->owner;
}

static void count_open(struct digest_item *item, const struct task *task, ms_t now)
{
    item->open += task->status == STATUS_OPEN;
    item->in_progress += task->status == STATUS_IN_PROGRESS;
    item->blocked += task->status == STATUS_BLOCKED;
    item->resolved += task->status == STATUS_RESOLVED;
    item->overdue += task_is_overdue(task, now);
}

static void take_incident(struct digest_item *item, const struct reminder_output *r, ms_t now)
{
    item->title = r->incident->title;
    item->level = r->incident->level;
    for (size_t i = 0; i < r->open_all; i++) count_open(item, r->open[i], now);
}

static size_t text_bytes(const struct digest_item *item)
{
    return item->incident_id.n + item->name.n + item->summary.n + item->title.n +
           item->owner.team.n + item->owner.person.n + item->tracker.system.n +
           item->tracker.key.n + item->tracker.url.n + item->finding_id.n +
           labels_bytes(item->labels);
}

static void shorten(struct digest_item *item, struct str (*cut)(struct str, size_t))
{
    if (text_bytes(item) <= TEXT_BYTES) return;
    item->tracker = (struct tracker){0};
    item->labels = (struct labels){0};
    item->title = cut(item->title, TITLE_BYTES);
    item->summary = cut(item->summary, SUMMARY_BYTES);
    item->owner.team = cut(item->owner.team, OWNER_BYTES);
    item->owner.person = cut(item->owner.person, OWNER_BYTES);
}

struct digest_item item_of(const struct output *output, ms_t now,
                           struct str (*cut)(struct str, size_t))
{
    const struct reminder_output *r = &output->reminder;
    struct digest_item item = digest_item_none;
    item.kind = r->kind;
    item.number = r->number;
    item.incident_id = output->incident_id;
    item.occurrence = r->occurrence;
    item.due_for = r->due_for;
    item.covers = r->covers;
    item.coalesced = r->coalesced;
    item.summary = r->summary;
    if (r->task)
        take_task(&item, r->task);
    else if (r->finding)
        take_finding(&item, r->finding);
    else
        take_incident(&item, r, now);
    shorten(&item, cut);
    return item;
}
