/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A finding with a cause tells of itself to the entry of that cause (cause.c), and is told when it has
 * come back. What it tells follows from what it is, and is compared with what it has told last: so
 * nothing that changes it has to think of that.
 */
#include "recurrence.h"

#include <inttypes.h>

#include "common/hash.h"
#include "common/text.h"
#include "finding_says.h"
#include "finding_task.h"
#include "forward.h"
#include "reminder.h"
#include "schedule.h"
#include "state_key.h"
#include "task.h"

#define TITLE_BYTES 128
#define OWNER_BYTES 256

/* ---- its causes ---- */

static bool has_cause(struct str_list causes, struct str name)
{
    size_t i = 0;
    while (i < causes.n && !text_same(causes.items[i], name)) i++;
    return i < causes.n;
}

static void add_cause(struct arena *arena, struct str_list *causes, struct str said)
{
    struct str name = state_cause_name(arena, said);
    if (!name.p || causes->n == RECURRENCE_CAUSES_MAX || has_cause(*causes, name)) return;
    causes->items[causes->n++] = name;
}

static struct str part_of(const struct finding *finding, const struct cause_member *member)
{
    switch (member->part) {
    case CAUSE_CATEGORY: return category_name(finding->category);
    case CAUSE_SEVERITY: return severity_name(finding->severity);
    case CAUSE_TITLE: return finding->title;
    case CAUSE_WORK: return task_kind_name(finding->work);
    case CAUSE_ACTION_TYPE: return action_type_name(finding->action_type);
    case CAUSE_TEAM: return finding->owner.team;
    case CAUSE_LABEL:
    case cause_part_none:
    default: return labels_value(finding->labels, member->label);
    }
}

/* "category=technical-lapse; label.product=signing"; absent where one of them is. */
static struct str cause_of_members(struct step *step, const struct finding *finding)
{
    const struct recurrence_policy *policy = &step->policy->recurrence;
    struct str all = STR_NONE;
    for (size_t i = 0; i < policy->members_n; i++) {
        const struct cause_member *member = &policy->members[i];
        struct str value = part_of(finding, member);
        if (!value.n) return STR_NONE;
        struct str name = cause_part_name(member->part), of = member->label;
        all = arena_printf(step->arena, "%.*s%s%.*s%s%.*s=%.*s", STR_ARG(all), i ? "; " : "",
                           STR_ARG(name), of.p ? "." : "", STR_ARG(of), STR_ARG(value));
    }
    return all;
}

/* It names a place, mostly one of its own: a cause that has a page of its own has a name, too. */
static bool is_link(struct str text)
{
    return memmem(text.p, text.n, "://", 3) != NULL;
}

static bool has_reference(const struct finding *finding)
{
    size_t i = 0;
    while (i < finding->references.n && is_link(finding->references.items[i])) i++;
    return i < finding->references.n;
}

static struct str_list causes_of(struct step *step, const struct finding *finding)
{
    const struct recurrence_policy *policy = &step->policy->recurrence;
    struct str_list causes = {
        arena_alloc(step->arena, RECURRENCE_CAUSES_MAX * sizeof *causes.items), 0};
    if (finding->cause_key.p) {
        add_cause(step->arena, &causes, finding->cause_key);
    } else if (policy->by_references) {
        for (size_t i = 0; i < finding->references.n; i++)
            if (!is_link(finding->references.items[i]))
                add_cause(step->arena, &causes, finding->references.items[i]);
    } else {
        add_cause(step->arena, &causes, cause_of_members(step, finding));
    }
    return causes;
}

/* Whether it can have any: most have none, and that is to cost nothing. */
static bool may_have_causes(const struct step *step, const struct finding *finding)
{
    const struct recurrence_policy *policy = &step->policy->recurrence;
    if (policy->off) return false;
    return finding->cause_key.p || policy->members_n ||
           (policy->by_references && has_reference(finding));
}

/* ---- what it tells ---- */

/* A duplicate is another one's, unless nobody can say whose. */
static bool is_duplicate(const struct finding *finding)
{
    return finding->status == REPORTED_DUPLICATE && finding->doubt != DOUBT_UNKNOWN &&
           finding->doubt != DOUBT_CIRCULAR;
}

/* The task of one that counts; NULL of one that does not. */
static const struct task *counted(struct step *step, const struct entry *entry)
{
    const struct finding *finding = entry->finding;
    if (!entry->exists || !may_have_causes(step, finding) || is_duplicate(finding)) return NULL;
    const struct task *task = finding_task_of(step, finding);
    return task && !task_is_put_aside(task) ? task : NULL;
}

static struct str cut(struct step *step, struct str text, size_t max_bytes)
{
    return text.n > max_bytes ? step->d->cut(text, max_bytes) : text;
}

