// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// What waits for a broker that is away is bounded: beyond it a write fails at once.
const (
	maxWaitingRecords = 10_000
	maxWaitingBytes   = 64 << 20
)

// How long a write may take: the sender of a webhook waits for it. What fails by it may still be written.
const writeTimeout = 5 * time.Second

// kafkaOutput writes a message as a record and is done when all in-sync replicas have it. An
// idempotent producer, and the partition of a key that Java clients and librdkafka's murmur2_random
// compute (R1.6). The order of a batch is kept.
type kafkaOutput struct {
	topic, key *service.InterpolatedString
	headers    map[string]*service.InterpolatedString
	topics     []string
	create     bool
	log        *service.Logger

	mutex  sync.Mutex
	client *kgo.Client
}

func kafkaOutputSpec() *service.ConfigSpec {
	return service.NewConfigSpec().
		Summary("Writes records to Kafka: idempotent, acknowledged by all in-sync replicas.").
		Description("Where and how Kafka is reached is said by the environment: KAFKA_BOOTSTRAP_SERVERS and so on, see docs/connect.md.").
		Field(service.NewInterpolatedStringField("topic").Description("The topic.")).
		Field(service.NewInterpolatedStringField("key").Description("The key; an empty one is none.").Default("")).
		Field(service.NewInterpolatedStringMapField("headers").
			Description("Headers of the record; those that come out empty are left out.").Default(map[string]any{})).
		Field(service.NewStringListField("topics").
			Description("Topics that must exist at the start.").Default([]any{})).
		Field(service.NewBoolField("create").
			Description("Make those of `topics` that do not exist: one partition, kept for 30 days.").Default(false)).
		Field(service.NewOutputMaxInFlightField().Default(64))
}

func newKafkaOutput(config *service.ParsedConfig, resources *service.Resources) (*kafkaOutput, error) {
	out := &kafkaOutput{log: resources.Logger()}
	var errs [5]error
	out.topic, errs[0] = config.FieldInterpolatedString("topic")
	out.key, errs[1] = config.FieldInterpolatedString("key")
	out.headers, errs[2] = config.FieldInterpolatedStringMap("headers")
	out.topics, errs[3] = config.FieldStringList("topics")
	out.create, errs[4] = config.FieldBool("create")
	return out, errors.Join(errs[:]...)
}

func (out *kafkaOutput) Connect(ctx context.Context) error {
	out.mutex.Lock()
	defer out.mutex.Unlock()
	if out.client != nil {
		return nil
	}
	options, err := connectionOptions()
	if err != nil {
		return err
	}
	client, err := kgo.NewClient(append(options,
		kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.RecordPartitioner(kgo.StickyKeyPartitioner(nil)),
		kgo.ProducerLinger(0),
		kgo.MaxBufferedRecords(maxWaitingRecords),
		kgo.MaxBufferedBytes(maxWaitingBytes),
		kgo.ProducerBatchMaxBytes(int32(maxRecordBytes())),
	)...)
	if err != nil {
		return err
	}
	missing, err := checkTopics(ctx, client, out.topics)
	if err == nil && len(missing) > 0 {
		err = missingError(missing)
		if out.create {
			err = createTopics(ctx, client, missing)
		}
	}
	if err != nil {
		client.Close()
		return err
	}
	out.client = client
	return nil
}

// maxRecordBytes is what a batch may be, as kafka.message.max.bytes is for the worker.
func maxRecordBytes() int {
	if bytes, err := strconv.Atoi(os.Getenv("KAFKA_MESSAGE_MAX_BYTES")); err == nil && bytes >= 1000 && bytes < 1<<30 {
		return bytes
	}
	return 1_000_012
}

func createTopics(ctx context.Context, client *kgo.Client, topics []string) error {
	request := kmsg.NewPtrCreateTopicsRequest()
	for _, topic := range topics {
		entry := kmsg.NewCreateTopicsRequestTopic()
		entry.Topic, entry.NumPartitions, entry.ReplicationFactor = topic, 1, -1
		retention := kmsg.NewCreateTopicsRequestTopicConfig()
		retention.Name, retention.Value = "retention.ms", kmsg.StringPtr("2592000000")
		entry.Configs = append(entry.Configs, retention)
		request.Topics = append(request.Topics, entry)
	}
	response, err := request.RequestWith(ctx, client)
	if err != nil {
		return explained(err)
	}
	for _, topic := range response.Topics {
		err := kerr.ErrorForCode(topic.ErrorCode)
		if err != nil && !errors.Is(err, kerr.TopicAlreadyExists) {
			return fmt.Errorf("topic %s is not there and cannot be made; make it by hand, one partition will do: %w", topic.Topic, err)
		}
	}
	return nil
}

func (out *kafkaOutput) records(batch service.MessageBatch) ([]*kgo.Record, error) {
	records := make([]*kgo.Record, len(batch))
	for i, message := range batch {
		topic, err := batch.TryInterpolatedString(i, out.topic)
		if err != nil {
			return nil, fmt.Errorf("topic: %w", err)
		}
		key, err := batch.TryInterpolatedString(i, out.key)
		if err != nil {
			return nil, fmt.Errorf("key: %w", err)
		}
		value, err := message.AsBytes()
		if err != nil {
			return nil, err
		}
		records[i] = &kgo.Record{Topic: topic, Value: value}
		if key != "" {
			records[i].Key = []byte(key)
		}
		for name, text := range out.headers {
			header, err := batch.TryInterpolatedString(i, text)
			if err != nil {
				return nil, fmt.Errorf("header %s: %w", name, err)
			}
			if header != "" {
				records[i].Headers = append(records[i].Headers, kgo.RecordHeader{Key: name, Value: []byte(header)})
			}
		}
	}
	return records, nil
}

func (out *kafkaOutput) WriteBatch(ctx context.Context, batch service.MessageBatch) error {
	out.mutex.Lock()
	client := out.client
	out.mutex.Unlock()
	if client == nil {
		return service.ErrNotConnected
	}
	records, err := out.records(batch)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	// A record that may have been sent cannot be taken back, so the promise may come long after the
	// time is up: then the sender is told to send again, and the worker sees a duplicate.
	done := make(chan error, len(records))
	for _, record := range records {
		client.TryProduce(ctx, record, func(_ *kgo.Record, err error) { done <- err })
	}
	for range records {
		select {
		case err := <-done:
			if err != nil {
				return explained(err)
			}
		case <-ctx.Done():
			return explained(ctx.Err())
		}
	}
	return nil
}

func (out *kafkaOutput) Close(ctx context.Context) error {
	out.mutex.Lock()
	defer out.mutex.Unlock()
	if out.client != nil {
		out.client.Close()
		out.client = nil
	}
	return nil
}

func init() {
	service.MustRegisterBatchOutput("kafka", kafkaOutputSpec(),
		func(config *service.ParsedConfig, resources *service.Resources) (service.BatchOutput, service.BatchPolicy, int, error) {
			inFlight, err := config.FieldMaxInFlight()
			if err != nil {
				return nil, service.BatchPolicy{}, 0, err
			}
			out, err := newKafkaOutput(config, resources)
			return out, service.BatchPolicy{}, inFlight, err
		})
}
