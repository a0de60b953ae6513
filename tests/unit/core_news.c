/* SPDX-License-Identifier: Apache-2.0 */
/* What went out, as lines to compare with. */
#include "core_support.h"

static struct str render_task(struct world *w, const struct output *o)
{
    static const char *const members[] = {
#define NAME(type, member) #member,
        TASK_MEMBERS(NAME, MEMBER_SKIP, MEMBER_SKIP) "met",
        "margin_s",
        "policy",
#undef NAME
    };
    const struct task *task = o->task.after;
    struct str changes = STR("");
    /* When it was first late is said with `sla`, or with `occurrence`. */
    uint64_t shown = o->task.changed & ~(UINT64_C(1) << TASK_MEMBER_first_breached_at);
    for (int i = 0; i < TASK_MEMBER_end; i++)
        if (shown >> i & 1)
            changes = arena_printf(w->arena, "%.*s%s%s", STR_ARG(changes), changes.n ? "," : " [",
                                   members[i]);
    struct str resolution = resolution_name(task->resolution);
    return arena_printf(w->arena, "%.*s/%lld %.*s %.*s%s%.*s%.*s%s", STR_ARG(task->name),
                        (long long)task->version, STR_ARG(task_event_name(o->task.event)),
                        STR_ARG(task_status_name(task->status)), resolution.p ? ":" : "",
                        STR_ARG(resolution), STR_ARG(changes), changes.n ? "]" : "");
}

static struct str render_reminder(struct world *w, const struct output *o)
{
    const struct reminder_output *r = &o->reminder;
    char at[TIMESTAMP_TEXT];
    timestamp_format(r->due_for, at);
    struct str to = STR("");
    for (size_t i = 0; i < r->recipients_n; i++) {
        const struct recipient *x = &r->recipients[i];
        to = arena_printf(w->arena, "%.*s %.*s=%.*s%s%.*s%s%.*s", STR_ARG(to),
                          STR_ARG(role_name(x->role)), STR_ARG(x->who.team),
                          x->who.person.p ? ":" : "", STR_ARG(x->who.person),
                          x->delegated_from.p ? "<" : "", STR_ARG(x->delegated_from));
    }
    struct str about = r->task      ? r->task->name
                       : r->finding ? r->finding->finding_id
                                    : o->incident_id;
    struct str skipped = STR("");
    for (int kind = (int)r->kind + 1; kind < reminder_kind_end; kind++)
        if (r->covers >> kind & 1)
            skipped = arena_printf(w->arena, "%.*s &%.*s", STR_ARG(skipped),
                                   STR_ARG(reminder_kind_name((enum reminder_kind)kind)));
    if (r->coalesced)
        skipped = arena_printf(w->arena, "%.*s +%lld", STR_ARG(skipped), (long long)r->coalesced);
    return arena_printf(w->arena, "reminder %.*s/%lld %.*s%.*s %.16s%.*s",
                        STR_ARG(reminder_kind_name(r->kind)), (long long)r->number, STR_ARG(about),
                        STR_ARG(skipped), at, STR_ARG(to));
}

