/* SPDX-License-Identifier: Apache-2.0 */
package peer;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * One shard: a finding becomes a task with a deadline, and a deadline that has come a reminder.
 * Timers are keys of eight bytes of time, big end first, and the finding's own key behind them, so
 * that what is due is a range.
 */
final class Followup implements Processor<String, Events.Input, String, Object> {
    static final String FINDINGS = "findings";
    static final String TIMERS = "timers";
    static final String TASKS = "tasks";
    static final String REMINDERS = "reminders";

    private static final long TICK_MS = 100;
    private static final int TICK_MAX = 10_000;
    private static final long TIME_TO_COMPLETE_MS = Duration.ofDays(30).toMillis();
    private static final byte[] NOTHING = {};

    private ProcessorContext<String, Object> context;
    private KeyValueStore<String, Events.State> findings;
    private KeyValueStore<byte[], byte[]> timers;
    /** Nothing is due before this: what was deleted there need not be scanned again. */
    private long earliestMs;

    @Override
    public void init(ProcessorContext<String, Object> given) {
        context = given;
        findings = context.getStateStore(FINDINGS);
        timers = context.getStateStore(TIMERS);
        context.schedule(Duration.ofMillis(TICK_MS), PunctuationType.WALL_CLOCK_TIME, this::tick);
    }

    @Override
    public void process(Record<String, Events.Input> record) {
        Events.Input event = record.value();
        if (event == null || event.incident_id == null) return;
        if (event.finding_id == null) {
            close(event);
        } else {
            update(record, event);
        }
    }

    private void close(Events.Input event) {
        Events.State incident = new Events.State();
        incident.title = event.title;
        incident.severity = event.severity;
        incident.status = "closed";
        findings.put(event.incident_id, incident);
    }

    private void update(Record<String, Events.Input> record, Events.Input event) {
        String key = event.incident_id + '/' + event.finding_id;
        Events.State before = findings.get(key);
        if (before != null && event.revision <= before.revision) return;
        Events.State now = new Events.State();
        now.revision = event.revision;
        now.version = before == null ? 1 : before.version + 1;
        now.title = event.title;
        now.severity = event.severity;
        now.status = event.status;
        now.owner = event.owner;
        now.tracker = event.tracker;
        now.dueMs = event.due_at == null ? record.timestamp() + TIME_TO_COMPLETE_MS
                                         : Instant.parse(event.due_at).toEpochMilli();
        now.wakeMs = now.dueMs;
        setTimer(key, before == null ? 0 : before.wakeMs, now.wakeMs);
        findings.put(key, now);
        context.forward(record.withValue(task(event, now)), TASKS);
    }

    private static Events.Task task(Events.Input event, Events.State now) {
        Events.Task task = new Events.Task();
        task.task_id = event.incident_id + "/bug/" + event.finding_id;
        task.version = now.version;
        task.incident_id = event.incident_id;
        task.finding_id = event.finding_id;
        task.category = event.category;
        task.severity = event.severity;
        task.priority = "critical".equals(event.severity) ? "P1" : "P2";
        task.title = event.title;
        task.description = event.description;
        task.status = event.status;
        task.owner = event.owner;
        task.tracker = event.tracker;
        task.due_at = Instant.ofEpochMilli(now.dueMs).toString();
        task.updated_at = event.updated_at;
        return task;
    }

    private void setTimer(String key, long beforeMs, long nowMs) {
        if (beforeMs == nowMs) return;
        if (beforeMs != 0) timers.delete(timer(beforeMs, key));
        timers.put(timer(nowMs, key), NOTHING);
        earliestMs = Math.min(earliestMs, nowMs);
    }

    private void tick(long nowMs) {
        List<byte[]> due = new ArrayList<>();
        try (KeyValueIterator<byte[], byte[]> range =
                 timers.range(timer(earliestMs, ""), timer(nowMs + 1, ""))) {
            while (range.hasNext() && due.size() < TICK_MAX) {
                KeyValue<byte[], byte[]> entry = range.next();
                due.add(entry.key);
            }
        }
        for (byte[] timer : due) remind(timer);
        if (due.isEmpty()) earliestMs = nowMs;
    }

    private void remind(byte[] timer) {
        ByteBuffer parts = ByteBuffer.wrap(timer);
        long dueMs = parts.getLong();
        String key = StandardCharsets.UTF_8.decode(parts).toString();
        earliestMs = dueMs;
        timers.delete(timer);
        Events.State state = findings.get(key);
        if (state == null || state.wakeMs != dueMs) return;
        state.wakeMs = 0;
        state.reminders++;
        findings.put(key, state);
        Events.Reminder reminder = new Events.Reminder();
        int slash = key.indexOf('/');
        reminder.incident_id = key.substring(0, slash);
        reminder.task_id = reminder.incident_id + "/bug/" + key.substring(slash + 1);
        reminder.number = state.reminders;
        reminder.due_for = Instant.ofEpochMilli(dueMs).toString();
        reminder.title = state.title;
        reminder.status = state.status;
        reminder.owner = state.owner;
        context.forward(new Record<>(reminder.incident_id, reminder, dueMs), REMINDERS);
    }

    private static byte[] timer(long ms, String key) {
        byte[] name = key.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(Long.BYTES + name.length).putLong(ms).put(name).array();
    }
}
