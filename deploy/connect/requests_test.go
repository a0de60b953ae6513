// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// A mapping that looks for a thing by a list, makes it where there is none, and remembers it.
const findOrMake = `
root = if this.known != null { { "done": { "known": this.known } } } else if this.answers.list == null {
  { "as": "list", "ask": { "method": "GET", "path": "/things" } }
} else if this.answers.list.body.length() > 0 {
  { "done": { "found": this.answers.list.body.index(0), "again": this.again }, "remember": this.answers.list.body.index(0) }
} else if this.answers.made == null {
  { "as": "made", "once": true, "certain": !this.again, "secrets": [ "hush" ], "ask": { "method": "POST", "path": "/things", "body": { "name": "<x>", "key": "hush" } } }
} else {
  { "done": { "made": this.answers.made.body }, "remember": this.answers.made.body }
}`

// things is a server with faults: how its POSTs are answered, one after the other; and a list that lags.
type things struct {
	*httptest.Server
	faults []func(http.ResponseWriter)
	lag    time.Duration
	made   []time.Time
	asked  []string
	bodies []string
}

func newThings(t *testing.T, faults ...func(http.ResponseWriter)) *things {
	s := &things{faults: faults}
	s.Server = httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
		body, _ := io.ReadAll(in.Body)
		s.asked, s.bodies = append(s.asked, in.Method), append(s.bodies, string(body))
		if in.Method == http.MethodGet {
			list := []int{}
			for n, at := range s.made {
				if time.Since(at) >= s.lag {
					list = append(list, n+1)
				}
			}
			_ = json.NewEncoder(out).Encode(list)
			return
		}
		if len(s.faults) > 0 {
			fault := s.faults[0]
			s.faults = s.faults[1:]
			fault(out)
			return
		}
		s.made = append(s.made, time.Now())
		_ = json.NewEncoder(out).Encode(len(s.made))
	}))
	t.Cleanup(s.Close)
	return s
}

func status(code int, header ...string) func(http.ResponseWriter) {
	return func(out http.ResponseWriter) {
		for i := 0; i+1 < len(header); i += 2 {
			out.Header().Set(header[i], header[i+1])
		}
		out.WriteHeader(code)
		_, _ = io.WriteString(out, `{"message":"hush, no"}`)
	}
}

// cut has its effect, and ends in the middle of its answer.
func (s *things) cut(out http.ResponseWriter) {
	s.made = append(s.made, time.Now())
	out.Header().Set("Content-Length", "100")
	_, _ = io.WriteString(out, "1")
}

