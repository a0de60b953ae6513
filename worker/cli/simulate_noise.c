/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts what goes out for people as those people do: an event that somebody gets is one, whether it
 * is a reminder with several recipients or a digest of many items for one. Time goes forward, so a
 * recipient's last day is the one that is counted.
 */
#include "simulate_noise.h"

#include <stdlib.h>

#include "codec/json.h"
#include "core/deadline.h"
#include "core/item.h"

NAMES_DEFINE(noise_figure, NOISE_FIGURES)

/* ---- when ---- */

static bool is_night(const struct policy *policy, ms_t t)
{
    ms_t time_of_day = calendar_time_of_day(&policy->calendar, t);
    return time_of_day < policy->day_from || time_of_day >= policy->day_to;
}

void simulate_noise_line(struct simulate_noise *noise, const struct policy *policy, ms_t at)
{
    int64_t day = calendar_day(&policy->calendar, at);
    if (!noise->has_begun) noise->last_day = day - 1;
    noise->has_begun = true;
    while (noise->last_day < day) {
        noise->last_day++;
        noise->working_days += calendar_is_working_day(&policy->calendar, noise->last_day);
    }
}

/* ---- who ---- */

/* The place of the first that is not before `name`. */
static size_t place_of(const struct simulate_noise *noise, struct str name)
{
    size_t low = 0, high = noise->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (str_cmp(noise->items[middle]->name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct simulate_noise_recipient *simulate_noise_find(const struct simulate_noise *noise,
                                                           struct str name)
{
    size_t i = place_of(noise, name);
    return i < noise->n && str_eq(noise->items[i]->name, name) ? noise->items[i] : NULL;
}

static struct simulate_noise_recipient *recipient_of(struct simulate_noise *noise, struct str name)
{
    size_t i = place_of(noise, name);
    if (i < noise->n && str_eq(noise->items[i]->name, name)) return noise->items[i];
    (void)ARENA_PUSH(noise->arena, noise->items, noise->n, noise->cap);
    memmove(&noise->items[i + 1], &noise->items[i], (noise->n - 1 - i) * sizeof *noise->items);
    struct simulate_noise_recipient *r = ARENA_NEW(noise->arena, struct simulate_noise_recipient);
    r->name = arena_str(noise->arena, name);
    return noise->items[i] = r;
}

/* One of a reminder's. */
static struct recipient read_recipient(const struct json *object)
{
    return (struct recipient){role_parse(json_get_text(object, "role")),
                              {json_get_text(object, "team"), json_get_text(object, "person")},
                              json_get_text(object, "delegated_from")};
}

/* ---- what ---- */

static struct simulate_noise_day *count_event(struct simulate_noise *noise,
                                              struct simulate_noise_recipient *r,
                                              const struct policy *policy, ms_t now)
{
    int64_t day = calendar_day(&policy->calendar, now);
    bool is_working = calendar_is_working_day(&policy->calendar, day);
    if (!r->days_n || r->days[r->days_n - 1].day != day)
        *ARENA_PUSH(noise->arena, r->days, r->days_n, r->days_cap) =
            (struct simulate_noise_day){.day = day, .is_working = is_working};
    struct simulate_noise_day *last = &r->days[r->days_n - 1];
    last->events++;
    r->figures[NOISE_TOTAL]++;
    r->figures[NOISE_NIGHTS] += is_night(policy, now);
    r->figures[NOISE_WEEKENDS] += !is_working;
    return last;
}

static void count_kind(struct simulate_noise_recipient *r, struct simulate_noise_day *day,
                       enum reminder_kind kind)
{
    day->kinds[kind]++;
    r->kinds[kind]++;
}

static void count_digest(struct simulate_noise *noise, const struct policy *policy,
                         const struct json *value, ms_t now)
{
    struct simulate_noise_recipient *r = recipient_of(noise, json_get_text(value, "recipient"));
    struct simulate_noise_day *day = count_event(noise, r, policy, now);
    const struct json *items = json_get(value, "items"), *reviews = json_get(value, "reviews");
    for (const struct json *i = items ? items->first : NULL; i; i = i->next) {
        const struct json *covers = json_get(i, "covers"), *roles = json_get(i, "roles");
        const struct json *first = covers ? covers->first : NULL;
        struct str kind = json_get_text(i, "kind");
        count_kind(r, day, reminder_kind_parse(kind.p || !first ? kind : first->text));
        for (const struct json *role = roles ? roles->first : NULL; role; role = role->next)
            r->roles |= 1u << role_parse(role->text);
    }
    for (const struct json *i = reviews ? reviews->first : NULL; i; i = i->next) {
        count_kind(r, day, REMINDER_REVIEW_DUE);
        r->roles |= 1u << ROLE_RESPONSE_TEAM;
    }
}

static void count_reminder(struct simulate_noise *noise, struct arena *scratch,
                           const struct policy *policy, const struct json *value, ms_t now)
{
    const struct json *recipients = json_get(value, "recipients");
    struct reminder_output reminder = {.recipients = NULL};
    size_t cap = 0, n;
    for (const struct json *i = recipients ? recipients->first : NULL; i; i = i->next)
        *ARENA_PUSH(scratch, reminder.recipients, reminder.recipients_n, cap) = read_recipient(i);
    /* Who is addressed in two roles gets one event all the same. */
    const struct item_recipient *all = item_recipients(scratch, &reminder, &n);
    for (size_t i = 0; i < n; i++) {
        struct simulate_noise_recipient *r = recipient_of(noise, all[i].name);
        r->roles |= all[i].roles;
        count_kind(r, count_event(noise, r, policy, now),
                   reminder_kind_parse(json_get_text(value, "kind")));
    }
}

void simulate_noise_count(struct simulate_noise *noise, struct arena *scratch,
                          const struct policy *policy, const struct message *message, ms_t now)
{
    struct json *value = NULL;
    struct str detail;
    if (message->topic != TOPIC_REMINDERS || !message->value.p ||
        json_parse(scratch, scratch, message->value, JSON_DEPTH_SHOWN, &value, &detail) !=
            JSON_OK ||
        value->type != JSON_OBJECT)
        return;
    noise->events++;
    if (json_get_text(value, "recipient").p)
        count_digest(noise, policy, value, now);
    else
        count_reminder(noise, scratch, policy, value, now);
}

/* ---- all of it ---- */

static int by_size(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x > y) - (x < y);
}

/* Of all working days, also those on which there was nothing. */
static size_t median_of(const struct simulate_noise *noise,
                        const struct simulate_noise_recipient *r)
{
    size_t *events = arena_alloc(noise->arena, (r->days_n + 1) * sizeof *events), n = 0;
    for (size_t i = 0; i < r->days_n; i++)
        if (r->days[i].is_working && r->days[i].day <= noise->last_day)
            events[n++] = r->days[i].events;
    qsort(events, n, sizeof *events, by_size);
    size_t middle = noise->working_days / 2;
    /* A day that another policy made a working one may not be among those counted. */
    size_t quiet = n < noise->working_days ? noise->working_days - n : 0;
    return middle < quiet || !n ? 0 : events[middle - quiet];
}

void simulate_noise_end(struct simulate_noise *noise)
{
    for (size_t i = 0; i < noise->n; i++) {
        struct simulate_noise_recipient *r = noise->items[i];
        for (size_t d = 0; d < r->days_n; d++)
            if (!r->worst || r->days[d].events > r->worst->events) r->worst = &r->days[d];
        r->figures[NOISE_WORST] = r->worst ? r->worst->events : 0;
        r->figures[NOISE_MEDIAN] = median_of(noise, r);
    }
}
