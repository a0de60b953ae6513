// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/redpanda-data/benthos/v4/public/bloblang"
	"github.com/redpanda-data/benthos/v4/public/service"
)

const (
	maxSteps    = 100      // requests for one message: a mapping that never ends is wrong
	maxAnswer   = 10 << 20 // bytes
	maxRetained = 20_000   // what is remembered of earlier messages, in entries
)

// requests makes HTTP requests for a message, one after the other. A mapping says which is next, from
// the message and the answers so far: so what a system is asked for stands in Bloblang, and this is
// what all systems need. What was not answered, or with 429 or 5xx, is asked again after a pause. Other
// refusals are set in metadata, for a topic of dead letters.
//
// A request that is not to be made twice (`once`: it makes an issue, it posts a message) may have had
// its effect though no answer came, or have been made by a process that died before it could commit.
// Whether it was can be found out by asking for what it makes; but the answer lags behind for up to
// `settle`. So before such a request nothing of the kind may have been possible for that long, from
// without (the partition was ours) or from here (no request failed): else this waits, and the mapping
// begins again and looks.
type requests struct {
	label   string
	base    string
	headers map[string]string
	mapping *bloblang.Executor
	client  *http.Client
	settle  time.Duration
	pause   time.Duration
	longest time.Duration
	giveUp  time.Duration
	started time.Time
	memory  *memory
	names   *directory
	log     *service.Logger
	again   *service.MetricCounter
	refused *service.MetricCounter
}

func requestsSpec() *service.ConfigSpec {
	return service.NewConfigSpec().
		Summary("Makes HTTP requests for a message, one after the other, as a mapping says.").
		Description("The mapping gets `event` (the message), `directory`, `answers` (by the names of the requests: status, headers, body), `again` (whether a process before may have dealt with this message already) and `known`, `known_moved` and `known_incident` (what was remembered of its task_id, moved_from and incident_id, or null). It gives one of: `ask` (method, path or url, query, body, content_type), with `as` (the answer's name), `once` (not to be made twice), `certain` (no earlier one can exist), `accept` (statuses that are answers, too), `secrets` (texts that no log or dead letter may show); `done` (what the message becomes; null: nothing); `retry` or `refuse` (a sentence; with `patient` it is tried for ever). Beside each, `remember` and `remember_incident` (kept for later messages of this task_id, this incident_id). A refused message stays as it came and has the metadata outcome (refused), sentence, request and answer.").
		Field(service.NewStringListField("needs").Description("Variables of the environment that must be set.").Default([]any{})).
		Field(service.NewStringField("url").Description("What a `path` is appended to.").Default("")).
		Field(service.NewStringMapField("headers").Description("Headers of all requests. Those that are empty are left out. They stand in no dead letter.").Default(map[string]any{})).
		Field(service.NewStringField("basic_auth").Description("user:password, for the header Authorization.").Default("").Secret()).
		Field(service.NewBloblangField("mapping")).
		Field(service.NewStringField("directory").Description("A file that the mapping gets as `directory`. It is read again when it changes.").Default("")).
		Field(service.NewDurationField("timeout").Description("For one request.").Default("15s")).
		Field(service.NewDurationField("settle").Description("How far the system's lists may lag behind what was done.").Default("30s")).
		Field(service.NewDurationField("pause").Description("Before a request is made again, at first; doubled each time, half more or less by chance. A Retry-After is waited for.").Default("1s")).
		Field(service.NewDurationField("longest_pause").Default("60s")).
		Field(service.NewDurationField("give_up_after").Description("After so long without success the message is refused.").Default("24h"))
}

