// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
)

const (
	maxBody     = 5 << 20         // bytes; a larger one is answered 413
	maxRequests = 64              // bodies that are being read or dealt with at one time; more are asked to come again
	answerAfter = 8 * time.Second // then a sender is told to come again; most wait for ten seconds
)

// The outputs of all sources (common.yaml).
var sharedOutputs = []string{"epilogue", "dead_letters"}

// Webhooks are there one after the other: till then nobody shall hear that a path is not there.
const startingTime = 5 * time.Second

// webhook takes POSTs at a path. Benthos has an http_server, but that one reads a body of any size and
// unpacks it, and answers 502 or 408 where senders need to hear 503 to send again; and a signature
// is checked here, before anything else knows of the request.
//
// The answer is the first that the pipeline gives by sync_response, with the status in its metadata
// http_status; without one 204. What the pipeline does not take is 503.
type webhook struct {
	path  string
	check *check // none: CONNECT_UNCHECKED
	log   *service.Logger

	resources *service.Resources

	refused *service.MetricCounter
	failed  *service.MetricCounter

	requests chan *request
	closing  chan struct{}
	once     sync.Once
	handlers sync.WaitGroup
}

// request is one that waits for its answer.
type request struct {
	message *service.Message
	store   *service.SyncResponseStore
	done    chan error
}

func webhookSpec() *service.ConfigSpec {
	return service.NewConfigSpec().
		Summary("Takes POSTs of senders that know a secret.").
		Description("All webhooks of a process listen at the address CONNECT_LISTEN (127.0.0.1:8089), with TLS where CONNECT_TLS_CERTIFICATE and CONNECT_TLS_KEY name files. Metadata: the request's headers in lower case, as header_<name>; parameters of the query, as query_<name>; body, the body as it came; source, the end of the path.").
		Field(service.NewStringField("path").Description("Where it takes them.")).
		Field(checkFields())
}

func newWebhook(config *service.ParsedConfig, resources *service.Resources) (*webhook, error) {
	w := &webhook{log: resources.Logger(), resources: resources, requests: make(chan *request), closing: make(chan struct{})}
	var errs [2]error
	w.path, errs[0] = config.FieldString("path")
	if os.Getenv("CONNECT_UNCHECKED") == "yes" {
		errs[1] = loopbackAlone()
	} else {
		w.check, errs[1] = newCheck(config.Namespace("check"))
	}
	metrics := resources.Metrics()
	w.refused = metrics.NewCounter("webhook_refused")
	w.failed = metrics.NewCounter("webhook_failed")
	if file := os.Getenv("CONNECT_DIRECTORY"); file != "" {
		if _, err := os.ReadFile(file); err != nil {
			return nil, fmt.Errorf("webhook %s: CONNECT_DIRECTORY: %w", w.path, err)
		}
	}
	if err := errors.Join(errs[:]...); err != nil {
		return nil, fmt.Errorf("webhook %s: %w", w.path, err)
	}
	return w, nil
}

// loopbackAlone returns an error unless webhooks listen where nobody else comes.
func loopbackAlone() error {
	host, _, err := net.SplitHostPort(listenAddress())
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
		return fmt.Errorf("CONNECT_UNCHECKED is for trying on this machine: CONNECT_LISTEN must be a loopback address like 127.0.0.1:8089, is %s", listenAddress())
	}
	return nil
}

func listenAddress() string {
	if address := os.Getenv("CONNECT_LISTEN"); address != "" {
		return address
	}
	return "127.0.0.1:8089"
}

func (w *webhook) Connect(ctx context.Context) error {
	// A resource begins when it is asked for first: now, so that what Kafka lacks is said at the start.
	for _, output := range sharedOutputs {
		if w.resources.HasOutput(output) {
			if err := w.resources.AccessOutput(ctx, output, func(*service.ResourceOutput) {}); err != nil {
				return err
			}
		}
	}
	return listener.add(w)
}

func (w *webhook) Read(ctx context.Context) (*service.Message, service.AckFunc, error) {
	select {
	case r := <-w.requests:
		return r.message, func(_ context.Context, err error) error {
			r.done <- err
			return nil
		}, nil
	case <-w.closing:
		return nil, nil, service.ErrEndOfInput
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	}
}

// Close lets those who wait have their answer, so that nothing that was stored is sent again for nothing.
func (w *webhook) Close(ctx context.Context) error {
	w.once.Do(func() { close(w.closing) })
	listener.remove(w)
	done := make(chan struct{})
	go func() { w.handlers.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func answer(out http.ResponseWriter, status int, member, sentence string) {
	out.Header().Set("Content-Type", "application/json")
	out.Header().Set("X-Content-Type-Options", "nosniff")
	if status == http.StatusServiceUnavailable {
		out.Header().Set("Retry-After", "10")
	}
	out.WriteHeader(status)
	text, _ := json.Marshal(map[string]string{member: sentence})
	_, _ = out.Write(append(text, '\n'))
}

// body reads it whole, or answers why not.
func (w *webhook) body(out http.ResponseWriter, in *http.Request) ([]byte, bool) {
	if in.Method != http.MethodPost {
		out.Header().Set("Allow", http.MethodPost)
		answer(out, http.StatusMethodNotAllowed, "error", "this is for POST alone")
		return nil, false
	}
	if encoding := in.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		answer(out, http.StatusUnsupportedMediaType, "error", "send the body as it is, without Content-Encoding")
		return nil, false
	}
	body, err := io.ReadAll(http.MaxBytesReader(out, in.Body, maxBody))
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		answer(out, http.StatusRequestEntityTooLarge, "error", fmt.Sprintf("the body is larger than %d bytes", maxBody))
		return nil, false
	}
	if err != nil {
		answer(out, http.StatusBadRequest, "error", "the body ended too early")
		return nil, false
	}
	return body, true
}

