/* SPDX-License-Identifier: Apache-2.0 */
package peer;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import java.io.IOException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;

/** What comes in, goes out and is kept, as JSON. Public members are what Jackson binds fastest. */
final class Events {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private Events() {}

    public static final class Owner {
        public String team, person;
    }

    public static final class Tracker {
        public String system, key, url;
    }

    /** A closure or a finding: the one without a finding_id is a closure. */
    @JsonIgnoreProperties(ignoreUnknown = true)
    public static final class Input {
        public String incident_id, finding_id, category, severity, title, description, status;
        public String due_at, updated_at;
        public long revision;
        public Owner owner;
        public Tracker tracker;
    }

    @JsonInclude(JsonInclude.Include.NON_DEFAULT)
    public static final class State {
        public String title, severity, status;
        public long revision, version, dueMs, wakeMs;
        public int reminders;
        public Owner owner;
        public Tracker tracker;
    }

    public static final class Task {
        public String task_id, incident_id, finding_id, category, severity, priority, title;
        public String description, status, due_at, updated_at;
        public long version;
        public Owner owner;
        public Tracker tracker;
    }

    public static final class Reminder {
        public String task_id, incident_id, due_for, title, status;
        public int number;
        public Owner owner;
    }

    static <T> Serializer<T> serializer(Class<T> type) {
        ObjectWriter writer = MAPPER.writerFor(type);
        return (topic, value) -> {
            try {
                return value == null ? null : writer.writeValueAsBytes(value);
            } catch (IOException e) {
                throw new SerializationException(e);
            }
        };
    }

    static <T> Deserializer<T> deserializer(Class<T> type) {
        ObjectReader reader = MAPPER.readerFor(type);
        return (topic, bytes) -> {
            try {
                return bytes == null ? null : reader.readValue(bytes);
            } catch (IOException e) {
                throw new SerializationException(e);
            }
        };
    }

    static <T> Serde<T> serde(Class<T> type) {
        return Serdes.serdeFrom(serializer(type), deserializer(type));
    }
}
