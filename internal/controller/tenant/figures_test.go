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

package tenant

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/budget"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestBudgetStatus(t *testing.T) {
	waiting := func(lane budget.Lane, n int) (s budget.State) {
		s.Share, s.Rate, s.Burst, s.Drain = 0.8, 12.8, 50, 1500*time.Millisecond
		s.Waiting[lane] = n
		return s
	}
	learnt := v1alpha1.BudgetStatus{RequestsPerMinute: new(int32(768)), Burst: new(int32(50)), SharePercent: 80, Breaker: v1alpha1.BreakerClosed}
	with := func(change func(*v1alpha1.BudgetStatus)) *v1alpha1.BudgetStatus {
		s := learnt
		change(&s)
		return &s
	}
	for name, row := range map[string]struct {
		state budget.State
		want  *v1alpha1.BudgetStatus
	}{
		"nothing is known":  {budget.State{Share: 0.8}, nil},
		"nothing waits":     {waiting(budget.Edit, 0), &learnt},
		"the level is left": {budget.State{Share: 0.8, Rate: 12.8, Burst: 50, Level: 17}, &learnt},
		"something waits": {waiting(budget.Drift, 7), with(func(s *v1alpha1.BudgetStatus) {
			s.Waiting, s.SecondsToDrain = []v1alpha1.WaitingRequests{{Priority: v1alpha1.PriorityDrift, Waiting: 7}}, new(int32(2))
		})},
		"a pause": {budget.State{Share: 0.8, Rate: 12.8, Burst: 50, PausedUntil: now.Add(time.Second)}, with(func(s *v1alpha1.BudgetStatus) {
			s.PausedUntil = &metav1.Time{Time: now.Add(time.Second)}
		})},
		"a pause that is over": {budget.State{Share: 0.8, Rate: 12.8, Burst: 50, PausedUntil: now}, &learnt},
		"a tenant that is silent from the first": {budget.State{Share: 0.8, Broken: true},
			&v1alpha1.BudgetStatus{SharePercent: 80, Breaker: v1alpha1.BreakerOpen}},
		"more than can be shown": {budget.State{Share: 1, Rate: 1e9, Burst: 1e9},
			&v1alpha1.BudgetStatus{RequestsPerMinute: new(int32(mostShown)), Burst: new(int32(mostShown)), SharePercent: 100, Breaker: v1alpha1.BreakerClosed}},
	} {
		t.Run(name, func(t *testing.T) { NewWithT(t).Expect(budgetStatus(row.state, now)).To(Equal(row.want)) })
	}
}

// The API's names of priorities are those of the lanes.
func TestEveryLaneHasAPriority(t *testing.T) {
	var names []v1alpha1.RequestPriority
	for _, lane := range budget.Lanes() {
		names = append(names, priority(lane))
	}
	NewWithT(t).Expect(names).To(Equal([]v1alpha1.RequestPriority{v1alpha1.PriorityUrgent, v1alpha1.PriorityRevocation, v1alpha1.PriorityEdit, v1alpha1.PriorityRenewal,
		v1alpha1.PriorityNew, v1alpha1.PriorityCleanup, v1alpha1.PriorityDrift}))
}

// I: a status is written when it says something new, at most once a minute for what changes by itself.
func TestFiguresAreWrittenSeldom(t *testing.T) {
	of := func(waiting, stored int32) figures {
		f := figures{stored: &stored, budget: &v1alpha1.BudgetStatus{SharePercent: 80, Breaker: v1alpha1.BreakerClosed}}
		if waiting > 0 {
			f.budget.Waiting = []v1alpha1.WaitingRequests{{Priority: v1alpha1.PriorityEdit, Waiting: waiting}}
		}
		return f
	}
	unknown := figures{stored: new(int32(1))}
	for name, row := range map[string]struct {
		shown, seen figures
		ago         time.Duration // since what is shown was written
		want        figures
		again       time.Duration
	}{
		"the first":                              {figures{}, of(0, 1), 1000 * time.Hour, of(0, 1), 0},
		"what is shown already":                  {of(0, 1), of(0, 1), time.Second, of(0, 1), 0},
		"work begins":                            {of(0, 1), of(5, 1), time.Hour, of(5, 1), time.Minute},
		"work goes on":                           {of(5, 1), of(4, 1), 20 * time.Second, of(5, 1), 40 * time.Second},
		"work goes on for a minute":              {of(5, 1), of(4, 1), time.Minute, of(4, 1), time.Minute},
		"work goes on and looks the same":        {of(5, 1), of(5, 1), time.Second, of(5, 1), time.Minute},
		"work is over":                           {of(5, 1), of(0, 1), time.Second, of(0, 1), 0},
		"work begins again at once":              {of(0, 1), of(5, 1), time.Second, of(0, 1), 59 * time.Second},
		"a credential more":                      {of(0, 1), of(0, 2), time.Second, of(0, 1), 59 * time.Second},
		"a credential more after a while":        {of(0, 1), of(0, 2), time.Hour, of(0, 2), 0},
		"after a restart, nothing is known":      {of(0, 1), unknown, time.Hour, of(0, 1), 0},
		"after a restart in the midst of work":   {of(5, 1), unknown, time.Hour, of(0, 1), 0},
		"nothing was known and nothing is known": {unknown, unknown, time.Hour, unknown, 0},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			got, again := row.shown.next(row.seen, now.Add(-row.ago), now)
			g.Expect(got).To(Equal(row.want))
			if row.again == 0 {
				g.Expect(again).To(BeZero())
			} else {
				g.Expect(again).To(Equal(now.Add(row.again)))
			}
		})
	}
}

