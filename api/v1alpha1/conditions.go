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

package v1alpha1

// Condition types of every kind.
const (
	// ConditionReady is True when everything that was asked for is in place, for the observed generation. It is derived from
	// the kind's other conditions.
	ConditionReady = "Ready"
	// ConditionReconciling is True, and present only then, while something is under way or being waited for.
	ConditionReconciling = "Reconciling"
	// ConditionStalled is True, and present only then, when a person must act before anything goes on.
	ConditionStalled = "Stalled"
)

// Reasons of the Ready condition that are not those of another condition.
const (
	// ReasonReady surfaces when every other condition is True.
	ReasonReady = "Ready"
)

// Reachable is True when the tenant answers as an Auth0 tenant does.
const (
	// ConditionReachable is the condition's type.
	ConditionReachable = "Reachable"

	// ReasonReachable surfaces when the tenant's discovery document was read.
	ReasonReachable = "Reachable"
	// ReasonUnreachable surfaces when the domain does not resolve, refuses connections, or has an untrusted certificate.
	ReasonUnreachable = "Unreachable"
	// ReasonNetworkForbidden surfaces when the domain resolves to an address that the operator may not connect to.
	ReasonNetworkForbidden = "NetworkForbidden"
	// ReasonTimedOut surfaces when the tenant does not answer in time.
	ReasonTimedOut = "TimedOut"
	// ReasonNotATenant surfaces when the answer is not that of an Auth0 tenant: HTML, 404, no JSON.
	ReasonNotATenant = "NotATenant"
	// ReasonRateLimited surfaces when the tenant's request limit, or the budget of the spec, is used up.
	ReasonRateLimited = "RateLimited"
	// ReasonTenantUnavailable surfaces when the tenant answers with 5xx.
	ReasonTenantUnavailable = "TenantUnavailable"
	// ReasonInUse surfaces on a tenant that is being deleted while clients are still to be deleted there.
	ReasonInUse = "InUse"
	// ReasonCABundleInvalid surfaces when caBundleRef names nothing, or nothing that holds certificates.
	ReasonCABundleInvalid = "CABundleInvalid"
)

// Authenticated is True when the operator holds a management token of the tenant.
const (
	// ConditionAuthenticated is the condition's type.
	ConditionAuthenticated = "Authenticated"

	// ReasonAuthenticated surfaces when the tenant issued a token, or accepted the given one.
	ReasonAuthenticated = "Authenticated"
	// ReasonSignInRefused surfaces when the tenant refuses the operator's sign-in.
	ReasonSignInRefused = "SignInRefused"
	// ReasonSignInSecretNotFound surfaces when the Secret or key of signIn is missing or empty.
	ReasonSignInSecretNotFound = "SignInSecretNotFound" // #nosec G101 -- a reason, not a secret
	// ReasonSignInInvalid surfaces when the content of the sign-in Secret cannot be used.
	ReasonSignInInvalid = "SignInInvalid"
)

// ScopesSufficient is True when the management token carries every scope that the operator needs.
const (
	// ConditionScopesSufficient is the condition's type.
	ConditionScopesSufficient = "ScopesSufficient"

	// ReasonSufficient surfaces when no scope is missing.
	ReasonSufficient = "Sufficient"
	// ReasonScopesMissing surfaces when scopes are missing; status.missingScopes names them.
	ReasonScopesMissing = "ScopesMissing"
	// ReasonScopesUnknown surfaces when the token does not tell its scopes.
	ReasonScopesUnknown = "ScopesUnknown"
)

// EndpointAliasesInSync is True when the tenant's mTLS endpoint aliases are as spec.endpointAliases says.
const (
	// ConditionEndpointAliasesInSync is the condition's type.
	ConditionEndpointAliasesInSync = "EndpointAliasesInSync"

	// ReasonInSync surfaces when the tenant holds what was asked for.
	ReasonInSync = "InSync"
	// ReasonUnmanaged surfaces when nothing was asked for.
	ReasonUnmanaged = "Unmanaged"
)

