/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The receiving side of reminders: what comes for somebody, of all incidents, is kept for a while,
 * one entry a record, and then goes out as one event. The entries and the digest are of one
 * transaction each, so an item is in exactly one digest; the header with the number of the last
 * digest stays for ever, so no number comes back.
 */
#include "recipient.h"

#include <stdlib.h>

#include "deadline.h"
#include "state_key.h"

#define SPACING_MAX 8 /* times at_once_every */

/* Who is told again and again is told less often, whatever it is (R4.119). */
static ms_t urgent_at(const struct policy *policy, const struct recipient_state *recipient)
{
    const struct calendar *calendar = &policy->calendar;
    ms_t at = deadline_add(calendar, recipient->urgent_since, policy->collect_at_once);
    if (recipient->urgent_last == TIME_NONE) return at;
    struct duration space = policy->at_once_every;
    space.amount *= recipient->urgent_digests;
    return time_later(at, deadline_add(calendar, recipient->urgent_last, space));
}

ms_t recipient_wake_at(const struct policy *policy, const struct recipient_state *recipient)
{
    const struct calendar *calendar = &policy->calendar;
    ms_t at = TIME_NONE, urgent = TIME_NONE;
    if (recipient->since != TIME_NONE)
        at = deadline_add(calendar, recipient->since, policy->collect);
    if (recipient->urgent_since != TIME_NONE) urgent = urgent_at(policy, recipient);
    return time_first(at, urgent);
}

/* This event's own copy of the header. */
static struct recipient_state *edit(struct decision *d, struct entry *header)
{
    const struct recipient_state *before =
        header->exists ? header->recipient : &recipient_state_none;
    header->recipient = arena_copy(d->arena, before, sizeof *before);
    header->exists = true;
    state_touch(d->table, header);
    return header->recipient;
}

static bool has_obligation(const struct items *items)
{
    size_t i = 0;
    while (i < items->items.n && items->items.items[i].task_kind != KIND_OBLIGATION) i++;
    return i < items->items.n;
}

/*
 * A legal deadline cannot wait till others have had their turn. What has waited for that gathers what
 * comes together with it, or a digest would bear an earlier time than what is in it, and which of
 * that it has would be chance.
 */
static void end_spacing(const struct policy *policy, struct recipient_state *recipient, ms_t at)
{
    recipient->urgent_last = TIME_NONE;
    if (recipient->urgent_since != TIME_NONE && urgent_at(policy, recipient) <= at)
        recipient->urgent_since = at;
}

void recipient_take(struct decision *d, const struct event *event)
{
    const struct items_event *items = event->items;
    struct str key = state_recipient_key(d->arena, items->recipient);
    struct entry *header = state_entry(d->table, key);
    struct entry *entry = state_entry(d->table, state_items_key(d->arena, key, items->origin));
    if (entry->exists) return;
    struct recipient_state *recipient = edit(d, header);
    entry->items = arena_copy(d->arena, &items->items, sizeof items->items);
    entry->exists = true;
    state_touch(d->table, entry);
    if (has_obligation(&items->items)) end_spacing(d->policy, recipient, event->cause.at);
    ms_t *since = items->items.urgent ? &recipient->urgent_since : &recipient->since;
    *since = time_first(*since, event->cause.at);
}

/* ---- the digest ---- */

static int by_key(const void *a, const void *b)
{
    return str_cmp((*(struct entry *const *)a)->key, (*(struct entry *const *)b)->key);
}

/* What waits, the oldest first, as much as one digest takes. */
static struct entry **waiting(struct decision *d, const struct entry *header, size_t *n)
{
    struct entry **entries = NULL;
    size_t cap = 0;
    *n = 0;
    for (struct entry *e = header->next_sibling; e; e = e->next_sibling)
        if (e->exists) *ARENA_PUSH(d->arena, entries, *n, cap) = e;
    if (*n) qsort(entries, *n, sizeof *entries, by_key);
    if (*n > RECIPIENT_ENTRIES_MAX) *n = RECIPIENT_ENTRIES_MAX;
    return entries;
}

/* Less is more urgent; what has no priority or no date comes last. */
static int64_t rank_of(const struct digest_item *item)
{
    if (item->task_kind == KIND_OBLIGATION) return PRIORITY_P1;
    return item->priority ? (int64_t)item->priority : priority_end;
}

