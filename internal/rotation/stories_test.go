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
	"slices"
	"time"
)

func stories() []story {
	return slices.Concat(renewals(), changes(), accidents())
}

func renewals() []story {
	return []story{
		{"plain renewal", "A workload is handed the new certificate once it can sign in, and the old one stays while it is valid.",
			client("A", "A", web("A", "A")), func(t *teller) {
				t.now("web is renewed: B", renew("web", "B"))
				t.rest()
			}},
		{"plain renewal with an overlap", "The old certificate stays for two hours after the new one was published.",
			client("A", "A", web("A", "A").overlap(2*time.Hour)), func(t *teller) {
				t.now("web is renewed: B", renew("web", "B"))
				t.rest()
			}},
		{"renewal without a published Secret", "Workloads read the certificate's own Secret, so that they have B before the tenant knows it.",
			client("A", "A", web("A", "A").ungated()), func(t *teller) {
				t.now("web is renewed: B", renew("web", "B"))
				t.rest()
			}},
		{"third certificate inside the overlap", "C waits until workloads had an hour to take up B; then A leaves before its time.",
			client("A", "A", web("A", "A")), func(t *teller) {
				t.now("web is renewed: B", renew("web", "B"))
				t.now("web is renewed ten minutes later: C", func(w *world) { later(10 * time.Minute)(w); renew("web", "C")(w) })
				t.rest()
			}},
		{"third certificate while the published one is about to expire",
			"B expires soon: C does not wait for the handover, since workloads need as long to take up C as they needed for B.",
			client("A", "A", web("A", "A")).with(func(w *world) { w.validity["B"] = noon.Add(75 * time.Minute) }), func(t *teller) {
				t.now("web is renewed: B, which is valid for 75 minutes", renew("web", "B"))
				t.now("web is renewed five minutes later: C", func(w *world) { later(5 * time.Minute)(w); renew("web", "C")(w) })
				t.pass()
				t.rest()
			}},
		{"third and fourth certificate without a published Secret",
			"Workloads have each certificate at once, so that the oldest leaves at once.",
			client("A", "A", web("A", "A").ungated()), func(t *teller) {
				t.now("web is renewed: B", renew("web", "B"))
				t.now("web is renewed: C", renew("web", "C"))
				t.now("web is renewed: D", renew("web", "D"))
				t.rest()
			}},
		{"limits of two and two", "Nothing but old and new can be stored: the oldest is deleted before the third is created.",
			client("A", "A", web("A", "A")).limited(smallest), func(t *teller) {
				t.now("web is renewed: B", renew("web", "B"))
				t.now("web is renewed: C", renew("web", "C"))
				t.pass()
				t.rest()
			}},
		{"limits of four and four", "Where four can be attached, nobody has to leave early.",
			client("A", "A", web("A", "A")).limited(largest), func(t *teller) {
				t.now("web is renewed: B", renew("web", "B"))
				t.now("web is renewed: C", renew("web", "C"))
				t.now("web is renewed: D", renew("web", "D"))
				t.now("web is renewed: E", renew("web", "E"))
				t.pass()
				t.rest()
			}},
		{"two ClientCredentials on one client", "With two places, neither can be renewed without an outage of the other: a person must decide.",
			client("A", "A", web("A", "A"), batch("-", "-")), func(t *teller) {
				t.now("batch gets its first certificate: M", renew("batch", "M"))
				t.now("web is renewed: B", renew("web", "B"))
				t.now("the ClientCredential batch is deleted", depart("batch"))
				t.rest()
			}},
		{"subject unchanged", "A renewal that keeps the subject is known at the tenant already.",
			bySubject(client("A", "A", web("A", "A"))), func(t *teller) {
				t.now("web is renewed with the same subject", renew("web", "A"))
				t.rest()
			}},
		{"subject changed", "A subject is replaced as a certificate is; the tenant tells nothing of its expiry.",
			bySubject(client("A", "A", web("A", "A"))), func(t *teller) {
				t.now("web is renewed with another subject: B", renew("web", "B"))
				t.rest()
			}},
	}
}

func bySubject(w world) world {
	w.bySubject = true
	for i := range w.Credentials {
		w.Credentials[i].NotAfter = time.Time{}
	}
	return w
}

