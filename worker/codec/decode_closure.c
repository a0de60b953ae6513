/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The members of incident-closed. It is the largest of the records and has lists of objects in it;
 * times that contradict each other are warned of here, not refused.
 */
#include "common/text.h"
#include "decode_parts.h"
#include "fold.h"

#define SUBMISSIONS_MAX 100 /* as many as a policy has obligations */

#define CLOSURE_INDEX(bit, member) DECODE_INDEX(member)
#define CLOSURE_NAME(bit, member) DECODE_NAME(member)
#define CLOSURE_BIT(bit, member) [M_##member] = bit,
enum { CLOSURE_RECORD(CLOSURE_INDEX, DECODE_INDEX) M_end };
static const struct str names[M_end] = {CLOSURE_RECORD(CLOSURE_NAME, DECODE_NAME)};
static const unsigned bits[M_end] = {CLOSURE_RECORD(CLOSURE_BIT, MEMBER_SKIP)};

static void read_timeline_entry(struct reader *r, const struct json *object,
                                struct timeline_entry *entry)
{
    static const struct str entry_names[] = {{"at", 2}, {"actor", 5}, {"action", 6}};
    const struct json *m[3];
    reader_find(object, entry_names, 3, m);
    entry->at = members_time(r, m[0], &entry->at_text);
    entry->actor = members_text(r, m[1]);
    if (members_required(r, m[2], "action")) {
        entry->action = members_said(members_text(r, m[2]));
        if (m[2]->type == JSON_STRING && !entry->action.p)
            reader_refuse(r, REFUSE_MISSING_FIELD, STR("action"), "must not be empty");
    }
}

static void read_timeline(struct reader *r, const struct json *value, struct closure *closure)
{
    size_t limit = r->decoder->limits->timeline;
    const struct json *object = members_entries(r, value, limit);
    if (!object) return;
    struct reader_place place = {r->place, value->name, 0};
    size_t room = value->count < limit ? value->count : limit;
    closure->timeline.items = arena_zalloc(r->arena, room * sizeof *closure->timeline.items);
    r->place = &place;
    for (; object; object = object->next, place.index++) {
        /* Entries over the limit are read for what is wrong in them, not kept. */
        struct timeline_entry spare = {0}, *entry = &spare;
        if (!members_is_object(r, object)) continue;
        if (closure->timeline.n < room) entry = &closure->timeline.items[closure->timeline.n++];
        read_timeline_entry(r, object, entry);
    }
    r->place = place.outer;

    /* A partial date is the start of its period and says nothing about the order. */
    ms_t before = TIME_NONE;
    for (size_t i = 0; i < closure->timeline.n; i++) {
        const struct timeline_entry *entry = &closure->timeline.items[i];
        if (entry->at == TIME_NONE || entry->at_text.p) continue;
        if (before != TIME_NONE && entry->at < before) {
            struct str at = timestamp_text(r->arena, entry->at);
            reader_warn(r, value->name, at, at);
            break;
        }
        before = entry->at;
    }
}

static void read_technical_summary(struct reader *r, const struct json *value,
                                   struct closure *closure)
{
    static const struct str summary_names[] = {
        {"evidence", 8}, {"actors", 6}, {"response", 8}, {"takeaways", 9}};
    if (members_none(value) || !members_is_object(r, value)) return;
    const struct json *m[4];
    struct reader_place place = {r->place, value->name, READER_NO_INDEX};
    reader_find(value, summary_names, 4, m);
    r->place = &place;
    closure->evidence = members_evidence(r, m[0], false);
    closure->actors = members_texts(r, m[1]);
    closure->response = members_said(members_text(r, m[2]));
    closure->takeaways = members_texts(r, m[3]);
    r->place = place.outer;
}

static bool says_closed(struct str status)
{
    struct str trimmed = text_trim(status);
    return reported_status_parse(trimmed) == REPORTED_CLOSED;
}

static void read_party(struct reader *r, const struct json *object, struct coordination *c)
{
    static const struct str party_names[] = {
        {"party", 5}, {"party_kind", 10}, {"reference", 9}, {"status", 6}};
    const struct json *m[4];
    reader_find(object, party_names, 4, m);
    if (members_required(r, m[0], "party")) {
        c->party = text_trim(members_text(r, m[0]));
        if (m[0]->type == JSON_STRING && !c->party.p)
            reader_refuse(r, REFUSE_MISSING_FIELD, STR("party"), "must not be empty");
        if (c->party.n > PARTY_BYTES)
            reader_refuse(r, REFUSE_TOO_LARGE, STR("party"), "%zu bytes, at most %d are allowed",
                          c->party.n, PARTY_BYTES);
        else if (c->party.p)
            c->key = fold_name(r->arena, c->party);
    }
    c->party_kind = members_word(r, m[1], &party_kind_words, PARTY_OTHER);
    c->reference = members_text(r, m[2]);
    c->status = members_text(r, m[3]);
    c->closed = says_closed(c->status);
}