static struct seen seen_of(struct step *step, const struct finding *finding,
                           const struct task *task)
{
    struct seen seen = {.incident_id = step->incident->incident_id,
                        .origin = forward_identity(step, finding),
                        .due_at = TIME_NONE,
                        .closed_at = TIME_NONE,
                        .snoozed_until = TIME_NONE,
                        .since = TIME_NONE};
    if (!task) return seen;
    seen.name = task->name;
    seen.title = cut(step, task->title, TITLE_BYTES);
    seen.priority = task->priority;
    seen.status = task->status;
    seen.resolution = task->resolution;
    seen.owner.team = cut(step, task->owner.team, OWNER_BYTES);
    seen.owner.person = cut(step, task->owner.person, OWNER_BYTES);
    seen.due_at = task->due_at;
    seen.closed_at = task->closed_at;
    seen.snoozed_until = task->snoozed_until;
    seen.since = task->clock_start - task->clock_moved;
    return seen;
}

static uint64_t hash_text(uint64_t h, struct str text)
{
    return hash_bytes(hash_add(h, text.n), text);
}

static struct str hash_of(struct arena *arena, const struct seen *seen)
{
    uint64_t h = hash_text(HASH_START, seen->incident_id);
    h = hash_text(h, seen->name);
    h = hash_text(h, seen->title);
    h = hash_text(h, seen->owner.team);
    h = hash_text(h, seen->owner.person);
    h = hash_add(h, (uint64_t)seen->priority);
    h = hash_add(h, (uint64_t)seen->status);
    h = hash_add(h, (uint64_t)seen->resolution);
    h = hash_add(h, (uint64_t)seen->due_at);
    h = hash_add(h, (uint64_t)seen->closed_at);
    h = hash_add(h, (uint64_t)seen->snoozed_until);
    h = hash_add(h, (uint64_t)seen->since);
    return arena_printf(arena, "%016" PRIx64, h);
}

static void tell(struct step *step, struct str key, enum telling what, const struct seen *seen)
{
    struct output *output = step_emit(step, OUTPUT_FORWARD);
    output->incident_id = state_cause_key(step->arena, key);
    output->forward->type = EVENT_RECURRENCE;
    output->forward->recurrence = (struct recurrence_event){key, what, *seen};
    step_count(step, 1, 0);
}

static void follow(struct step *step, struct entry *entry)
{
    const struct finding *was = entry->finding;
    const struct task *task = counted(step, entry);
    struct str_list now = {NULL, 0};
    if (task) now = causes_of(step, was);
    if (!now.n && !was->causes.n) return;
    struct seen seen = seen_of(step, was, now.n ? task : NULL);
    struct str told = now.n ? hash_of(step->arena, &seen) : STR_NONE;
    bool is_same = str_eq(told, was->told);
    if (is_same && str_list_eq(now, was->causes)) return;
    struct seen nothing = seen_of(step, was, NULL);
    seen.tellings = nothing.tellings = was->tellings + 1;
    for (size_t i = 0; i < was->causes.n; i++)
        if (!has_cause(now, was->causes.items[i]))
            tell(step, was->causes.items[i], entry->exists ? TELLING_GONE : TELLING_FORGOTTEN,
                 &nothing);
    for (size_t i = 0; i < now.n; i++) {
        bool is_new = !has_cause(was->causes, now.items[i]);
        if (is_new || !is_same)
            tell(step, now.items[i], is_new ? TELLING_NEW : TELLING_CHANGED, &seen);
    }
    if (!entry->exists) return;
    struct finding *finding = arena_copy(step->arena, was, sizeof *was);
    finding->causes = now;
    finding->told = told;
    finding->tellings = seen.tellings;
    entry->finding = finding;
    state_touch(step->d->table, entry);
}

void recurrence_follow(struct step *step)
{
    for (size_t i = 0; i < step->changed_n; i++) {
        struct entry *entry = step->changed[i];
        entry->to_follow = false;
        if (entry->body) follow(step, entry);
    }
    step->changed_n = 0;
}

/* ---- what it is told ---- */

static struct finding *edit(struct step *step, struct entry *entry)
{
    entry->finding = arena_copy(step->arena, entry->finding, sizeof *entry->finding);
    step_touch(step, entry);
    return entry->finding;
}

static void add_seen(struct seen_list *list, const struct seen *seen)
{
    if (list->n < RECURRENCE_SEEN_MAX && seen_find(list, &seen->origin) == list->n)
        list->items[list->n++] = *seen;
}

/* Those that are open first, and of each the last that came. */
static void remember(struct step *step, struct finding *finding, const struct seen_list *earlier)
{
    struct seen_list list = {arena_alloc(step->arena, RECURRENCE_SEEN_MAX * sizeof *list.items), 0};
    for (int closed = 0; closed <= 1; closed++)
        for (size_t i = earlier->n; i > 0; i--)
            if ((earlier->items[i - 1].status == STATUS_CLOSED) == closed)
                add_seen(&list, &earlier->items[i - 1]);
    for (size_t i = 0; i < finding->seen_before.n; i++)
        add_seen(&list, &finding->seen_before.items[i]);
    finding->seen_before = list;
}

/* As in the name of its task, so that no id of a later life is one of the first. */
static struct str part_in_id(struct step *step, const struct finding *finding)
{
    struct str part = state_finding_part(step->arena, &finding->origin, finding->finding_id);
    if (!step->incident->retired) return part;
    return arena_printf(step->arena, "%.*s~%" PRId64, STR_ARG(part), step->incident->retired + 1);
}

