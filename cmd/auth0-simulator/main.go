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

// Command auth0-simulator runs a simulated Auth0 tenant: see docs/simulator.md. It needs no account and no network, and
// everything it holds is gone when it ends.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"github.com/certbound/certbound/internal/auth0sim"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "auth0-simulator:", err)
		stop()
		os.Exit(1) //nolint:gocritic // stop has run
	}
}

// run serves until the context ends.
func run(ctx context.Context, arguments []string, out io.Writer) (err error) {
	settings, err := parse(arguments, out)
	if err != nil {
		return err
	}
	sim, err := auth0sim.Start(settings.options)
	if err != nil {
		return err
	}
	defer sim.Close()
	clients, err := settings.furnish(sim)
	if err != nil {
		return err
	}
	facts, err := publish(sim, settings)
	if err != nil {
		return err
	}
	facts.Clients = clients
	if settings.caFile == "" {
		defer func() { err = errors.Join(err, os.Remove(facts.CAFile)) }()
	}
	if settings.adminAddress != "" {
		admin, address, err := serveAdmin(ctx, sim, settings.adminAddress)
		if err != nil {
			return err
		}
		defer func() { _ = admin.Close() }()
		facts.AdminURL = "http://" + address + "/simulator"
	}
	if err := facts.announce(out, settings.readyFile); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// serveAdmin serves the admin endpoint, on loopback alone: whoever reaches it may do anything.
func serveAdmin(ctx context.Context, sim *auth0sim.Simulator, address string) (*http.Server, string, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, "", fmt.Errorf("--admin-address %q: %w", address, err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, "", fmt.Errorf("--admin-address %q is not a loopback address: the admin endpoint mints tokens and "+
			"asks for no password, so it serves this machine only", address)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, "", fmt.Errorf("listening for the admin endpoint: %w", err)
	}
	server := &http.Server{Handler: sim.AdminHandler(), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }()
	return server, listener.Addr().String(), nil
}

// facts are what a person or a script needs to use the tenant.
type facts struct {
	Domain                 string `json:"domain"`
	URL                    string `json:"url"`
	MTLSURL                string `json:"mtlsURL"`
	Audience               string `json:"audience"`
	CAFile                 string `json:"caFile"`
	ManagementClientID     string `json:"managementClientID"`
	ManagementClientSecret string `json:"managementClientSecret"`
	AdminURL               string `json:"adminURL,omitempty"`
	// Clients are the ids of the clients that were asked for, by their names.
	Clients map[string]string `json:"clients,omitempty"`
}

// publish writes the CA file and collects the facts.
func publish(sim *auth0sim.Simulator, settings settings) (facts, error) {
	path := settings.caFile
	if path == "" {
		file, err := os.CreateTemp("", "auth0-simulator-ca-*.pem")
		if err != nil {
			return facts{}, err
		}
		if err := file.Close(); err != nil {
			return facts{}, err
		}
		path = file.Name()
	}
	if err := os.WriteFile(path, sim.CABundle(), 0o644); err != nil { //nolint:gosec // a CA certificate is public
		return facts{}, err
	}
	return facts{
		Domain: sim.Domain(), URL: sim.URL(), MTLSURL: sim.MTLSURL(), Audience: sim.Audience(), CAFile: path,
		ManagementClientID: sim.ManagementClientID(), ManagementClientSecret: sim.ManagementClientSecret(),
	}, nil
}

// announce prints the facts and, for scripts, writes them to the ready file.
func (f facts) announce(out io.Writer, readyFile string) error {
	_, err := fmt.Fprintf(out, `Auth0 simulator, ready.

  domain                    %s
  mTLS token endpoint       %s/oauth/token
  CA of both                %s
  management client id      %s
  management client secret  %s
  admin endpoint            %s
%s
The client and its secret were made for this run and open nothing else. Stop with Ctrl-C.
`, f.Domain, f.MTLSURL, f.CAFile, f.ManagementClientID, f.ManagementClientSecret, orNone(f.AdminURL),
		f.clientLines())
	if err != nil || readyFile == "" {
		return err
	}
	data, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return err
	}
	// Whoever waits for the file must not find half of it.
	half := readyFile + ".part"
	if err := os.WriteFile(half, append(data, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(half, readyFile)
}

// clientLines has a line for each client.
func (f facts) clientLines() (lines string) {
	for _, name := range slices.Sorted(maps.Keys(f.Clients)) {
		lines += fmt.Sprintf("  id of client %-12s %s\n", name, f.Clients[name])
	}
	return lines
}

func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return text
}
