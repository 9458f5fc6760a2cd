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

package flapping

import (
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// story notes sights of the form certificate/writer, one after the other in steps of a time.
func story(step time.Duration, sights ...string) (episode []Sight, end time.Time) {
	for i, s := range sights {
		certificate, writer, _ := strings.Cut(s, "/")
		end = start.Add(time.Duration(i) * step)
		episode = Note(episode, Sight{Fingerprint: certificate, Writer: writer, Since: end})
	}
	return episode, end
}

func TestHeldUntil(t *testing.T) {
	for name, row := range map[string]struct {
		sights  string
		step    time.Duration
		patient time.Duration // after the last change; zero: followed at once
	}{
		"nothing was ever seen":                         {"", time.Minute, 0},
		"the first certificate":                         {"A", time.Minute, 0},
		"a renewal":                                     {"A B", time.Minute, 0},
		"renewals in a row":                             {"A B C D E F G H", time.Second, 0},
		"renewals in a row with half-written states":    {"A . B", time.Second, 0},
		"a backup that is restored once":                {"A B A", time.Second, 0},
		"a backup, and the renewal that it causes":      {"A/cm B/cm A/velero C/cm", time.Second, 0},
		"a backup, and what was there is put back":      {"A/cm B/cm A/velero B/velero", time.Second, 15 * time.Second},
		"two certificates in turn":                      {"A B A B", time.Second, 15 * time.Second},
		"three in turn":                                 {"A B C A B", time.Second, 15 * time.Second},
		"in turn for longer":                            {"A B A B A", time.Second, 30 * time.Second},
		"in turn for very long":                         {"A B A B A B A B A B A B A B A B A B A B A B A B", time.Second, time.Hour},
		"a fixed one against one that is issued anew":   {"A/cm G/argo C/cm G/argo", time.Second, 15 * time.Second},
		"the new one of the next round is not followed": {"A/cm G/argo C/cm G/argo D/cm", time.Second, 30 * time.Second},
		"two issuers, each with a new one each time":    {"A/x B/y C/x D/y", time.Second, 15 * time.Second},
		"one that is deleted and issued anew, in turn":  {"A . B . C . D", time.Second, 15 * time.Second},
		"a renewal with an episode before":              {"A B A B C", 10 * time.Minute, 15 * time.Second},
		"changes an hour apart are followed":            {"A B A B A B", time.Hour, 0},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			var sights []string
			for s := range strings.FieldsSeq(row.sights) {
				sights = append(sights, strings.TrimPrefix(s, "."))
			}
			episode, end := story(row.step, sights...)
			until, held := HeldUntil(episode, end)
			g.Expect(held).To(Equal(row.patient > 0))
			if held {
				g.Expect(until).To(Equal(end.Add(row.patient)))
				_, held = HeldUntil(episode, until)
				g.Expect(held).To(BeFalse(), "it is followed by itself when its time is over")
			}
			g.Expect(len(episode)).To(BeNumerically("<=", Most))
		})
	}
}

func TestAnEpisodeEndsWithQuiet(t *testing.T) {
	g := NewWithT(t)
	episode, end := story(time.Second, "A", "B", "A", "B", "A")
	episode = Note(episode, Sight{Fingerprint: "C", Since: end.Add(Quiet)})
	g.Expect(episode).To(HaveLen(2), "what it held in the quiet is where the next episode begins")
	_, held := HeldUntil(episode, end.Add(Quiet))
	g.Expect(held).To(BeFalse())
}

func TestWhatDoesNotChangeAddsNothing(t *testing.T) {
	g := NewWithT(t)
	episode, end := story(time.Second, "A", "B")
	g.Expect(Note(episode, Sight{Fingerprint: "B", Writer: "somebody else", Since: end.Add(time.Minute)})).To(Equal(episode))
}

func TestNoteLeavesTheListItWasGivenAlone(t *testing.T) {
	g := NewWithT(t)
	episode, end := story(time.Second, "A", "B", "C")
	before := append([]Sight{}, episode...)
	first := Note(episode[:2], Sight{Fingerprint: "X", Since: end})
	g.Expect(episode).To(Equal(before))
	g.Expect(first).To(HaveLen(3))
}

func TestAClockThatWasSetBackDoesNotProlongThePatience(t *testing.T) {
	g := NewWithT(t)
	episode, end := story(time.Second, "A", "B", "A", "B")
	early := end.Add(-24 * time.Hour)
	until, held := HeldUntil(episode, early)
	g.Expect(held).To(BeTrue())
	g.Expect(until).To(Equal(early.Add(patience)))
}

func TestWhoWroteAndWhat(t *testing.T) {
	g := NewWithT(t)
	episode, _ := story(time.Second, "A/cm", "B/argo", "", "A/cm", "C/argo")
	g.Expect(Writers(episode)).To(Equal([]string{"cm", "argo"}))
	g.Expect(Certificates(episode)).To(Equal(3))
}
