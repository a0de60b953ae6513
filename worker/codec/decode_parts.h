/* SPDX-License-Identifier: Apache-2.0 */
/* The three kinds of records, each from the object that is its data. What is wrong is noted in the
 * reader; the events are complete only when nothing is. */
#ifndef EPILOGUE_CODEC_DECODE_PARTS_H
#define EPILOGUE_CODEC_DECODE_PARTS_H

#include "members.h"

#define DECODE_NAME(member) {#member, sizeof(#member) - 1},
#define DECODE_INDEX(member) M_##member,

/* The incident_id of a record; missing-field or bad-identifier noted. */
struct str decode_incident_id(struct reader *r, const struct json *value);

struct closure_event *decode_closure(struct reader *r, const struct json *object);
/* `incident_id` is that of the closure whose `findings` has the object; absent: a record of
 * finding-updated, which has its own. Its warnings stay in the reader. */
void decode_finding(struct reader *r, const struct json *object, struct str incident_id,
                    struct finding_event *event);
struct task_update_event *decode_task_update(struct reader *r, const struct json *object);

#endif
