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

package auth0sim_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/onsi/gomega"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/certbound/certbound/internal/auth0sim"
)

const credentialsPath = "/api/v2/clients/{id}/credentials"

// await waits until a condition holds that another goroutine brings about.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	gomega.NewWithT(t).Eventually(holds).WithTimeout(10*time.Second).WithPolling(time.Millisecond).
		Should(gomega.BeTrue(), what)
}

// Each kind of fault: what the caller of a POST sees, and whether the credential was made.
func TestFaults(t *testing.T) {
	for _, c := range []struct {
		name      string
		fault     auth0sim.Fault
		status    int // 0: the connection broke
		check     func(*testing.T, answer)
		committed bool
	}{
		{"refused before", auth0sim.Fault{Reply: auth0sim.ReplyStatus, Status: 503}, 503, isHTML, false},
		{"500", auth0sim.Fault{Reply: auth0sim.ReplyStatus}, 500, isHTML, false},
		{"502 after", auth0sim.Fault{Effect: auth0sim.EffectCommitted, Reply: auth0sim.ReplyStatus, Status: 502}, 502, isHTML, true},
		{"cut before", auth0sim.Fault{Reply: auth0sim.ReplyCut}, 0, nil, false},
		{"reply lost", auth0sim.Fault{Effect: auth0sim.EffectCommitted, Reply: auth0sim.ReplyCut}, 0, nil, true},
		{"truncated", auth0sim.Fault{Reply: auth0sim.ReplyTruncated}, 0, nil, true},
		{"not JSON", auth0sim.Fault{Reply: auth0sim.ReplyNotJSON}, 200, isHTML, false},
		{"not JSON after", auth0sim.Fault{Effect: auth0sim.EffectCommitted, Reply: auth0sim.ReplyNotJSON, Status: 201}, 201, isHTML, true},
		{"rate limited", auth0sim.Fault{Reply: auth0sim.ReplyRateLimited}, 429, func(t *testing.T, got answer) {
			t.Helper()
			if got.header.Get("Retry-After") != "" || got.text(t, "errorCode") != "too_many_requests" {
				t.Errorf("got %v %s", got.header, got.body)
			}
		}, false},
		{"rate limited with Retry-After", auth0sim.Fault{Reply: auth0sim.ReplyRateLimited, RetryAfter: 7 * time.Second}, 429,
			func(t *testing.T, got answer) {
				t.Helper()
				if got.header.Get("Retry-After") != "7" {
					t.Errorf("got %v", got.header)
				}
			}, false},
		{"invalid token", auth0sim.Fault{Reply: auth0sim.ReplyInvalidToken}, 401, says("Invalid token"), false},
		{"expired token", auth0sim.Fault{Reply: auth0sim.ReplyExpiredToken}, 401,
			says("Expired token received for JSON Web Token validation"), false},
		{"forbidden", auth0sim.Fault{Reply: auth0sim.ReplyForbidden}, 403, func(t *testing.T, got answer) {
			t.Helper()
			if got.text(t, "errorCode") != "insufficient_scope" {
				t.Errorf("got %s", got.body)
			}
		}, false},
		{"oversized", auth0sim.Fault{Reply: auth0sim.ReplyOversized, Size: 3 << 20}, 200, func(t *testing.T, got answer) {
			t.Helper()
			if len(got.body) != 3<<20 || !json.Valid([]byte(got.body)) {
				t.Errorf("got %d bytes", len(got.body))
			}
		}, false},
		{"none but a delay", auth0sim.Fault{Latency: time.Millisecond}, 201, nil, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := start(t, auth0sim.Options{})
			id := x.newClient("faults")
			c.fault.Method, c.fault.Path = "POST", credentialsPath
			injected := x.Inject(c.fault)
			body := object{"credential_type": "x509_cert", "pem": newCertificate(t, nil).pem}
			got, err := x.try("POST", "/clients/"+id+"/credentials", body)
			if (err == nil) != (c.status != 0) || (err == nil && got.status != c.status) {
				t.Fatalf("got %d %v, want %d", got.status, err, c.status)
			}
			if c.check != nil {
				c.check(t, got)
			}
			if made := len(x.state(id).Credentials) == 1; made != c.committed {
				t.Errorf("the credential was made: %t, want %t", made, c.committed)
			}
			<-injected.Fired()
			if injected.Hits() != 1 {
				t.Errorf("the fault hit %d times", injected.Hits())
			}
			last := x.Requests()[len(x.Requests())-1]
			if last.Committed != c.committed || last.Fault == "" {
				t.Errorf("the log says %+v", last)
			}
			if !c.committed {
				x.want(201, "POST", "/clients/"+id+"/credentials", body)
			}
		})
	}
}

