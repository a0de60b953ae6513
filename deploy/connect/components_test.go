// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/twmb/franz-go/pkg/kgo"
)

func newTestCheck(t *testing.T, secrets, yaml string) (*check, error) {
	t.Helper()
	t.Setenv("TEST_SECRETS", secrets)
	spec := service.NewConfigSpec().Field(checkFields())
	config, err := spec.ParseYAML("check:\n  secrets_from: TEST_SECRETS\n"+yaml, nil)
	if err != nil {
		t.Fatal(err)
	}
	return newCheck(config.Namespace("check"))
}

// What other implementations sign: `printf '%s' "$body" | openssl dgst -sha256 -hmac "$secret"`.
const (
	body          = `{"event":"closed"}`
	secret        = "correct-horse-battery"
	signedHex     = "ddab00f651751dd0c0b057b6278656c42084fe47f54484fa0696d1434231f285"
	signedBase64  = "3asA9lF1HdDAsFe2J4ZWxCCE/kf1RIT6BpbRQ0Ix8oU="
	otherSecret   = "another-secret-of-ours"
	standardKey   = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	standardID    = "msg_p5jXN8AQM9LWM0D4loKWxJek"
	standardTime  = "1614265330"
	standardBody  = `{"test": 2432232314}`
	standardValue = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
)

func TestTokens(t *testing.T) {
	c, err := newTestCheck(t, otherSecret+" "+secret, "  kind: token\n  header: Authorization\n  prefix: 'Bearer '")
	if err != nil {
		t.Fatal(err)
	}
	for text, right := range map[string]bool{
		"Bearer " + secret: true, "Bearer " + otherSecret: true, secret: false, "": false,
		"Bearer " + secret + "x": false, "Bearer ": false, "Bearer " + otherSecret + " " + secret: false,
	} {
		sentence := c.refuses(http.Header{"Authorization": {text}}, nil, time.Now())
		if (sentence == "") != right {
			t.Errorf("%q: %q", text, sentence)
		}
	}
}

func TestSecretsThatAreNone(t *testing.T) {
	for secrets, kind := range map[string]string{"": "token", "  ": "token", "short": "token", "whsec_%%%%%%%%": "standard-webhooks"} {
		if _, err := newTestCheck(t, secrets, "  kind: "+kind+"\n  header: X"); err == nil {
			t.Errorf("%q was taken", secrets)
		}
	}
	if _, err := newTestCheck(t, secret, "  kind: token"); err == nil {
		t.Error("no header was taken")
	}
}

func TestStandardWebhooks(t *testing.T) {
	c, err := newTestCheck(t, standardKey, "  kind: standard-webhooks")
	if err != nil {
		t.Fatal(err)
	}
	sent := time.Unix(1614265330, 0)
	for _, prefix := range []string{"Webhook-", "Svix-"} {
		headers := http.Header{prefix + "Id": {standardID}, prefix + "Timestamp": {standardTime},
			prefix + "Signature": {"v1,AAAA " + standardValue}}
		if sentence := c.refuses(headers, []byte(standardBody), sent.Add(4*time.Minute)); sentence != "" {
			t.Error(sentence)
		}
		if c.refuses(headers, []byte(standardBody), sent.Add(6*time.Minute)) == "" {
			t.Error("a replay was taken")
		}
		if c.refuses(headers, []byte(standardBody+" "), sent) == "" {
			t.Error("another body was taken")
		}
		headers.Set(prefix+"Timestamp", "1614265331")
		if c.refuses(headers, []byte(standardBody), sent) == "" {
			t.Error("another time was taken")
		}
	}
}

func TestSignatures(t *testing.T) {
	for _, kind := range []struct {
		yaml, prefix, signed string
	}{
		{"  prefix: 'sha256='\n", "sha256=", signedHex},
		{"  prefix: v1=\n", "v1=", signedHex},
		{"  encoding: base64\n", "", signedBase64},
	} {
		c, err := newTestCheck(t, otherSecret+" "+secret, "  kind: hmac-sha256\n  header: X-Signature\n"+kind.yaml)
		if err != nil {
			t.Fatal(err)
		}
		good := kind.prefix + kind.signed
		for text, right := range map[string]bool{
			good:                                   true,
			kind.prefix + "00," + good:             true, // PagerDuty's, while a secret is changed
			kind.prefix + "00, " + good:            true,
			"":                                     false,
			kind.prefix:                            false,
			"x" + good:                             false,
			good[:len(good)-2]:                     false,
			kind.prefix + "d" + kind.signed:        false,
			good + "00":                            false,
			strings.Repeat("v1=00,", 20000) + good: false, // no more than a few are looked at
		} {
			if sentence := c.refuses(http.Header{"X-Signature": {text}}, []byte(body), time.Now()); (sentence == "") != right {
				t.Errorf("%.90q: %q", text, sentence)
			}
		}
		if c.refuses(http.Header{"X-Signature": {good}}, []byte(body+"\n"), time.Now()) == "" {
			t.Error("another body was taken")
		}
	}
}

// From the tests of Apache Kafka's own client: murmur2 of the key, made positive.
func TestPartitions(t *testing.T) {
	partitioner := kgo.StickyKeyPartitioner(nil).ForTopic("t")
	for key, hash := range map[string]int32{
		"21": -973932308, "foobar": -790332482, "a-little-bit-long-string": -985981536,
		"a-little-bit-longer-string":                       -1486304829,
		"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
	} {
		got := partitioner.Partition(&kgo.Record{Key: []byte(key)}, 12)
		if expected := int(hash&0x7fffffff) % 12; got != expected || !partitioner.RequiresConsistency(&kgo.Record{Key: []byte(key)}) {
			t.Errorf("%s: %d, not %d", key, got, expected)
		}
	}
}
