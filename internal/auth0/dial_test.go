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
	"net/netip"
	"testing"
)

func TestMayDial(t *testing.T) {
	allowed := prefixes("10.1.0.0/16", "fd00:1::/32", "64:ff9b::a02:0/112")
	tests := map[string]bool{
		"8.8.8.8":              true,
		"172.15.255.255":       true,
		"172.32.0.1":           true,
		"100.128.0.1":          true,
		"2606:4700::1111":      true,
		"::ffff:8.8.8.8":       true,
		"64:ff9b::8.8.8.8":     true,
		"2002:808:808::1":      true,
		"10.1.2.3":             true, // allowed
		"::ffff:10.1.2.3":      true, // the same in another form
		"64:ff9b::10.1.2.3":    true,
		"fd00:1::1":            true,
		"64:ff9b::10.2.0.1":    true, // allowed as it is
		"0.0.0.0":              false,
		"10.2.0.1":             false,
		"100.64.0.1":           false,
		"100.100.100.200":      false, // metadata of one cloud
		"127.0.0.1":            false,
		"127.255.255.254":      false,
		"168.63.129.16":        false, // of another
		"169.254.169.254":      false, // of most
		"172.16.0.1":           false,
		"172.31.255.255":       false,
		"192.0.0.192":          false,
		"192.168.1.1":          false,
		"198.18.0.1":           false,
		"224.0.0.1":            false,
		"255.255.255.255":      false,
		"::":                   false,
		"::1":                  false,
		"::127.0.0.1":          false,
		"::ffff:127.0.0.1":     false,
		"::ffff:0.0.0.0":       false,
		"64:ff9b::169.254.1.1": false,
		"64:ff9b:1::1":         false,
		"2002:7f00:1::1":       false,
		"2001:0:1::1":          false, // Teredo
		"fc00::1":              false,
		"fd00:ec2::254":        false,
		"fe80::1":              false,
		"fe80::1%eth0":         false,
		"fec0::1":              false,
		"ff02::1":              false,
	}
	for text, want := range tests {
		if got := mayDial(netip.MustParseAddr(text), allowed); got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
	if mayDial(netip.Addr{}, allowed) {
		t.Error("no address at all may be dialled")
	}
	if !mayDial(netip.MustParseAddr("fe80::1%eth0"), prefixes("fe80::/10")) {
		t.Error("a zone keeps an address out of an allowed network")
	}
}