static struct str render_forward(struct world *w, const struct output *o)
{
    struct str to = o->incident_id;
    switch (o->forward->type) {
    case EVENT_ARRIVAL:
        return arena_printf(w->arena, "finding %.*s to %.*s",
                            STR_ARG(o->forward->arrival.finding.finding_id), STR_ARG(to));
    case EVENT_FINDING:
        return arena_printf(w->arena, "finding-updated %.*s to %.*s",
                            STR_ARG(o->forward->finding.finding.finding_id), STR_ARG(to));
    case EVENT_TASK_UPDATE:
        return arena_printf(w->arena, "task-updated %.*s to %.*s",
                            STR_ARG(o->forward->task_update.task_id), STR_ARG(to));
    case EVENT_DUTY:
        return arena_printf(w->arena, "%s %.*s of %.*s to %.*s",
                            o->forward->duty.said        ? "said of"
                            : o->forward->duty.met       ? "met"
                            : o->forward->duty.withdrawn ? "not met"
                                                         : "duty",
                            STR_ARG(o->forward->duty.name), STR_ARG(o->forward->duty.incident_id),
                            STR_ARG(to));
    case EVENT_FACTS: return arena_printf(w->arena, "facts to %.*s", STR_ARG(to));
    case EVENT_MERGE:
        return arena_printf(w->arena, "%s to %.*s", o->forward->merge.circle.n ? "circle" : "merge",
                            STR_ARG(to));
    case EVENT_PARTING:
        return arena_printf(w->arena, "parting of %.*s to %.*s",
                            STR_ARG(o->forward->parting.edge.from), STR_ARG(to));
    case EVENT_RECURRENCE:
        return arena_printf(w->arena, "%.*s %.*s of %.*s",
                            STR_ARG(telling_name(o->forward->recurrence.what)),
                            STR_ARG(o->forward->recurrence.key),
                            STR_ARG(o->forward->recurrence.finding.incident_id));
    case EVENT_RECURRED:
        return arena_printf(w->arena, "%s %.*s to %.*s",
                            o->forward->recurred.seen_in.p ? "again" : "before",
                            STR_ARG(o->forward->recurred.key), STR_ARG(to));
    default: return arena_printf(w->arena, "forgotten to %.*s", STR_ARG(to));
    }
}

static struct str render_recurred(struct world *w, const struct output *o)
{
    const struct recurred_event *e = o->recurred.event;
    struct str line =
        arena_printf(w->arena, "recurred/%lld %.*s %.*s, %lld:", (long long)o->recurred.number,
                     STR_ARG(o->recurred.part), STR_ARG(e->key), (long long)e->incidents);
    for (size_t i = 0; i < e->earlier.n; i++) {
        const struct seen *seen = &e->earlier.items[i];
        line =
            arena_printf(w->arena, "%.*s %.*s/%.*s=%.*s", STR_ARG(line), STR_ARG(seen->incident_id),
                         STR_ARG(seen->name), STR_ARG(task_status_name(seen->status)));
    }
    return line;
}

struct str render(struct world *w, const struct output *o)
{
    switch (o->type) {
    case OUTPUT_TASK: return render_task(w, o);
    case OUTPUT_REMINDER: return render_reminder(w, o);
    case OUTPUT_INCIDENT: {
        const struct incident *i = o->incident.incident;
        return arena_printf(w->arena, "%.*s/%lld %.*s %lld/%lld",
                            STR_ARG(incident_event_name(o->incident.event)),
                            (long long)o->incident.number, STR_ARG(level_name(i->level)),
                            (long long)i->counts.open, (long long)i->counts.closed);
    }
    case OUTPUT_RECURRED: return render_recurred(w, o);
    default: return render_forward(w, o);
    }
}

struct str news(struct world *w)
{
    struct str all = STR("");
    for (size_t i = w->seen; i < w->d.outputs.n; i++) {
        struct str line = render(w, &w->d.outputs.items[i]);
        all = arena_printf(w->arena, "%.*s%.*s\n", STR_ARG(all), STR_ARG(line));
    }
    return all;
}

void assert_news(struct world *w, const char *expected)
{
    struct str actual = news(w);
    if (!str_eq(actual, str_of(expected)))
        fail_msg("expected:\n%s\nbut was:\n%.*s", expected, STR_ARG(actual));
}

size_t outputs_n(const struct world *w)
{
    return w->d.outputs.n - w->seen;
}

const struct output *output_at(struct world *w, size_t i)
{
    assert_true(i < outputs_n(w));
    return &w->d.outputs.items[w->seen + i];
}

void assert_str(struct str actual, const char *expected)
{
    if (!str_eq(actual, str_of(expected)))
        fail_msg("expected '%s', but was '%.*s'", expected ? expected : "(absent)",
                 STR_ARG(actual));
}

void assert_time(ms_t actual, const char *expected)
{
    char text[TIMESTAMP_TEXT] = "none";
    if (actual != TIME_NONE) timestamp_format(actual, text);
    ms_t wanted = expected ? t(expected) : TIME_NONE;
    if (actual != wanted)
        fail_msg("expected %s, but was %.24s", expected ? expected : "none", text);
}