func processor(t *testing.T, url, more string) *requests {
	t.Helper()
	config, err := requestsSpec().ParseYAML("url: "+url+"\npause: 1ms\nlongest_pause: 4ms\nsettle: 150ms\ntimeout: 200ms\n"+more+
		"\nmapping: |\n"+strings.ReplaceAll(findOrMake, "\n", "\n  "), nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := newRequests(config, service.MockResources())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// run gives what becomes of a message that nobody dealt with before, on a partition that was ours for long.
func run(t *testing.T, r *requests, meta ...string) *service.Message {
	t.Helper()
	message := service.NewMessage([]byte(`{"task_id":"T","incident_id":"I"}`))
	message.MetaSetMut("kafka_again", "false")
	message.MetaSetMut("kafka_assigned_ms", "0")
	for i := 0; i+1 < len(meta); i += 2 {
		message.MetaSetMut(meta[i], meta[i+1])
	}
	out, err := r.Process(context.Background(), message)
	if err != nil || len(out) != 1 {
		t.Fatalf("%d messages, error %v", len(out), err)
	}
	return out[0]
}

func content(t *testing.T, m *service.Message) string {
	t.Helper()
	text, err := m.AsBytes()
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func expect(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s is %s, not %s", what, got, want)
	}
}

func TestRequestsMakesOneAndRemembersIt(t *testing.T) {
	s := newThings(t)
	r := processor(t, s.URL, "")
	expect(t, "the first", content(t, run(t, r)), `{"made":1}`)
	expect(t, "the body", s.bodies[1], `{"key":"hush","name":"<x>"}`)
	expect(t, "the second", content(t, run(t, r)), `{"known":1}`)
}

func TestRequestsHonoursRetryAfter(t *testing.T) {
	s := newThings(t, status(429, "Retry-After", "1"), status(403, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "1"), status(429))
	began := time.Now()
	expect(t, "it", content(t, run(t, processor(t, s.URL, ""))), `{"made":1}`)
	if time.Since(began) < time.Second {
		t.Error("it did not wait")
	}
	expect(t, "what was asked", strings.Join(s.asked, " "), "GET POST POST POST POST")
}

func TestRequestsLooksAgainAfterWhatMayHaveBeen(t *testing.T) {
	s := newThings(t)
	s.faults = append(s.faults, s.cut)
	s.lag = 100 * time.Millisecond
	expect(t, "it", content(t, run(t, processor(t, s.URL, ""))), `{"again":true,"found":1}`)
	if len(s.made) != 1 {
		t.Errorf("made %d times", len(s.made))
	}
	s = newThings(t, status(503), status(500))
	expect(t, "after errors", content(t, run(t, processor(t, s.URL, ""))), `{"made":1}`)
}

func TestRequestsWaitsForTheListWhereAnotherMayHaveMadeIt(t *testing.T) {
	s := newThings(t)
	s.lag, s.made = 100*time.Millisecond, []time.Time{time.Now()} // by a process that has just died
	now := time.Now()
	got := run(t, processor(t, s.URL, ""), "kafka_again", "true", "kafka_assigned_ms", jsonNumber(now.UnixMilli()))
	expect(t, "it", content(t, got), `{"again":true,"found":1}`)
}

func jsonNumber(n int64) string { text, _ := json.Marshal(n); return string(text) }

func TestRequestsRefusesWithRequestAndAnswer(t *testing.T) {
	s := newThings(t, status(422))
	got := run(t, processor(t, s.URL, "headers: {Authorization: Bearer topsecret}"), "kafka_key", "I")
	expect(t, "the message", content(t, got), `{"task_id":"T","incident_id":"I"}`)
	for name, want := range map[string]string{"outcome": "refused", "key": "I", "answer": `422 {"message":"***, no"}`,
		"request": "POST " + s.URL + `/things {"key":"***","name":"<x>"}`} {
		value, _ := got.MetaGet(name)
		expect(t, name, value, want)
	}
	if sentence, _ := got.MetaGet("sentence"); !strings.Contains(sentence, "was answered 422") || strings.Contains(sentence, "hush") {
		t.Errorf("the sentence: %s", sentence)
	}
}

func TestRequestsWaitsForARightToken(t *testing.T) {
	s := newThings(t, status(401), status(401))
	expect(t, "it", content(t, run(t, processor(t, s.URL, "give_up_after: 1ns"))), `{"made":1}`)
}

func TestRequestsGivesUp(t *testing.T) {
	down := status(503)
	s := newThings(t)
	for range 1000 {
		s.faults = append(s.faults, down)
	}
	got := run(t, processor(t, s.URL, "give_up_after: 400ms"))
	if sentence, _ := got.MetaGet("sentence"); !strings.HasPrefix(sentence, "given up after 400ms: POST") {
		t.Errorf("the sentence: %s", sentence)
	}
}

func TestRequestsStopsWhenThePartitionIsAnothers(t *testing.T) {
	s := newThings(t)
	ctx, lost := context.WithCancel(context.Background())
	lost()
	message := service.NewMessage([]byte(`{"task_id":"T"}`)).WithContext(ctx)
	if out, err := processor(t, s.URL, "").Process(context.Background(), message); err == nil {
		t.Errorf("%d messages, no error", len(out))
	}
	if len(s.made) != 0 {
		t.Error("it made one")
	}
}

func TestRequestsWantsNoUnknownMember(t *testing.T) {
	config, _ := requestsSpec().ParseYAML(`mapping: 'root = { "ask": { "method": "POST" }, "onse": true }'`, nil)
	r, err := newRequests(config, service.MockResources())
	if err != nil {
		t.Fatal(err)
	}
	if sentence, _ := run(t, r).MetaGet("sentence"); !strings.Contains(sentence, "onse") {
		t.Errorf("the sentence: %s", sentence)
	}
}

func TestMemoryForgetsTheOldest(t *testing.T) {
	m := newMemory()
	for n := range maxRetained + 1 {
		m.set(jsonNumber(int64(n)), n)
	}
	if m.get("0") != nil || m.get("1") == nil || len(m.order) != maxRetained {
		t.Error("not the oldest")
	}
}

func TestDirectoryIsReadAgain(t *testing.T) {
	file := filepath.Join(t.TempDir(), "directory.yaml")
	write := func(text string, age time.Duration) {
		_ = os.WriteFile(file, []byte(text), 0o600)
		_ = os.Chtimes(file, time.Now(), time.Now().Add(-age))
	}
	t.Setenv("HOOK", "https://hook")
	write("fallback: {teams: '${HOOK}'}\nrecipients:\n  team:a: {pagerduty: 11111111111111111111111111111111, slack: C1}\n", 2*time.Hour)
	log := service.MockResources().Logger()
	d, err := openDirectory(file, log)
	if err != nil {
		t.Fatal(err)
	}
	text := func() string { out, _ := json.Marshal(d.content()); return string(out) }
	first := `{"fallback":{"teams":"https://hook"},"recipients":{"team:a":{"pagerduty":"11111111111111111111111111111111","slack":"C1"}}}`
	expect(t, "the first", text(), first)
	write("recipients: [", time.Hour)
	expect(t, "what is broken", text(), first)
	write("recipients: {team:a: {slack: C2}}", 0)
	expect(t, "the next", text(), `{"fallback":{},"recipients":{"team:a":{"slack":"C2"}}}`)
	if _, err := openDirectory(file+".none", log); err == nil {
		t.Error("a directory that is not there is none")
	}
}
