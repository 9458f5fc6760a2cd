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

package oauthclient

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0"
	"github.com/certbound/certbound/internal/controller/tenant"
	"github.com/certbound/certbound/internal/registration"
	"github.com/certbound/certbound/internal/rotation"
	"github.com/certbound/certbound/internal/status"
)

// clientAPI is what is asked of a tenant about clients.
type clientAPI interface {
	Client(ctx context.Context, id string) (registration.Client, error)
	CreateClient(ctx context.Context, c auth0.NewClient) (registration.Client, []auth0.Credential, error)
	UpdateClient(ctx context.Context, id string, patch auth0.ClientPatch) (registration.Client, error)
	DeleteClient(ctx context.Context, id string) error
}

// credentialAPI is what is asked of a tenant about a client's credentials.
type credentialAPI interface {
	Credentials(ctx context.Context, clientID string) ([]auth0.Credential, error)
	CreateCredential(ctx context.Context, clientID string, c auth0.NewCredential) (auth0.Credential, error)
	DeleteCredential(ctx context.Context, clientID, id string) error
}

// grantAPI is what is asked of a tenant about client grants.
type grantAPI interface {
	Grants(ctx context.Context, clientID string) ([]registration.Grant, error)
	CreateGrant(ctx context.Context, clientID, audience string, scopes []string) (registration.Grant, error)
	UpdateGrant(ctx context.Context, id string, scopes []string) error
}

// turnAPI is where turns are taken before it is known what to send.
type turnAPI interface {
	Turn(ctx context.Context) (*auth0.Turn, error)
}

// tenantFacts is what a pass needs of the client's tenant.
type tenantFacts struct {
	domain string
	// api is asked by pass.ask.
	api tenantAPI
	// session tells one sign-in from another.
	session *auth0.Tenant
	// managementClient is the client that the operator signs in with.
	managementClient string

	// clockAhead is how far the operator's clock is ahead of the tenant's.
	clockAhead time.Duration

	limits        rotation.Limits
	driftInterval time.Duration
	status        v1alpha1.TenantStatus
}

// ask is the tenant, for one request. From now on the client is busy: a listing may have been made before this request took effect.
func (p *pass) ask() tenantAPI {
	p.views.ask(p.obj.UID)
	return p.tenant.api
}

const untouched = "the client at the tenant stays as it is"

// errSigningIn tells that the operator has started and not signed in yet to a tenant that it was signed in to before.
// Nothing has become worse, so there is nothing to report: what the object says goes on being true.
var errSigningIn = errors.New("the tenant is not signed in to yet")

// resolveTenant finds the tenant of the client, signed in to.
func (p *pass) resolveTenant(ctx context.Context) (status.Outcome, error) {
	key := tenant.KeyOf(p.obj)
	spec, tenantStatus, allowed, err := p.tenantObject(ctx, key)
	switch {
	case apierrors.IsNotFound(err):
		return p.withoutTenant(ctx, key)
	case err != nil:
		return status.Outcome{}, fmt.Errorf("read the client's tenant: %w", err)
	case !allowed:
		return status.Blocked(v1alpha1.ReasonNamespaceNotAllowed, fmt.Sprintf(
			"The ClusterTenant %s does not allow this namespace; add it to its spec.allowedNamespaces; %s.", key.Name, untouched)), nil
	}
	session, signedIn := p.Registry.Get(key)
	// Until the Tenant controller has seen it, the connection at hand is that of an object before under this name, or of what
	// this one said before.
	signedIn = signedIn && session.Domain() == spec.Domain
	if !signedIn && meta.IsStatusConditionTrue(tenantStatus.Conditions, v1alpha1.ConditionReady) {
		return status.Outcome{}, errSigningIn
	}
	if !signedIn {
		message := fmt.Sprintf("Waiting for the operator to sign in to the tenant of %s %s; %s.", key.Kind, key.Name, untouched)
		if ready := meta.FindStatusCondition(tenantStatus.Conditions, v1alpha1.ConditionReady); ready != nil {
			message += fmt.Sprintf(" It says (%s): %s", ready.Reason, ready.Message)
		}
		return status.Waiting(v1alpha1.ReasonTenantNotReady, message), nil
	}
	var api tenantAPI = session
	if until := p.unchangedUntil(); !until.IsZero() {
		api = unchanged{session, until}
	}
	p.tenant = tenantFacts{
		domain: spec.Domain, api: api, session: session, managementClient: signInClient(spec.SignIn),
		clockAhead: session.ClockAhead(), limits: limits(spec.Limits), driftInterval: tenant.DriftInterval(spec), status: *tenantStatus,
	}
	return status.Done(v1alpha1.ReasonTenantReady, "The tenant is signed in to."), nil
}

