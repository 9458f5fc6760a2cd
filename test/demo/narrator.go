/*
Copyright 2026 The Certbound Authors.

Licensed under the Apache License, Version 2.0 (the "License");
you may not use this file except in compliance with the License.
You may obtain a copy of the License at

    http://www.apache.org/licenses/LICENSE-2.0

Unless required by applicable law or agreed to in writing, software
distributed under the License is distributed on an "AS IS" BASIS,
WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
See the License for the specific language governing permissions and
limitations under the License.
*/

package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/certbound/certbound/test/demo/timeline"
)

// bySubject is the type of a credential that a renewal with the same subject leaves as it is.
const bySubject = "cert_subject_dn"

// creation is the request that creates a client together with its first credentials.
const creation = "POST /api/v2/clients"

// narrator puts events into words.
type narrator struct {
	applications []application
	start        time.Time
	// numbers are the certificates of each client in the order in which they were issued, signing those that can sign in.
	numbers, signing map[string][]string
}

func newNarrator(applications []application, start time.Time) *narrator {
	return &narrator{applications: applications, start: start, numbers: map[string][]string{}, signing: map[string][]string{}}
}

// tell shows one event; granted token requests are too many for that.
func (n *narrator) tell(screen *terminal, h happening) {
	if h.Kind == timeline.Granted {
		return
	}
	word, meaning := n.words(h)
	if word == "" {
		return
	}
	screen.step(h.At.Sub(n.start), h.Client, word, meaning)
}

// words are a word for the event, and what it means; none where another event tells it all.
func (n *narrator) words(h happening) (word, meaning string) {
	what := "the subject " + h.Subject
	if h.Subject == "" {
		what = n.number(h.Client, h.Certificate)
	}
	word = string(h.Kind)
	switch h.Kind {
	case timeline.Issued:
		if len(n.numbers[h.Client]) > 1 {
			word = "renewed"
		}
		meaning = fmt.Sprintf("cert-manager issued %s (%s)", what, short(h.Certificate))
	case timeline.Stored:
		if h.route == creation {
			return "", "" // it is one request with the attachment
		}
		meaning = what + " is known to the tenant, and cannot sign in yet"
	case timeline.Attached:
		word, meaning = n.attached(h, what)
	case timeline.Published:
		meaning = n.published(h, what)
	case timeline.Detached:
		n.signing[h.Client] = slices.DeleteFunc(n.signing[h.Client], func(s string) bool { return s == what })
		meaning = fmt.Sprintf("%s can no longer sign in, %s can", what, join(n.signing[h.Client]))
	case timeline.Deleted:
		meaning = what + " is unknown to the tenant"
	case timeline.Refused:
		return word, h.note
	default:
	}
	return word, meaning + n.remarks(h)
}

func (n *narrator) attached(h happening, what string) (word, meaning string) {
	n.signing[h.Client] = append(n.signing[h.Client], what)
	switch {
	case h.route == creation:
		return "created", "the client came into being with " + what + ", and without a secret in force"
	case len(n.signing[h.Client]) > 1:
		return "attached both", join(n.signing[h.Client]) + " can sign in"
	default:
		return string(h.Kind), what + " can sign in"
	}
}

func (n *narrator) published(h happening, what string) string {
	a := n.application(h.Client)
	meaning := fmt.Sprintf("the Secret %s holds %s: the workload presents it from now on", a.published, what)
	if a.kind == bySubject && len(n.numbers[h.Client]) > 1 {
		meaning += "; same subject: no request"
	}
	return meaning
}

// remarks are what follows the meaning: what else there is to say, and the request that did it.
func (n *narrator) remarks(h happening) (text string) {
	if h.note != "" {
		text = "; " + h.note
	}
	if h.route != "" {
		text += "  [" + strings.ReplaceAll(h.route, "/api/v2", "") + "]"
	}
	return text
}

// number is the name of a certificate: they are counted as they are first seen.
func (n *narrator) number(client, certificate string) string {
	i := slices.Index(n.numbers[client], certificate)
	if i < 0 {
		i = len(n.numbers[client])
		n.numbers[client] = append(n.numbers[client], certificate)
	}
	return fmt.Sprintf("certificate %d", i+1)
}

func (n *narrator) application(name string) application {
	i := slices.IndexFunc(n.applications, func(c application) bool { return c.name == name })
	if i < 0 {
		return application{}
	}
	return n.applications[i]
}

func join(names []string) string {
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, " and ")
}

func short(thumbprint string) string {
	const most = 12
	if len(thumbprint) > most {
		return thumbprint[:most] + "…"
	}
	return thumbprint
}