static void come_back(struct step *step, struct entry *entry, const struct recurred_event *event)
{
    struct finding *finding = edit(step, entry);
    remember(step, finding, &event->earlier);
    finding->recurrences++;
    finding_task_note_recurrence(step, finding);
    finding->recurred_at = time_first(finding->recurred_at, step->at);
    struct output *output = step_emit(step, OUTPUT_RECURRED);
    output->recurred = (struct recurred_output){.number = finding->recurrences,
                                                .part = part_in_id(step, finding),
                                                .finding = finding,
                                                .task = finding_task_of(step, finding),
                                                .event = event};
    step_count(step, 2, 0);
}

/* From P4 to P1. */
#define STEPS_MAX 3

static void raise(struct step *step, struct entry *entry, const struct recurred_event *event)
{
    const struct finding *was = entry->finding;
    const struct task *task = finding_task_of(step, was);
    if (task && task->status == STATUS_CLOSED) return;
    if (was->raised_by.n == STEPS_MAX || str_list_has(was->raised_by, event->seen_in)) return;
    struct finding *finding = edit(step, entry);
    struct str *by = arena_alloc(step->arena, STEPS_MAX * sizeof *by);
    for (size_t i = 0; i < was->raised_by.n; i++) by[i] = was->raised_by.items[i];
    by[was->raised_by.n] = event->seen_in;
    finding->raised_by = (struct str_list){by, was->raised_by.n + 1};
    if (!task) return; /* it is held, and comes back so */
    struct str why = arena_printf(step->arena, TASK_SEEN_AGAIN "%.*s: %.*s",
                                  STR_ARG(event->seen_in), STR_ARG(event->key));
    finding_task_raise(step, finding, why);
}

struct str recurrence_holder(struct arena *arena, struct str header_key, const struct event *event)
{
    const struct origin *origin = &event->recurred->origin;
    bool is_home = str_eq(origin->incident_id, event->incident_id);
    return state_finding_key(
        arena, header_key,
        state_finding_part(arena, is_home ? &finding_none.origin : origin, origin->finding_id));
}

void recurrence_take(struct step *step, const struct event *of)
{
    const struct recurred_event *event = of->recurred;
    struct entry *entry = step_holder(step, recurrence_holder(step->arena, step->header->key, of));
    if (!entry->exists) return; /* it was forgotten, and tells anew if it comes again */
    struct str to = entry->finding->moved_to;
    if (to.p) {
        struct output *output = step_emit(step, OUTPUT_FORWARD);
        output->incident_id = to;
        *output->forward = (struct forward_output){.type = EVENT_RECURRED, .recurred = *event};
    } else if (event->seen_in.p) {
        raise(step, entry, event);
    } else {
        come_back(step, entry, event);
    }
}

/* ---- what the response team is told ---- */

ms_t recurrence_wake_at(const struct policy *policy, const struct finding *finding)
{
    return schedule_send_at(policy, schedule_all_at_once(policy), finding->recurred_at);
}

static struct str plural(size_t n)
{
    return n == 1 ? STR("") : STR("s");
}

static struct str summary(struct step *step, const struct finding *finding)
{
    struct arena *arena = step->arena;
    const struct seen_list *seen = &finding->seen_before;
    size_t open = 0, overdue = 0;
    for (size_t i = 0; i < seen->n; i++) {
        open += seen->items[i].status != STATUS_CLOSED;
        overdue += seen_is_overdue(&seen->items[i], step->d->now);
    }
    struct str title = reminder_title(step, finding_says_title(step, finding));
    struct str first = state_task_id(arena, seen->items[0].incident_id, seen->items[0].name);
    return text_clean(
        arena, arena_printf(arena,
                            "The cause of finding %.*s '%.*s' of %.*s was seen before: %zu earlier "
                            "task%.*s, %zu of them open, %zu overdue; look at %.*s",
                            STR_ARG(finding->finding_id), STR_ARG(title),
                            STR_ARG(step->incident->incident_id), seen->n, STR_ARG(plural(seen->n)),
                            open, overdue, STR_ARG(first)));
}

void recurrence_tick(struct step *step, struct entry *entry)
{
    const bool counts = counted(step, entry) != NULL;
    struct finding *finding = edit(step, entry);
    const ms_t since = finding->recurred_at;
    const int64_t times = finding->recurrences - finding->recurrences_told;
    finding->recurrences_told = finding->recurrences;
    finding->recurred_at = TIME_NONE;
    if (!counts) return; /* it was dismissed, or is elsewhere */
    bool at_once = schedule_all_at_once(step->policy);
    struct reminder_output *reminder =
        &reminder_emit(step, REMINDER_RECURRED, since, at_once)->reminder;
    reminder->number = ++step->incident->recurred;
    reminder->coalesced = times - 1;
    reminder->occurrence = 1; /* numbers go on from one to the next */
    reminder->incident = step->incident;
    reminder->finding = finding_says_shown(step, finding);
    reminder->summary = summary(step, finding);
    reminder_add(step, reminder, ROLE_RESPONSE_TEAM, step->policy->response_team);
}
