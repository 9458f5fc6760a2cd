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

package memory

import (
	"context"
	"net/netip"
	"testing"
	"testing/synctest"
)

func TestNotAByteLeavesAProgramThatWasKilled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		l, err := n.listen("")
		if err != nil {
			t.Fatal(err)
		}
		received := make(chan int)
		go func() {
			c, err := l.Accept()
			if err != nil {
				t.Error(err)
			}
			count, _ := c.Read(make([]byte, 1)) // it ends with the connection
			received <- count
		}()
		life, kill := context.WithCancel(t.Context())
		dial, to := n.dialer(life), netip.MustParseAddrPort(l.Addr().String())
		c, err := dial(t.Context(), to)
		if err != nil {
			t.Fatal(err)
		}
		kill()
		if _, err := c.Write([]byte("x")); err == nil {
			t.Error("it wrote")
		}
		if count := <-received; count != 0 {
			t.Error("a byte arrived")
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := dial(t.Context(), to); err == nil {
			t.Error("it reached a listener that is closed")
		}
		if _, err := dial(t.Context(), netip.MustParseAddrPort("127.0.0.1:1")); err == nil {
			t.Error("it reached a listener that never was")
		}
	})
}
