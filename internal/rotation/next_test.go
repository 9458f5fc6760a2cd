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

package rotation_test

import (
	"go/parser"
	"go/token"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/certbound/certbound/internal/rotation"
)

// TestPackageComment holds the package comment to its word: each row of its tables is a test.
func TestPackageComment(t *testing.T) {
	rows := commentRows(t)
	if len(rows) != 20 {
		t.Errorf("%d rows in the package comment; were some not understood, or the table changed?", len(rows))
	}
	for _, row := range rows {
		t.Run(row.String(), func(t *testing.T) {
			w := row.world()
			for step := range strings.SplitSeq(row.steps, ", then ") {
				want, _, _ := strings.Cut(step, ":")
				s := rotation.Next(w.Observation)
				if got := text(s); !strings.HasPrefix(got+" ", want+" ") {
					t.Fatalf("Next = %s, want %s", got, want)
				}
				w = mustApply(t, w, s)
			}
		})
	}
}

// row is a line of a table in the package comment.
type row struct{ stored, attached, published, wanted, steps, remark string }

func (r row) String() string {
	return strings.Join([]string{r.stored, r.attached, r.published, r.wanted, r.steps, r.remark}, " | ")
}

// world is what the row starts from. A column of "secret" tells that nothing is attached, nor to be.
func (r row) world() world {
	w := client(r.stored, r.attached, web(r.published, r.wanted).overlap(2*time.Hour).ago(r.since()))
	if r.attached == "secret" {
		w = w.under(secretMethod).secretWanted()
	}
	switch r.remark {
	case "(certificates are wanted)":
		w.Secret = false
	case "(a secret is wanted)":
		w.Secret = true
	}
	return w.look()
}

// since is how long ago the published certificate was published, by what the remark says, when the overlap is two hours
// and the handover one.
func (r row) since() time.Duration {
	switch r.remark {
	case "(the overlap is over)":
		return 2 * time.Hour
	case "(then the oldest leaves early)":
		return time.Hour
	}
	return 10 * time.Minute
}

func commentRows(t *testing.T) (rows []row) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "observation.go", nil, parser.ParseComments|parser.PackageClauseOnly)
	if err != nil {
		t.Fatal(err)
	}
	gap := regexp.MustCompile(`\s{2,}`)
	for line := range strings.SplitSeq(file.Doc.Text(), "\n") {
		world, decision, found := strings.Cut(strings.TrimSpace(line), " | ")
		columns := gap.Split(strings.TrimSpace(world), -1)
		if !found || columns[0] == "stored" {
			continue
		}
		if len(columns) != 4 {
			t.Fatalf("a row of the package comment has %d columns: %q", len(columns), line)
		}
		decisions := append(gap.Split(decision, -1), "")
		rows = append(rows, row{columns[0], columns[1], columns[2], columns[3], decisions[0], decisions[1]})
	}
	return rows
}

func mustApply(t *testing.T, w world, s rotation.Step) world {
	t.Helper()
	after, err := w.apply(s)
	if err != nil {
		t.Fatal(err)
	}
	return after
}

func TestNext(t *testing.T) {
	for _, group := range []map[string]situation{beginnings(), staged(), endings(), thirds(), handEdits(), crowds(), subjects()} {
		for sentence, c := range group {
			t.Run(sentence, func(t *testing.T) {
				if got := text(rotation.Next(c.world.look().Observation)); got != c.want {
					t.Errorf("Next = %s, want %s\n%v", got, c.want, c.world)
				}
			})
		}
	}
}

// situation is a world and what is to be done in it.
type situation struct {
	world world
	want  string
}

// with changes a world.
func (w world) with(change func(*world)) world {
	change(&w)
	return w
}

func (w world) limited(l rotation.Limits) world {
	w.Limits = l
	return w
}

func (w world) under(m method) world {
	w.method = m
	return w
}

func (w world) secretWanted() world {
	w.Secret = true
	return w
}

