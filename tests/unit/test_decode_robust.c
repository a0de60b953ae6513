/* SPDX-License-Identifier: Apache-2.0 */
/* Valid records, changed at random (always the same way): whatever comes of it is either taken or
 * refused with a code and a sentence, and never a crash. Sanitizers see the rest. */
#include "codec_support.h"

#include "codec/state_json.h"

#define ROUNDS 30000
#define RECORD_MAX 4096

static const char *const seeds[] = {
    CLOSURE(
        ",'revision':3,'title':'Key \xe2\x82\xac read','severity':'critical',"
        "'customer_impacting':'yes','started_at':'2026-11-01T08:00:00Z','detected_at':"
        "1793491200000,"
        "'owner':{'team':'identity','person':'lead@example.com'},"
        "'timeline':[{'at':'2026-11-02T09:30:00Z','actor':'soc','action':'Alert'},{'action':'b'}],"
        "'technical_summary':{'evidence':[{'ref':'case','note':'image'},'n'],'actors':['x'],"
        "'response':'r\\u20ac','takeaways':['t']},"
        "'response_evaluation':{'sufficient':true,'complete':false,'note':'n'},"
        "'coordination':[{'party':'P','party_kind':'vendor','status':'closed'},{'party':'P'}],"
        "'findings':[{'finding_id':'F-7','severity':'high'},{'finding_id':'F-7','groups':['a','a']}"
        "],"
        "'merged_into':null,'references':['CVE-1']"),
    FINDING(
        ",'revision':5,'category':'technical-lapse','severity':1,'title':'D\\\\ump \\ud83d\\ude00',"
        "'description':'d','status':'in-progress','owner':'a@b','groups':['g','h'],'work':'bug',"
        "'sop_change':false,'due_at':'2026-11','tracker':{'system':'j','key':'K','url':'u'},"
        "'action_type':'detect','updated_at':'2026-11-20T10:15:00.5+02:00'"),
    UPDATE(
        ",'status':'resolved','owner':null,'snoozed_until':'2026-12-01 08:00:00 UTC','revision':0"),
    "{'id':'e','data':" FINDING(",'status':'open'") "}",
    "{'v':1,'type':'task','name':'bug/F','kind':'bug','due_at':'2026-11-20T10:15:00.000Z',"
    "'reminders':{'overdue':{'number':3,'last':'2026-11-20T10:15:00.000Z'}},'order':{'revision':1}"
    "}",
    "{'v':1,'type':'incident','because':['data_breach'],'counts':{'open':1},'phase':'open'}",
};

static uint64_t random_state = 88172645463325252;

static size_t random_below(size_t n)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (size_t)(random_state % n);
}

/* One change: a byte, a piece taken out, a piece repeated, or something that is often special. */
static size_t change(char *text, size_t n)
{
    static const char *const pieces[] = {
        "\"",
        "\\",
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "null",
        "true",
        "1e9",
        "-",
        "\\ud800",
        "\\u0000",
        "\xff",
        "\xe2\x82",
        "\"\"",
        "0",
        "99999999999999999999",
        "\"0001-01-01\"",
        "[[[[[[[[[[[[",
        "\"incident_id\":1,",
        "\n",
        "\x7f",
        "\xc2\x85",
    };
    size_t at = random_below(n + 1), length = random_below(20);
    if (length > n - at) length = n - at;
    switch (random_below(4)) {
    case 0:
        if (at < n) text[at] = (char)random_below(256);
        return n;
    case 1: memmove(text + at, text + at + length, n - at - length); return n - length;
    case 2:
        if (n + length > RECORD_MAX) return n;
        memmove(text + at + length, text + at, n - at);
        return n + length;
    default: {
        const char *piece = pieces[random_below(sizeof pieces / sizeof *pieces)];
        size_t more = strlen(piece);
        if (n + more > RECORD_MAX) return n;
        memmove(text + at + more, text + at, n - at);
        memcpy(text + at, piece, more);
        return n + more;
    }
    }
}

static const struct str keys_by_type[] = {{"K", 1}, {"K|c", 3}, {"K|f|F-1", 7}, {"K|t|bug", 7}};

