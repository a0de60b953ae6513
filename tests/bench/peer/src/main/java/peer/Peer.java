/* SPDX-License-Identifier: Apache-2.0 */
package peer;

import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/**
 * The worker's job as one would write it on Kafka Streams: exactly once, state and timers in two
 * stores with changelogs. Arguments are key=value: peer.closures, peer.findings, peer.tasks and
 * peer.reminders name topics; all others are settings of Kafka Streams.
 *
 * It measures nothing: the benchmark reads its group's offsets, its outputs and /proc.
 */
public final class Peer {
    private Peer() {}

    public static void main(String[] arguments) throws InterruptedException {
        Properties topics = new Properties();
        Properties settings = defaults();
        for (String argument : arguments) {
            String[] pair = argument.split("=", 2);
            (pair[0].startsWith("peer.") ? topics : settings).setProperty(pair[0], pair[1]);
        }
        CountDownLatch end = new CountDownLatch(1);
        KafkaStreams streams = new KafkaStreams(topology(topics), settings);
        streams.setStateListener((now, before) -> System.out.println("state " + now));
        streams.setUncaughtExceptionHandler(e -> {
            e.printStackTrace();
            end.countDown();
            return StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
        Runtime.getRuntime().addShutdownHook(
            new Thread(() -> streams.close(Duration.ofSeconds(10))));
        streams.start();
        end.await();
        System.exit(1);
    }

    private static Properties defaults() {
        Properties settings = new Properties();
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        settings.put(StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG, BoundedRocks.class);
        /* The two inputs need not be read in the order of their times. */
        settings.put(StreamsConfig.MAX_TASK_IDLE_MS_CONFIG, "-1");
        settings.put("auto.offset.reset", "earliest");
        return settings;
    }

    private static Topology topology(Properties topics) {
        StoreBuilder<KeyValueStore<String, Events.State>> findings = Stores.keyValueStoreBuilder(
            Stores.persistentKeyValueStore(Followup.FINDINGS),
            Serdes.String(), Events.serde(Events.State.class));
        StoreBuilder<KeyValueStore<byte[], byte[]>> timers = Stores.keyValueStoreBuilder(
            Stores.persistentKeyValueStore(Followup.TIMERS),
            Serdes.ByteArray(), Serdes.ByteArray());
        StringSerializer keys = new StringSerializer();
        return new Topology()
            .addSource("closures", new StringDeserializer(),
                Events.deserializer(Events.Input.class), topics.getProperty("peer.closures"))
            .addSource("findings", new StringDeserializer(),
                Events.deserializer(Events.Input.class), topics.getProperty("peer.findings"))
            .addProcessor("followup", Followup::new, "closures", "findings")
            .addStateStore(findings, "followup")
            .addStateStore(timers, "followup")
            .addSink(Followup.TASKS, topics.getProperty("peer.tasks"),
                keys, Events.serializer(Events.Task.class), "followup")
            .addSink(Followup.REMINDERS, topics.getProperty("peer.reminders"),
                keys, Events.serializer(Events.Reminder.class), "followup");
    }
}