func isHTML(t *testing.T, got answer) {
	t.Helper()
	if !strings.HasPrefix(got.body, "<html>") || got.header.Get("Content-Type") != "text/html" {
		t.Errorf("got %v %s", got.header, got.body)
	}
}

func says(message string) func(*testing.T, answer) {
	return func(t *testing.T, got answer) {
		t.Helper()
		if got.text(t, "message") != message {
			t.Errorf("got %s, want %s", got.body, message)
		}
	}
}

// A late effect takes place when its caller has long seen an error.
func TestLateEffects(t *testing.T) {
	for _, c := range []struct {
		reply  auth0sim.Reply
		status int
	}{{auth0sim.ReplyNormal, 504}, {auth0sim.ReplyCut, 0}, {auth0sim.ReplyRateLimited, 429}} {
		t.Run(string(c.reply), func(t *testing.T) {
			x := start(t, auth0sim.Options{})
			id := x.newClient("in time")
			commits := make(chan auth0sim.Client, 1)
			x.OnCommit(func(state auth0sim.Client) { commits <- state })
			x.Inject(auth0sim.Fault{Method: "PATCH", Effect: auth0sim.EffectLate, Delay: time.Hour, Reply: c.reply})
			if got, err := x.try("PATCH", "/clients/"+id, object{"name": "late"}); got.status != c.status ||
				(err == nil) != (c.status != 0) {
				t.Fatalf("got %d %v", got.status, err)
			}
			if x.state(id).Name == "late" || x.want(200, "GET", "/clients/"+id, nil).text(t, "name") == "late" {
				t.Fatal("the effect was early")
			}
			x.Advance(59 * time.Minute)
			if x.state(id).Name == "late" {
				t.Fatal("the effect was early")
			}
			x.Advance(time.Minute)
			if state := <-commits; state.Name != "late" {
				t.Fatalf("the effect made %+v", state)
			}
			await(t, "the late effect is in the log", func() bool {
				last := x.Requests()[len(x.Requests())-1]
				return last.Fault == "late effect" && last.Committed && last.Status == 200
			})
		})
	}
}

// What a late effect does is decided when it takes place.
func TestLateEffectOnAChangedWorld(t *testing.T) {
	x := start(t, auth0sim.Options{})
	id := x.newClient("late")
	x.Inject(auth0sim.Fault{Method: "PATCH", Effect: auth0sim.EffectLate, Delay: time.Hour, Reply: auth0sim.ReplyCut})
	if _, err := x.try("PATCH", "/clients/"+id, object{"name": "late"}); err == nil {
		t.Fatal("the reply was not cut")
	}
	x.check(x.DeleteClient(id))
	x.Advance(time.Hour)
	await(t, "the late effect was refused", func() bool {
		last := x.Requests()[len(x.Requests())-1]
		return last.Fault == "late effect" && last.Status == 404 && !last.Committed
	})
}