// withoutTenant is the outcome where no such tenant is in the cache.
func (p *pass) withoutTenant(ctx context.Context, key auth0.Key) (status.Outcome, error) {
	var t client.Object = &v1alpha1.Tenant{}
	if key.Kind == v1alpha1.KindClusterTenant {
		t = &v1alpha1.ClusterTenant{}
	}
	elsewhere, err := p.Shard.Elsewhere(ctx, p.Live, types.NamespacedName{Namespace: key.Namespace, Name: key.Name}, t)
	switch {
	case err != nil:
		return status.Outcome{}, fmt.Errorf("look for the client's tenant: %w", err)
	case elsewhere:
		return status.Blocked(v1alpha1.ReasonTenantInAnotherShard, fmt.Sprintf("%s; %s.", p.Shard.Advice(key.Kind, key.Name), untouched)), nil
	}
	return status.Waiting(v1alpha1.ReasonTenantNotFound,
		fmt.Sprintf("The %s %s does not exist; waiting until it does; %s.", key.Kind, key.Name, untouched)), nil
}

// tenantObject reads the Tenant or ClusterTenant, and whether it may be used from the client's namespace.
func (p *pass) tenantObject(ctx context.Context, key auth0.Key) (*v1alpha1.TenantSpec, *v1alpha1.TenantStatus, bool, error) {
	object, err := tenant.Read(ctx, p.Client, key)
	if err != nil {
		return nil, nil, false, err
	}
	allowed := true
	if t, cluster := object.(*v1alpha1.ClusterTenant); cluster {
		allowed, err = p.allowed(ctx, t.Spec.AllowedNamespaces)
	}
	return object.GetTenantSpec(), object.GetTenantStatus(), allowed, err
}

func (p *pass) allowed(ctx context.Context, namespaces *v1alpha1.AllowedNamespaces) (bool, error) {
	switch {
	case namespaces == nil:
		return false, nil
	case namespaces.Selector == nil:
		return slices.Contains(namespaces.Names, p.obj.Namespace), nil
	}
	selector, err := metav1.LabelSelectorAsSelector(namespaces.Selector)
	if err != nil {
		return false, nil //nolint:nilerr // a selector that says nothing allows nothing, as an empty list does
	}
	namespace := metav1.PartialObjectMetadata{}
	namespace.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Namespace"))
	if err := p.Client.Get(ctx, types.NamespacedName{Name: p.obj.Namespace}, &namespace); err != nil {
		return false, err
	}
	return selector.Matches(labels.Set(namespace.Labels)), nil
}

// signInClient is the client that the operator signs in with; empty for a ready-made token.
func signInClient(in v1alpha1.TenantSignIn) string {
	switch {
	case in.ClientSecret != nil:
		return in.ClientSecret.ClientID
	case in.PrivateKeyJWT != nil:
		return in.PrivateKeyJWT.ClientID
	}
	return ""
}

// limits are Auth0's numbers of credentials where the spec says no others.
func limits(spec *v1alpha1.TenantLimits) rotation.Limits {
	if spec == nil {
		spec = &v1alpha1.TenantLimits{}
	}
	return rotation.Limits{Stored: int(cmp.Or(spec.CredentialsPerClient, 4)), Attached: int(cmp.Or(spec.CredentialsPerMethod, 2))}
}
