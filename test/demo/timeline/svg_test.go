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

package timeline

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
)

var start = time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)

func at(seconds float64) time.Time { return start.Add(time.Duration(seconds * float64(time.Second))) }

var clients = []Client{{"payments", "x509_cert"}, {"reports", "cert_subject_dn"}}

// story is one renewal of a client whose certificates are registered, and one of a client whose subject is.
func story() []Event {
	events := []Event{
		{At: at(0), Kind: Issued, Client: "payments", Certificate: "AAAA"},
		{At: at(0.5), Kind: Stored, Client: "payments", Certificate: "AAAA"},
		{At: at(0.5), Kind: Attached, Client: "payments", Certificate: "AAAA"},
		{At: at(0.7), Kind: Published, Client: "payments", Certificate: "AAAA"},
		{At: at(20), Kind: Issued, Client: "payments", Certificate: "BBBB"},
		{At: at(20.2), Kind: Stored, Client: "payments", Certificate: "BBBB"},
		{At: at(20.3), Kind: Attached, Client: "payments", Certificate: "BBBB"},
		{At: at(20.4), Kind: Published, Client: "payments", Certificate: "BBBB"},
		{At: at(28), Kind: Detached, Client: "payments", Certificate: "AAAA"},
		{At: at(28.1), Kind: Deleted, Client: "payments", Certificate: "AAAA"},
		{At: at(0), Kind: Issued, Client: "reports", Certificate: "CCCC"},
		{At: at(0.4), Kind: Stored, Client: "reports", Subject: "O=Example, CN=<reports>"},
		{At: at(0.4), Kind: Attached, Client: "reports", Subject: "O=Example, CN=<reports>"},
		{At: at(0.6), Kind: Published, Client: "reports", Certificate: "CCCC"},
		{At: at(21), Kind: Issued, Client: "reports", Certificate: "DDDD"},
		{At: at(21.1), Kind: Published, Client: "reports", Certificate: "DDDD"},
	}
	for s := 1.0; s < 40; s += 0.1 {
		payments, reports := "AAAA", "CCCC"
		if s > 20.5 {
			payments = "BBBB"
		}
		if s > 21.2 {
			reports = "DDDD"
		}
		events = append(events, Event{At: at(s), Kind: Granted, Client: "payments", Certificate: payments},
			Event{At: at(s), Kind: Granted, Client: "reports", Certificate: reports})
	}
	return events
}

func TestLanes(t *testing.T) {
	all := lanes(clients, inOrder(story()), at(40))
	if len(all) != 2 || all[0].client.Name != "payments" || all[1].client.Name != "reports" {
		t.Fatalf("clients: %+v, want payments and reports", all)
	}
	payments, reports := all[0], all[1]
	for _, l := range all {
		if l.renewals != 1 || l.granted != 390 || l.refused != 0 {
			t.Errorf("%v: %d renewals, %d granted, %d refused, want 1, 390 and 0", l.client, l.renewals, l.granted, l.refused)
		}
	}
	old, renewed := payments.rows[0], payments.rows[1]
	if old.attached != (span{at(0.5), at(28)}) || old.published != (span{at(0.7), at(20.4)}) {
		t.Errorf("the old certificate can sign in %v and is handed out %v", old.attached, old.published)
	}
	if renewed.attached != (span{at(20.3), at(40)}) || renewed.published != (span{at(20.4), at(40)}) {
		t.Errorf("the new certificate can sign in %v and is handed out %v", renewed.attached, renewed.published)
	}
	if got := fmt.Sprint(old.steps()); got != fmt.Sprint([]step{{at(0), "issued, stored, attached, published"}, {at(28), "detached, deleted"}}) {
		t.Errorf("steps of the old certificate: %v", got)
	}
	if len(reports.rows) != 3 || reports.rows[0].subject == "" || !reports.rows[1].attached.empty() || !reports.bySubject() {
		t.Errorf("reports: %+v, want the subject first, and two certificates that are not registered themselves", reports.rows)
	}
}

func TestSVG(t *testing.T) {
	p := Picture{Title: "Two renewals", Caption: "no request refused", Clients: clients, Events: story()}
	picture := p.SVG()
	texts, paths := parse(t, picture)
	for _, want := range []string{
		"Two renewals", "no request refused", "payments", "x509_cert", "reports", "renewals 1 · tokens 390 · refused 0", "certificate 2",
		"issued, stored, attached, published", "detached, deleted", "issued, published: same subject, no request", "O=Example, CN=<reports>: stored, attached", "30 s",
	} {
		if !slices.Contains(texts, want) {
			t.Errorf("the picture does not say %q; it says %q", want, texts)
		}
	}
	if crosses := count(paths, alarm); crosses != 1 {
		t.Errorf("%d marks of refused requests, want that of the legend alone", crosses)
	}
	slices.Reverse(p.Events)
	if !bytes.Equal(p.SVG(), picture) {
		t.Error("the order in which events were noticed makes a difference")
	}

	p.Events = append(p.Events, Event{At: at(30), Kind: Refused, Client: "payments", Certificate: "BBBB"},
		Event{At: at(30.01), Kind: Refused, Client: "payments", Certificate: "BBBB"})
	texts, paths = parse(t, p.SVG())
	if crosses := count(paths, alarm); crosses != 3 || !slices.Contains(texts, "renewals 1 · tokens 390 · refused 2") {
		t.Errorf("%d marks of refused requests, want the two and that of the legend; texts: %q", crosses, texts)
	}
}

func TestNothingHappened(t *testing.T) {
	if texts, _ := parse(t, Picture{Title: "Nothing"}.SVG()); !slices.Contains(texts, "Nothing") {
		t.Errorf("the picture says %q", texts)
	}
}

// parse reads the picture as a browser would: it must be well-formed. It returns all texts, and the styles of all paths.
func parse(t *testing.T, picture []byte) (texts, paths []string) {
	t.Helper()
	element := ""
	for decoder := xml.NewDecoder(bytes.NewReader(picture)); ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return texts, paths
		}
		if err != nil {
			t.Fatalf("the picture is not well-formed: %v", err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			element = token.Name.Local
			for _, a := range token.Attr {
				if element == "path" && a.Name.Local == "style" {
					paths = append(paths, a.Value)
				}
			}
		case xml.CharData:
			if (element == "text" || element == "tspan") && len(bytes.TrimSpace(token)) > 0 {
				texts = append(texts, string(token))
			}
		}
	}
}

func count(styles []string, colour string) (n int) {
	for _, style := range styles {
		if strings.Contains(style, colour) {
			n++
		}
	}
	return n
}
