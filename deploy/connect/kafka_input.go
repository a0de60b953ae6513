// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// How long a record that was not taken waits before it is given out again: doubled each time.
const (
	firstPause   = time.Second
	longestPause = 30 * time.Second
	commitEvery  = 500 * time.Millisecond
)

// partition is what has been fetched of one and not been acknowledged, in order. Its first record is
// the only one that is out, or the next one to go out.
type partition struct {
	records []*kgo.Record
	pause   time.Duration
}

// tenure is since when a partition is this member's. What stands before `end` another may have dealt with; what
// was given out before, this one.
type tenure struct {
	since time.Time
	end   int64
	given int64
	ctx   context.Context // ends with it
	leave context.CancelFunc
}

type place struct {
	topic     string
	partition int32
}

// kafkaInput reads records of a group: committed ones alone, and an offset is committed after the
// record was acknowledged. Of a partition one record is out at a time, and the next one follows when it
// was acknowledged, so the order of a key holds whatever fails; partitions go side by side.
type kafkaInput struct {
	topics []string
	group  string
	log    *service.Logger

	mutex  sync.Mutex
	client *kgo.Client
	parts  map[place]*partition
	held   map[place]*tenure
	ready  chan *kgo.Record // to be given out
	stop   context.CancelFunc
}

func kafkaInputSpec() *service.ConfigSpec {
	return service.NewConfigSpec().
		Summary("Reads committed records of a consumer group, one of a partition at a time.").
		Description("An offset is committed after its record was acknowledged. Metadata: kafka_topic, kafka_partition, kafka_offset, kafka_key, kafka_timestamp_ms, kafka_again (false: nobody can have dealt with it before), kafka_assigned_ms (since when the partition is ours), and the record's headers. Where and how Kafka is reached is said by the environment: KAFKA_BOOTSTRAP_SERVERS and so on, see docs/connect.md.").
		Field(service.NewStringListField("topics").Description("The topics.")).
		Field(service.NewStringField("group").Description("The consumer group; one that has committed nothing begins with the oldest record."))
}

func newKafkaInput(config *service.ParsedConfig, resources *service.Resources) (*kafkaInput, error) {
	in := &kafkaInput{log: resources.Logger()}
	var errs [2]error
	in.topics, errs[0] = config.FieldStringList("topics")
	in.group, errs[1] = config.FieldString("group")
	if len(in.topics) == 0 || in.group == "" {
		return nil, errors.New("kafka: topics and group are needed")
	}
	return in, errors.Join(errs[:]...)
}

func (in *kafkaInput) Connect(ctx context.Context) error {
	in.mutex.Lock()
	defer in.mutex.Unlock()
	if in.client != nil {
		return nil
	}
	options, err := connectionOptions()
	if err != nil {
		return err
	}
	member, err := memberOptions()
	if err != nil {
		return err
	}
	// Asked by a client that joins no group: who lacks a topic disturbs nobody, and nothing is assigned while the
	// mutex is held.
	asking, err := kgo.NewClient(options...)
	if err != nil {
		return err
	}
	missing, err := checkTopics(ctx, asking, in.topics)
	asking.Close()
	if err == nil && len(missing) > 0 {
		err = missingError(missing)
	}
	if err != nil {
		return err
	}
	in.held, in.parts, in.ready = map[place]*tenure{}, map[place]*partition{}, make(chan *kgo.Record, 1)
	client, err := kgo.NewClient(append(append(options, member...),
		kgo.ConsumerGroup(in.group),
		kgo.OnPartitionsAssigned(in.hold),
		kgo.ConsumeTopics(in.topics...),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.AutoCommitMarks(),
		kgo.AutoCommitInterval(commitEvery),
		kgo.OnPartitionsRevoked(func(ctx context.Context, client *kgo.Client, lost map[string][]int32) {
			in.forget(lost)
			if err := client.CommitMarkedOffsets(ctx); err != nil {
				in.log.Warnf("offsets were not committed, some records come again: %v", err)
			}
		}),
		kgo.OnPartitionsLost(func(_ context.Context, _ *kgo.Client, lost map[string][]int32) { in.forget(lost) }),
	)...)
	if err != nil {
		return err
	}
	running, stop := context.WithCancel(context.Background())
	in.client, in.stop = client, stop
	go in.fetch(running, client, in.ready)
	return nil
}

