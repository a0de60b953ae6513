/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the codec share: a decoder with a small policy, and records made of text. */
#ifndef EPILOGUE_TESTS_UNIT_CODEC_SUPPORT_H
#define EPILOGUE_TESTS_UNIT_CODEC_SUPPORT_H

#include "arena_support.h"

#include <stdio.h>
#include <stdlib.h>

#include "codec/decode.h"
#include "codec/encode.h"
#include "codec/json.h"
#include "codec/state_json.h"

#define RECORD_TIME INT64_C(1795170000000) /* 2026-11-20T10:20:00.000Z */
#define NOW (RECORD_TIME + 5000)

static struct alias codec_aliases[] = {
    {{"sev-0", 5}, SEVERITY_CRITICAL},  {{"p1", 2}, SEVERITY_CRITICAL},
    {{"1", 1}, SEVERITY_CRITICAL},      {{"5", 1}, SEVERITY_INFORMATIONAL},
    {{"moderate", 8}, SEVERITY_MEDIUM},
};

static const struct policy codec_policy = {
    .version = {"test", 4},
    .severity_default = SEVERITY_HIGH,
    .aliases = codec_aliases,
    .aliases_n = sizeof codec_aliases / sizeof *codec_aliases,
};

static inline struct decoder make_decoder(const struct limits *limits)
{
    struct decoder decoder = {.policy = &codec_policy, .limits = limits};
    for (int topic = 1; topic < topic_end; topic++) decoder.topic_names[topic] = topic_name(topic);
    return decoder;
}

/* A record of this value without key and headers; single quotes stand for double ones. */
static inline struct record make_record(int topic, const char *value)
{
    struct str text = arena_str(arena, str_of(value));
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] == '\'') ((char *)(uintptr_t)text.p)[i] = '"';
    return (struct record){
        .topic = topic, .partition = 3, .offset = 991, .timestamp = RECORD_TIME, .value = text};
}

static inline void assert_str(struct str actual, const char *expected)
{
    if (!str_eq(actual, str_of(expected)))
        fail_msg("\"%.*s\" instead of \"%s\"", STR_ARG(actual), expected ? expected : "(absent)");
}

/* An entry as it is stored. */
static inline struct str written(enum entry_type type, void *body)
{
    struct buf out = {0};
    struct entry entry = {.key = STR("K"), .type = type, .body = body};
    state_json_write(&out, &entry);
    struct str text = arena_str(arena, buf_slice(&out));
    buf_free(&out);
    return text;
}

/* Data of records, with more members behind those that are required. */
#define CLOSED "'closed_at':'2026-11-19T17:00:00Z'"
#define CLOSURE(members) "{'incident_id':'INC-1'," CLOSED members "}"
#define FINDING(members) "{'incident_id':'INC-1','finding_id':'F-1'" members "}"
#define UPDATE(members) "{'incident_id':'INC-1','task_id':'INC-1/bug/F-1'" members "}"

static const struct limits codec_limits = LIMITS_DEFAULT;

static inline bool decode_with(const struct limits *use, const struct record *record,
                               struct event *event, struct refused *refused)
{
    struct decoder decoder = make_decoder(use);
    return decode_record(&decoder, arena, record, NOW, event, refused);
}

static inline void assert_refused(const struct record *record, enum refusal code,
                                  const char *detail)
{
    struct event event;
    struct refused refused;
    bool taken = decode_with(&codec_limits, record, &event, &refused);
    if (taken || refused.code != code)
        fail_msg("%.*s: %s instead of %s (%.*s)", STR_ARG(record->value),
                 taken ? "taken" : refusal_name(refused.code).p, refusal_name(code).p,
                 STR_ARG(refused.detail));
    assert_true(refused.detail.n > 0 && refused.detail.n <= 500);
    assert_null(memchr(refused.detail.p, '\n', refused.detail.n));
    if (detail && !str_starts(refused.detail, str_of(detail)))
        fail_msg("%.*s: detail \"%.*s\" instead of \"%s\"", STR_ARG(record->value),
                 STR_ARG(refused.detail), detail);
}

static inline struct event decoded(const struct record *record)
{
    struct event event;
    struct refused refused;
    if (!decode_with(&codec_limits, record, &event, &refused))
        fail_msg("%.*s: %s: %.*s", STR_ARG(record->value), refusal_name(refused.code).p,
                 STR_ARG(refused.detail));
    return event;
}

static inline struct encoder make_encoder(void)
{
    struct encoder encoder = {.source = STR("/epilogue/epilogue")};
    for (int topic = 1; topic < topic_end; topic++) encoder.topic_names[topic] = topic_name(topic);
    return encoder;
}

/* The value of a message's last header of this name, NULL without one. */
static inline const char *header(const struct message *message, const char *name)
{
    for (size_t i = message->headers_n; i > 0; i--)
        if (str_eq(message->headers[i - 1].name, str_of(name)))
            return arena_str(arena, message->headers[i - 1].value).p;
    return NULL;
}

static inline void assert_header(const struct message *message, const char *name,
                                 const char *expected)
{
    assert_str(str_of(header(message, name)), expected);
}

#endif
