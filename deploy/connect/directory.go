// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"regexp"
	"sync"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"gopkg.in/yaml.v3"
)

// directory is the file that says where a recipient is reached and what their accounts are called. It is
// read again when it changes; what cannot be read leaves what was known, and is said in the log.
type directory struct {
	file string
	log  *service.Logger

	mutex sync.Mutex
	stamp time.Time
	size  int64
	said  string
	now   map[string]any
}

var variable = regexp.MustCompile(`\$\{[A-Za-z_][A-Za-z0-9_]*\}`)

// openDirectory reads it for the first time: then it must be right.
func openDirectory(file string, log *service.Logger) (*directory, error) {
	d := &directory{file: file, log: log}
	return d, d.read()
}

func (d *directory) read() error {
	info, err := os.Stat(d.file)
	if err != nil {
		return fmt.Errorf("the directory: %w", err)
	}
	if info.ModTime().Equal(d.stamp) && info.Size() == d.size {
		return nil
	}
	text, err := os.ReadFile(d.file)
	if err != nil {
		return fmt.Errorf("the directory: %w", err)
	}
	// Addresses that are secrets can stand in the environment: ${NAME}.
	text = variable.ReplaceAllFunc(text, func(name []byte) []byte {
		return []byte(os.Getenv(string(name[2 : len(name)-1])))
	})
	var content struct {
		// As texts, whatever they look like: a key of digits alone is no number.
		Fallback   map[string]string            `yaml:"fallback"`
		Recipients map[string]map[string]string `yaml:"recipients"`
	}
	if err := yaml.Unmarshal(text, &content); err != nil {
		return fmt.Errorf("the directory %s: %w", d.file, err)
	}
	recipients := make(map[string]any, len(content.Recipients))
	for name, entry := range content.Recipients {
		recipients[name] = loose(entry)
	}
	d.now = map[string]any{"fallback": loose(content.Fallback), "recipients": recipients}
	d.stamp, d.size = info.ModTime(), info.Size()
	return nil
}

// content is what stands in it now; nothing without one.
func (d *directory) content() any {
	if d == nil {
		return map[string]any{"fallback": map[string]any{}, "recipients": map[string]any{}}
	}
	d.mutex.Lock()
	defer d.mutex.Unlock()
	said := ""
	if err := d.read(); err != nil {
		said = err.Error()
		if said != d.said {
			d.log.Errorf("%v; what was read before still counts", err)
		}
	}
	d.said = said
	return d.now
}

// loose is a map as mappings read it.
func loose(entry map[string]string) map[string]any {
	out := make(map[string]any, len(entry))
	for name, value := range entry {
		if value != "" {
			out[name] = value
		}
	}
	return out
}
