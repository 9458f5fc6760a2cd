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

package probe

import (
	"errors"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0"
	"github.com/certbound/certbound/internal/controller/clientcredential"
	"github.com/certbound/certbound/internal/verification"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func anAttempt() *attempt {
	return &attempt{
		subject:  verification.Subject{Fingerprint: "B", ClientID: "client", Audience: "api"},
		endpoint: "https://mtls.example.com/oauth/token", tenant: tenantFacts{name: "Tenant auth0", allowed: true},
	}
}

func TestOutcome(t *testing.T) {
	refusal := func(class auth0.Class, code string) error {
		return &auth0.Error{Op: auth0.OpLogin, Class: class, Code: code, Message: "so it is", ResumeAt: now.Add(time.Hour)}
	}
	for name, row := range map[string]struct {
		boundTo string
		err     error
		reason  string
		settled bool
		issued  bool
		pause   time.Duration
	}{
		"a token that is bound to the certificate":                        {"B", nil, v1alpha1.ReasonLoginSucceeded, true, true, 0},
		"a token that is bound to none":                                   {"", nil, v1alpha1.ReasonLoginSucceeded, true, true, 0},
		"a token that is bound to another, which is counted all the same": {"A", nil, v1alpha1.ReasonBoundToAnother, false, true, time.Hour},
		"the certificate is refused":                                      {"", refusal(auth0.SignInRefused, "invalid_client"), v1alpha1.ReasonLoginRefused, false, false, 0},
		"the handshake is refused":                                        {"", refusal(auth0.SignInRefused, ""), v1alpha1.ReasonLoginRefused, false, false, 0},
		"the API is refused":                                              {"", refusal(auth0.SignInRefused, "access_denied"), v1alpha1.ReasonTokenRefused, false, false, 0},
		"a pause is wanted":                                               {"", refusal(auth0.RateLimited, ""), v1alpha1.ReasonRateLimited, false, false, time.Hour},
		"nobody answers":                                                  {"", refusal(auth0.Unreachable, ""), v1alpha1.ReasonEndpointUnreachable, false, false, 0},
		"an inner address":                                                {"", refusal(auth0.ForbiddenNetwork, ""), v1alpha1.ReasonEndpointUnreachable, false, false, 0},
		"no answer of a token endpoint":                                   {"", refusal(auth0.BadAnswer, ""), v1alpha1.ReasonEndpointUnreachable, false, false, 0},
		"an error of another kind":                                        {"", errors.New("with a secret in it"), v1alpha1.ReasonEndpointUnreachable, false, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			f := anAttempt().outcome(auth0.Issued{BoundTo: row.boundTo}, row.err, now)
			g.Expect(f.reason).To(Equal(row.reason))
			g.Expect(f.settled).To(Equal(row.settled))
			g.Expect(f.issued).To(Equal(row.issued))
			g.Expect(f.message).NotTo(ContainSubstring("with a secret in it"))
			if f.result == v1alpha1.VerificationFailed {
				g.Expect(f.message).To(HaveSuffix("; what is attached and published stays as it is."))
			}
			if row.pause > 0 {
				g.Expect(f.notBefore).To(Equal(now.Add(row.pause)))
			} else {
				g.Expect(f.notBefore).To(BeZero())
			}
		})
	}
}

func TestWhatNoLoginCanBeTriedWithout(t *testing.T) {
	g := NewWithT(t)
	a := anAttempt()
	_, hopeless := a.hopeless()
	g.Expect(hopeless).To(BeFalse())
	a.endpoint = ""
	why, hopeless := a.hopeless()
	g.Expect(hopeless && why.settled).To(BeTrue())
	g.Expect(why.reason).To(Equal(v1alpha1.ReasonNoTokenEndpoint))
	a.subject.Audience = ""
	why, _ = a.hopeless()
	g.Expect(why.reason).To(Equal(v1alpha1.ReasonNoAudience), "what the user forgot comes before what the tenant lacks")
}

// The record of an attempt bounds how often tokens are requested, whatever happens to the attempt (I9).
func TestRecords(t *testing.T) {
	g := NewWithT(t)
	a := anAttempt()
	first := begin(nil, a, now)
	g.Expect(first.Result).To(Equal(v1alpha1.VerificationPending))
	g.Expect(first.RetryAt.Time).To(Equal(now.Add(5 * time.Second)))

	refused := end(first, a.refused(&auth0.Error{Class: auth0.SignInRefused, Code: "invalid_client"}), now.Add(time.Second))
	g.Expect(refused.RetryAt.Time).To(Equal(now.Add(6 * time.Second)))
	g.Expect(refused.Tokens).To(BeZero())

	second := begin(&refused, a, now.Add(time.Minute))
	g.Expect(second.Reason).To(Equal(v1alpha1.ReasonLoginRefused), "what was found stays until something else is")
	g.Expect(second.Attempts).To(BeEquivalentTo(2))
	g.Expect(second.RetryAt.Time).To(Equal(now.Add(time.Minute + 10*time.Second)))

	done := end(second, a.outcome(auth0.Issued{BoundTo: "B"}, nil, now), now)
	g.Expect(done.RetryAt).To(BeNil())
	g.Expect(done.Tokens).To(BeEquivalentTo(1))
	login, _ := verification.Next(clientcredential.FindingOf(&done), a.subject, a.endpoint, now.Add(24*time.Hour))
	g.Expect(login).To(BeFalse(), "one login a renewal")

	a.subject.Fingerprint = "C"
	next := begin(&done, a, now)
	g.Expect(next.Attempts).To(BeEquivalentTo(1))
	g.Expect(next.Tokens).To(BeEquivalentTo(1), "counted over all certificates")
	g.Expect(next.Result).To(Equal(v1alpha1.VerificationPending))

	paused := end(next, finding{result: v1alpha1.VerificationFailed, notBefore: now.Add(time.Hour)}, now)
	g.Expect(paused.RetryAt.Time).To(Equal(now.Add(time.Hour)))
}