func beginnings() map[string]situation {
	return map[string]situation{
		"a first certificate is stored": {client("-", "-", web("-", "A")), "Create A for web"},
		"a first certificate is stored while the secret is still in force": {
			client("-", "-", web("-", "A")).under(secretMethod), "Create A for web"},
		"the method changes once the certificate is stored": {
			client("A", "-", web("-", "A")).under(secretMethod), "Attach [A]"},
		"the method does not change for a ClientCredential without a certificate": {
			client("-", "-", web("-", "-")).under(secretMethod), "Wait for NoCertificate"},
		"the method does not change while one of two ClientCredentials has no certificate": {
			client("A", "-", web("-", "A"), batch("-", "-")).under(secretMethod), "Wait for NoCertificate"},
		"the method does not change while one of two certificates is not stored": {
			client("A", "-", web("-", "A"), batch("-", "M")).under(secretMethod), "Create M for batch"},
		"the method does not change while there is no place to store the second certificate": {
			client("A x y z", "-", web("-", "A"), batch("-", "M")).under(secretMethod), "Blocked by StoredLimit for batch"},
		"the method does not change for no ClientCredential at all": {client("x", "-").under(secretMethod), "Wait for NoCertificate"},
		"the method changes with all certificates in one request": {
			client("A M", "-", web("-", "A"), batch("-", "M")).under(secretMethod), "Attach [A M]"},
		"what the other method lists is not deleted, as the tenant would refuse it": {
			client("G x", "G", web("-", "A")).under(otherMethod).limited(smallest), "Blocked by StoredLimit for web"},
		"what the other method listed is deleted after the change": {client("G A", "A", web("A", "A")), "Delete G"},
		"a credential that others stored for the wanted certificate is used": {
			client("A*", "-", web("-", "A")), "Attach [A*]"},
		"the certificate of two ClientCredentials is stored once": {
			client("A", "A", web("A", "A"), batch("-", "A")), "Publish A for batch"},
	}
}

func endings() map[string]situation {
	return map[string]situation{
		"a secret is wanted": {client("A", "A", web("A", "A")).secretWanted(), "Revert"},
		"after the change to a secret, ours stay stored": {
			client("x A", "-", web("A", "A")).secretWanted().under(secretMethod), "Done"},
		"after the change to a secret, those of deleted ClientCredentials are deleted": {
			client("x G A", "-", web("A", "A")).secretWanted().under(secretMethod), "Delete G"},
		"after the change to a secret, those of others stay": {
			client("x y", "-").secretWanted().under(secretMethod), "Done"},
		"the credential of a deleted ClientCredential leaves at once": {
			client("G A", "G A", web("A", "A")), "Attach [A]"},
		"the credential of a deleted ClientCredential leaves though the other one has no usable certificate now": {
			client("G A", "G A", web("A", "-")), "Attach [A]"},
		"the last credential that can sign in stays, even of a deleted ClientCredential": {client("G", "G"), "Done"},
		"the last valid credential stays, even of a deleted ClientCredential": {
			client("G A", "G A", web("A", "A")).with(func(w *world) { w.Now = w.validity["A"].Add(time.Hour); w.expire("G", time.Hour) }), "Done"},
		"an old certificate is waited for as long as it is valid": {
			client("A B", "A B", web("B", "B")), "Wait for Overlap until " + moment(noon.Add(10*day+time.Minute))},
		"an old certificate leaves when it has expired": {
			client("A B", "A B", web("B", "B")).with(func(w *world) { w.Now = noon.Add(10*day + time.Minute) }), "Attach [B]"},
		"an overlap of nothing ends with the publication": {
			client("A B", "A B", web("B", "B").overlap(0)), "Attach [B]"},
		"an overlap that is longer than the validity ends with it": {
			client("A B", "A B", web("B", "B").overlap(365*day)), "Wait for Overlap until " + moment(noon.Add(10*day+time.Minute))},
		"the first of two overlaps is waited for": {
			client("A B M N", "A B M N", web("B", "B").overlap(5*time.Hour), batch("N", "N").overlap(4*time.Hour)).limited(largest),
			"Wait for Overlap until " + moment(noon.Add(4*time.Hour-10*time.Minute))},
		"an overlap does not begin before anything is published": {
			client("A B", "A B", web("-", "B").overlap(0)), "Publish B for web"},
	}
}

// expire lets the certificate of an identity expire some time after now.
func (w *world) expire(id rotation.Identity, in time.Duration) {
	for i := range w.Credentials {
		if w.Credentials[i].Identity == id {
			w.Credentials[i].NotAfter = w.Now.Add(in)
		}
	}
	for k := range w.Certificates {
		if w.Certificates[k].Published == id {
			w.Certificates[k].PublishedNotAfter = w.Now.Add(in)
		}
	}
}

// made sets for how long there has been a credential.
func (w *world) made(id string, ago time.Duration) {
	w.Credentials[w.index(id)].CreatedAt = w.Now.Add(-ago)
}

