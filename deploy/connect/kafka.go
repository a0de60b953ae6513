// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"
)

// How long Kafka may take to answer at the start.
const startTimeout = 10 * time.Second

// bootstrapServers are those of KAFKA_BOOTSTRAP_SERVERS.
func bootstrapServers() []string {
	servers := strings.FieldsFunc(os.Getenv("KAFKA_BOOTSTRAP_SERVERS"),
		func(r rune) bool { return r == ',' || r == ' ' })
	if len(servers) == 0 {
		return []string{"localhost:9092"}
	}
	return servers
}

// connectionOptions are where and how Kafka is reached. They come from the environment, so that all
// connectors of a process have the same, and no password stands in a file. The names are those of
// the worker's settings (kafka.security.protocol is KAFKA_SECURITY_PROTOCOL).
func connectionOptions() ([]kgo.Opt, error) {
	options := []kgo.Opt{
		kgo.SeedBrokers(bootstrapServers()...),
		kgo.ClientID("epilogue-connect"),
		kgo.DialTimeout(5 * time.Second),
		kgo.MetadataMaxAge(30 * time.Second),
		kgo.MetadataMinAge(250 * time.Millisecond),
	}
	if version := os.Getenv("KAFKA_VERSION"); version != "" {
		versions := kversion.FromString("v" + version)
		if versions == nil {
			return nil, fmt.Errorf("KAFKA_VERSION is %q; it is a version like 2.3", version)
		}
		options = append(options, kgo.MaxVersions(versions))
	}
	protocol := strings.ToUpper(os.Getenv("KAFKA_SECURITY_PROTOCOL"))
	switch protocol {
	case "", "PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL":
	default:
		return nil, fmt.Errorf("KAFKA_SECURITY_PROTOCOL is %q; allowed: PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL", protocol)
	}
	if strings.HasSuffix(protocol, "SSL") {
		config, err := tlsConfig()
		if err != nil {
			return nil, err
		}
		options = append(options, kgo.DialTLSConfig(config))
	}
	if strings.HasPrefix(protocol, "SASL_") {
		option, err := saslOption()
		if err != nil {
			return nil, err
		}
		options = append(options, option)
	}
	return options, nil
}

func tlsConfig() (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if file := os.Getenv("KAFKA_SSL_CA_LOCATION"); file != "" {
		pem, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("KAFKA_SSL_CA_LOCATION: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("KAFKA_SSL_CA_LOCATION: %s has no certificate in PEM", file)
		}
	}
	if file := os.Getenv("KAFKA_SSL_CERTIFICATE_LOCATION"); file != "" {
		pair, err := tls.LoadX509KeyPair(file, os.Getenv("KAFKA_SSL_KEY_LOCATION"))
		if err != nil {
			return nil, fmt.Errorf("KAFKA_SSL_CERTIFICATE_LOCATION, KAFKA_SSL_KEY_LOCATION: %w", err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

func saslOption() (kgo.Opt, error) {
	user, password := os.Getenv("KAFKA_SASL_USERNAME"), os.Getenv("KAFKA_SASL_PASSWORD")
	if user == "" || password == "" {
		return nil, errors.New("KAFKA_SECURITY_PROTOCOL says SASL; set KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD")
	}
	switch mechanism := strings.ToUpper(os.Getenv("KAFKA_SASL_MECHANISM")); mechanism {
	case "PLAIN":
		return kgo.SASL(plain.Auth{User: user, Pass: password}.AsMechanism()), nil
	case "SCRAM-SHA-256":
		return kgo.SASL(scram.Auth{User: user, Pass: password}.AsSha256Mechanism()), nil
	case "SCRAM-SHA-512":
		return kgo.SASL(scram.Auth{User: user, Pass: password}.AsSha512Mechanism()), nil
	default:
		return nil, fmt.Errorf("KAFKA_SASL_MECHANISM is %q; allowed: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512", mechanism)
	}
}

// checkTopics returns those of `topics` that do not exist, or why Kafka cannot be asked, in a sentence.
func checkTopics(ctx context.Context, client *kgo.Client, topics []string) (missing []string, err error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	request := kmsg.NewPtrMetadataRequest()
	for _, topic := range topics {
		entry := kmsg.NewMetadataRequestTopic()
		entry.Topic = kmsg.StringPtr(topic)
		request.Topics = append(request.Topics, entry)
	}
	response, err := request.RequestWith(ctx, client)
	if err != nil {
		return nil, explained(err)
	}
	for _, topic := range response.Topics {
		switch err := kerr.ErrorForCode(topic.ErrorCode); {
		case err == nil:
		case errors.Is(err, kerr.UnknownTopicOrPartition):
			missing = append(missing, *topic.Topic)
		default:
			return nil, fmt.Errorf("topic %s: %w", *topic.Topic, explained(err))
		}
	}
	slices.Sort(missing)
	return missing, nil
}

// missingError says what to do about topics that are not there.
func missingError(missing []string) error {
	return fmt.Errorf("no such topic at %s: %s; `epilogue topics create` makes Epilogue's own",
		strings.Join(bootstrapServers(), ","), strings.Join(missing, ", "))
}

// explained adds to an error of the client what to look at.
func explained(err error) error {
	servers := strings.Join(bootstrapServers(), ",")
	switch {
	case errors.Is(err, kerr.SaslAuthenticationFailed):
		return fmt.Errorf("Kafka at %s refused user and password (KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD): %w", servers, err)
	case errors.Is(err, kerr.TopicAuthorizationFailed), errors.Is(err, kerr.GroupAuthorizationFailed),
		errors.Is(err, kerr.ClusterAuthorizationFailed):
		return fmt.Errorf("Kafka at %s does not allow it; grant this user the right on the topic or group: %w", servers, err)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("no answer from Kafka at %s; is it there (KAFKA_BOOTSTRAP_SERVERS), and does it expect TLS or SASL (KAFKA_SECURITY_PROTOCOL)? %w", servers, err)
	default:
		return fmt.Errorf("Kafka at %s: %w", servers, err)
	}
}