static void try_state(struct str value)
{
    struct error error;
    struct position_entry position;
    for (int type = ENTRY_INCIDENT; type <= ENTRY_TASK; type++) {
        struct state_table *table = state_new(arena);
        struct entry *entry = state_entry(table, keys_by_type[type]);
        if (state_json_read(arena, table, value, entry, &error) != OK) continue;
        struct buf out = {0};
        state_json_write(&out, entry);
        buf_free(&out);
    }
    state_json_read_position(value, &position, &error);
}

static void try_record(const struct record *record)
{
    struct event event;
    struct refused refused;
    if (decode_with(&codec_limits, record, &event, &refused)) {
        assert_true(event.incident_id.n > 0);
        return;
    }
    assert_true(refused.code && (int)refused.code < refusal_end);
    assert_true(refused.detail.n > 0 && refused.detail.n <= 500);
    assert_true(json_utf8_valid(refused.detail));
    for (size_t i = 0; i < refused.detail.n; i++)
        assert_true((unsigned char)refused.detail.p[i] >= 0x20);
}

static void test_changed_records(void **state)
{
    (void)state;
    struct header structured[] = {{STR("content-type"), STR("application/cloudevents+json")}};
    char *text = malloc(RECORD_MAX);
    for (int round = 0; round < ROUNDS; round++) {
        size_t seed = random_below(sizeof seeds / sizeof *seeds);
        struct record record =
            make_record((int)random_below(3) + TOPIC_INCIDENT_CLOSED, seeds[seed]);
        size_t n = record.value.n;
        memcpy(text, record.value.p, n);
        for (size_t changes = random_below(4); changes-- > 0;) n = change(text, n);
        /* In an allocation of its own, so that a byte read behind the end is seen. */
        char *exact = malloc(n ? n : 1);
        memcpy(exact, text, n);
        record.value = (struct str){exact, n};
        if (seed == 3) {
            record.headers = structured;
            record.headers_n = 1;
        }
        try_record(&record);
        if (seed >= 4) try_state(record.value);
        free(exact);
        arena_reset(arena, 1 << 20);
    }
    free(text);
}

/* What a hostile publisher can put into one record must not take minutes or gigabytes. */
static void test_large_hostile_records(void **state)
{
    (void)state;
    static const struct {
        const char *start, *repeated, *end;
    } shapes[] = {
        {"{\"incident_id\":\"I\",\"closed_at\":1,\"findings\":[", "{},", "{}]}"},
        {"{\"incident_id\":\"I\",\"closed_at\":1,\"findings\":[", "0,", "0]}"},
        {"{\"incident_id\":\"I\",\"closed_at\":1,\"timeline\":[", "{},", "{}]}"},
        {"{\"incident_id\":\"I\",\"closed_at\":1,\"coordination\":[", "{\"party\":\"p\"},", "{}]}"},
        {"{\"incident_id\":\"I\",\"closed_at\":1,\"references\":[", "\"\",", "\"\"]}"},
        {"{\"incident_id\":\"I\",\"finding_id\":\"F\",\"groups\":[", "\"a\",", "\"b\"]}"},
        {"{\"x\":{", "\"a\":1,", "\"a\":1}}"},
        {"", "[", ""},
        {"\"", "\\ud83d\\ude00", "\""},
        {"{\"incident_id\":\"I\",\"finding_id\":\"F\",\"severity\":\"", "\\n", "\"}"},
    };
    struct buf b = {0};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        b.n = 0;
        buf_str(&b, str_of(shapes[i].start));
        while (b.n < codec_limits.record_bytes - 40) buf_str(&b, str_of(shapes[i].repeated));
        buf_str(&b, str_of(shapes[i].end));
        for (int topic = TOPIC_INCIDENT_CLOSED; topic <= TOPIC_TASK_UPDATED; topic++) {
            struct record record = make_record(topic, "");
            record.value = buf_slice(&b);
            try_record(&record);
            arena_reset(arena, 1 << 20);
        }
    }
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_changed_records),
        cmocka_unit_test(test_large_hostile_records),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
