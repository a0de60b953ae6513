/* SPDX-License-Identifier: Apache-2.0 */
/* The events of one incident, picked out of its partition of followup-tasks. */
#include "history.h"

#include "codec/envelope.h"
#include "kafka/kafka_reader.h"

#define POLL_MS 1000
#define PATIENCE_POLLS 20 /* without anything, before it is given up */

struct history {
    struct str incident_id, task_id;
    history_take *take;
    void *context;
};

static void take(const struct history *h, const struct record *record)
{
    struct message message = record_message(record);
    if (!str_eq(record->key, h->incident_id)) return;
    if (h->task_id.p && !str_eq(envelope_header(record, STR("ce_subject")), h->task_id)) return;
    h->take(h->context, &message);
}

static enum result read_all(const struct history *h, struct kafka_reader *reader,
                            struct error *error)
{
    enum kafka_read what;
    struct record record;
    for (int idle = 0; idle < PATIENCE_POLLS;) {
        enum result result = kafka_reader_next(reader, POLL_MS, &what, &record, error);
        if (result != OK || what == KAFKA_READ_END) return result;
        if (what == KAFKA_READ_RECORD) take(h, &record);
        idle = what == KAFKA_READ_RECORD ? 0 : idle + 1;
    }
    return kafka_reader_timed_out(reader, error);
}

enum result history_read(const struct config *config, int32_t partition, struct str incident_id,
                         struct str task_id, ms_t since, history_take *take_one, void *context,
                         struct error *error)
{
    struct history h = {incident_id, task_id, take_one, context};
    struct kafka_reader *reader =
        kafka_reader_new(config, "reading the history from followup-tasks", error);
    if (!reader) return FATAL;
    /* Whatever order the times are in, no event of the incident stands before the first of them. */
    enum result result = kafka_reader_start(reader, TOPIC_TASKS, partition, 1, since, error);
    if (result == OK) result = read_all(&h, reader, error);
    kafka_reader_free(reader);
    return result;
}