/* One of each party: the last entry counts, called as the first one writes it. */
static size_t keep_parties(struct reader *r, struct coordination *all, size_t n)
{
    struct str *keys = arena_alloc(r->arena, n * sizeof *keys);
    size_t *counts = arena_alloc(r->arena, n * sizeof *counts), kept = 0;
    for (size_t i = 0; i < n; i++) keys[i] = all[i].key;
    members_same(r->arena, keys, n, true, counts);
    for (size_t i = n; i-- > 0;) all[counts[i]].party = all[i].party;
    for (size_t i = 0; i < n; i++)
        if (counts[i] == i) all[kept++] = all[i];
    return kept;
}

static void read_coordination(struct reader *r, const struct json *value, struct closure *closure)
{
    const struct json *object = members_entries(r, value, (size_t)-1);
    if (!object) return;
    struct reader_place place = {r->place, value->name, 0};
    struct coordination *all = NULL;
    size_t n = 0, cap = 0;
    r->place = &place;
    for (; object; object = object->next, place.index++) {
        struct coordination party = {0};
        if (!members_is_object(r, object)) continue;
        read_party(r, object, &party);
        if (party.party.p) *ARENA_PUSH(r->arena, all, n, cap) = party;
    }
    r->place = place.outer;
    if (n) closure->coordination = (struct coordination_list){all, keep_parties(r, all, n)};
}

static void read_submission(struct reader *r, const struct json *object, struct submission *s)
{
    static const struct str submission_names[] = {{"id", 2}, {"submitted_at", 12}, {"evidence", 8}};
    const struct json *m[3];
    reader_find(object, submission_names, 3, m);
    if (members_required(r, m[0], "id"))
        s->id = members_identifier(r, m[0], MEMBERS_IDENTIFIER_BYTES);
    s->submitted_at = members_submitted_at(r, m[1]);
    s->evidence = members_evidence(r, m[2], true);
}

/* One of each id: the last counts, with a warning. */
static void read_submissions(struct reader *r, const struct json *value, struct closure *closure)
{
    const struct json *object = members_entries(r, value, SUBMISSIONS_MAX);
    if (!object) return;
    struct reader_place place = {r->place, value->name, 0};
    struct submission *all = arena_zalloc(r->arena, value->count * sizeof *all);
    struct str *ids = arena_zalloc(r->arena, value->count * sizeof *ids);
    size_t *counts = arena_alloc(r->arena, value->count * sizeof *counts), n = 0;
    r->place = &place;
    for (; object; object = object->next, place.index++) {
        if (!members_is_object(r, object)) continue;
        read_submission(r, object, &all[n]);
        ids[n] = all[n].id;
        n++;
    }
    members_same(r->arena, ids, n, true, counts);
    for (size_t i = 0; i < n; i++) {
        place.index = i;
        if (counts[i] == i)
            all[closure->obligations.n++] = all[i];
        else
            reader_warn(r, STR("id"), ids[i], STR_NONE);
    }
    closure->obligations.items = all;
    r->place = place.outer;
}

/* Moves the findings that count together; each earlier one of the same id leaves a warning. */
static void keep_last_findings(struct reader *r, struct closure_event *event)
{
    size_t n = event->findings_n, kept = 0;
    struct str *ids = arena_alloc(r->arena, n * sizeof *ids);
    size_t *counts = arena_alloc(r->arena, n * sizeof *counts);
    for (size_t i = 0; i < n; i++) ids[i] = event->findings[i].finding.finding_id;
    members_same(r->arena, ids, n, true, counts);
    for (size_t i = 0; i < n; i++) {
        if (counts[i] == i) continue;
        /* The one that counts comes later, so its own warnings are still to be moved. */
        struct warnings *warnings = &event->findings[counts[i]].warnings;
        struct warning *items = arena_alloc(r->arena, (warnings->n + 1) * sizeof *items);
        if (warnings->n) memcpy(items, warnings->items, warnings->n * sizeof *items);
        items[warnings->n] = (struct warning){arena_printf(r->arena, "findings[%zu].finding_id", i),
                                              ids[i], STR_NONE};
        *warnings = (struct warnings){items, warnings->n + 1};
    }
    for (size_t i = 0; i < n; i++)
        if (counts[i] == i) event->findings[kept++] = event->findings[i];
    event->findings_n = kept;
}

/* Call when the closure has taken its own warnings: those of the findings go to the findings. */
static void read_findings(struct reader *r, const struct json *value, struct closure_event *event)
{
    size_t limit = r->decoder->limits->findings;
    const struct json *object = members_entries(r, value, limit);
    if (!object) return;
    struct reader_place place = {r->place, value->name, 0};
    size_t room = value->count < limit ? value->count : limit;
    struct str incident_id = event->incident_id.p ? event->incident_id : STR("");
    event->findings = arena_zalloc(r->arena, room * sizeof *event->findings);
    r->place = &place;
    for (; object; object = object->next, place.index++) {
        /* Findings over the limit are read for what is wrong in them, not kept. */
        struct finding_event spare = {0}, *finding = &spare;
        if (!members_is_object(r, object)) continue;
        if (event->findings_n < room) finding = &event->findings[event->findings_n++];
        decode_finding(r, object, incident_id, finding);
        finding->warnings = reader_take_warnings(r);
    }
    r->place = place.outer;
    if (event->findings_n > 1) keep_last_findings(r, event);
}