func TestHeldRequests(t *testing.T) {
	for _, c := range []struct {
		name   string
		effect auth0sim.Effect
	}{{"before the effect", auth0sim.EffectNone}, {"after the effect", auth0sim.EffectCommitted}} {
		t.Run(c.name, func(t *testing.T) {
			x := start(t, auth0sim.Options{})
			id := x.newClient("held")
			held := x.Inject(auth0sim.Fault{Method: "PATCH", Hold: true, Effect: c.effect})
			done := make(chan answer)
			go func() {
				got, _ := x.try("PATCH", "/clients/"+id, object{"name": "new"})
				done <- got
			}()
			<-held.Fired()
			if c.effect == auth0sim.EffectCommitted {
				await(t, "the effect took place", func() bool { return x.state(id).Name == "new" })
			} else if x.state(id).Name == "new" {
				t.Error("the effect was early")
			}
			held.Release()
			if got := <-done; got.status != 200 || x.state(id).Name != "new" {
				t.Errorf("after the release: %d %+v", got.status, x.state(id))
			}
		})
	}
}

func TestACallerThatGivesUp(t *testing.T) {
	x := start(t, auth0sim.Options{})
	id := x.newClient("given up")
	held := x.Inject(auth0sim.Fault{Method: "PATCH", Hold: true})
	ctx, cancel := context.WithCancel(t.Context())
	request, err := http.NewRequestWithContext(ctx, http.MethodPatch, x.URL()+"/api/v2/clients/"+id, strings.NewReader(`{"name":"x"}`))
	x.check(err)
	request.Header.Set("Authorization", "Bearer "+x.token)
	done := make(chan error)
	go func() {
		_, err := send(x.client, request)
		done <- err
	}()
	<-held.Fired()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Fatalf("the request ended with %v", err)
	}
	await(t, "the log knows", func() bool {
		log := x.Requests()
		return len(log) == 1 && log[0].Fault == "abandoned by the caller" && log[0].Status == 0
	})
	held.Release()
	if x.state(id).Name != "given up" {
		t.Error("a request whose caller gave up took effect")
	}
}

func TestWhichRequestsMeetAFault(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault auth0sim.Fault
		want  string // one digit a request, in order: 1 met the fault
	}{
		{"the first", auth0sim.Fault{}, "10000"},
		{"the second", auth0sim.Fault{Nth: 2}, "01000"},
		{"two from the second", auth0sim.Fault{Nth: 2, Times: 2}, "01100"},
		{"all", auth0sim.Fault{Times: -1}, "11111"},
		{"by method", auth0sim.Fault{Method: "PATCH", Times: -1}, "01000"},
		{"by path", auth0sim.Fault{Path: "/api/v2/clients", Times: -1}, "10000"},
		{"one segment", auth0sim.Fault{Path: "/api/v2/clients/*", Times: -1}, "01001"},
		{"a name for a segment", auth0sim.Fault{Path: "/api/v2/clients/{id}", Times: -1}, "01001"},
		{"deeper", auth0sim.Fault{Path: credentialsPath, Times: -1}, "00100"},
		{"the rest", auth0sim.Fault{Path: "/api/v2/clients/**", Times: -1}, "11101"},
		{"the rest and more", auth0sim.Fault{Path: "/api/v2/clients/*/**", Times: -1}, "01101"},
		{"nothing", auth0sim.Fault{Path: "/api/v2/users", Times: -1}, "00000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := start(t, auth0sim.Options{})
			id := x.newClient("match")
			c.fault.Reply = auth0sim.ReplyStatus
			c.fault.Status = 599
			x.Inject(c.fault)
			met := ""
			for _, request := range []struct {
				method, path string
				body         any
			}{{"GET", "/clients", nil}, {"PATCH", "/clients/" + id, object{"name": "x"}},
				{"GET", "/clients/" + id + "/credentials", nil}, {"GET", "/tenants/settings", nil}, {"GET", "/clients/" + id, nil}} {
				if x.do(request.method, request.path, request.body).status == 599 {
					met += "1"
				} else {
					met += "0"
				}
			}
			if met != c.want {
				t.Errorf("the requests that met it: %s, want %s", met, c.want)
			}
		})
	}
}