func (w *webhook) serve(out http.ResponseWriter, in *http.Request) {
	body, whole := w.body(out, in)
	if !whole {
		w.refused.Incr(1)
		return
	}
	sentence := ""
	if w.check != nil {
		sentence = w.check.refuses(in.Header, body, time.Now())
	}
	if sentence != "" {
		w.refused.Incr(1)
		w.log.Warnf("%s: refused a request from %s: %s", w.path, in.RemoteAddr, sentence)
		answer(out, http.StatusUnauthorized, "error", sentence)
		return
	}
	r := newRequest(in, body)
	late := time.After(answerAfter)
	select {
	case w.requests <- r:
	case <-late:
		w.again(out, "nothing was stored in time; send it again")
		return
	case <-w.closing:
		w.again(out, "shutting down; send it again")
		return
	}
	select {
	case err := <-r.done:
		if err != nil {
			w.log.Errorf("%s: answered 503: %v", w.path, err)
			w.again(out, "Kafka did not take it; send it again")
			return
		}
		r.answer(out)
	case <-late:
		w.again(out, "nothing was stored in time; send it again")
	}
}

func (w *webhook) again(out http.ResponseWriter, sentence string) {
	w.failed.Incr(1)
	answer(out, http.StatusServiceUnavailable, "error", sentence)
}

func newRequest(in *http.Request, body []byte) *request {
	message := service.NewMessage(body)
	message.MetaSetMut("body", string(body)) // for the dead letter, whatever a mapping makes of it
	message.MetaSetMut("source", path.Base(in.URL.Path))
	for name, values := range in.Header {
		message.MetaSetMut("header_"+strings.ToLower(name), values[0])
	}
	for name, values := range in.URL.Query() {
		message.MetaSetMut("query_"+name, values[0])
	}
	message, store := message.WithSyncResponseStore()
	return &request{message, store, make(chan error, 1)}
}

// answer writes what the pipeline says.
func (r *request) answer(out http.ResponseWriter) {
	for _, batch := range r.store.Read() {
		for _, message := range batch {
			status := http.StatusOK
			if text, ok := message.MetaGet("http_status"); ok {
				if number, err := strconv.Atoi(text); err == nil && number >= 200 && number < 600 {
					status = number
				}
			}
			content, _ := message.AsBytes()
			out.Header().Set("Content-Type", "application/json")
			out.Header().Set("X-Content-Type-Options", "nosniff")
			out.WriteHeader(status)
			_, _ = out.Write(append(content, '\n'))
			return
		}
	}
	out.WriteHeader(http.StatusNoContent)
}

// listening is the one server of the process: its webhooks are told apart by their paths.
type listening struct {
	mutex    sync.RWMutex
	started  time.Time
	webhooks map[string]*webhook
	slots    chan struct{}
}

var listener = &listening{webhooks: map[string]*webhook{}, slots: make(chan struct{}, maxRequests)}

func (l *listening) add(w *webhook) error {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if other := l.webhooks[w.path]; other != nil && other != w {
		return fmt.Errorf("webhook %s: two configurations have this path", w.path)
	}
	if l.started.IsZero() {
		if _, err := l.start(w.log); err != nil {
			return err
		}
		l.started = time.Now()
	}
	if l.webhooks[w.path] == nil {
		w.log.Infof("takes POST %s", w.path)
	}
	l.webhooks[w.path] = w
	return nil
}

func (l *listening) remove(w *webhook) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.webhooks[w.path] == w {
		delete(l.webhooks, w.path)
	}
}

// start gives the address at which it listens.
func (l *listening) start(log *service.Logger) (net.Addr, error) {
	address := listenAddress()
	certificate, key := os.Getenv("CONNECT_TLS_CERTIFICATE"), os.Getenv("CONNECT_TLS_KEY")
	if (certificate == "") != (key == "") {
		return nil, errors.New("CONNECT_TLS_CERTIFICATE and CONNECT_TLS_KEY go together")
	}
	socket, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("CONNECT_LISTEN=%s: %w", address, err)
	}
	server := &http.Server{Handler: l, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second,
		WriteTimeout: time.Minute, IdleTimeout: time.Minute, MaxHeaderBytes: 64 << 10}
	go func() {
		if certificate != "" {
			err = server.ServeTLS(socket, certificate, key)
		} else {
			err = server.Serve(socket)
		}
		log.Errorf("webhooks are not served any more: %v", err)
		os.Exit(1)
	}()
	return socket.Addr(), nil
}

func (l *listening) ServeHTTP(out http.ResponseWriter, in *http.Request) {
	l.mutex.RLock()
	w := l.webhooks[in.URL.Path]
	if w != nil {
		w.handlers.Add(1)
	}
	starting := time.Since(l.started) < startingTime
	l.mutex.RUnlock()
	if w == nil && starting {
		answer(out, http.StatusServiceUnavailable, "error", "starting; send it again")
		return
	}
	if w == nil {
		answer(out, http.StatusNotFound, "error", "no source is configured at this path")
		return
	}
	defer w.handlers.Done()
	select {
	case l.slots <- struct{}{}:
		defer func() { <-l.slots }()
	default:
		w.again(out, "too many requests at one time; send it again")
		return
	}
	w.serve(out, in)
}

func init() {
	service.MustRegisterInput("webhook", webhookSpec(),
		func(config *service.ParsedConfig, resources *service.Resources) (service.Input, error) {
			return newWebhook(config, resources)
		})
}