// memberOptions: with KAFKA_GROUP_INSTANCE_ID a process that comes back goes on at once, and the others are not
// disturbed; without, its partitions wait until the session of the one before is over.
func memberOptions() ([]kgo.Opt, error) {
	options := []kgo.Opt{}
	if id := os.Getenv("KAFKA_GROUP_INSTANCE_ID"); id != "" {
		options = append(options, kgo.InstanceID(id))
	}
	timeout := 10 * time.Second
	if text := os.Getenv("KAFKA_SESSION_TIMEOUT_MS"); text != "" {
		ms, err := strconv.Atoi(text)
		if err != nil || ms < 1000 || ms > 1800000 {
			return nil, fmt.Errorf("KAFKA_SESSION_TIMEOUT_MS is %q; allowed: 1000 to 1800000", text)
		}
		timeout = time.Duration(ms) * time.Millisecond
	}
	return append(options, kgo.SessionTimeout(timeout), kgo.HeartbeatInterval(min(timeout/4, 3*time.Second))), nil
}

// hold notes where partitions end as they are taken over.
func (in *kafkaInput) hold(ctx context.Context, client *kgo.Client, new map[string][]int32) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	request := kmsg.NewPtrListOffsetsRequest()
	for topic, partitions := range new {
		entry := kmsg.NewListOffsetsRequestTopic()
		entry.Topic = topic
		for _, number := range partitions {
			part := kmsg.NewListOffsetsRequestTopicPartition()
			part.Partition, part.Timestamp = number, -1
			entry.Partitions = append(entry.Partitions, part)
		}
		request.Topics = append(request.Topics, entry)
	}
	ends := map[place]int64{}
	if response, err := request.RequestWith(ctx, client); err == nil {
		for _, topic := range response.Topics {
			for _, part := range topic.Partitions {
				if part.ErrorCode == 0 {
					ends[place{topic.Topic, part.Partition}] = part.Offset
				}
			}
		}
	}
	in.mutex.Lock()
	defer in.mutex.Unlock()
	for topic, partitions := range new {
		for _, number := range partitions {
			at := place{topic, number}
			end, known := ends[at]
			if !known {
				end = math.MaxInt64 // then all of it may have been dealt with
			}
			running, leave := context.WithCancel(context.Background())
			in.held[at] = &tenure{since: time.Now(), end: end, given: -1, ctx: running, leave: leave}
		}
	}
}

// forget drops what has been fetched of partitions that another member has now.
func (in *kafkaInput) forget(lost map[string][]int32) {
	in.mutex.Lock()
	defer in.mutex.Unlock()
	for topic, partitions := range lost {
		for _, number := range partitions {
			at := place{topic, number}
			delete(in.parts, at)
			if held := in.held[at]; held != nil {
				held.leave()
				delete(in.held, at)
			}
		}
	}
	if in.client != nil {
		in.client.ResumeFetchPartitions(lost)
	}
}

// fetch takes what Kafka has. A partition of which something waits is paused, so what waits is bounded.
func (in *kafkaInput) fetch(ctx context.Context, client *kgo.Client, ready chan<- *kgo.Record) {
	for ctx.Err() == nil {
		fetches := client.PollFetches(ctx)
		fetches.EachError(func(topic string, number int32, err error) {
			if ctx.Err() == nil {
				in.log.Errorf("reading %s/%d: %v", topic, number, explained(err))
			}
		})
		var first []*kgo.Record
		in.mutex.Lock()
		fetches.EachPartition(func(fetched kgo.FetchTopicPartition) {
			at := place{fetched.Topic, fetched.Partition}
			if len(fetched.Records) == 0 || in.held[at] == nil {
				return // nothing, or another member's since it was fetched
			}
			part := in.parts[at]
			if part == nil {
				part = &partition{}
				in.parts[at] = part
			}
			if len(part.records) == 0 {
				first = append(first, fetched.Records[0])
			}
			part.records = append(part.records, fetched.Records...)
			client.PauseFetchPartitions(map[string][]int32{fetched.Topic: {fetched.Partition}})
		})
		in.mutex.Unlock()
		for _, record := range first {
			give(ctx, ready, record)
		}
	}
}