// CredentialQuota is False when the tenant's cap of stored credentials comes close. Ready does not depend on it.
const (
	// ConditionCredentialQuota is the condition's type.
	ConditionCredentialQuota = "CredentialQuota"

	// ReasonQuotaSufficient surfaces below 80 % of spec.limits.credentialsPerTenant.
	ReasonQuotaSufficient = "QuotaSufficient"
	// ReasonQuotaNearlyUsed surfaces from 80 % on.
	ReasonQuotaNearlyUsed = "QuotaNearlyUsed"
	// ReasonQuotaUsed surfaces when the quota is used up: the tenant refuses further credentials, those of renewals among them.
	ReasonQuotaUsed = "QuotaUsed"
)

// TenantReady is True when the OAuthClient's tenant can be used.
const (
	// ConditionTenantReady is the condition's type.
	ConditionTenantReady = "TenantReady"

	// ReasonTenantReady surfaces when the tenant is signed in to.
	ReasonTenantReady = "TenantReady"
	// ReasonTenantNotFound surfaces when tenantRef names no object.
	ReasonTenantNotFound = "TenantNotFound"
	// ReasonTenantInAnotherShard surfaces when tenantRef names an object that another operator looks after.
	ReasonTenantInAnotherShard = "TenantInAnotherShard"
	// ReasonTenantNotReady surfaces while the tenant is not signed in to.
	ReasonTenantNotReady = "TenantNotReady"
	// ReasonNamespaceNotAllowed surfaces when the ClusterTenant does not allow the namespace.
	ReasonNamespaceNotAllowed = "NamespaceNotAllowed"
)

// Registered is True when the client exists at the tenant with the settings asked for.
const (
	// ConditionRegistered is the condition's type.
	ConditionRegistered = "Registered"

	// ReasonRegistered surfaces when the client exists and its settings are as asked for.
	ReasonRegistered = "Registered"
	// ReasonWaitingForCertificate surfaces while no usable certificate is there to create the client with.
	ReasonWaitingForCertificate = "WaitingForCertificate"
	// ReasonClientNotFound surfaces when the client does not exist at the tenant.
	ReasonClientNotFound = "ClientNotFound"
	// ReasonOwnedByAnother surfaces when another OAuthClient has marked the client.
	ReasonOwnedByAnother = "OwnedByAnother"
	// ReasonManagementClient surfaces when the client is the one that the operator signs in with, or the tenant's global one.
	ReasonManagementClient = "ManagementClient"
	// ReasonWithheld surfaces when the operator has just taken over from one that did not end in order, or is not sure that it
	// still leads: nothing is changed at the tenant for a moment.
	ReasonWithheld = "Withheld"
	// ReasonWouldChange surfaces under managementPolicy Observe when there is something that Manage would change.
	ReasonWouldChange = "WouldChange"
	// ReasonFinalizerNotWritten surfaces when the finalizer cannot be written; nothing is sent to the tenant before it is.
	ReasonFinalizerNotWritten = "FinalizerNotWritten"
	// ReasonStatusNotWritten surfaces when the status cannot be written, which is done before a credential is detached.
	ReasonStatusNotWritten = "StatusNotWritten"
	// ReasonInsufficientScope surfaces when the tenant refuses a request for want of a scope.
	ReasonInsufficientScope = "InsufficientScope"
	// ReasonForbidden surfaces when the tenant refuses a request for another reason than a scope, such as its plan.
	ReasonForbidden = "Forbidden"
	// ReasonRejected surfaces when the tenant calls a request invalid.
	ReasonRejected = "Rejected"
	// ReasonDeletionBlocked surfaces when the client should be deleted at the tenant and cannot be.
	ReasonDeletionBlocked = "DeletionBlocked"
)