func newRequests(config *service.ParsedConfig, resources *service.Resources) (*requests, error) {
	r := &requests{label: resources.Label(), started: time.Now(), log: resources.Logger()}
	needs, err := config.FieldStringList("needs")
	if err != nil {
		return nil, err
	}
	missing := slices.DeleteFunc(needs, func(name string) bool { return os.Getenv(name) != "" })
	if len(missing) > 0 {
		return nil, fmt.Errorf("set %s; docs/connect/%s.md says what to", strings.Join(missing, ", "), r.label)
	}
	var errs [10]error
	var timeout time.Duration
	r.base, errs[0] = config.FieldString("url")
	r.headers, errs[1] = config.FieldStringMap("headers")
	r.mapping, errs[2] = config.FieldBloblang("mapping")
	timeout, errs[3] = config.FieldDuration("timeout")
	r.settle, errs[4] = config.FieldDuration("settle")
	r.pause, errs[5] = config.FieldDuration("pause")
	r.longest, errs[6] = config.FieldDuration("longest_pause")
	r.giveUp, errs[7] = config.FieldDuration("give_up_after")
	if user, _ := config.FieldString("basic_auth"); user != "" {
		r.headers["Authorization"] = "Basic " + base64.StdEncoding.EncodeToString([]byte(user))
	}
	file, err := config.FieldString("directory")
	errs[8] = err
	if file != "" {
		r.names, errs[9] = openDirectory(file, r.log)
	}
	r.base = strings.TrimRight(r.base, "/")
	r.client = &http.Client{
		Timeout: timeout,
		// A redirect would turn a POST into a GET, and carry the token to another host.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	// A processor is made for each thread; what one has done the others must know.
	shared, _ := resources.GetOrSetGeneric("requests/"+resources.Label(), newMemory())
	r.memory = shared.(*memory)
	terminated() // from now on
	r.again = resources.Metrics().NewCounter("requests_again")
	r.refused = resources.Metrics().NewCounter("requests_refused")
	return r, errors.Join(errs[:]...)
}

// memory is what was remembered, by task. The oldest is forgotten: what is found in the system itself
// by then.
type memory struct {
	mutex  sync.Mutex
	values map[string]any
	order  []string
}

func newMemory() *memory { return &memory{values: map[string]any{}} }

func (m *memory) get(id string) any {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return m.values[id]
}

func (m *memory) set(id string, value any) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if id == "" || value == nil {
		return
	}
	if _, there := m.values[id]; !there {
		m.order = append(m.order, id)
	}
	m.values[id] = value
	if len(m.order) > maxRetained {
		delete(m.values, m.order[0])
		m.order = m.order[1:]
	}
}

// plan is what a mapping wants next.
type plan struct {
	Ask *struct {
		Method      string         `json:"method"`
		Path        string         `json:"path"`
		URL         string         `json:"url"`
		Query       map[string]any `json:"query"`
		Body        any            `json:"body"`
		ContentType string         `json:"content_type"`
	} `json:"ask"`
	As       string   `json:"as"`
	Once     bool     `json:"once"`
	Certain  bool     `json:"certain"`
	Accept   []int    `json:"accept"`
	Secrets  []string `json:"secrets"`
	Done     any      `json:"done"`
	Retry    string   `json:"retry"`
	Patient  bool     `json:"patient"`
	Refuse   string   `json:"refuse"`
	Remember any      `json:"remember"`
	// The same for all tasks of the incident.
	RememberIncident any `json:"remember_incident"`
}

// call is a request as it is made.
type call struct {
	Method, URL, Body string
	kind              string // of the body
}

// reply is what came of it.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// failure is why a request is not done, and what is to happen.
type failure struct {
	sentence string
	maybe    bool          // it may have had its effect
	refuse   bool          // asking again is of no use
	patient  bool          // it is no fault of the message, so it is not given up
	after    time.Duration // not before
	call     *call
	answer   *reply
}

func (r *requests) Process(ending context.Context, message *service.Message) (service.MessageBatch, error) {
	// The input ends the message's context when the partition is another's: then nothing more may be done.
	ctx, end := context.WithCancel(message.Context())
	defer end()
	defer context.AfterFunc(ending, end)()
	var out *service.Message
	var failed *failure
	err := message.GetError()
	if err != nil {
		failed, err = &failure{sentence: err.Error()}, nil
	} else {
		out, failed, err = r.converse(ctx, message)
	}
	switch {
	case err != nil:
		return nil, err
	case failed != nil:
		r.refused.Incr(1)
		r.log.Errorf("refused, and now a dead letter: %s", failed.sentence)
		refused := message.Copy()
		refused.SetError(nil)
		key, _ := message.MetaGet("kafka_key")
		refused.MetaSetMut("key", key)
		refused.MetaSetMut("source", r.label)
		refused.MetaSetMut("outcome", "refused")
		refused.MetaSetMut("sentence", failed.sentence)
		if failed.call != nil {
			refused.MetaSetMut("request", fmt.Sprintf("%s %s %s", failed.call.Method, failed.call.URL, failed.call.Body))
		}
		if failed.answer != nil {
			refused.MetaSetMut("answer", fmt.Sprintf("%d %s", failed.answer.status, bounded(failed.answer.body)))
		}
		return service.MessageBatch{refused}, nil
	case out == nil:
		return nil, nil
	default:
		return service.MessageBatch{out}, nil
	}
}

func bounded(body []byte) string {
	const most = 8 << 10
	if len(body) > most {
		return strings.ToValidUTF8(string(body[:most]), "") + "…"
	}
	return strings.ToValidUTF8(string(body), "�")
}