func TestFaultsAreTakenInOrder(t *testing.T) {
	x := start(t, auth0sim.Options{})
	first := x.Inject(auth0sim.Fault{Reply: auth0sim.ReplyStatus, Status: 501, Times: -1})
	x.Inject(auth0sim.Fault{Reply: auth0sim.ReplyStatus, Status: 502, Times: -1})
	x.want(501, "GET", "/clients", nil)
	first.Remove()
	x.want(502, "GET", "/clients", nil)
	x.ClearFaults()
	x.want(200, "GET", "/clients", nil)
}

func TestFaultsOfTheTokenEndpoint(t *testing.T) {
	x := start(t, auth0sim.Options{})
	id := x.newClient("tokens")
	x.grantAPI(id)
	x.Inject(auth0sim.Fault{Path: "/oauth/token", Reply: auth0sim.ReplyStatus, Status: 502})
	if got := x.bySecret(id); got.status != 502 {
		t.Fatalf("got %d", got.status)
	}
	if last := lastToken(x); last.Status != 502 || last.Fault != "status" {
		t.Errorf("the log says %+v", last)
	}
	x.claims(x.bySecret(id))
}

func TestImpossibleFaultsAreRefused(t *testing.T) {
	x := start(t, auth0sim.Options{})
	for _, fault := range []auth0sim.Fault{{Effect: "never"}, {Reply: "kind words"}, {Status: 99},
		{Effect: auth0sim.EffectLate, Reply: auth0sim.ReplyTruncated}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%+v was accepted", fault)
				}
			}()
			x.Inject(fault)
		}()
	}
}

// Latency passes on the simulator's clock, which stands still here until it is moved.
func TestLatency(t *testing.T) {
	for _, c := range []struct {
		name    string
		options auth0sim.Options
		later   time.Duration
		fault   auth0sim.Fault
	}{
		{"by option", auth0sim.Options{Latency: time.Hour}, time.Hour, auth0sim.Fault{}},
		{"by fault", auth0sim.Options{}, 0, auth0sim.Fault{Latency: time.Hour}},
		{"set later", auth0sim.Options{}, 30 * time.Minute, auth0sim.Fault{Latency: 30 * time.Minute}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.options.Clock = clocktesting.NewFakeClock(time.Now())
			x := start(t, c.options)
			x.SetLatency(c.later)
			met := x.Inject(c.fault)
			done := make(chan answer)
			go func() {
				got, _ := x.try("GET", "/clients", nil)
				done <- got
			}()
			<-met.Fired()
			x.Advance(59 * time.Minute)
			if log := x.Requests(); len(log) != 0 {
				t.Errorf("the request was early: %+v", log)
			}
			x.Advance(time.Minute)
			if got := <-done; got.status != 200 {
				t.Errorf("got %d %s", got.status, got.body)
			}
		})
	}
}

// Close ends whatever is held and drops late effects.
func TestCloseEndsWhatIsHeld(t *testing.T) {
	sim, err := auth0sim.Start(auth0sim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	x := &tenant{Simulator: sim, t: t, client: sim.HTTPClient(), token: sim.ManagementToken()}
	id := x.newClient("closing")
	x.Inject(auth0sim.Fault{Method: "PATCH", Effect: auth0sim.EffectLate, Delay: time.Hour, Reply: auth0sim.ReplyStatus})
	x.do("PATCH", "/clients/"+id, object{"name": "late"})
	held := x.Inject(auth0sim.Fault{Method: "GET", Hold: true})
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = x.try("GET", "/clients", nil)
	}()
	<-held.Fired()
	sim.Close()
	<-done
	if state, _ := sim.Client(id); state.Name != "closing" {
		t.Errorf("a late effect took place after the end: %+v", state)
	}
}