func give(ctx context.Context, ready chan<- *kgo.Record, record *kgo.Record) {
	select {
	case ready <- record:
	case <-ctx.Done():
	}
}

func (in *kafkaInput) Read(ctx context.Context) (*service.Message, service.AckFunc, error) {
	in.mutex.Lock()
	ready, client := in.ready, in.client
	in.mutex.Unlock()
	if client == nil {
		return nil, nil, service.ErrNotConnected
	}
	select {
	case record := <-ready:
		return in.message(record), func(_ context.Context, err error) error {
			in.answered(client, record, ready, err)
			return nil
		}, nil
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	}
}

func (in *kafkaInput) message(record *kgo.Record) *service.Message {
	out := service.NewMessage(record.Value)
	for _, header := range record.Headers {
		out.MetaSetMut(header.Key, string(header.Value))
	}
	out.MetaSetMut("kafka_topic", record.Topic)
	out.MetaSetMut("kafka_partition", strconv.Itoa(int(record.Partition)))
	out.MetaSetMut("kafka_offset", strconv.FormatInt(record.Offset, 10))
	out.MetaSetMut("kafka_key", string(record.Key))
	out.MetaSetMut("kafka_timestamp_ms", strconv.FormatInt(record.Timestamp.UnixMilli(), 10))
	in.mutex.Lock()
	if held := in.held[place{record.Topic, record.Partition}]; held != nil {
		out = out.WithContext(held.ctx)
		again := record.Offset < held.end || record.Offset <= held.given
		held.given = max(held.given, record.Offset)
		out.MetaSetMut("kafka_again", strconv.FormatBool(again))
		out.MetaSetMut("kafka_assigned_ms", strconv.FormatInt(held.since.UnixMilli(), 10))
	}
	in.mutex.Unlock()
	return out
}

// answered goes on with the partition: with its next record, or after a pause with the same one again.
func (in *kafkaInput) answered(client *kgo.Client, record *kgo.Record, ready chan<- *kgo.Record, failed error) {
	in.mutex.Lock()
	defer in.mutex.Unlock()
	at := place{record.Topic, record.Partition}
	part := in.parts[at]
	if part == nil || len(part.records) == 0 || part.records[0] != record {
		return // another member has the partition
	}
	ctx := client.Context()
	if failed != nil {
		part.pause = min(max(2*part.pause, firstPause), longestPause)
		in.log.Warnf("%s/%d offset %d was not taken, and is tried again in %v: %v",
			at.topic, at.partition, record.Offset, part.pause, failed)
		time.AfterFunc(part.pause, func() { in.again(ctx, record, ready) })
		return
	}
	client.MarkCommitRecords(record)
	part.pause = 0
	part.records = part.records[1:]
	if len(part.records) == 0 {
		delete(in.parts, at)
		client.ResumeFetchPartitions(map[string][]int32{at.topic: {at.partition}})
		return
	}
	go give(ctx, ready, part.records[0])
}

func (in *kafkaInput) again(ctx context.Context, record *kgo.Record, ready chan<- *kgo.Record) {
	in.mutex.Lock()
	part := in.parts[place{record.Topic, record.Partition}]
	still := part != nil && len(part.records) > 0 && part.records[0] == record
	in.mutex.Unlock()
	if still {
		give(ctx, ready, record)
	}
}

func (in *kafkaInput) Close(ctx context.Context) error {
	in.mutex.Lock()
	client, stop := in.client, in.stop
	in.client = nil
	in.mutex.Unlock()
	if client == nil {
		return nil
	}
	stop()
	err := client.CommitMarkedOffsets(ctx)
	client.Close()
	if err != nil {
		return fmt.Errorf("offsets were not committed, some records come again: %w", err)
	}
	return nil
}

func init() {
	service.MustRegisterInput("kafka", kafkaInputSpec(),
		func(config *service.ParsedConfig, resources *service.Resources) (service.Input, error) {
			return newKafkaInput(config, resources)
		})
}
