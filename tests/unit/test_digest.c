/* SPDX-License-Identifier: Apache-2.0 */
/* Reminders on their way to somebody, and the event that they become, as bytes. */
#include "codec/envelope.h"
#include "codec_support.h"

#define AT INT64_C(1795169700000) /* 2026-11-20T10:15:00.000Z */
#define WHO "person:eva@example.com"

static struct digest_item make_item(void)
{
    struct digest_item item = digest_item_none;
    item.kind = REMINDER_OVERDUE;
    item.number = 2;
    item.incident_id = STR("INC 1/b");
    item.name = STR("bug/F-7");
    item.occurrence = 1;
    item.due_for = AT;
    item.roles = 1u << ROLE_OWNER | 1u << ROLE_ON_CALL;
    static struct str away[] = {{"ann@example.com", 15}};
    item.delegated_from = (struct str_list){away, 1};
    item.covers = 1u << REMINDER_OVERDUE | 1u << REMINDER_STALE;
    item.coalesced = 1;
    item.summary = STR("P1 bug is 2 d overdue");
    item.title = STR("Dumps \"are\" not redacted");
    item.task_kind = KIND_BUG;
    item.priority = PRIORITY_P1;
    item.status = STATUS_OPEN;
    item.owner = (struct owner){STR("crash-reporting"), STR_NONE};
    item.due_at = AT - 2 * DAY_MS;
    return item;
}

static struct digest_item make_orphan(void)
{
    struct digest_item item = digest_item_none;
    item.kind = REMINDER_ORPHAN_FINDING;
    item.number = 1;
    item.incident_id = STR("INC-2");
    item.due_for = AT;
    item.roles = 1u << ROLE_RESPONSE_TEAM;
    item.covers = 1u << REMINDER_ORPHAN_FINDING;
    item.summary = STR("INC-2 is not closed yet");
    item.finding_id = STR("F-1");
    item.title = STR("Found");
    item.category = CATEGORY_MANUAL_ERROR;
    item.severity = SEVERITY_LOW;
    item.reported = REPORTED_OPEN;
    return item;
}

static struct digest_item make_review(enum reminder_kind kind)
{
    struct digest_item item = digest_item_none;
    item.kind = kind;
    item.number = 3;
    item.incident_id = STR("INC-3");
    item.occurrence = 1;
    item.due_for = AT;
    item.roles = 1u << ROLE_RESPONSE_TEAM;
    item.covers = 1u << kind;
    item.summary = STR("Review of INC-3 is due");
    item.title = STR("What happened");
    item.level = LEVEL_FULL;
    item.open = 3;
    item.in_progress = 2;
    item.blocked = 1;
    item.resolved = 4;
    item.overdue = 5;
    return item;
}

/* The record that encode_items makes, as it is read. */
static struct record record_of(const struct message *m)
{
    return (struct record){.topic = m->topic,
                           .partition = 3,
                           .offset = 991,
                           .timestamp = m->timestamp,
                           .key = m->key,
                           .value = m->value,
                           .headers = m->headers,
                           .headers_n = m->headers_n};
}

static struct message make_items(void)
{
    static struct digest_item list[2];
    static struct items items;
    struct encoder encoder = make_encoder();
    struct message m;
    list[0] = make_item();
    list[1] = make_orphan();
    items = (struct items){true, {list, 2}};
    encode_items(&encoder, arena, STR(WHO), &items, STR("1795169700000/3/17/0"), RECORD_TIME, &m);
    buf_free(&encoder.scratch);
    return m;
}

static void items_come_as_they_were_sent(void **state)
{
    (void)state;
    struct message m = make_items();
    assert_int_equal(m.topic, TOPIC_FORWARDED);
    assert_int_equal(m.timestamp, RECORD_TIME);
    assert_header(&m, "epilogue-kind", "items");
    struct record record = record_of(&m);
    struct event event = decoded(&record);
    assert_int_equal(event.type, EVENT_ITEMS);
    assert_str(event.incident_id, WHO);
    assert_int_equal(event.cause.at, RECORD_TIME);
    assert_int_equal(event.cause.topic, TOPIC_FORWARDED);
    assert_int_equal(event.cause.offset, 991);
    assert_str(event.items->recipient, WHO);
    assert_str(event.items->origin, "1795169700000/3/17/0");
    assert_true(event.items->items.urgent);
    assert_int_equal(event.items->items.items.n, 2);
    const struct digest_item *item = &event.items->items.items.items[0], sent = make_item();
    assert_str(item->summary, "P1 bug is 2 d overdue");
    assert_int_equal(item->roles, sent.roles);
    assert_int_equal(item->delegated_from.n, 1);
    assert_true(str_eq(item->delegated_from.items[0], sent.delegated_from.items[0]));
    assert_int_equal(item->covers, sent.covers);
    assert_int_equal(item->due_at, sent.due_at);
    assert_int_equal(item->priority, sent.priority);
    assert_str(item->owner.team, "crash-reporting");
    item++;
    assert_str(item->finding_id, "F-1");
    assert_int_equal(item->reported, REPORTED_OPEN);
    assert_null(item->name.p);
}

