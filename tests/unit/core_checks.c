/* SPDX-License-Identifier: Apache-2.0 */
/* The invariants of what goes out and of what is stored. */
#include "core_support.h"

#include "common/text.h"
#include "core/deadline.h"

static bool remember_id(struct world *w, struct str id)
{
    if (w->ids_n * 2 > w->ids_mask) {
        struct str *old = w->ids;
        size_t old_n = w->ids_mask + 1;
        w->ids_mask = w->ids_mask * 2 + 1;
        w->ids = arena_zalloc(w->arena, (w->ids_mask + 1) * sizeof *w->ids);
        w->ids_n = 0;
        for (size_t i = 0; i < old_n; i++)
            if (old[i].p) remember_id(w, old[i]);
    }
    uint64_t h = 5381;
    for (size_t i = 0; i < id.n; i++) h = h * 33 + (unsigned char)id.p[i];
    size_t at = h & w->ids_mask;
    for (; w->ids[at].p; at = (at + 1) & w->ids_mask)
        if (str_eq(w->ids[at], id)) return false;
    w->ids[at] = id;
    w->ids_n++;
    return true;
}

static bool was_used(const struct world *w, struct str id)
{
    uint64_t h = 5381;
    for (size_t i = 0; i < id.n; i++) h = h * 33 + (unsigned char)id.p[i];
    size_t at = h & w->ids_mask;
    while (w->ids[at].p && !str_eq(w->ids[at], id)) at = (at + 1) & w->ids_mask;
    return w->ids[at].p;
}

static struct str reminder_id(struct world *w, const struct output *o, int64_t number)
{
    struct str subject = o->reminder.task ? o->reminder.task->name : STR("");
    return arena_printf(w->arena, "reminder %.*s/%.*s/%lld/%d/%lld", STR_ARG(o->incident_id),
                        STR_ARG(subject), (long long)o->reminder.occurrence, o->reminder.kind,
                        (long long)number);
}

/* The ce_id, in short. */
static struct str id_of(struct world *w, const struct output *o)
{
    struct arena *a = w->arena;
    struct str id = o->incident_id;
    if (o->type == OUTPUT_TASK)
        return arena_printf(a, "%.*s/%.*s/%lld", STR_ARG(id), STR_ARG(o->task.after->name),
                            (long long)o->task.after->version);
    if (o->type == OUTPUT_INCIDENT) {
        struct str event = incident_event_name(o->incident.event);
        return arena_printf(a, "%.*s/%.*s/%lld", STR_ARG(id), STR_ARG(event),
                            (long long)o->incident.number);
    }
    if (o->type == OUTPUT_RECURRED)
        return arena_printf(a, "%.*s/recurred/%.*s/%lld", STR_ARG(id), STR_ARG(o->recurred.part),
                            (long long)o->recurred.number);
    return reminder_id(w, o, o->reminder.number);
}

/* A sentence that core composes, whatever the texts of others in it. */
static void check_sentence(struct world *w, struct str text)
{
    assert_true(text.n > 0);
    assert_true(str_eq(text_clean(w->arena, text), text));
}

/* R5.24 and R5.25; and what rises never gets later (R4.78). */
static void check_clock(const struct task *before, const struct task *after)
{
    bool is_late = after->first_breached_at != TIME_NONE;
    assert_true(is_late || after->sla != SLA_BREACHED);
    assert_true(!is_late || after->first_breached_at <= after->updated_at);
    if (after->status == STATUS_CLOSED)
        assert_int_equal(after->sla, after->resolution != RESOLUTION_DONE ? SLA_WAIVED
                                     : is_late                            ? SLA_MET_LATE
                                                                          : SLA_MET);
    if (!before || before->occurrence != after->occurrence) return;
    if (before->first_breached_at != TIME_NONE && after->kind != KIND_OBLIGATION)
        assert_true(after->first_breached_at == before->first_breached_at);
    bool rises = after->priority < before->priority && after->due_fixed == before->due_fixed &&
                 before->paused_for == after->paused_for;
    assert_true(!rises || after->assign_due_at <= before->assign_due_at);
    assert_true(!rises || after->due_fixed || after->due_at <= before->due_at);
}