func TestCredentialQuota(t *testing.T) {
	for name, row := range map[string]struct {
		stored, quota int
		status        metav1.ConditionStatus
		reason        string
	}{
		"none":                     {0, 2000, "True", "QuotaSufficient"},
		"one below the warning":    {1599, 2000, "True", "QuotaSufficient"},
		"80 %":                     {1600, 2000, "False", "QuotaNearlyUsed"},
		"one below the last":       {1999, 2000, "False", "QuotaNearlyUsed"},
		"all":                      {2000, 2000, "False", "QuotaUsed"},
		"more than were told of":   {2001, 2000, "False", "QuotaUsed"},
		"80 % of an odd quota":     {6, 7, "False", "QuotaNearlyUsed"},
		"less of an odd quota":     {5, 7, "True", "QuotaSufficient"},
		"the smallest, and unused": {0, 1, "True", "QuotaSufficient"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			c := credentialQuota(row.stored, row.quota)
			g.Expect(c.Status).To(Equal(row.status))
			g.Expect(c.Reason).To(Equal(row.reason))
			if row.status == metav1.ConditionFalse {
				g.Expect(c.Message).To(And(ContainSubstring("entity limit"), ContainSubstring("overlap"), ContainSubstring("cert_subject_dn")))
				g.Expect(c.Message).To(Or(ContainSubstring("nothing is refused"), ContainSubstring("stays attached")), "what is kept safe")
			}
		})
	}
	g := NewWithT(t)
	g.Expect(Quota(nil)).To(Equal(2000))
	g.Expect(Quota(&v1alpha1.TenantLimits{CredentialsPerClient: 6})).To(Equal(2000))
	g.Expect(Quota(&v1alpha1.TenantLimits{CredentialsPerTenant: 5000})).To(Equal(5000))
	g.Expect(credentialQuota(1, 2000).Message).To(Equal(credentialQuota(2, 2000).Message), "a number that moves would write the status anew")
}

func TestCredentialsOfOthersAreCounted(t *testing.T) {
	of := func(owners ...string) (c v1alpha1.OAuthClient) {
		for _, owner := range owners {
			c.Status.Credentials = append(c.Status.Credentials, v1alpha1.CredentialStatus{Owner: owner})
		}
		return c
	}
	NewWithT(t).Expect(stored([]v1alpha1.OAuthClient{of("mine", ""), of(), of("mine")})).To(Equal(3))
}

// A number that moves by itself wakes no client; whatever a client or a login depends on does.
func TestWhatConcernsClients(t *testing.T) {
	for name, row := range map[string]struct {
		change func(*v1alpha1.Tenant)
		wakes  bool
	}{
		"nothing":           {func(*v1alpha1.Tenant) {}, false},
		"the budget":        {func(t *v1alpha1.Tenant) { t.Status.Budget = &v1alpha1.BudgetStatus{SharePercent: 80} }, false},
		"the credentials":   {func(t *v1alpha1.Tenant) { t.Status.StoredCredentials = new(int32(5)) }, false},
		"the clients":       {func(t *v1alpha1.Tenant) { t.Status.Clients = new(int32(5)) }, false},
		"the spec":          {func(t *v1alpha1.Tenant) { t.Generation++ }, true},
		"another object":    {func(t *v1alpha1.Tenant) { t.UID = "other" }, true},
		"the condition":     {func(t *v1alpha1.Tenant) { t.Status.Conditions = []metav1.Condition{{Type: "Ready"}} }, true},
		"the mTLS endpoint": {func(t *v1alpha1.Tenant) { t.Status.MTLSTokenEndpoint = "https://mtls.example.com" }, true},
		"its deletion":      {func(t *v1alpha1.Tenant) { t.DeletionTimestamp = &metav1.Time{Time: now} }, true},
	} {
		t.Run(name, func(t *testing.T) {
			before := &v1alpha1.Tenant{}
			after := before.DeepCopy()
			row.change(after)
			NewWithT(t).Expect(ConcernsClients.Update(event.UpdateEvent{ObjectOld: before, ObjectNew: after})).To(Equal(row.wakes))
		})
	}
}