static int compare(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static ms_t due_of(const struct digest_item *item)
{
    return item->due_at == TIME_NONE ? item->due_for : item->due_at;
}

static int by_urgency(const void *a, const void *b)
{
    const struct digest_item *x = *(const struct digest_item *const *)a,
                             *y = *(const struct digest_item *const *)b;
    int order = compare(rank_of(x), rank_of(y));
    if (!order) order = compare(due_of(x), due_of(y));
    if (!order) order = str_cmp(x->incident_id, y->incident_id);
    if (!order) order = str_cmp(x->name, y->name);
    if (!order) order = str_cmp(x->finding_id, y->finding_id);
    if (!order) order = compare((int64_t)x->kind, (int64_t)y->kind);
    return order ? order : compare(x->number, y->number);
}

/* A review is a line of a list to look an incident up in: no incident is more urgent (R5.43). */
static int by_incident(const void *a, const void *b)
{
    const struct digest_item *x = *(const struct digest_item *const *)a,
                             *y = *(const struct digest_item *const *)b;
    int order = str_cmp(x->incident_id, y->incident_id);
    if (!order) order = compare(x->occurrence, y->occurrence);
    return order ? order : compare(x->number, y->number);
}

/* All items of the entries, reviews apart. */
static void gather(struct decision *d, struct entry *const *entries, size_t n,
                   struct digest_output *digest)
{
    size_t items_cap = 0, reviews_cap = 0;
    for (size_t i = 0; i < n; i++) {
        const struct items *items = entries[i]->items;
        digest->urgent |= items->urgent;
        for (size_t k = 0; k < items->items.n; k++) {
            const struct digest_item *item = &items->items.items[k];
            if (item->kind == REMINDER_REVIEW_DUE)
                *ARENA_PUSH(d->arena, digest->reviews, digest->reviews_n, reviews_cap) = item;
            else
                *ARENA_PUSH(d->arena, digest->items, digest->items_n, items_cap) = item;
        }
    }
    if (digest->items_n) qsort(digest->items, digest->items_n, sizeof *digest->items, by_urgency);
    if (digest->reviews_n)
        qsort(digest->reviews, digest->reviews_n, sizeof *digest->reviews, by_incident);
}

static struct str plural(size_t n)
{
    return n == 1 ? STR("") : STR("s");
}

/* "7 reminders, 3 of them P1; the most urgent: …; 2 reviews are due". One alone says it all. */
static struct str summary(struct decision *d, const struct digest_output *digest)
{
    struct arena *arena = d->arena;
    size_t n = digest->items_n, reviews = digest->reviews_n, p1 = 0;
    if (n + reviews == 1) return n ? digest->items[0]->summary : digest->reviews[0]->summary;
    struct str review = STR("");
    if (reviews)
        review = arena_printf(arena, "%zu review%.*s %s due", reviews, STR_ARG(plural(reviews)),
                              reviews == 1 ? "is" : "are");
    if (!n) return review;
    for (size_t i = 0; i < n; i++) p1 += digest->items[i]->priority == PRIORITY_P1;
    struct str of_them = STR("");
    if (p1 && p1 == n && n > 1)
        of_them = STR(", all of them P1");
    else if (p1 && n > 1)
        of_them = arena_printf(arena, ", %zu of them P1", p1);
    return arena_printf(arena, "%zu reminder%.*s%.*s; the most urgent: %.*s%s%.*s", n,
                        STR_ARG(plural(n)), STR_ARG(of_them), STR_ARG(digest->items[0]->summary),
                        reviews ? "; " : "", STR_ARG(review));
}

/* The day of the calendar on which it is sent. */
static struct str date_of(const struct decision *d)
{
    char text[TIMESTAMP_TEXT];
    timestamp_format(calendar_local(&d->policy->calendar, d->now), text);
    return arena_str(d->arena, (struct str){text, sizeof "2026-11-27" - 1});
}

static void bound(size_t *n, int64_t *omitted)
{
    if (*n <= RECIPIENT_ITEMS_MAX) return;
    *omitted += (int64_t)(*n - RECIPIENT_ITEMS_MAX);
    *n = RECIPIENT_ITEMS_MAX;
}

static void note_urgent(struct recipient_state *recipient, ms_t at)
{
    bool goes_on = recipient->urgent_last != TIME_NONE && at - recipient->urgent_last < DAY_MS;
    recipient->urgent_digests = goes_on ? recipient->urgent_digests + 1 : 1;
    if (recipient->urgent_digests > SPACING_MAX) recipient->urgent_digests = SPACING_MAX;
    recipient->urgent_last = at;
}

static void send(struct decision *d, struct entry *header, struct entry *const *entries, size_t n,
                 ms_t due)
{
    struct outputs *outputs = &d->outputs;
    struct output *output = ARENA_PUSH(d->arena, outputs->items, outputs->n, outputs->cap);
    struct str name = state_recipient_of(header->key);
    *output = (struct output){.type = OUTPUT_DIGEST,
                              .incident_id = name,
                              .at = due,
                              .cause = {.at = due},
                              .policy_version = d->policy->version};
    struct digest_output *digest = &output->digest;
    *digest = (struct digest_output){
        .recipient = name, .number = ++header->recipient->digests, .date = date_of(d)};
    gather(d, entries, n, digest);
    digest->summary = summary(d, digest);
    if (digest->urgent) note_urgent(header->recipient, due);
    bound(&digest->items_n, &digest->omitted);
    bound(&digest->reviews_n, &digest->omitted);
}

enum decide_result recipient_tick(struct decision *d, struct entry *header, ms_t until)
{
    ms_t due = recipient_wake_at(d->policy, header->recipient);
    if (due == TIME_NONE || due > until) return DECIDE_OK;
    struct recipient_state *recipient = edit(d, header);
    size_t n;
    struct entry **entries = waiting(d, header, &n);
    if (n) send(d, header, entries, n, due);
    for (size_t i = 0; i < n; i++) {
        entries[i]->exists = false;
        state_touch(d->table, entries[i]);
    }
    /* Of what is left it is not known since when it waits. */
    bool is_more = n == RECIPIENT_ENTRIES_MAX;
    recipient->since = is_more ? time_first(recipient->since, recipient->urgent_since) : TIME_NONE;
    recipient->urgent_since = TIME_NONE;
    return is_more ? DECIDE_MORE : DECIDE_OK;
}