static void check_task_output(struct world *w, const struct output *o)
{
    const struct task *after = o->task.after, *before = o->task.before;
    assert_true((before == NULL) == (o->task.event == TASK_CREATED));
    assert_int_equal(after->version, before ? before->version + 1 : 1);
    assert_true(after->updated_at == o->at);
    assert_true(!before || after->updated_at >= before->updated_at);
    assert_true((after->status == STATUS_CLOSED) == (after->resolution != 0));
    assert_true((after->status == STATUS_CLOSED) == (after->closed_at != TIME_NONE));
    assert_true(after->status == STATUS_CLOSED || !after->moved_to.p);
    assert_true((after->snoozed_until != TIME_NONE) == (after->sla == SLA_PAUSED));
    assert_true(str_eq(after->policy_version, w->policy.version));
    check_clock(before, after);
    if (!after->finding_id.p) check_sentence(w, after->title);
    /* What has come from another incident goes on as it was there. */
    bool has_come = after->moved_from.p && (!before || before->moved_to.p) && !after->moved_to.p;
    if (!before) {
        assert_true(has_come || after->status == STATUS_OPEN);
        assert_true(has_come || after->occurrence == 1);
        return;
    }
    assert_true(o->task.changed == task_diff(before, after));
    assert_true(o->task.changed != 0 || o->warnings.n);
    bool reopened = before->status == STATUS_CLOSED && after->status != STATUS_CLOSED;
    assert_int_equal(o->task.event == TASK_REOPENED, reopened);
    assert_true(has_come ? after->occurrence >= before->occurrence
                         : after->occurrence == before->occurrence + reopened);
}

/* What is not at once is sent at reminders.at of a working day; what stands for several is what
 * comes first among them, and no number is left out. */
static void check_sending(struct world *w, const struct output *o)
{
    const struct reminder_output *r = &o->reminder;
    const struct policy *policy = &w->policy;
    assert_true(o->at >= r->due_for);
    assert_true(o->at <= w->now);
    assert_int_equal(__builtin_ctz(r->covers), r->kind);
    /* Those of a task that has come from another incident are numbered on. */
    assert_true(r->number == 1 || (r->task && r->task->moved_from.p) ||
                was_used(w, reminder_id(w, o, r->number - 1)));
    bool all = true;
    for (int p = 1; p < priority_end; p++) all &= policy->at_once[p];
    assert_int_equal(r->urgent, r->task ? policy->at_once[r->task->priority] ||
                                              r->task->kind == KIND_OBLIGATION
                                        : all);
    if (r->urgent) return;
    const struct calendar *calendar = &policy->calendar;
    int64_t day = calendar_day(calendar, o->at);
    ms_t morning = calendar_time(calendar, day, policy->remind_at);
    assert_true(o->at == morning || o->at >= t("9998-12-30"));
    assert_true(calendar_is_working_day(calendar, day));
}

static void check_reminder_output(struct world *w, const struct output *o)
{
    const struct reminder_output *r = &o->reminder;
    assert_true(r->number >= 1);
    assert_true(r->recipients_n >= 1);
    assert_true(r->coalesced >= 0);
    check_sentence(w, r->summary);
    check_sending(w, o);
    assert_int_equal(r->kind < REMINDER_REVIEW_DUE, r->task != NULL);
    if (r->task) assert_int_not_equal(r->task->status, STATUS_CLOSED);
    /* What is paused is silent, but for an answer to what was just reported. */
    if (r->task && r->kind != REMINDER_NOT_CLOSED) assert_true(r->task->sla != SLA_PAUSED);
    if (r->kind == REMINDER_REVIEW_DUE || r->kind == REMINDER_MISSING_FINDINGS) {
        assert_non_null(r->incident);
        size_t listed = (size_t)r->incident->counts.open;
        assert_true(r->open_n == (listed < 300 ? listed : 300));
        assert_true(r->open_n > 0 || r->incident->cursor.stage);
    }
    if (r->kind == REMINDER_RECURRED) assert_non_null(r->finding);
}

/* What it says has caused it is the event, or a time that was passed on the way. */
static void check_cause(const struct world *w, const struct output *o)
{
    const struct cause *is = &o->cause, *of = &w->cause;
    if (o->type == OUTPUT_TASK || o->type == OUTPUT_INCIDENT) assert_true(o->at >= is->at);
    if (!is->topic) return;
    if (!of->topic) { /* a tick does what an earlier record has left to be done */
        assert_true(is->offset < w->offset);
        return;
    }
    assert_int_equal(is->topic, of->topic);
    assert_int_equal(is->partition, of->partition);
    assert_int_equal(is->offset, of->offset);
    assert_true(is->at <= of->at); /* of a record that is given again: as it was begun */
}

void check_outputs(struct world *w, size_t from)
{
    for (size_t i = from; i < w->d.outputs.n; i++) {
        const struct output *o = &w->d.outputs.items[i];
        check_cause(w, o);
        if (o->type == OUTPUT_FORWARD) continue;
        struct str id = id_of(w, o);
        if (!remember_id(w, id)) fail_msg("twice: %.*s", STR_ARG(id));
        if (o->type == OUTPUT_TASK) check_task_output(w, o);
        if (o->type == OUTPUT_REMINDER) check_reminder_output(w, o);
    }
}