func thirds() map[string]situation {
	return map[string]situation{
		"a third certificate waits for the handover of the second": {
			client("A B C", "A B", web("B", "C")), "Wait for Handover until " + moment(noon.Add(50*time.Minute))},
		"a third certificate does not wait when there is a place": {
			client("A B C", "A B", web("B", "C")).limited(largest), "Attach [A B C]"},
		"a third certificate does not wait when the overlap is over anyway": {
			client("A B C", "A B", web("B", "C").overlap(0)), "Attach [B C]"},
		"a third certificate does not wait when the published one will not outlive the next handover": {
			client("A B C", "A B", web("B", "C")).with(func(w *world) { w.expire("B", 50*time.Minute) }), "Attach [B C]"},
		"a third certificate waits until the published one leaves time for one more handover": {
			client("A B C", "A B", web("B", "C")).with(func(w *world) { w.expire("B", 80*time.Minute) }),
			"Wait for Handover until " + moment(noon.Add(20*time.Minute))},
		"where nothing else can be stored, the oldest leaves before the third is": {
			client("A B", "A B", web("B", "C").ago(time.Hour)).limited(smallest), "Attach [B]"},
		"where nothing else can be stored, the third waits for the handover too": {
			client("A B", "A B", web("B", "C")).limited(smallest), "Wait for Handover until " + moment(noon.Add(50*time.Minute))},
		"a certificate that workloads use already does not wait: the oldest leaves at once": {
			client("A B C", "A B", web("C", "C").ungated()), "Attach [B C]"},
		"a certificate that workloads use already waits for those that still have the oldest": {
			client("A B C", "A B", web("C", "C").ungated()).with(func(w *world) { w.made("B", 20*time.Minute) }),
			"Wait for Handover until " + moment(noon.Add(40*time.Minute))},
		"it waits no longer than the overlap lasts": {
			client("A B C", "A B", web("C", "C").ungated().overlap(15*time.Minute)).with(func(w *world) { w.made("B", 20*time.Minute) }),
			"Wait for Handover until " + moment(noon.Add(5*time.Minute))},
		"where there is one place, a certificate that workloads use already takes it": {
			client("A x C", "A x", web("C", "C").ungated()), "Attach [x C]"},
		"before anything is published, what can sign in stays, as nobody knows who has it": {
			client("A B C", "A B", web("-", "C")), "Blocked by AttachedLimit for web"},
		"the older of two that have the same expiry leaves": {
			client("B A C", "B A", web("C", "C").ungated()).with(func(w *world) { w.expire("A", day); w.expire("B", day) }), "Attach [A C]"},
		"an expired certificate makes room before any other": {
			client("A B C", "A B", web("C", "C").ungated()).with(func(w *world) { w.expire("B", -time.Hour) }), "Attach [A C]"},
		"a newer certificate replaces one that was never published": {
			client("A B C", "A B", web("A", "C").ago(2*time.Hour)), "Attach [A C]"},
	}
}

func handEdits() map[string]situation {
	return map[string]situation{
		"what is published and was detached is attached before anything else": {
			client("A B", "-", web("A", "B")).with(func(w *world) { w.Limits.Attached = 1 }), "Attach [A]"},
		"what was detached is attached together with the next": {client("A B", "-", web("A", "B")), "Attach [A B]"},
		"a certificate that is deleted is stored again":        {client("-", "-", web("A", "A")), "Create A for web"},
		"while the new certificate is gone, the old one stays though its time is over": {
			client("A", "A", web("B", "B").overlap(0)), "Create B for web"},
		"where nothing else can be stored, the old certificate makes room for the one that workloads use": {
			client("A M x y", "A M", web("B", "B").overlap(0), batch("M", "M")).limited(largest), "Attach [M]"},
		"of two credentials for one certificate, the one that cannot sign in is deleted": {
			client("A' A", "A", web("A", "A")), "Delete A'"},
		"of two credentials for one certificate, the second is detached": {
			client("A A'", "A A'", web("A", "A")), "Attach [A]"},
		"which of two credentials stays does not depend on the order of a listing": {
			client("A' A", "A A'", web("A", "A")), "Attach [A]"},
		"a second credential makes room though nothing was published": {
			client("A A' B", "A A'", web("-", "B")), "Attach [A B]"},
		"a certificate that goes back to the published one takes the new one away": {
			client("A B", "A B", web("A", "A").overlap(0)), "Attach [A]"},
		"a ClientCredential that lost its certificate keeps what is stored as well": {
			client("A B", "A", web("A", "-")), "Done"},
	}
}

