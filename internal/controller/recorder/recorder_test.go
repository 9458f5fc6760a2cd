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

package recorder

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	eventsclient "k8s.io/client-go/kubernetes/typed/events/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/events"
)

// server is an API server that takes Events, without a network.
type server struct {
	// answer tells with which status an attempt to create an Event is answered.
	answer func(attempt int) int

	mutex    sync.Mutex
	attempts int
	taken    []eventsv1.Event
}

func (s *server) RoundTrip(r *http.Request) (*http.Response, error) {
	var event eventsv1.Event
	if err := json.NewDecoder(r.Body).Decode(&event); err != nil {
		return nil, err
	}
	s.mutex.Lock()
	s.attempts++
	status := s.answer(s.attempts)
	s.mutex.Unlock()
	if status == 0 { // it never answers
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	answer := httptest.NewRecorder()
	answer.Header().Set("Content-Type", "application/json")
	answer.WriteHeader(status)
	if status == http.StatusCreated {
		s.mutex.Lock()
		s.taken = append(s.taken, event)
		s.mutex.Unlock()
		if err := json.NewEncoder(answer).Encode(event); err != nil {
			return nil, err
		}
	}
	return answer.Result(), nil
}

func (s *server) reasons() (all []string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for i := range s.taken {
		all = append(all, s.taken[i].Reason)
	}
	return all
}

// run runs a recorder in a bubble of its own time, until the test is over.
func run(t *testing.T, s *server, test func(g *WithT, r *Recorder, end func())) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		config := &rest.Config{Host: "https://api", Transport: s, QPS: -1, ContentConfig: rest.ContentConfig{ContentType: "application/json"}}
		client, err := eventsclient.NewForConfig(config)
		if err != nil {
			t.Fatal(err)
		}
		r := newRecorder(&events.EventSinkImpl{Interface: client}, clientgoscheme.Scheme, "certbound", strings.Repeat("host", 40))
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- r.Start(ctx) }()
		end := func() {
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
			ended <- nil
		}
		defer end()
		test(NewWithT(t), r, end)
	})
}

func always(status int) func(int) int { return func(int) int { return status } }

var secret = &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "payments", Name: "web", UID: "uid"}}

func TestAnEventSaysWhatItIsAbout(t *testing.T) {
	s := &server{answer: always(http.StatusCreated)}
	run(t, s, func(g *WithT, r *Recorder, end func()) {
		r.Eventf(secret, &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "node"}}, corev1.EventTypeWarning, "Because", "Look", "%s %d", "told", 7)
		r.Eventf(&corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "node"}}, nil, corev1.EventTypeNormal, "Long", "Look", "%s", strings.Repeat("é", 600))
		end()
		g.Expect(s.taken).To(HaveLen(2))
		if s.taken[0].Reason == "Long" {
			s.taken[0], s.taken[1] = s.taken[1], s.taken[0]
		}
		told, long := s.taken[0], s.taken[1]
		g.Expect(told.Namespace).To(Equal("payments"))
		g.Expect(told.Name).To(HavePrefix("web."))
		g.Expect(told.Regarding).To(Equal(corev1.ObjectReference{Kind: "Secret", APIVersion: "v1", Namespace: "payments", Name: "web", UID: "uid"}))
		g.Expect(told.Related.Name).To(Equal("node"))
		g.Expect([]string{told.Type, told.Reason, told.Action, told.Note, told.ReportingController}).To(Equal(
			[]string{"Warning", "Because", "Look", "told 7", "certbound"}))
		g.Expect(told.EventTime.IsZero()).To(BeFalse())
		g.Expect(len(told.ReportingInstance)).To(BeNumerically("<=", 128), "the API takes no more")

		g.Expect(long.Namespace).To(Equal("default"), "what is in no namespace")
		g.Expect(len(long.Note)).To(BeNumerically("<=", 1024), "the API takes no more")
		g.Expect(utf8.ValidString(long.Note)).To(BeTrue())
		g.Expect(long.Note).To(HaveSuffix("é…"))
	})
}

// An Event is tried again where that can help, and not for ever.
func TestWhatIsSentAgain(t *testing.T) {
	for sentence, c := range map[string]struct {
		answer          func(attempt int) int
		attempts, taken int
	}{
		"it is taken": {always(http.StatusCreated), 1, 1},
		"it is taken the next time": {func(attempt int) int {
			if attempt == 1 {
				return http.StatusInternalServerError
			}
			return http.StatusCreated
		}, 2, 1},
		"it is there":        {always(http.StatusConflict), 1, 0},
		"it may not be":      {always(http.StatusForbidden), 1, 0},
		"it is never taken":  {always(http.StatusInternalServerError), attempts, 0},
		"there is no answer": {always(0), attempts, 0},
	} {
		t.Run(sentence, func(t *testing.T) {
			s := &server{answer: c.answer}
			run(t, s, func(g *WithT, r *Recorder, _ func()) {
				r.Eventf(secret, nil, corev1.EventTypeNormal, "Because", "Look", "told")
				<-time.After(time.Minute)
				synctest.Wait()
				g.Expect(s.attempts).To(Equal(c.attempts))
				g.Expect(s.taken).To(HaveLen(c.taken))
			})
		})
	}
}

// What was told before the end is sent, and does not hold up the end for long.
func TestTheEndOfARecorder(t *testing.T) {
	var want []string
	for i := range 100 {
		want = append(want, fmt.Sprint("Event", i))
	}
	s := &server{answer: always(http.StatusCreated)}
	run(t, s, func(g *WithT, r *Recorder, end func()) {
		for _, reason := range want {
			r.Eventf(secret, nil, corev1.EventTypeNormal, reason, "Look", "told")
		}
		end()
		g.Expect(s.reasons()).To(ConsistOf(want))
	})
	run(t, &server{answer: always(0)}, func(g *WithT, r *Recorder, end func()) {
		r.Eventf(secret, nil, corev1.EventTypeNormal, "Because", "Look", "told")
		synctest.Wait()
		begun := time.Now()
		end()
		g.Expect(time.Since(begun)).To(BeNumerically("<=", patience))
	})
}

// An API server that does not answer costs Events, and neither time nor memory.
func TestNobodyWaitsForEvents(t *testing.T) {
	run(t, &server{answer: always(0)}, func(g *WithT, r *Recorder, _ func()) {
		begun := time.Now()
		for range 3 * waiting {
			r.Eventf(secret, nil, corev1.EventTypeNormal, "Because", "Look", "told")
		}
		g.Expect(time.Since(begun)).To(BeZero())
		g.Expect(len(r.queue)).To(BeNumerically("<=", waiting))
	})
}
