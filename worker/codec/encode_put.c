/* SPDX-License-Identifier: Apache-2.0 */
/* The objects and lists that several kinds of records have as members. */
#include "encode_put.h"

void encode_put_owner(struct buf *out, struct owner owner)
{
    if (!owner.team.p && !owner.person.p) {
        buf_lit(out, "null");
        return;
    }
    buf_lit(out, "{\"team\":");
    json_write_string(out, owner.team);
    PUT(out, &owner, TEXT, person);
    buf_char(out, '}');
}

void encode_put_tracker(struct buf *out, struct tracker tracker)
{
    if (!tracker.system.p && !tracker.key.p && !tracker.url.p) {
        buf_lit(out, "null");
        return;
    }
    buf_lit(out, "{\"system\":");
    json_write_string(out, tracker.system);
    PUT(out, &tracker, TEXT, key);
    PUT(out, &tracker, TEXT, url);
    buf_char(out, '}');
}

static void put_answer(struct buf *out, enum tristate answer)
{
    if (answer)
        json_write_bool(out, answer == TRI_TRUE);
    else
        buf_lit(out, "null");
}

void encode_put_evaluation(struct buf *out, struct evaluation evaluation)
{
    if (evaluation_eq(evaluation, (struct evaluation){0})) {
        buf_lit(out, "null");
        return;
    }
    buf_lit(out, "{\"sufficient\":");
    put_answer(out, evaluation.sufficient);
    buf_lit(out, ",\"complete\":");
    put_answer(out, evaluation.complete);
    PUT(out, &evaluation, TEXT, note);
    buf_char(out, '}');
}

void encode_put_evidence_list(struct buf *out, struct evidence_list list)
{
    buf_char(out, '[');
    for (size_t i = 0; i < list.n; i++) {
        if (i) buf_char(out, ',');
        buf_lit(out, "{\"ref\":");
        json_write_string(out, list.items[i].ref);
        PUT(out, &list.items[i], TEXT, note);
        buf_char(out, '}');
    }
    buf_char(out, ']');
}

void encode_put_origin(struct buf *out, struct origin origin)
{
    if (!origin.incident_id.p) {
        buf_lit(out, "null");
        return;
    }
    buf_lit(out, "{\"incident_id\":");
    json_write_string(out, origin.incident_id);
    PUT(out, &origin, TEXT, finding_id);
    buf_char(out, '}');
}

void encode_put_labels(struct buf *out, struct labels labels)
{
    buf_char(out, '{');
    for (size_t i = 0; i < labels.n; i++) {
        if (i) buf_char(out, ',');
        json_write_string(out, labels.items[i].name);
        buf_char(out, ':');
        json_write_string(out, labels.items[i].value);
    }
    buf_char(out, '}');
}

void encode_put_words(struct buf *out, unsigned bits, const struct vocabulary *words)
{
    bool first = true;
    buf_char(out, '[');
    for (int value = 1; value < words->end; value++) {
        if (!(bits >> value & 1)) continue;
        if (!first) buf_char(out, ',');
        json_write_string(out, words->words[value]);
        first = false;
    }
    buf_char(out, ']');
}