/* Limits are for what others send. */
static void items_have_no_limits(void **state)
{
    (void)state;
    struct message m = make_items();
    struct record record = record_of(&m);
    struct limits limits = LIMITS_DEFAULT;
    struct event event;
    struct refused refused;
    limits.record_bytes = 10;
    limits.depth = 1;
    assert_true(decode_with(&limits, &record, &event, &refused));
}

static void what_is_no_record_of_items_is_refused(void **state)
{
    (void)state;
    static const char *const keys[] = {"eva",      "person:",       "person:a|b",
                                       "person:$", "group:x",       "person:a/b",
                                       "",         "team:\xff\xfe", NULL};
    static const char *const origins[] = {"", "1/2/3|4", "x", NULL};
    struct message m = make_items();
    struct record record = record_of(&m);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        record.key = str_of(keys[i]);
        assert_refused(&record, REFUSE_BAD_ENVELOPE, "the key of items");
    }
    record.key = arena_printf(arena, "team:%01100d", 1);
    assert_refused(&record, REFUSE_BAD_ENVELOPE, "the key of items");
    record.key = STR("role:response-team");
    decoded(&record);
    struct header *headers = (struct header *)(uintptr_t)record.headers;
    for (size_t i = 0; i < sizeof origins / sizeof *origins; i++) {
        headers[2].value = str_of(origins[i]);
        assert_refused(&record, REFUSE_BAD_ENVELOPE, "items need the header epilogue-origin");
    }
    headers[2].value = arena_printf(arena, "%081d", 1);
    assert_refused(&record, REFUSE_BAD_ENVELOPE, "items need the header epilogue-origin");
    headers[2].value = STR("1/2/3/4");
    record.value = STR("{\"v\":1,\"type\":\"task\"}");
    assert_refused(&record, REFUSE_BAD_ENVELOPE, NULL);
    record.value = STR_NONE;
    assert_refused(&record, REFUSE_NO_VALUE, NULL);
}

static void the_time_of_a_forwarded_record_is_its_first(void **state)
{
    (void)state;
    struct header header = {STR("epilogue-record-time"), STR("1795169700000")};
    struct record record = {.timestamp = 5, .headers = &header, .headers_n = 1};
    assert_int_equal(envelope_forwarded_time(&record), AT);
    header.value = STR("yesterday");
    assert_int_equal(envelope_forwarded_time(&record), 5);
    record.headers_n = 0;
    assert_int_equal(envelope_forwarded_time(&record), 5);
}

/* ---- the event ---- */

static struct output make_digest(const struct digest_item **items, const struct digest_item **more)
{
    struct output output = {
        .type = OUTPUT_DIGEST, .incident_id = STR("person:a%2Fb"), .at = AT, .cause = {.at = AT}};
    output.digest = (struct digest_output){.recipient = STR("person:a%2Fb"),
                                           .number = 7,
                                           .date = STR("2026-11-20"),
                                           .urgent = true,
                                           .items = items,
                                           .items_n = 3,
                                           .reviews = more,
                                           .reviews_n = 1,
                                           .omitted = 4,
                                           .summary = STR("8 reminders")};
    return output;
}