/* Accepted, because the platform's clock and people's memory differ; but said. */
static void warn_if_before(struct reader *r, const struct json *value, ms_t later,
                           struct str later_partial, ms_t earlier)
{
    if (later == TIME_NONE || earlier == TIME_NONE || later_partial.p || later >= earlier) return;
    reader_warn(r, value->name, value->text, timestamp_text(r->arena, later));
}

static void read_times(struct reader *r, const struct json **m, struct closure_event *event)
{
    struct incident *i = &event->incident;
    struct closure *c = &event->closure;
    struct str closed_partial = STR_NONE;
    i->started_at = members_time(r, m[M_started_at], &c->started_at_text);
    i->detected_at = members_time(r, m[M_detected_at], &c->detected_at_text);
    i->known_at = members_time(r, m[M_known_at], &c->known_at_text);
    i->contained_at = members_time(r, m[M_contained_at], &c->contained_at_text);
    if (members_required(r, m[M_closed_at], "closed_at")) {
        i->closed_at = members_time(r, m[M_closed_at], &closed_partial);
        if (members_is_empty(m[M_closed_at]))
            reader_refuse(r, REFUSE_MISSING_FIELD, STR("closed_at"), "must not be empty");
        else if (members_time_is_absent(m[M_closed_at]))
            reader_refuse(r, REFUSE_MISSING_FIELD, STR("closed_at"),
                          "is required, years up to 1 and from 9999 on say \"absent\"");
    }
    i->order.time = members_time(r, m[M_updated_at], NULL);
    if (i->order.time == TIME_NONE) i->order.time = i->closed_at;
    decode_order(r, m, M_end, &i->order);
    warn_if_before(r, m[M_detected_at], i->detected_at, c->detected_at_text, i->started_at);
    warn_if_before(r, m[M_known_at], i->known_at, c->known_at_text, i->detected_at);
    warn_if_before(r, m[M_closed_at], i->closed_at, closed_partial, i->detected_at);
}

static struct str read_merged_into(struct reader *r, const struct json *value, struct str own_id)
{
    struct str id = members_other_identifier(r, value, MEMBERS_IDENTIFIER_BYTES);
    if (!id.p || !str_eq(id, own_id)) return id;
    reader_warn(r, value->name, id, STR_NONE); /* merged into itself: it is not merged */
    return STR_NONE;
}

/* What it asks for: full, or light, which asks for nothing. */
static enum level read_postmortem(struct reader *r, const struct json *value)
{
    const struct vocabulary levels = {level_words.words, LEVEL_LIGHT + 1};
    return (enum level)members_word(r, value, &levels, level_none);
}

static void read_header(struct reader *r, const struct json **m, struct closure_event *event)
{
    struct incident *i = &event->incident;
    i->incident_id = event->incident_id;
    i->order.revision = members_revision(r, m[M_revision]);
    i->title = members_title(r, m[M_title]);
    i->severity = members_severity(r, m[M_severity]);
    i->disposition = members_word(r, m[M_disposition], &disposition_words, DISPOSITION_CONFIRMED);
    i->customer_impacting = members_tristate(r, m[M_customer_impacting]);
    i->data_breach = members_tristate(r, m[M_data_breach]);
    i->postmortem = read_postmortem(r, m[M_postmortem]);
    read_times(r, m, event);
    if (!members_owner(r, m[M_owner], &i->owner, &event->owner_part))
        event->present &= ~(unsigned)CLOSURE_OWNER;
    i->labels = members_labels(r, m[M_labels]);
    i->merged_into = read_merged_into(r, m[M_merged_into], event->incident_id);
}

struct closure_event *decode_closure(struct reader *r, const struct json *object)
{
    struct closure_event *event = ARENA_NEW(r->arena, struct closure_event);
    struct closure *closure = &event->closure;
    struct evaluation evaluation;
    const struct json *m[M_end];
    event->incident = incident_none;
    event->present = decode_find(object, names, bits, M_end, m);
    if (members_is_empty(m[M_merged_into])) { /* a form that was left empty undoes no merge */
        m[M_merged_into] = NULL;
        event->present &= ~(unsigned)CLOSURE_MERGED_INTO;
    }
    event->incident_id = decode_incident_id(r, m[M_incident_id]);
    read_header(r, m, event);
    closure->summary = members_text(r, m[M_summary]);
    read_timeline(r, m[M_timeline], closure);
    read_technical_summary(r, m[M_technical_summary], closure);
    members_evaluation(r, m[M_response_evaluation], (size_t)-1, &evaluation);
    closure->sufficient = evaluation.sufficient;
    closure->complete = evaluation.complete;
    closure->evaluation_note = evaluation.note;
    read_coordination(r, m[M_coordination], closure);
    read_submissions(r, m[M_obligations], closure);
    closure->references = members_texts(r, m[M_references]);
    event->warnings = reader_take_warnings(r);
    read_findings(r, m[M_findings], event);
    return event;
}