// converse asks until the mapping is done. A failure is for good; an error is that of a mapping, or
// that this process ends.
func (r *requests) converse(ctx context.Context, message *service.Message) (*service.Message, *failure, error) {
	event, err := message.AsStructured()
	if err != nil {
		return nil, &failure{sentence: fmt.Sprintf("the record is no JSON: %v", err)}, nil
	}
	began, quiet := time.Now(), r.started
	if text, ok := message.MetaGet("kafka_assigned_ms"); ok {
		if ms, err := strconv.ParseInt(text, 10, 64); err == nil {
			quiet = time.UnixMilli(ms)
		}
	}
	seen, _ := message.MetaGet("kafka_again")
	again := seen != "false"
	answers := map[string]any{}
	pause := r.pause
	var asked *call // the last one, for whoever reads a dead letter
	var answered *reply
	for steps := 0; steps < maxSteps; {
		next, err := r.next(message, event, answers, again)
		if err != nil {
			return nil, &failure{sentence: fmt.Sprintf("the mapping fails on it: %v", err)}, nil
		}
		var failed *failure
		switch {
		case next.Refuse != "":
			return nil, &failure{sentence: next.Refuse, call: asked, answer: answered}, nil
		case next.Retry != "":
			failed = &failure{sentence: next.Retry, maybe: true, patient: next.Patient}
		case next.Ask == nil:
			if next.Done == nil {
				return nil, nil, nil
			}
			out := message.Copy()
			out.SetStructuredMut(next.Done)
			return out, nil, nil
		default:
			if wait := time.Until(quiet.Add(r.settle)); next.Once && !next.Certain && wait > 0 {
				if err := sleep(ctx, wait); err != nil {
					return nil, nil, err
				}
				answers, again = map[string]any{}, true
				continue
			}
			if asked, answered, failed = r.ask(ctx, next); failed == nil {
				answers[next.As] = answered.structured()
				pause = r.pause
				steps++
				continue
			}
		}
		if ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		if failed.refuse {
			return nil, failed, nil
		}
		wait := max(failed.after, pause/2+rand.N(pause+1))
		pause = min(2*pause, r.longest)
		if time.Since(began)+wait > r.giveUp && !failed.patient {
			failed.sentence = fmt.Sprintf("given up after %v: %s", r.giveUp, failed.sentence)
			return nil, failed, nil
		}
		r.again.Incr(1)
		r.log.Warnf("%s; again in %v", failed.sentence, wait.Round(time.Millisecond))
		if failed.maybe && (next.Once || next.Retry != "") {
			quiet, again, answers = time.Now(), true, map[string]any{}
		}
		if err := sleep(ctx, wait); err != nil {
			return nil, nil, err
		}
	}
	return nil, &failure{sentence: fmt.Sprintf("the mapping asked %d times and was not done", maxSteps)}, nil
}

func (r *requests) next(message *service.Message, event any, answers map[string]any, again bool) (*plan, error) {
	object, _ := event.(map[string]any)
	task, incident, moved := named(object, "task_id"), named(object, "incident_id"), ""
	if from, _ := object["moved_from"].(string); from != "" {
		moved = named(map[string]any{"task_id": from}, "task_id")
	}
	question := message.Copy()
	question.SetStructured(map[string]any{"event": event, "directory": r.names.content(), "answers": answers, "again": again,
		"known": r.memory.get(task), "known_moved": r.memory.get(moved), "known_incident": r.memory.get(incident)})
	result, err := question.BloblangQuery(r.mapping)
	if err != nil {
		return nil, err
	}
	if result == nil {
		return &plan{}, nil
	}
	text, err := result.AsBytes()
	if err != nil {
		return nil, err
	}
	next := &plan{}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields() // a misspelt `once` would be two issues
	if err := decoder.Decode(next); err != nil {
		return nil, err
	}
	r.memory.set(task, next.Remember)
	r.memory.set(incident, next.RememberIncident)
	return next, nil
}

// named is what is remembered under: a member's name and value; "" where there is none.
func named(object map[string]any, member string) string {
	if id, _ := object[member].(string); id != "" {
		return member + " " + id
	}
	return ""
}

// terminated is closed when the process is told to end: then nothing is waited for any more, while a request that is
// under way is finished.
var terminated = sync.OnceValue(func() <-chan struct{} {
	signals, done := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	go func() { <-signals; close(done) }()
	return done
})

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-terminated():
		return errors.New("this process ends")
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *plan) call(base string) (*call, error) {
	c := &call{Method: p.Ask.Method, URL: p.Ask.URL, kind: p.Ask.ContentType}
	if c.URL == "" {
		c.URL = base + p.Ask.Path
	}
	if len(p.Ask.Query) > 0 {
		values := url.Values{}
		for name, value := range p.Ask.Query {
			values.Set(name, text(value))
		}
		c.URL += "?" + values.Encode()
	}
	if p.Ask.Body != nil {
		var body bytes.Buffer
		encoder := json.NewEncoder(&body)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(p.Ask.Body); err != nil {
			return nil, err
		}
		c.Body = strings.TrimSpace(body.String())
		if c.kind == "" {
			c.kind = "application/json"
		}
	}
	return c, nil
}

