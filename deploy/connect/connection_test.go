// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/twmb/franz-go/pkg/kerr"
)

// certificate writes one for 127.0.0.1 that nobody else has signed, and its key; gives their files.
func certificate(t *testing.T) (certificateFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	signed, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, kind string, bytes []byte) string {
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: bytes}), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	return write("certificate.pem", "CERTIFICATE", signed), write("key.pem", "PRIVATE KEY", private)
}

func TestHowKafkaIsReached(t *testing.T) {
	file, key := certificate(t)
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	sasl := []string{"KAFKA_SECURITY_PROTOCOL", "SASL_SSL", "KAFKA_SASL_USERNAME", "u", "KAFKA_SASL_PASSWORD", "p"}
	for _, one := range []struct {
		environment []string
		sentence    string // of what is wrong; "": nothing is
	}{
		{nil, ""},
		{[]string{"KAFKA_BOOTSTRAP_SERVERS", "a:1, b:2", "KAFKA_VERSION", "2.3", "KAFKA_SECURITY_PROTOCOL", "plaintext"}, ""},
		{[]string{"KAFKA_VERSION", "new"}, `KAFKA_VERSION is "new"`},
		{[]string{"KAFKA_SECURITY_PROTOCOL", "TLS"}, `KAFKA_SECURITY_PROTOCOL is "TLS"; allowed: PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL`},
		{[]string{"KAFKA_SECURITY_PROTOCOL", "SSL", "KAFKA_SSL_CA_LOCATION", file, "KAFKA_SSL_CERTIFICATE_LOCATION", file, "KAFKA_SSL_KEY_LOCATION", key}, ""},
		{[]string{"KAFKA_SECURITY_PROTOCOL", "SSL", "KAFKA_SSL_CA_LOCATION", "/nowhere"}, "KAFKA_SSL_CA_LOCATION: open /nowhere"},
		{[]string{"KAFKA_SECURITY_PROTOCOL", "SSL", "KAFKA_SSL_CA_LOCATION", empty}, "has no certificate in PEM"},
		{[]string{"KAFKA_SECURITY_PROTOCOL", "SSL", "KAFKA_SSL_CERTIFICATE_LOCATION", file}, "KAFKA_SSL_CERTIFICATE_LOCATION, KAFKA_SSL_KEY_LOCATION: "},
		{sasl[:4], "set KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD"},
		{sasl, `KAFKA_SASL_MECHANISM is ""; allowed: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512`},
		{append(sasl, "KAFKA_SASL_MECHANISM", "plain"), ""},
		{append(sasl, "KAFKA_SASL_MECHANISM", "SCRAM-SHA-256"), ""},
		{append(sasl, "KAFKA_SASL_MECHANISM", "SCRAM-SHA-512"), ""},
	} {
		t.Run(strings.Join(one.environment, " "), func(t *testing.T) {
			for i := 0; i+1 < len(one.environment); i += 2 {
				t.Setenv(one.environment[i], one.environment[i+1])
			}
			_, err := connectionOptions()
			if one.sentence == "" && err != nil || one.sentence != "" && (err == nil || !strings.Contains(err.Error(), one.sentence)) {
				t.Errorf("%v, not %q", err, one.sentence)
			}
		})
	}
}

func TestHowTheGroupIsJoined(t *testing.T) {
	for text, right := range map[string]bool{"": true, "1000": true, "1800000": true, "999": false, "1800001": false, "10s": false} {
		t.Setenv("KAFKA_SESSION_TIMEOUT_MS", text)
		if _, err := memberOptions(); (err == nil) != right {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestErrorsOfKafkaSayWhereToLook(t *testing.T) {
	t.Setenv("KAFKA_BOOTSTRAP_SERVERS", "a:1")
	for err, sentence := range map[error]string{
		kerr.SaslAuthenticationFailed:   "Kafka at a:1 refused user and password",
		kerr.TopicAuthorizationFailed:   "grant this user the right",
		kerr.GroupAuthorizationFailed:   "grant this user the right",
		context.DeadlineExceeded:        "no answer from Kafka at a:1",
		errors.New("something else"):    "Kafka at a:1: something else",
		kerr.ClusterAuthorizationFailed: "grant this user the right",
	} {
		if got := explained(err); !strings.Contains(got.Error(), sentence) || !errors.Is(got, err) {
			t.Errorf("%v, not %q", got, sentence)
		}
	}
}

func TestWebhooksOverTLS(t *testing.T) {
	file, key := certificate(t)
	log := service.MockResources().Logger()
	t.Setenv("CONNECT_LISTEN", "127.0.0.1:0")
	t.Setenv("CONNECT_TLS_CERTIFICATE", file)
	if _, err := (&listening{}).start(log); err == nil || !strings.Contains(err.Error(), "go together") {
		t.Errorf("a certificate without its key: %v", err)
	}
	t.Setenv("CONNECT_TLS_KEY", key)
	address, err := (&listening{started: time.Now().Add(-time.Hour)}).start(log)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	text, _ := os.ReadFile(file)
	roots.AppendCertsFromPEM(text)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}, Timeout: 10 * time.Second}
	answer, err := client.Post("https://"+address.String()+"/webhooks/none", "application/json", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusNotFound {
		t.Errorf("answered %d", answer.StatusCode)
	}
}
