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

package answer

import (
	"errors"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/certbound/certbound/internal/auth0"
	"github.com/certbound/certbound/internal/status"
)

const safe = "what is attached stays attached"

// ready is how an outcome shows in Ready, which tells its meaning apart.
func ready(o status.Outcome) metav1.ConditionStatus {
	r := status.NewReport("X")
	r.Set("X", o)
	return r.Conditions(1, time.Time{}, nil)[0].Status
}

func TestEveryClassHasAReasonAndSaysWhatIsSafe(t *testing.T) {
	resume := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for class, row := range map[auth0.Class]struct {
		reason string
		ready  metav1.ConditionStatus
		says   string
	}{
		auth0.Unreachable:         {"Unreachable", "False", "spec.domain"},
		auth0.ForbiddenNetwork:    {"NetworkForbidden", "False", "--allow-tenant-networks"},
		auth0.TimedOut:            {"TimedOut", "False", "tried again"},
		auth0.Canceled:            {"TimedOut", "False", "tried again"},
		auth0.BadAnswer:           {"NotATenant", "False", "spec.domain"},
		auth0.Unauthorized:        {"SignInRefused", "False", "spec.signIn"},
		auth0.SignInRefused:       {"SignInRefused", "False", "spec.signIn"},
		auth0.InsufficientScope:   {"InsufficientScope", "False", "one of read:clients, read:client_keys"},
		auth0.Forbidden:           {"Forbidden", "False", "plan"},
		auth0.NotFound:            {"ClientNotFound", "False", ""},
		auth0.Conflict:            {"Rejected", "False", "tried again"},
		auth0.RateLimited:         {"RateLimited", "Unknown", "2026-03-01T12:00:00Z"},
		auth0.Queued:              {"RateLimited", "Unknown", "goes on by itself"},
		auth0.Invalid:             {"Rejected", "False", "change the spec"},
		auth0.CredentialLimit:     {"CredentialLimitReached", "False", "remove a credential"},
		auth0.DuplicateCredential: {"DuplicateCredential", "False", "rotationPolicy: Always"},
		auth0.StillAssociated:     {"Rejected", "False", "detach"},
		auth0.Unavailable:         {"TenantUnavailable", "False", "tried again"},
	} {
		t.Run(string(class), func(t *testing.T) {
			g := NewWithT(t)
			o := Outcome(&auth0.Error{Op: auth0.OpClient, Class: class, Message: "what the tenant said", ResumeAt: resume,
				MissingScopes: []string{"read:clients", "read:client_keys"}}, "read the client", safe)
			g.Expect(o.Reason).To(Equal(row.reason))
			g.Expect(ready(o)).To(Equal(row.ready))
			g.Expect(strings.ToLower(o.Message)).To(HavePrefix("could not read the client"))
			g.Expect(o.Message).To(ContainSubstring(row.says))
			g.Expect(o.Message).To(HaveSuffix(safe + "."))
		})
	}
}

func TestATransitionToFailureIsAWarning(t *testing.T) {
	g := NewWithT(t)
	g.Expect(EventType(status.Transition{Warning: true})).To(Equal("Warning"))
	g.Expect(EventType(status.Transition{})).To(Equal("Normal"))
}

func TestAnErrorThatNamesTheTimeToGoOnIsWaitedFor(t *testing.T) {
	g := NewWithT(t)
	resume := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, class := range []auth0.Class{auth0.RateLimited, auth0.Queued, auth0.Withheld, auth0.SignInRefused, auth0.BadAnswer} {
		g.Expect(Outcome(&auth0.Error{Class: class, ResumeAt: resume}, "read", safe).Again).To(Equal(resume), string(class))
	}
}

func TestAnErrorOfAnotherKindKeepsItsTextOutOfTheStatus(t *testing.T) {
	g := NewWithT(t)
	o := Outcome(errors.New("secret-looking text"), "read the client", safe)
	g.Expect(o.Message).NotTo(ContainSubstring("secret-looking"))
	g.Expect(o.Message).To(ContainSubstring("operator's log"))
	g.Expect(ready(o)).To(Equal(metav1.ConditionFalse))
}
