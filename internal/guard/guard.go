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

// Package guard lets in who may read what the operator serves. It asks the API server, who is the one to know.
package guard

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/go-logr/logr"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/cache"
	authentication "k8s.io/client-go/kubernetes/typed/authentication/v1"
	authorization "k8s.io/client-go/kubernetes/typed/authorization/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
)

const (
	// trusted is how long who was let in is let in again without asking, and visits for how many at a time.
	trusted = time.Minute
	visits  = 64
	// answer is how long the API server may take.
	answer = 10 * time.Second
)

// Readers lets in whom the API server knows by the token that they bring, and whom RBAC allows to get the path. controller-runtime's
// own filter does the same with the libraries of the API server, which were a third of this program.
func Readers(config *rest.Config, httpClient *http.Client) (server.Filter, error) {
	tokens, err := authentication.NewForConfigAndClient(config, httpClient)
	if err != nil {
		return nil, fmt.Errorf("guard the metrics: %w", err)
	}
	access, err := authorization.NewForConfigAndClient(config, httpClient)
	if err != nil {
		return nil, fmt.Errorf("guard the metrics: %w", err)
	}
	g := &guard{tokens: tokens.TokenReviews(), access: access.SubjectAccessReviews(), known: cache.NewLRUExpireCache(visits)}
	return func(log logr.Logger, metrics http.Handler) (http.Handler, error) {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			status, err := g.judge(r)
			switch {
			case err != nil:
				log.Error(err, "The API server does not say who may read the metrics")
				fallthrough
			case status != http.StatusOK:
				http.Error(w, http.StatusText(status), status)
			default:
				metrics.ServeHTTP(w, r)
			}
		}), nil
	}, nil
}

type guard struct {
	tokens authentication.TokenReviewInterface
	access authorization.SubjectAccessReviewInterface
	// known are the visits that were allowed a while ago. Who was refused is asked for again: rights are granted any time.
	known *cache.LRUExpireCache
}

// visit is who wants to do what. A token is kept as its hash alone.
type visit struct {
	token      [sha256.Size]byte
	verb, path string
}

// judge returns the HTTP status that a request deserves.
func (g *guard) judge(r *http.Request) (int, error) {
	token := bearer(r)
	if token == "" {
		return http.StatusUnauthorized, nil
	}
	v := visit{sha256.Sum256([]byte(token)), strings.ToLower(r.Method), r.URL.Path}
	if _, allowed := g.known.Get(v); allowed {
		return http.StatusOK, nil
	}
	ctx, cancel := context.WithTimeout(r.Context(), answer)
	defer cancel()
	review, err := g.tokens.Create(ctx, &authenticationv1.TokenReview{Spec: authenticationv1.TokenReviewSpec{Token: token}}, metav1.CreateOptions{})
	if err != nil {
		return http.StatusInternalServerError, fmt.Errorf("review the token of a reader: %w", err)
	}
	if !review.Status.Authenticated {
		return http.StatusUnauthorized, nil
	}
	right, err := g.access.Create(ctx, &authorizationv1.SubjectAccessReview{Spec: wanted(review.Status.User, v)}, metav1.CreateOptions{})
	if err != nil {
		return http.StatusInternalServerError, fmt.Errorf("review the rights of %s: %w", review.Status.User.Username, err)
	}
	if !right.Status.Allowed {
		return http.StatusForbidden, nil
	}
	g.known.Add(v, nil, trusted)
	return http.StatusOK, nil
}

// wanted is the right that a visit takes.
func wanted(user authenticationv1.UserInfo, v visit) authorizationv1.SubjectAccessReviewSpec {
	extra := map[string]authorizationv1.ExtraValue{}
	for key, values := range user.Extra {
		extra[key] = authorizationv1.ExtraValue(values)
	}
	return authorizationv1.SubjectAccessReviewSpec{
		User: user.Username, UID: user.UID, Groups: user.Groups, Extra: extra,
		NonResourceAttributes: &authorizationv1.NonResourceAttributes{Verb: v.verb, Path: v.path},
	}
}

// bearer is the token of a request, empty for none.
func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(strings.TrimSpace(r.Header.Get("Authorization")), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}
