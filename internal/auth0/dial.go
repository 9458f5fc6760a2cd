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

package auth0

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"syscall"
)

// A tenant's domain is written by whoever may create a Tenant, so it may name anything, also by a public name that
// resolves to an inner address. The address that is really dialled is checked, after the name was resolved and for each
// attempt, so that a name which answers differently the second time gains nothing.

// notPublic are the networks that are refused unless they are allowed: the IANA special-purpose address registries
// (RFC 6890), and the address at which Azure serves a machine's own metadata.
var notPublic = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
	"192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
	"224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32",
	"::/96",          // unspecified, loopback, IPv4-compatible
	"64:ff9b:1::/48", // local-use NAT64 (RFC 8215)
	"100::/64", "2001::/23", "2001:db8::/32", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
)

var (
	nat64     = netip.MustParsePrefix("64:ff9b::/96") // RFC 6052: the last four bytes are an IPv4 address
	sixToFour = netip.MustParsePrefix("2002::/16")    // RFC 3056: bytes 2 to 5 are one
)

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

// mayDial tells whether addr is public or in an allowed network.
func mayDial(addr netip.Addr, allowed []netip.Prefix) bool {
	addr = addr.Unmap().WithZone("")
	if contains(allowed, addr) {
		return true
	}
	if !addr.IsValid() || contains(notPublic, addr) {
		return false
	}
	switch bytes := addr.As16(); {
	case nat64.Contains(addr):
		return mayDial(netip.AddrFrom4([4]byte(bytes[12:16])), allowed)
	case sixToFour.Contains(addr):
		return mayDial(netip.AddrFrom4([4]byte(bytes[2:6])), allowed)
	}
	return true
}

func contains(networks []netip.Prefix, addr netip.Addr) bool {
	for _, network := range networks {
		if network.Contains(addr) {
			return true
		}
	}
	return false
}

// forbiddenNetworkError says which address was not dialled.
type forbiddenNetworkError struct{ addr netip.Addr }

func (e *forbiddenNetworkError) Error() string {
	return fmt.Sprintf("%s is in a network that is not public and not allowed", e.addr)
}

// newDialer returns what connects to the tenant. Whatever makes the connection, the address is checked that it is made to, not
// the name that led there.
func newDialer(c Config) func(ctx context.Context, network, address string) (net.Conn, error) {
	if c.Dial != nil {
		return c.dialChecked
	}
	dialer := &net.Dialer{
		Timeout:  c.Timeout,
		Resolver: c.Resolver,
		ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
			target, err := netip.ParseAddrPort(address)
			if err != nil || !mayDial(target.Addr(), c.AllowedNetworks) {
				return &forbiddenNetworkError{target.Addr()}
			}
			return nil
		},
	}
	return dialer.DialContext
}

func (c Config) dialChecked(ctx context.Context, network, address string) (net.Conn, error) {
	host, service, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	port, err := c.Resolver.LookupPort(ctx, network, service)
	if err != nil {
		return nil, err
	}
	found, err := c.Resolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, err
	}
	target := netip.AddrPortFrom(found[0].Unmap(), uint16(port)) // #nosec G115 -- LookupPort returns no other
	if !mayDial(target.Addr(), c.AllowedNetworks) {
		return nil, &forbiddenNetworkError{target.Addr()}
	}
	return c.Dial(ctx, target)
}
