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

package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"github.com/certbound/certbound/internal/auth0sim"
)

// settings are the command line.
type settings struct {
	furnishing
	options      auth0sim.Options
	adminAddress string
	caFile       string
	readyFile    string
}

var (
	duplicateRules = map[string]auth0sim.DuplicateRule{
		"thumbprint": auth0sim.DuplicateThumbprint, "key": auth0sim.DuplicateKey, "off": auth0sim.DuplicateOff,
	}
	revertedSecrets = map[string]auth0sim.RevertedSecret{
		"kept": auth0sim.SecretKept, "replaced": auth0sim.SecretReplaced,
	}
)

// parse reads the command line; help and mistakes are written to out.
func parse(arguments []string, out io.Writer) (settings, error) {
	var parsed settings
	o := &parsed.options
	flags := flag.NewFlagSet("auth0-simulator", flag.ContinueOnError)
	flags.SetOutput(out)

	flags.StringVar(&o.Address, "address", "127.0.0.1:0", "where the tenant listens (HTTPS); port 0 takes a free one")
	flags.StringVar(&o.MTLSAddress, "mtls-address", "127.0.0.1:0", "where the mTLS alias of the token endpoint listens")
	flags.StringVar(&o.ServerName, "server-name", "", "host `name` by which clients reach the tenant, and with \"mtls.\" "+
		"before it the mTLS alias (default: the host of --address)")
	flags.StringVar(&o.TenantName, "tenant-name", "simulator", "`name` of the tenant in client answers")
	flags.StringVar(&parsed.adminAddress, "admin-address", "127.0.0.1:0", "where the admin endpoint listens (plain HTTP, "+
		"loopback only); empty: nowhere")
	flags.StringVar(&parsed.caFile, "ca-file", "", "`file` to write the CA of the tenant's certificate to (default: a "+
		"temporary one, removed at the end)")
	flags.StringVar(&parsed.readyFile, "ready-file", "", "`file` to write what is printed to, as JSON, once the tenant is ready")

	flags.StringVar(&o.ManagementClientID, "management-client-id", "", "`id` of the management client (default: random)")
	secretFile := flags.String("management-client-secret-file", "", "`file` with the management client's secret (default: "+
		"random)")
	scopes := flags.String("management-scopes", "", "comma-separated `scopes` of the management client (default: all)")
	clientCAs := flags.String("client-cas", "", "`file` with the CAs whose client certificates count as verified "+
		"(tls_client_auth)")
	flags.BoolVar(&parsed.endpointAliases, "endpoint-aliases", false, "switch the tenant's mTLS endpoint aliases on at start")
	flags.Func("api", "`identifier` of an API that exists from the start, and after spaces its scopes; repeatable",
		appendTo(&parsed.apis))
	flags.Func("client", "`name` of a client with a secret that exists from the start; its id is printed; repeatable",
		appendTo(&parsed.clients))

	flags.IntVar(&o.CredentialsPerSlot, "credentials-per-slot", 2, "credentials that one authentication method may hold")
	flags.IntVar(&o.CredentialsPerClient, "credentials-per-client", 4, "credentials that a client may hold")
	flags.IntVar(&o.CredentialsPerTenant, "credentials-per-tenant", 2000, "credentials that all clients may hold together")
	duplicates := flags.String("duplicates", "thumbprint", "which credentials of a client collide: thumbprint, key or off")
	reverted := flags.String("reverted-secret", "kept", "the secret of a client that goes back to one: kept or replaced")
	flags.BoolVar(&o.LenientMethodSwitch, "lenient-method-switch", false, "accept a PATCH that sets one of "+
		"token_endpoint_auth_method and client_authentication_methods without null for the other")
	flags.BoolVar(&o.WithoutMTLS, "without-mtls", false, "a tenant without the Highly Regulated Identity add-on")
	flags.DurationVar(&o.PropagationDelay, "propagation-delay", 0, "how long the token endpoint sees a client as it was")
	flags.DurationVar(&o.ListLag, "list-lag", 0, "how long GET /clients lists a client as it was")
	flags.BoolVar(&o.AcceptExpired, "accept-expired", false, "accept expired certificates and credentials at the token "+
		"endpoint")
	flags.StringVar(&o.BoundTokenType, "bound-token-type", "Bearer", "token_type of certificate-bound tokens: Bearer or DPoP")
	flags.DurationVar(&o.ManagementTokenLifetime, "management-token-lifetime", 24*time.Hour, "life of Management API tokens")

	plan := flags.String("plan", "enterprise", "rate limits: none, "+strings.Join(planNames(), ", "))
	flags.IntVar(&o.HiddenBucket.Burst, "hidden-burst", 0, "size of the tenant-wide bucket that no header reports; 0: none")
	hiddenRate := flags.Float64("hidden-rate", 2.5, "requests a second that the hidden bucket refills")
	flags.BoolVar(&o.RetryAfter, "retry-after", false, "send Retry-After with 429")
	flags.DurationVar(&o.Latency, "latency", 0, "delay of every answer")
	flags.IntVar(&o.LogLimit, "log-limit", 10000, "requests that the logs keep")

	if err := flags.Parse(arguments); err != nil {
		return settings{}, err
	}
	if flags.NArg() > 0 {
		return settings{}, fmt.Errorf("unexpected argument %q; see --help", flags.Arg(0))
	}
	o.HiddenBucket.PerSecond = rate.Limit(*hiddenRate)
	if *scopes != "" {
		o.ManagementScopes = strings.Split(*scopes, ",")
	}
	return parsed, complete(o, *plan, *duplicates, *reverted, *secretFile, *clientCAs)
}

func appendTo(list *[]string) func(string) error {
	return func(value string) error {
		*list = append(*list, value)
		return nil
	}
}

// complete looks up what flags name.
func complete(o *auth0sim.Options, plan, duplicates, reverted, secretFile, clientCAs string) (err error) {
	if o.Duplicates, err = choose("--duplicates", duplicateRules, duplicates); err != nil {
		return err
	}
	if o.RevertedSecret, err = choose("--reverted-secret", revertedSecrets, reverted); err != nil {
		return err
	}
	if plan != "none" {
		chosen, err := choose("--plan", auth0sim.Plans(), plan)
		if err != nil {
			return err
		}
		o.Plan = &chosen
	}
	if secretFile != "" {
		secret, err := os.ReadFile(secretFile)
		if err != nil {
			return fmt.Errorf("--management-client-secret-file: %w", err)
		}
		o.ManagementClientSecret = string(bytes.TrimSpace(secret))
	}
	if clientCAs != "" {
		if o.ClientCAs, err = os.ReadFile(clientCAs); err != nil {
			return fmt.Errorf("--client-cas: %w", err)
		}
	}
	return nil
}

func choose[T any](flagName string, choices map[string]T, name string) (T, error) {
	chosen, known := choices[name]
	if !known {
		return chosen, fmt.Errorf("%s %q is not one of %s", flagName, name,
			strings.Join(slices.Sorted(maps.Keys(choices)), ", "))
	}
	return chosen, nil
}

func planNames() []string { return slices.Sorted(maps.Keys(auth0sim.Plans())) }