func text(value any) string {
	if s, ok := value.(string); ok {
		return s
	}
	encoded, _ := json.Marshal(value)
	return string(encoded)
}

// ask makes one request. What it gives is without secrets, but for what the mapping needs of the answer.
func (r *requests) ask(ctx context.Context, next *plan) (*call, *reply, *failure) {
	c, err := next.call(r.base)
	if err != nil {
		return nil, nil, &failure{sentence: err.Error(), refuse: true}
	}
	hide := func(s string) string {
		for _, secret := range next.Secrets {
			if secret != "" {
				s = strings.ReplaceAll(s, secret, "***")
			}
		}
		return s
	}
	shown := &call{Method: c.Method, URL: hide(c.URL), Body: bounded([]byte(hide(c.Body)))}
	request, err := http.NewRequestWithContext(ctx, c.Method, c.URL, strings.NewReader(c.Body))
	if err != nil {
		return nil, nil, &failure{sentence: hide(err.Error()), refuse: true, call: shown}
	}
	request.Header.Set("User-Agent", "epilogue-connect")
	if c.kind != "" {
		request.Header.Set("Content-Type", c.kind)
	}
	for name, value := range r.headers {
		if value != "" {
			request.Header.Set(name, value)
		}
	}
	response, err := r.client.Do(request)
	if err != nil {
		var lost *net.OpError
		unsent := errors.As(err, &lost) && lost.Op == "dial"
		return nil, nil, &failure{sentence: hide(err.Error()), maybe: !unsent, call: shown}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	got := &reply{response.StatusCode, response.Header, []byte(hide(string(body)))}
	if err != nil && got.status < 300 {
		return nil, nil, &failure{sentence: hide(fmt.Sprintf("%s %s: the answer was cut: %v", c.Method, c.URL, err)), maybe: true, call: shown}
	}
	if got.status < 300 || slices.Contains(next.Accept, got.status) {
		return shown, got, nil
	}
	return nil, nil, got.judge(&failure{sentence: fmt.Sprintf("%s %s was answered %d: %.300s", c.Method, shown.URL, got.status, bounded(got.body)),
		call: shown, answer: got})
}

// judge says what an answer that is none of success means.
func (a *reply) judge(f *failure) *failure {
	after, limited := a.retryAfter(time.Now())
	f.after = after
	switch {
	case a.status == http.StatusTooManyRequests:
	case a.status == http.StatusForbidden && limited: // GitHub's way to say 429
	case a.status == http.StatusForbidden && bytes.Contains(a.body, []byte("secondary rate limit")): // and another
		f.after = time.Minute
	case a.status == http.StatusUnauthorized: // no fault of the record: the token is wrong
		f.patient = true
		f.sentence += " (the token is wrong or expired; nothing goes on until it is right)"
	case a.status == http.StatusRequestTimeout, a.status >= 500:
		f.maybe = true
	default:
		f.refuse = true
	}
	return f
}

// retryAfter is how long to wait at least, and whether the system says so.
func (a *reply) retryAfter(now time.Time) (time.Duration, bool) {
	if after := a.header.Get("Retry-After"); after != "" {
		if seconds, err := strconv.ParseFloat(after, 64); err == nil && seconds >= 0 {
			return time.Duration(seconds * float64(time.Second)), true
		}
		if at, err := http.ParseTime(after); err == nil {
			return max(0, at.Sub(now)), true
		}
	}
	for _, name := range []string{"X-RateLimit-", "RateLimit-"} {
		if a.header.Get(name+"Remaining") == "0" {
			if at, err := strconv.ParseInt(a.header.Get(name+"Reset"), 10, 64); err == nil {
				return max(0, time.Unix(at, 0).Sub(now)), true
			}
		}
	}
	return 0, false
}

func (a *reply) structured() any {
	headers := map[string]any{}
	for name := range a.header {
		headers[strings.ToLower(name)] = a.header.Get(name)
	}
	var body any
	decoder := json.NewDecoder(bytes.NewReader(a.body))
	decoder.UseNumber()
	if err := decoder.Decode(&body); err != nil {
		body = string(a.body)
	}
	return map[string]any{"status": a.status, "headers": headers, "body": body}
}

func (r *requests) Close(context.Context) error {
	r.client.CloseIdleConnections()
	return nil
}

func init() {
	service.MustRegisterProcessor("requests", requestsSpec(),
		func(config *service.ParsedConfig, resources *service.Resources) (service.Processor, error) {
			return newRequests(config, resources)
		})
}