func crowds() map[string]situation {
	return map[string]situation{
		"what others attached blocks the place": {client("A x B", "A x", web("A", "B")), "Blocked by AttachedLimit for web"},
		"what others stored blocks the place":   {client("A x y z", "A", web("A", "B")), "Blocked by StoredLimit for web"},
		"two credentials of others block a client that is taken over": {
			client("x y A", "x y", web("-", "A")), "Blocked by AttachedLimit for web"},
		"what was stored for nothing is deleted to make a place": {
			client("A x y C", "A", web("A", "B")), "Delete C"},
		"the method's list is never emptied to make a place": {
			client("A x", "A", web("B", "B")).limited(smallest), "Blocked by StoredLimit for web"},
		"two ClientCredentials leave no place to renew either": {
			client("A M B", "A M", web("A", "B"), batch("M", "M")), "Blocked by AttachedLimit for web"},
		"a blocked ClientCredential does not hold up the other": {
			client("A x M N", "A x M", web("A", "B"), batch("M", "N")).limited(rotation.Limits{Stored: 4, Attached: 4}), "Attach [A x M N]"},
		"the old certificate of one ClientCredential makes room for another, after its handover": {
			client("A B M", "A B", web("B", "B").ago(time.Hour), batch("-", "M")), "Attach [B M]"},
		"until then it does not": {
			client("A B M", "A B", web("B", "B"), batch("-", "M")), "Wait for Handover until " + moment(noon.Add(50*time.Minute))},
		"what a deleted ClientCredential left makes room at once": {client("G x A", "G x", web("-", "A")), "Attach [x A]"},
		"under a limit that was lowered, as many make room as are needed": {
			client("A B C D", "A B C", web("C", "D").ago(time.Hour)), "Attach [C D]"},
		"who waits for two places looks again when an overlap ends before both are free": {
			client("A B N C", "A B N", web("C", "C").ungated(), batch("N", "N")).with(func(w *world) { w.expire("A", 20*time.Minute) }),
			"Wait for Handover until " + moment(noon.Add(21*time.Minute))},
		"under a limit that was lowered, nothing leaves that would not help": {
			client("A x y B", "A x y", web("B", "B")), "Blocked by AttachedLimit for web"},
		"what expired is no longer attached for a certificate to come": {
			client("A x B", "x", web("A", "B")).with(func(w *world) { w.expire("A", -time.Hour) }), "Attach [x B]"},
	}
}

func subjects() map[string]situation {
	bySubject := func(w *world) {
		w.bySubject = true
		for i := range w.Credentials {
			w.Credentials[i].NotAfter = time.Time{}
		}
	}
	return map[string]situation{
		"a renewal with the same subject needs nothing": {client("A", "A", web("A", "A")).with(bySubject), "Done"},
		"an old subject stays as long as the certificate that had it": {
			client("A B", "A B", web("B", "B")).with(bySubject).with(func(w *world) { w.Certificates[0].PreviousNotAfter = noon.Add(3 * day) }),
			"Wait for Overlap until " + moment(noon.Add(3*day+time.Minute))},
		"an old subject of which nothing is known stays for the handover": {
			client("A B", "A B", web("B", "B")).with(bySubject), "Wait for Overlap until " + moment(noon.Add(50*time.Minute))},
		"an old subject stays for the overlap when nothing else is known": {
			client("A B", "A B", web("B", "B").overlap(2*time.Hour)).with(bySubject),
			"Wait for Overlap until " + moment(noon.Add(110*time.Minute))},
		"the oldest subject leaves first": {
			client("B A C", "B A", web("C", "C").ungated()).with(bySubject), "Attach [A C]"},
		"a subject whose certificate has expired makes room": {
			client("A x B", "A x", web("A", "B")).with(bySubject).with(func(w *world) { w.expirePublished() }), "Attach [x B]"},
	}
}

// expirePublished lets the published certificate expire where the tenant does not tell of it.
func (w *world) expirePublished() { w.Certificates[0].PublishedNotAfter = w.Now.Add(-time.Hour) }

// TestSteps tells which steps change something at the tenant.
func TestSteps(t *testing.T) {
	for verb, writes := range map[rotation.Verb]bool{
		rotation.Create: true, rotation.Attach: true, rotation.Revert: true, rotation.Delete: true,
		rotation.Publish: false, rotation.Wait: false, rotation.Blocked: false, rotation.Done: false,
	} {
		if (rotation.Step{Verb: verb}).Writes() != writes {
			t.Errorf("%s: writes %t", verb, !writes)
		}
	}
}

// BenchmarkNext measures a decision at rest, which is by far the most frequent one, and one in the middle of things.
func BenchmarkNext(b *testing.B) {
	for name, w := range map[string]world{
		"rest":  client("A B", "A B", web("B", "B")),
		"third": client("A B C x", "A B", web("B", "C")),
		"two":   client("A B M N", "A B M N", web("B", "B"), batch("N", "N")).limited(largest),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if s := rotation.Next(w.Observation); s.Verb != rotation.Wait {
					b.Fatal(s)
				}
			}
		})
	}
}