static void a_digest_as_it_goes_out(void **state)
{
    (void)state;
    struct digest_item item = make_item(), orphan = make_orphan(),
                       missing = make_review(REMINDER_MISSING_FINDINGS),
                       review = make_review(REMINDER_REVIEW_DUE);
    const struct digest_item *items[] = {&item, &orphan, &missing}, *reviews[] = {&review};
    struct output output = make_digest(items, reviews);
    struct encoder encoder = make_encoder();
    struct message m;
    encode_output(&encoder, arena, &output, &m);
    assert_int_equal(m.topic, TOPIC_REMINDERS);
    assert_str(m.key, "person:a%2Fb");
    assert_header(&m, "ce_id", "person:a%2Fb/digest/7");
    assert_header(&m, "ce_subject", "person:a%2Fb");
    assert_header(&m, "ce_partitionkey", "person:a%2Fb");
    assert_header(&m, "ce_type", "epilogue.reminder.digest.v1");
    assert_header(&m, "ce_time", "2026-11-20T10:15:00.000Z");
    assert_str(
        m.value,
        "{\"recipient\":\"person:a%2Fb\",\"n\":7,\"date\":\"2026-11-20\",\"urgent\":true,"
        "\"items\":[{\"kind\":\"overdue\",\"number\":2,\"task_id\":\"INC 1%2Fb/bug/F-7\","
        "\"incident_id\":\"INC 1/b\",\"occurrence\":1,\"due_for\":\"2026-11-20T10:15:00.000Z\","
        "\"roles\":[\"owner\",\"on-call\"],\"delegated_from\":[\"ann@example.com\"],\"coalesced\":"
        "1,\"summary\":\"P1 bug is 2 d overdue\","
        "\"covers\":[\"overdue\",\"stale\"],"
        "\"task\":{\"title\":\"Dumps \\\"are\\\" not redacted\",\"kind\":\"bug\","
        "\"priority\":\"P1\",\"status\":\"open\","
        "\"owner\":{\"team\":\"crash-reporting\",\"person\":null},"
        "\"due_at\":\"2026-11-18T10:15:00.000Z\",\"tracker\":null,\"labels\":{}},\"incident\":null,"
        "\"finding\":null},"
        "{\"kind\":\"orphan-finding\",\"number\":1,\"task_id\":null,\"incident_id\":\"INC-2\","
        "\"occurrence\":0,\"due_for\":\"2026-11-20T10:15:00.000Z\",\"roles\":[\"response-team\"],"
        "\"delegated_from\":[],"
        "\"coalesced\":0,\"summary\":\"INC-2 is not closed yet\",\"covers\":[\"orphan-finding\"],"
        "\"task\":null,\"incident\":null,"
        "\"finding\":{\"finding_id\":\"F-1\",\"title\":\"Found\",\"category\":\"manual-error\","
        "\"severity\":\"low\",\"status\":\"open\",\"owner\":null,\"labels\":{}}},"
        "{\"kind\":\"missing-findings\",\"number\":3,\"task_id\":null,\"incident_id\":\"INC-3\","
        "\"occurrence\":1,\"due_for\":\"2026-11-20T10:15:00.000Z\",\"roles\":[\"response-team\"],"
        "\"delegated_from\":[],"
        "\"coalesced\":0,\"summary\":\"Review of INC-3 is due\","
        "\"covers\":[\"missing-findings\"],\"task\":null,"
        "\"incident\":{\"title\":\"What happened\",\"level\":\"full\"},\"finding\":null}],"
        "\"reviews\":[{\"number\":3,\"incident_id\":\"INC-3\",\"occurrence\":1,"
        "\"due_for\":\"2026-11-20T10:15:00.000Z\",\"roles\":[\"response-team\"],\"delegated_from\":"
        "[],\"coalesced\":0,"
        "\"summary\":\"Review of INC-3 is due\",\"title\":\"What happened\",\"level\":\"full\","
        "\"open_tasks\":{\"open\":3,\"in_progress\":2,\"blocked\":1,\"resolved\":4},"
        "\"overdue\":5}],\"omitted\":4,\"summary\":\"8 reminders\"}");
    buf_free(&encoder.scratch);
}

static size_t count_of(struct str text, const char *part)
{
    size_t n = 0, length = strlen(part);
    for (const char *at = text.p; (at = memmem(at, (size_t)(text.p + text.n - at), part, length));)
        at += length, n++;
    return n;
}

/* As many as the topic takes, the most urgent first; the rest is counted. */
static void a_digest_that_is_too_large_has_fewer_items(void **state)
{
    (void)state;
    struct digest_item item = make_item(), review = make_review(REMINDER_REVIEW_DUE);
    const struct digest_item *items[] = {&item, &item, &item}, *reviews[] = {&review};
    struct output output = make_digest(items, reviews);
    struct encoder encoder = make_encoder();
    struct message m;
    encode_output(&encoder, arena, &output, &m);
    size_t whole = encode_size(&m);
    encode_output_within(&encoder, arena, &output, whole, &m);
    assert_null(header(&m, "epilogue-truncated"));
    encode_output_within(&encoder, arena, &output, whole - 1, &m); /* the review goes first */
    assert_non_null(header(&m, "epilogue-truncated"));
    assert_int_equal(count_of(m.value, "\"covers\""), 3);
    assert_int_equal(count_of(m.value, "\"reviews\":[]"), 1);
    assert_int_equal(count_of(m.value, "\"omitted\":5,"), 1);
    encode_output_within(&encoder, arena, &output, 1200, &m);
    assert_true(encode_size(&m) <= 1200);
    assert_int_equal(count_of(m.value, "\"covers\""), 1);
    assert_int_equal(count_of(m.value, "\"omitted\":7,"), 1);
    output.digest.summary = arena_printf(arena, "%0900d", 1);
    encode_output_within(&encoder, arena, &output, 800, &m); /* all that is left is who and why */
    assert_true(encode_size(&m) <= 800);
    assert_int_equal(count_of(m.value, "\"items\":[],\"reviews\":[],\"omitted\":8,"), 1);
    buf_free(&encoder.scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_come_as_they_were_sent),
        cmocka_unit_test(items_have_no_limits),
        cmocka_unit_test(what_is_no_record_of_items_is_refused),
        cmocka_unit_test(the_time_of_a_forwarded_record_is_its_first),
        cmocka_unit_test(a_digest_as_it_goes_out),
        cmocka_unit_test(a_digest_that_is_too_large_has_fewer_items),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
