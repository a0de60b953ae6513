/* SPDX-License-Identifier: Apache-2.0 */
/* Lines out: what `tail`, `show`, `simulate` and `redrive` print with --json. */
#include "line_json.h"

#include "codec/json.h"
#include "common/base64.h"

#define DEPTH 512

/* Text that other systems wrote may be no UTF-8: its good beginning is shown. */
static void put_text(struct buf *out, struct str text)
{
    if (text.p) text.n = json_utf8_prefix(text);
    json_write_string(out, text);
}

static void put_headers(struct buf *out, const struct message *message)
{
    bool first = true;
    for (size_t i = 0; i < message->headers_n; i++) {
        const struct header *h = &message->headers[i];
        bool again = false;
        for (size_t j = i + 1; j < message->headers_n; j++)
            again |= str_eq(h->name, message->headers[j].name);
        if (again) continue;
        if (!first) buf_char(out, ',');
        first = false;
        put_text(out, h->name);
        buf_char(out, ':');
        put_text(out, h->value);
    }
}

static void put_value(struct buf *out, struct arena *arena, struct str value)
{
    struct json *root;
    struct str detail;
    if (!value.p) {
        buf_lit(out, "\"value_null\":true");
        return;
    }
    enum json_result result = json_parse(arena, arena, value, DEPTH, &root, &detail);
    if (result == JSON_OK || result == JSON_DUPLICATE) {
        buf_lit(out, "\"value\":");
        size_t start = out->n;
        buf_str(out, value);
        /* In JSON these can only stand between tokens. */
        for (char *p = out->p + start; p < out->p + out->n; p++)
            if (*p == '\n' || *p == '\r' || *p == '\t') *p = ' ';
    } else {
        buf_lit(out, "\"raw_base64\":\"");
        base64_write(out, value);
        buf_char(out, '"');
    }
}

void line_json_write(struct buf *out, struct arena *arena, const struct message *message,
                     const struct str names[topic_end])
{
    buf_lit(out, "{\"topic\":");
    json_write_string(out, names[message->topic]);
    if (message->key.p) {
        buf_lit(out, ",\"key\":");
        put_text(out, message->key);
    }
    buf_lit(out, ",\"headers\":{");
    put_headers(out, message);
    buf_lit(out, "},");
    put_value(out, arena, message->value);
    if (message->timestamp != TIME_NONE) {
        buf_lit(out, ",\"at\":");
        json_write_time(out, message->timestamp);
    }
    buf_lit(out, "}\n");
}
