// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// How far the time in a signed request may be from ours: what is older may be a replay.
const timeTolerance = 5 * time.Minute

// check tells whether a request comes from who knows a secret. Of several secrets each will do, so that
// one can be changed while the other still holds. All comparisons take the same time whatever differs.
type check struct {
	kind    string // token, hmac-sha256, standard-webhooks
	header  string
	prefix  string // before the token, or before each signature: "Bearer ", "sha256=", "v1="
	base64  bool
	secrets [][]byte
}

func checkFields() *service.ConfigField {
	return service.NewObjectField("check",
		service.NewStringEnumField("kind", "token", "hmac-sha256", "standard-webhooks").
			Description("token: the header has the secret. hmac-sha256: the header has one or more HMACs of the body, with commas between them. standard-webhooks: the headers webhook-id, -timestamp and -signature (or svix-…) of standardwebhooks.com."),
		service.NewStringField("header").Description("Of token and hmac-sha256: the header.").Default(""),
		service.NewStringField("prefix").Description("What stands before the token, or before each HMAC.").Default(""),
		service.NewStringEnumField("encoding", "hex", "base64").Description("Of HMACs.").Default("hex"),
		service.NewStringField("secrets_from").
			Description("The environment variable that has the secrets, with blanks between them."),
	).Description("How a sender shows that it knows a secret.")
}

func newCheck(config *service.ParsedConfig) (*check, error) {
	var c check
	var errs [5]error
	var encoding, variable string
	c.kind, errs[0] = config.FieldString("kind")
	c.header, errs[1] = config.FieldString("header")
	c.prefix, errs[2] = config.FieldString("prefix")
	encoding, errs[3] = config.FieldString("encoding")
	variable, errs[4] = config.FieldString("secrets_from")
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	c.base64 = encoding == "base64"
	if c.kind != "standard-webhooks" && c.header == "" {
		return nil, fmt.Errorf("check: %s needs a header", c.kind)
	}
	for _, secret := range strings.Fields(os.Getenv(variable)) {
		if len(secret) < 8 {
			return nil, fmt.Errorf("%s has a secret of %d bytes; take 8 at least, better 32 random ones", variable, len(secret))
		}
		key := []byte(secret)
		if c.kind == "standard-webhooks" {
			var err error
			if key, err = base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_")); err != nil {
				return nil, fmt.Errorf("%s: behind whsec_ there must be base64", variable)
			}
		}
		c.secrets = append(c.secrets, key)
	}
	if len(c.secrets) == 0 {
		return nil, fmt.Errorf("%s is not set: it has the secret that the sender signs with, or several with blanks between them", variable)
	}
	return &c, nil
}

// refuses returns a sentence if the request does not show that its sender knows a secret, else "".
func (c *check) refuses(headers http.Header, body []byte, now time.Time) string {
	switch c.kind {
	case "token":
		return c.refusesToken(headers.Get(c.header))
	case "hmac-sha256":
		return c.refusesSigned(c.header, headers.Get(c.header), c.prefix, ",", c.base64, body)
	default:
		return c.refusesStandard(headers, body, now)
	}
}

func (c *check) refusesToken(text string) string {
	if text == "" {
		return "no header " + c.header
	}
	token, found := strings.CutPrefix(text, c.prefix)
	given, right := sha256.Sum256([]byte(token)), 0
	for _, secret := range c.secrets {
		expected := sha256.Sum256(secret) // so that the length does not show either
		right |= subtle.ConstantTimeCompare(given[:], expected[:])
	}
	if !found || right == 0 {
		return "the token in " + c.header + " is not ours"
	}
	return ""
}

func (c *check) refusesSigned(header, text, prefix, separator string, isBase64 bool, signed []byte) string {
	if text == "" {
		return "no header " + header
	}
	right := false
	for i, part := range strings.Split(text, separator) {
		signature, found := strings.CutPrefix(strings.TrimSpace(part), prefix)
		if !found || i >= 16 {
			continue
		}
		decode := hex.DecodeString
		if isBase64 {
			decode = base64.StdEncoding.DecodeString
		}
		given, err := decode(signature)
		if err != nil {
			continue
		}
		for _, secret := range c.secrets {
			mac := hmac.New(sha256.New, secret)
			mac.Write(signed)
			right = hmac.Equal(given, mac.Sum(nil)) || right
		}
	}
	if !right {
		return "the signature in " + header + " does not fit body and secret"
	}
	return ""
}

func (c *check) refusesStandard(headers http.Header, body []byte, now time.Time) string {
	name := "webhook-"
	if headers.Get("webhook-signature") == "" {
		name = "svix-"
	}
	id, at := headers.Get(name+"id"), headers.Get(name+"timestamp")
	signed := append([]byte(id+"."+at+"."), body...)
	text := headers.Get(name + "signature")
	if sentence := c.refusesSigned("webhook-signature", text, "v1,", " ", true, signed); sentence != "" {
		return sentence
	}
	seconds, err := strconv.ParseInt(at, 10, 64)
	if err != nil || now.Sub(time.Unix(seconds, 0)).Abs() > timeTolerance {
		return "webhook-timestamp is more than five minutes from our clock"
	}
	return ""
}
