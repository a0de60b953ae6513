/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The union of lists that several incidents have. Entries are the same where all of their members are;
 * what has been there once stays, whatever its incident says later.
 */
#include "merged_lists.h"

#include <stdlib.h>

/* A list of any of them: a struct of `items` and `n`. */
struct list {
    void *items;
    size_t n;
};

struct kind {
    size_t size;
    bool (*same)(const void *a, const void *b);
    size_t (*bytes)(const void *entry);
};

static bool same_label(const void *a, const void *b)
{
    const struct label *x = a, *y = b;
    return str_eq(x->name, y->name);
}

static size_t label_bytes(const void *entry)
{
    const struct label *label = entry;
    return label->name.n + label->value.n;
}

static bool same_moment(const void *a, const void *b)
{
    const struct timeline_entry *x = a, *y = b;
    return x->at == y->at && str_eq(x->action, y->action) && str_eq(x->actor, y->actor) &&
           str_eq(x->at_text, y->at_text);
}

static size_t moment_bytes(const void *entry)
{
    const struct timeline_entry *moment = entry;
    return moment->action.n + moment->actor.n + moment->at_text.n;
}

static bool same_evidence(const void *a, const void *b)
{
    const struct evidence *x = a, *y = b;
    return str_eq(x->ref, y->ref) && str_eq(x->note, y->note);
}

static size_t evidence_bytes(const void *entry)
{
    const struct evidence *evidence = entry;
    return evidence->ref.n + evidence->note.n;
}

static bool same_text(const void *a, const void *b)
{
    const struct str *x = a, *y = b;
    return str_eq(*x, *y);
}

static size_t text_bytes(const void *entry)
{
    const struct str *text = entry;
    return text->n;
}

static const struct kind of_labels = {sizeof(struct label), same_label, label_bytes};
static const struct kind of_timeline = {sizeof(struct timeline_entry), same_moment, moment_bytes};
static const struct kind of_evidence = {sizeof(struct evidence), same_evidence, evidence_bytes};
static const struct kind of_texts = {sizeof(struct str), same_text, text_bytes};

static const char *at(const struct kind *kind, struct list list, size_t i)
{
    return (const char *)list.items + i * kind->size;
}

/* From `*hint` on, for what comes again comes in the same order mostly. */
static bool has(const struct kind *kind, struct list list, const void *entry, size_t *hint)
{
    for (size_t i = 0; i < list.n; i++) {
        size_t place = (*hint + i) % list.n;
        if (!kind->same(at(kind, list, place), entry)) continue;
        *hint = place + 1;
        return true;
    }
    return false;
}

static size_t bytes_of(const struct kind *kind, struct list list)
{
    size_t bytes = 0;
    for (size_t i = 0; i < list.n; i++)
        bytes += kind->bytes(at(kind, list, i)) + MERGED_ENTRY_BYTES;
    return bytes;
}

/* Returns how many do not fit; *room is what is left of it, `max` how many the list may have. */
static size_t add(struct arena *arena, const struct kind *kind, struct list *to, struct list from,
                  size_t *room, size_t max)
{
    size_t left = 0, hint = 0, n = to->n;
    if (!from.n) return 0;
    char *items = arena_alloc(arena, (to->n + from.n) * kind->size);
    if (to->n) memcpy(items, to->items, to->n * kind->size);
    to->items = items;
    for (size_t i = 0; i < from.n; i++) {
        const char *entry = at(kind, from, i);
        size_t bytes = kind->bytes(entry) + MERGED_ENTRY_BYTES;
        if (has(kind, (struct list){items, n}, entry, &hint)) continue;
        if (bytes > *room || n == max) {
            left++;
            continue;
        }
        memcpy(items + n++ * kind->size, entry, kind->size);
        *room -= bytes;
    }
    to->n = n;
    return left;
}

#define LIST(of) ((struct list){(of).items, (of).n})
#define ADD(kind, member, max)                                                  \
    {                                                                           \
        struct list both = LIST(to->member);                                    \
        left->member = add(arena, kind, &both, LIST(from->member), &room, max); \
        any |= both.n > to->member.n;                                           \
        to->member.items = both.items;                                          \
        to->member.n = both.n;                                                  \
    }

bool merged_lists_add(struct arena *arena, struct merged_lists *to, const struct merged_lists *from,
                      struct merged_left *left)
{
    size_t used = bytes_of(&of_labels, LIST(to->labels)) +
                  bytes_of(&of_timeline, LIST(to->timeline)) +
                  bytes_of(&of_evidence, LIST(to->evidence)) +
                  bytes_of(&of_texts, LIST(to->takeaways)) + to->response.n;
    size_t room = used < MERGED_BYTES_MAX ? MERGED_BYTES_MAX - used : 0;
    bool any = false;
    ADD(&of_labels, labels, MERGED_LABELS_MAX)
    ADD(&of_timeline, timeline, SIZE_MAX)
    ADD(&of_evidence, evidence, SIZE_MAX)
    ADD(&of_texts, takeaways, SIZE_MAX)
    left->response = !to->response.n && from->response.n > room;
    if (to->response.n || !from->response.n || left->response) return any;
    to->response = from->response;
    return true;
}

struct merged_lists merged_lists_of(const struct closure *closure, struct labels labels)
{
    return (struct merged_lists){.labels = labels,
                                 .timeline = closure->timeline,
                                 .evidence = closure->evidence,
                                 .takeaways = closure->takeaways,
                                 .response = closure->response};
}

/* Those of one time in the order in which they stand; of an unknown one last. */
static int by_time(const void *a, const void *b)
{
    const struct timeline_entry *x = *(const struct timeline_entry *const *)a,
                                *y = *(const struct timeline_entry *const *)b;
    if (x->at == y->at) return (x > y) - (x < y);
    if (x->at == TIME_NONE || y->at == TIME_NONE) return x->at == TIME_NONE ? 1 : -1;
    return x->at < y->at ? -1 : 1;
}

static struct timeline in_order(struct arena *arena, struct timeline timeline)
{
    const struct timeline_entry **places = arena_alloc(arena, timeline.n * sizeof *places);
    struct timeline_entry *items = arena_alloc(arena, timeline.n * sizeof *items);
    for (size_t i = 0; i < timeline.n; i++) places[i] = &timeline.items[i];
    qsort(places, timeline.n, sizeof *places, by_time);
    for (size_t i = 0; i < timeline.n; i++) items[i] = *places[i];
    return (struct timeline){items, timeline.n};
}

#define JOIN(kind, member)                                                     \
    {                                                                          \
        struct list both = LIST(closure->member);                              \
        size_t room = SIZE_MAX;                                                \
        (void)add(arena, kind, &both, LIST(brought->member), &room, SIZE_MAX); \
        joined.member.items = both.items;                                      \
        joined.member.n = both.n;                                              \
    }

struct closure merged_lists_join(struct arena *arena, const struct closure *closure,
                                 const struct merged_lists *brought)
{
    struct closure joined = *closure;
    JOIN(&of_timeline, timeline)
    JOIN(&of_evidence, evidence)
    JOIN(&of_texts, takeaways)
    if (!joined.response.n) joined.response = brought->response;
    if (brought->timeline.n) joined.timeline = in_order(arena, joined.timeline);
    return joined;
}

struct labels merged_labels(struct arena *arena, struct labels own, struct labels others)
{
    struct list both = LIST(own);
    size_t room = SIZE_MAX;
    (void)add(arena, &of_labels, &both, LIST(others), &room, MERGED_LABELS_MAX);
    return (struct labels){both.items, both.n};
}