// CredentialsInSync is True when the tenant accepts the certificates of all ClientCredentials by the method asked for.
const (
	// ConditionCredentialsInSync is the condition's type.
	ConditionCredentialsInSync = "CredentialsInSync"

	// ReasonOverlap surfaces when everything is attached and an old certificate stays attached for a while.
	ReasonOverlap = "Overlap"
	// ReasonWaitingForPublication surfaces while a new certificate is attached, or staged, and not yet published.
	ReasonWaitingForPublication = "WaitingForPublication"
	// ReasonHandover surfaces while a further renewal waits for workloads to take up the last one.
	ReasonHandover = "Handover"
	// ReasonCredentialLimitReached surfaces when there is no place for a credential and nothing of the operator's to remove.
	ReasonCredentialLimitReached = "CredentialLimitReached"
	// ReasonMethodMismatch surfaces when a ClientCredential's type does not go with the client's authenticationMethod.
	ReasonMethodMismatch = "MethodMismatch"
	// ReasonNoCredential surfaces when no ClientCredential refers to a client that authenticates by mutual TLS.
	ReasonNoCredential = "NoCredential"
	// ReasonDuplicateCredential surfaces when the tenant refuses a certificate as already stored and lists none that matches.
	ReasonDuplicateCredential = "DuplicateCredential"
	// ReasonNotApplicable surfaces when the client authenticates by a secret and no ClientCredential refers to it.
	ReasonNotApplicable = "NotApplicable"
	// ReasonReadyToSwitch surfaces when the client authenticates by a secret, and all that can be known before a change to
	// certificates is in place for it.
	ReasonReadyToSwitch = "ReadyToSwitch"
	// ReasonNotReadyToSwitch surfaces when the client authenticates by a secret, ClientCredentials refer to it, and
	// something is missing for a change to certificates; the message names it.
	ReasonNotReadyToSwitch = "NotReadyToSwitch"
)

// GrantsInSync is True when the client's grants are as spec.grants says.
const (
	// ConditionGrantsInSync is the condition's type.
	ConditionGrantsInSync = "GrantsInSync"

	// ReasonAudienceNotFound surfaces when the tenant has no API with the grant's audience.
	ReasonAudienceNotFound = "AudienceNotFound"
)

// ConnectionPublished is True when the ConfigMap of spec.connection holds the facts.
const (
	// ConditionConnectionPublished is the condition's type.
	ConditionConnectionPublished = "ConnectionPublished"

	// ReasonNotRequested surfaces when nothing was asked for.
	ReasonNotRequested = "NotRequested"
	// ReasonNameTaken surfaces when the object to write exists and is not this object's.
	ReasonNameTaken = "NameTaken"
)

// CertificateReady is True when a usable certificate is at hand. Its reasons beside these are those of the certificate
// itself, see docs/clientcredential.md.
const (
	// ConditionCertificateReady is the condition's type.
	ConditionCertificateReady = "CertificateReady"

	// ReasonUsable surfaces when the certificate was read, is valid and matches its key.
	ReasonUsable = "Usable"
	// ReasonCertificateNotFound surfaces when certificateRef names no cert-manager Certificate.
	ReasonCertificateNotFound = "CertificateNotFound"
	// ReasonCertManagerNotInstalled surfaces when certificateRef is used in a cluster without cert-manager.
	ReasonCertManagerNotInstalled = "CertManagerNotInstalled"
	// ReasonSecretNotFound surfaces when the Secret does not exist (yet).
	ReasonSecretNotFound = "SecretNotFound" // #nosec G101 -- a reason, not a secret
	// ReasonTemporaryCertificate surfaces while the Secret holds cert-manager's temporary certificate.
	ReasonTemporaryCertificate = "TemporaryCertificate"
	// ReasonCertificateFlapping surfaces while the Secret changes back and forth between certificates and none is followed.
	ReasonCertificateFlapping = "CertificateFlapping"
	// ReasonOlderCertificate surfaces while the Secret holds a certificate that the published one replaced.
	ReasonOlderCertificate = "OlderCertificate"
	// ReasonSubjectDNInvalid surfaces when a literal subjectDN is not in the tenant's form.
	ReasonSubjectDNInvalid = "SubjectDNInvalid"
)