func changes() []story {
	return []story{
		{"from a secret to certificates", "The secret is in force until every ClientCredential has a certificate that is stored.",
			client("-", "-", web("-", "-"), batch("-", "-")).under(secretMethod), func(t *teller) {
				t.now("the method is to be self_signed_tls_client_auth", nothing)
				t.now("web has a certificate: A", renew("web", "A"))
				t.now("batch has a certificate: M", renew("batch", "M"))
				t.rest()
			}},
		{"self_signed_tls_client_auth → tls_client_auth", "G is the thumbprint that signs in so far; A is the subject that shall.",
			bySubject(client("G", "G", web("-", "-"))).under(otherMethod), func(t *teller) {
				t.now("the method is to be tls_client_auth", nothing)
				t.now("web, of type cert_subject_dn, has a certificate: A", renew("web", "A"))
				t.rest()
			}},
		{"staged change from a secret", "All is stored and published before the change, and stays stored after the way back.",
			client("-", "-", web("-", "-")).under(secretMethod).secretWanted(), func(t *teller) {
				t.now("web has a certificate: A", renew("web", "A"))
				t.now("web is renewed: B", renew("web", "B"))
				t.now("the method is to be self_signed_tls_client_auth", func(w *world) { w.Secret = false })
				t.now("the method is to be client_secret_post again", func(w *world) { w.Secret = true })
				t.now("the method is to be self_signed_tls_client_auth", func(w *world) { w.Secret = false })
				t.rest()
			}},
		{"revert to a secret", "The one request that changes the method takes all certificates away; what it took away stays stored.",
			client("A B x", "A B", web("B", "B")), func(t *teller) {
				t.now("the method is to be client_secret_post", func(w *world) { w.Secret = true })
				t.rest()
				t.now("the ClientCredential web is deleted", depart("web"))
			}},
		{"adoption of a client with two credentials of others", "Ours is stored and waits for a place, which only their owner can give.",
			client("x y", "x y", web("-", "-")), func(t *teller) {
				t.now("web has a certificate: A", renew("web", "A"))
				t.now("the owner detaches x", edit("y"))
				t.rest()
			}},
		{"a foreign credential in the slot", "One place is another's: there is none for a renewal.",
			client("A x", "A x", web("A", "A")), func(t *teller) {
				t.now("web is renewed: B", renew("web", "B"))
				t.now("the owner detaches and deletes x", erase("x"))
				t.rest()
			}},
		{"ClientCredential deleted", "What was made for it leaves at once, as nobody is to use it; the other one's goes on.",
			client("A M", "A M", web("A", "A"), batch("M", "M")), func(t *teller) {
				t.now("the ClientCredential batch is deleted", depart("batch"))
				t.now("the ClientCredential web is deleted", depart("web"))
			}},
		{"no usable certificate", "What is attached stays, and nothing is done until there is a certificate.",
			client("A B", "A B", web("B", "B")), func(t *teller) {
				t.now("web has no usable certificate any more", func(w *world) { w.Certificates[0].Wanted = "" })
				t.now("25 days pass", later(25*day))
				t.now("web has a certificate: C", renew("web", "C"))
				t.rest()
			}},
	}
}

func accidents() []story {
	return []story{
		{"a lost answer", "B was created though nobody learnt of it: the next look finds it, and it is not created again.",
			client("A", "A", web("A", "A")), func(t *teller) {
				t.now("web is renewed: B; it is created and the answer lost", func(w *world) {
					renew("web", "B")(w)
					w.Credentials = append(w.Credentials, w.credential("B", "web", false))
				})
				t.rest()
			}},
		{"a lost answer and another renewal", "B was created though nobody learnt of it, and is wanted no more.",
			client("A", "A", web("A", "A")), func(t *teller) {
				t.now("web is renewed: B; it is created and the answer lost; then web is renewed again: C", func(w *world) {
					w.Credentials = append(w.Credentials, w.credential("B", "web", false))
					renew("web", "C")(w)
				})
				t.rest()
			}},
		{"detached by hand", "What workloads use is attached again.",
			client("A x", "A x", web("A", "A")), func(t *teller) {
				t.now("somebody detaches A", edit("x"))
				t.now("somebody detaches A and deletes it", erase("A"))
			}},
		{"detached by hand in the overlap", "The old certificate is not brought back: nothing tells that it is not the owner's wish.",
			client("A B", "A B", web("B", "B")), func(t *teller) {
				t.now("somebody detaches A", edit("B"))
			}},
		{"the certificate goes back", "A backup brings A back before B was published. Who made B is known, who holds it is not.",
			client("A B", "A B", web("A", "B").ago(day)), func(t *teller) {
				t.now("web wants A again", renew("web", "A"))
				t.now("a day later web is renewed: C", func(w *world) { later(day)(w); renew("web", "C")(w) })
				t.rest()
			}},
	}
}
