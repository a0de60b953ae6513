/* SPDX-License-Identifier: Apache-2.0 */
/* Members of the JSON that goes out, by the types of their rows (core/members.h). */
#ifndef EPILOGUE_CODEC_ENCODE_PUT_H
#define EPILOGUE_CODEC_ENCODE_PUT_H

#include "core/policy.h"
#include "core/state_parts.h"
#include "json.h"

/* {"name":"text",…} */
void encode_put_labels(struct buf *out, struct labels labels);
/* The words whose bits (1 << word) are set, as an array. */
void encode_put_words(struct buf *out, unsigned bits, const struct vocabulary *words);
/* An object; null where it has nothing in it. */
void encode_put_owner(struct buf *out, struct owner owner);
void encode_put_tracker(struct buf *out, struct tracker tracker);
void encode_put_origin(struct buf *out, struct origin origin);
void encode_put_evaluation(struct buf *out, struct evaluation evaluation);
void encode_put_evidence_list(struct buf *out, struct evidence_list list);

/* The function that writes a member, by the type of its row (core/members.h). */
#define WRITE_TEXT json_write_string
#define WRITE_LIST json_write_list
#define WRITE_LABELS encode_put_labels
#define WRITE_INTEGER buf_int
#define WRITE_TIME json_write_time
#define WRITE_BOOLEAN json_write_bool
#define WRITE_WORD(vocabulary) encode_put_##vocabulary
#define WRITE_OBJECT(name) encode_put_##name
#define WRITE_OBJECTS(list, name) encode_put_##list

#define WRITE_WORD_ONE(v, TABLE)                                     \
    static inline void encode_put_##v(struct buf *out, enum v value) \
    {                                                                \
        json_write_string(out, v##_name(value));                     \
    }
NAMES_ALL(WRITE_WORD_ONE)

/* `,"name":` and the member; the caller has opened the object with a first member. */
#define PUT_AS(out, name, type, value)   \
    do {                                 \
        buf_lit(out, ",\"" #name "\":"); \
        WRITE_##type(out, value);        \
    } while (0)
#define PUT(out, of, type, member) PUT_AS(out, member, type, (of)->member)

#endif