static bool counts_as_duplicate(const struct finding *finding)
{
    return finding->kind && finding->status == REPORTED_DUPLICATE && !finding->doubt;
}

/* What was closed for another one leads to one that is not, however many there are between. */
static void check_duplicate(struct world *w, struct str incident_id, const struct finding *finding)
{
    size_t steps = 0;
    while (counts_as_duplicate(finding)) {
        struct str said = finding->duplicate_of, header = state_incident_key(w->arena, incident_id);
        struct str own = state_finding_part(w->arena, &finding_none.origin, said);
        struct str other = state_finding_key(w->arena, header, own);
        struct str guest = state_finding_key(w->arena, header, said);
        assert_true(steps++ < w->store_n);
        finding = NULL;
        for (size_t i = 0; i < w->store_n && !finding; i++)
            if (str_eq(w->store[i].key, other) || str_eq(w->store[i].key, guest))
                finding = w->store[i].body;
        assert_non_null(finding);
    }
}

static void check_doubts(struct world *w, const struct stored *header)
{
    const struct incident *incident = header->body;
    int64_t doubts = 0;
    for (size_t i = 0; i < w->store_n; i++) {
        const struct stored *s = &w->store[i];
        if (s->type != ENTRY_FINDING || !s->body) continue;
        if (!str_eq(state_header_key(s->key), header->key)) continue;
        const struct finding *finding = s->body;
        doubts += finding->doubt != DOUBT_NONE;
        /* What an incident that is put aside has, is about to be held. */
        if (incident->level == LEVEL_UNCONFIRMED || incident->merged_into.p) continue;
        assert_true(!finding->doubt || (finding->kind && finding->status == REPORTED_DUPLICATE));
        if (w->store_n < 200) check_duplicate(w, incident->incident_id, finding);
    }
    assert_int_equal(incident->doubts, doubts);
}

static void check_incident(struct world *w, const struct stored *header)
{
    const struct incident *incident = header->body;
    struct counts counts = {0};
    for (size_t i = 0; i < w->store_n; i++) {
        const struct stored *s = &w->store[i];
        if (s->type != ENTRY_TASK || !s->body) continue;
        if (!str_eq(state_header_key(s->key), header->key)) continue;
        const struct task *task = s->body;
        counts.open += task->status != STATUS_CLOSED;
        counts.closed += task->status == STATUS_CLOSED;
        counts.met += task->sla == SLA_MET;
        counts.met_late += task->sla == SLA_MET_LATE;
        counts.waived += task->sla == SLA_WAIVED;
    }
    assert_int_equal(incident->counts.open, counts.open);
    assert_int_equal(incident->counts.closed,
                     incident->counts.met + incident->counts.met_late + incident->counts.waived);
    if (!incident->retired) {
        assert_int_equal(incident->counts.closed, counts.closed);
        assert_int_equal(incident->counts.met, counts.met);
        assert_int_equal(incident->counts.met_late, counts.met_late);
        assert_int_equal(incident->counts.waived, counts.waived);
    }
    if (incident->cursor.stage != STAGE_RETIRE) check_doubts(w, header);
    assert_int_equal(incident->phase == PHASE_WAITING, incident->occurrence == 0);
    assert_true(incident->phase == PHASE_OPEN || !counts.open);
    if (incident->cursor.stage) return; /* the rest follows */
    assert_int_equal(incident->phase == PHASE_OPEN, counts.open > 0);
    if (incident->level == LEVEL_UNCONFIRMED || incident->merged_into.p)
        assert_int_equal(counts.open, 0);
}

void check_store(struct world *w)
{
    for (size_t i = 0; i < w->store_n; i++) {
        const struct stored *s = &w->store[i];
        if (!s->body) continue;
        struct entry entry = {.type = s->type, .exists = true, .body = s->body};
        assert_true(s->wake_at == wake_time(&w->policy, &entry));
        if (s->type == ENTRY_INCIDENT) check_incident(w, s);
        /* What is open is never forgotten, until the calendar ends: where all has been said of a
         * task, the review of its incident still lists it. */
        if (s->type == ENTRY_TASK && ((struct task *)s->body)->status != STATUS_CLOSED)
            assert_true(s->wake_at != TIME_NONE || w->now >= t("9998-12-30") ||
                        wake_of(w, state_header_key(s->key)) != TIME_NONE);
    }
}