// Attached is True when the tenant lets the newest certificate sign in.
const (
	// ConditionAttached is the condition's type.
	ConditionAttached = "Attached"

	// ReasonAttached surfaces when the credential is listed by the client's authentication method.
	ReasonAttached = "Attached"
	// ReasonWaitingForClient surfaces while the OAuthClient has not attached it.
	ReasonWaitingForClient = "WaitingForClient"
	// ReasonStaged surfaces when the tenant stores the newest certificate, and the OAuthClient authenticates by a secret.
	ReasonStaged = "Staged"
	// ReasonOAuthClientNotFound surfaces when clientRef names no OAuthClient.
	ReasonOAuthClientNotFound = "OAuthClientNotFound"
	// ReasonOAuthClientInAnotherShard surfaces when clientRef names an OAuthClient that another operator looks after.
	ReasonOAuthClientInAnotherShard = "OAuthClientInAnotherShard"
)

// Published is True when workloads are handed the newest certificate.
const (
	// ConditionPublished is the condition's type.
	ConditionPublished = "Published"

	// ReasonPublished surfaces when the published Secret holds the newest certificate.
	ReasonPublished = "Published"
	// ReasonWaitingForAttachment surfaces while the newest certificate is held back until the tenant accepts it, or stores it
	// for a client that authenticates by a secret.
	ReasonWaitingForAttachment = "WaitingForAttachment"
	// ReasonWaitingForVerification surfaces while the newest certificate is held back until a login with it succeeds.
	ReasonWaitingForVerification = "WaitingForVerification"
)

// Verified is True when a login with the newest certificate succeeded. It is there only where spec.verification asks for it.
const (
	// ConditionVerified is the condition's type.
	ConditionVerified = "Verified"

	// ReasonLoginSucceeded surfaces when the token endpoint issued a token for the certificate.
	ReasonLoginSucceeded = "LoginSucceeded"
	// ReasonVerificationPending surfaces before the first login with the certificate is over.
	ReasonVerificationPending = "VerificationPending"
	// ReasonProbeNotRunning surfaces when no login was tried for a while after the certificate was attached.
	ReasonProbeNotRunning = "ProbeNotRunning"
	// ReasonLoginRefused surfaces when the token endpoint does not accept the certificate.
	ReasonLoginRefused = "LoginRefused"
	// ReasonTokenRefused surfaces when the token endpoint refuses the token for another reason than the certificate.
	ReasonTokenRefused = "TokenRefused" // #nosec G101 -- a reason, not a token
	// ReasonBoundToAnother surfaces when the token that was issued is bound to another certificate.
	ReasonBoundToAnother = "BoundToAnother"
	// ReasonEndpointUnreachable surfaces when the token endpoint gives no answer, or none that a token endpoint gives.
	ReasonEndpointUnreachable = "EndpointUnreachable"
	// ReasonNoTokenEndpoint surfaces when the tenant's discovery names no mTLS token endpoint.
	ReasonNoTokenEndpoint = "NoTokenEndpoint" // #nosec G101 -- a reason, not a token
	// ReasonNoAudience surfaces when neither spec.verification nor a grant of the OAuthClient says what to ask a token for.
	ReasonNoAudience = "NoAudience"
	// ReasonKeyUnreadable surfaces when the probe cannot read the Secret with the certificate's key.
	ReasonKeyUnreadable = "KeyUnreadable"
)

// SubjectStable is False when a renewal will change the subject that the tenant matches. Ready does not depend on it. It is absent
// where nothing can be said.
const (
	// ConditionSubjectStable is the condition's type.
	ConditionSubjectStable = "SubjectStable"

	// ReasonSubjectUnchanged surfaces when the Certificate asks for the subject that the certificate at hand has.
	ReasonSubjectUnchanged = "SubjectUnchanged"
	// ReasonSubjectWillChange surfaces when the Certificate asks for another subject than it did for the certificate at hand.
	ReasonSubjectWillChange = "SubjectWillChange"
	// ReasonSubjectWillBeRefused surfaces when it asks for one that the tenant refuses.
	ReasonSubjectWillBeRefused = "SubjectWillBeRefused"
)
