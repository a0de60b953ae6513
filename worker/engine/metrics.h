/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the worker counts. The engine's thread writes, the HTTP thread reads: relaxed atomics, no
 * lock. One table gives the identifiers, the Prometheus names, types and help texts.
 */
#ifndef EPILOGUE_ENGINE_METRICS_H
#define EPILOGUE_ENGINE_METRICS_H

#include "common/buf.h"
#include "core/decide.h"

#define METRICS(X)                                                                               \
    X(METRIC_BATCHES, "epilogue_batches_total", "counter", "Batches committed.")                 \
    X(METRIC_TICKS, "epilogue_ticks_total", "counter", "Deadlines that were reached.")           \
    X(METRIC_FORWARDED, "epilogue_forwarded_total", "counter",                                   \
      "Records that arrived on a partition that is not their key's.")                            \
    X(METRIC_RECURRENCES, "epilogue_recurrences_total", "counter",                               \
      "Findings whose cause was seen before.")                                                   \
    X(METRIC_MERGED_FINDINGS, "epilogue_merged_findings_total", "counter",                       \
      "Findings of merged incidents that went on to the other incident.")                        \
    X(METRIC_DIGESTS, "epilogue_digests_total", "counter",                                       \
      "Digests of reminders on followup-reminders.")                                             \
    X(METRIC_DIGESTS_URGENT, "epilogue_digests_urgent_total", "counter",                         \
      "Digests among them that could not wait.")                                                 \
    X(METRIC_ITEMS_WAITING, "epilogue_items_waiting", "gauge",                                   \
      "Reminders in this worker's shards that wait for their digest.")                           \
    X(METRIC_FORWARDED_AGE, "epilogue_forwarded_age_seconds", "gauge",                           \
      "How long the oldest record of epilogue-forwarded that is in hand has stood there.")       \
    X(METRIC_ABORTS, "epilogue_transactions_aborted_total", "counter", "Transactions aborted.")  \
    X(METRIC_STORE_MISMATCHES, "epilogue_store_mismatches_total", "counter",                     \
      "Shards whose state in Redis was lost or changed.")                                        \
    X(METRIC_STORE_ERRORS, "epilogue_store_errors_total", "counter", "Failed calls of Redis.")   \
    X(METRIC_RESTORES, "epilogue_restores_total", "counter", "Shards restored.")                 \
    X(METRIC_RESTORED_RECORDS, "epilogue_restored_records_total", "counter",                     \
      "Records of followup-state applied by restores.")                                          \
    X(METRIC_SHARDS_OWNED, "epilogue_shards_owned", "gauge", "Shards assigned to this worker.")  \
    X(METRIC_SHARDS_ACTIVE, "epilogue_shards_active", "gauge", "Shards restored and worked on.") \
    X(METRIC_FAULTS, "epilogue_faults", "gauge",                                                 \
      "Settings of topics or Redis that lose records, and topics that are missing.")             \
    X(METRIC_INPUTS_BLOCKED, "epilogue_inputs_blocked", "gauge",                                 \
      "Input partitions that wait behind a transaction that nobody ends.")

#define METRICS_ID(id, name, type, help) id,
enum metric { METRICS(METRICS_ID) METRIC_end };
#undef METRICS_ID

struct metrics;

struct metrics *metrics_new(void);
/* free(NULL) is safe. */
void metrics_free(struct metrics *metrics);

/* What is counted of an output, which may be gone by then. */
struct metrics_output {
    enum output_type type;
    int what; /* enum task_event, incident_event, reminder_kind or event_type */
    bool urgent;
    ms_t at;
};

struct metrics_output metrics_output_of(const struct output *output);

/* `metrics` may be NULL everywhere below: nothing is counted then. */
void metrics_add(struct metrics *metrics, enum metric metric, uint64_t n);
void metrics_set(struct metrics *metrics, enum metric metric, int64_t value);
/* A record that was consumed, by topic, and its age when its effect was committed. */
void metrics_consumed(struct metrics *metrics, int topic, int64_t latency_ms);
/* An event that goes out, by type. */
void metrics_output(struct metrics *metrics, const struct metrics_output *output);
/* A record refused, by code. */
void metrics_refused(struct metrics *metrics, int code);
/* How late a digest was when it was committed. */
void metrics_digest(struct metrics *metrics, int64_t late_ms);
/* How long commit took. */
void metrics_commit(struct metrics *metrics, int64_t latency_ms);
/* Of a reason for /readyz: what is waited for, and the whole sentence of an error. */
#define METRICS_REASON_BYTES 640
/* NULL: ready; otherwise the reason why not, of which a copy is kept. */
void metrics_set_ready(struct metrics *metrics, const char *reason);
/* NULL: none; otherwise the fault of what is around the worker by which records are lost or cannot be
 * written: not ready, whatever metrics_set_ready says. A copy is kept. From any thread. */
void metrics_set_fault(struct metrics *metrics, const char *fault);
/* What can be under way at the same time. */
enum metrics_wait { WAIT_CALL, WAIT_TRANSACTION, WAIT_APPLY, WAIT_end };
/* From now on the engine waits for the end of it: a literal that names it, "waiting for Kafka: a
 * transaction is committed"; NULL: it does not. Gives what was set before. */
const char *metrics_wait(struct metrics *metrics, enum metrics_wait of, const char *what);
/* NULL when the worker is ready; else why not: the fault or the reason that was set, or the call that lasts for
 * more than two seconds. Valid until the calling thread asks again. */
const char *metrics_not_ready(struct metrics *metrics);

/* Appends all of it in Prometheus' text format. */
void metrics_write(struct metrics *metrics, struct buf *out);

#endif
