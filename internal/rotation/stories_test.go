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
		{"What happens with the first certificate?",
			client("-", "-", web("-", "-")), func(t *teller) {
				t.now("web has its first certificate: A", renew("web", "A"))
				t.rest()
			}},
		{"What happens at a renewal?",
			client("A", "A", web("A", "A")), func(t *teller) {
				t.now("web is renewed: B", renew("web", "B"))
				t.rest()
			}},
		{"What if the old certificate should leave sooner?",
			client("A", "A", web("A", "A").overlap(2*time.Hour)), func(t *teller) {
				t.now("web is renewed: B", renew("web", "B"))
				t.rest()
			}},
		{"What if the renewal keeps the key?",
			client("A", "A", web("A", "A").overlap(2*time.Hour)), func(t *teller) {
				t.now("web is renewed with the same key: B", renew("web", "B"))
				t.rest()
			}},
		{"What if workloads read the certificate's own Secret?",
			client("A", "A", web("A", "A").ungated()), func(t *teller) {
				t.now("web is renewed: B", renew("web", "B"))
				t.rest()
			}},
		{"What if a third certificate comes inside the overlap?",
			client("A", "A", web("A", "A")), func(t *teller) {
				t.now("web is renewed: B", renew("web", "B"))
				t.now("web is renewed ten minutes later: C", func(w *world) { later(10 * time.Minute)(w); renew("web", "C")(w) })
				t.rest()
			}},
		{"And a fourth?",
			client("A", "A", web("A", "A")), func(t *teller) {
				t.now("web is renewed: B", renew("web", "B"))
				t.now("web is renewed ten minutes later: C", func(w *world) { later(10 * time.Minute)(w); renew("web", "C")(w) })
				t.now("web is renewed ten minutes later: D", func(w *world) { later(10 * time.Minute)(w); renew("web", "D")(w) })
				t.pass()
				t.rest()
			}},
		{"What if the published certificate is about to expire?",
			client("A", "A", web("A", "A")).with(func(w *world) { w.validity["B"] = noon.Add(75 * time.Minute) }), func(t *teller) {
				t.now("web is renewed: B, which is valid for 75 minutes", renew("web", "B"))
				t.now("web is renewed five minutes later: C", func(w *world) { later(5 * time.Minute)(w); renew("web", "C")(w) })
				t.pass()
				t.rest()
			}},
		{"What if it is renewed in quick succession, and workloads read the certificate's own Secret?",
			client("A", "A", web("A", "A").ungated()), func(t *teller) {
				t.now("web is renewed: B", renew("web", "B"))
				t.now("web is renewed ten minutes later: C", func(w *world) { later(10 * time.Minute)(w); renew("web", "C")(w) })
				t.now("web is renewed ten minutes later: D", func(w *world) { later(10 * time.Minute)(w); renew("web", "D")(w) })
				t.pass()
				t.rest()
			}},
		{"What if the tenant stores no more than two credentials?",
			client("A", "A", web("A", "A")).limited(smallest), func(t *teller) {
				t.now("web is renewed: B", renew("web", "B"))
				t.now("web is renewed: C", renew("web", "C"))
				t.pass()
				t.rest()
			}},
		{"What if the tenant lets four certificates sign in?",
			client("A", "A", web("A", "A")).limited(largest), func(t *teller) {
				t.now("web is renewed: B", renew("web", "B"))
				t.now("web is renewed: C", renew("web", "C"))
				t.now("web is renewed: D", renew("web", "D"))
				t.now("web is renewed: E", renew("web", "E"))
				t.pass()
				t.rest()
			}},
		{"May two clusters share one client?",
			client("A", "A", web("A", "A"), batch("-", "-")), func(t *teller) {
				t.now("batch gets its first certificate: M", renew("batch", "M"))
				t.now("web is renewed: B", renew("web", "B"))
				t.now("the ClientCredential batch is deleted", depart("batch"))
				t.rest()
			}},
		{"How does a client move from one ClientCredential to another, as from blue to green?",
			client("A", "A", web("A", "A"), batch("-", "-")), func(t *teller) {
				t.now("the green one, batch, has its certificate: M", renew("batch", "M"))
				t.now("a day later the blue one, web, is deleted", func(w *world) { later(day)(w); depart("web")(w) })
				t.now("batch is renewed: N", renew("batch", "N"))
				t.rest()
			}},
		{"What if the tenant matches by the subject, and it stays the same?",
			bySubject(client("A", "A", web("A", "A"))), func(t *teller) {
				t.now("web is renewed with the same subject", renew("web", "A"))
				t.rest()
			}},
		{"What if the subject changes?",
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
		{"What if the method changes from a secret to certificates at once?",
			client("-", "-", web("-", "-"), batch("-", "-")).under(secretMethod), func(t *teller) {
				t.now("the method is to be self_signed_tls_client_auth", nothing)
				t.now("web has a certificate: A", renew("web", "A"))
				t.now("batch has a certificate: M", renew("batch", "M"))
				t.rest()
			}},
		{"What if the method changes from one kind of certificate to the other?",
			bySubject(client("G", "G", web("-", "-"))).under(otherMethod), func(t *teller) {
				t.now("the method is to be tls_client_auth", nothing)
				t.now("web, of type cert_subject_dn, has a certificate: A", renew("web", "A"))
				t.rest()
			}},
		{"How does a client change from a secret to certificates in steps?",
			client("-", "-", web("-", "-")).under(secretMethod).secretWanted(), func(t *teller) {
				t.now("web has a certificate: A", renew("web", "A"))
				t.now("web is renewed: B", renew("web", "B"))
				t.now("the method is to be self_signed_tls_client_auth", func(w *world) { w.Secret = false })
				t.now("the method is to be client_secret_post again", func(w *world) { w.Secret = true })
				t.now("the method is to be self_signed_tls_client_auth", func(w *world) { w.Secret = false })
				t.rest()
			}},
		{"How does it go back to a secret?",
			client("A B x", "A B", web("B", "B")), func(t *teller) {
				t.now("the method is to be client_secret_post", func(w *world) { w.Secret = true })
				t.rest()
				t.now("the ClientCredential web is deleted", depart("web"))
			}},
		{"What if an adopted client has credentials already?",
			client("x y", "x y", web("-", "-")), func(t *teller) {
				t.now("web has a certificate: A", renew("web", "A"))
				t.now("the owner detaches x", edit("y"))
				t.rest()
			}},
		{"What if somebody else's credential takes a place?",
			client("A x", "A x", web("A", "A")), func(t *teller) {
				t.now("web is renewed: B", renew("web", "B"))
				t.now("the owner detaches and deletes x", erase("x"))
				t.rest()
			}},
		{"What if the client holds as many credentials as it may?",
			client("A x y z", "A", web("A", "A").overlap(2*time.Hour)), func(t *teller) {
				t.now("web is renewed: B", renew("web", "B"))
				t.now("the owner deletes z", erase("z"))
				t.rest()
			}},
		{"What if a ClientCredential is deleted?",
			client("A M", "A M", web("A", "A"), batch("M", "M")), func(t *teller) {
				t.now("the ClientCredential batch is deleted", depart("batch"))
				t.now("the ClientCredential web is deleted", depart("web"))
			}},
		{"What if there is no usable certificate any more?",
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
		{"What if the tenant's answer is lost?",
			client("A", "A", web("A", "A")), func(t *teller) {
				t.now("web is renewed: B; it is created and the answer lost", func(w *world) {
					renew("web", "B")(w)
					w.Credentials = append(w.Credentials, w.credential("B", "web", false))
				})
				t.rest()
			}},
		{"What if an answer is lost, and the certificate is renewed again?",
			client("A", "A", web("A", "A")), func(t *teller) {
				t.now("web is renewed: B; it is created and the answer lost; then web is renewed again: C", func(w *world) {
					w.Credentials = append(w.Credentials, w.credential("B", "web", false))
					renew("web", "C")(w)
				})
				t.rest()
			}},
		{"What if somebody detaches or deletes a credential by hand?",
			client("A x", "A x", web("A", "A")), func(t *teller) {
				t.now("somebody detaches A", edit("x"))
				t.now("somebody detaches A and deletes it", erase("A"))
			}},
		{"What if somebody detaches the old certificate by hand during the overlap?",
			client("A B", "A B", web("B", "B")), func(t *teller) {
				t.now("somebody detaches A", edit("B"))
			}},
		{"What if the certificate goes back to the one before?",
			client("A B", "A B", web("A", "B").ago(day)), func(t *teller) {
				t.now("web wants A again", renew("web", "A"))
				t.now("a day later web is renewed: C", func(w *world) { later(day)(w); renew("web", "C")(w) })
				t.rest()
			}},
	}
}
