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
	"net"
	"net/netip"
	"sync"
	"syscall"
)

// A network connects programs without sockets.
type network struct {
	mutex     sync.Mutex
	listeners map[netip.AddrPort]*listener
	port      uint16
}

// firstPort is that of the first listener; the next ones follow.
const firstPort = 40000

func newNetwork() *network {
	return &network{listeners: map[netip.AddrPort]*listener{}, port: firstPort}
}

// listen opens a listener on the next port, whatever address was asked for: nothing here is reached from outside.
func (n *network) listen(string) (net.Listener, error) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	at := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), n.port)
	n.port++
	l := &listener{address: net.TCPAddrFromAddrPort(at), incoming: make(chan net.Conn), closed: make(chan struct{})}
	n.listeners[at] = l
	return l, nil
}

// dialer is how a program dials that ends with its context, and its connections with it.
func (n *network) dialer(life context.Context) func(context.Context, netip.AddrPort) (net.Conn, error) {
	return func(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
		n.mutex.Lock()
		l := n.listeners[to]
		n.mutex.Unlock()
		if l == nil {
			return nil, refused
		}
		near, far := net.Pipe()
		select {
		case l.incoming <- far:
		case <-l.closed:
			return nil, refused
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		c := &conn{Conn: near, life: life}
		c.stop = context.AfterFunc(life, func() { _ = near.Close() })
		return c, nil
	}
}

var refused error = &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}

type listener struct {
	address  net.Addr
	incoming chan net.Conn
	once     sync.Once
	closed   chan struct{}
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.incoming:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *listener) Addr() net.Addr { return l.address }

// A conn is one end of a connection. Not a byte leaves it after the program has ended.
type conn struct {
	net.Conn
	life context.Context //nolint:containedctx // a program's, which is longer than any call
	stop func() bool
}

func (c *conn) Write(b []byte) (int, error) {
	if c.life.Err() != nil {
		return 0, net.ErrClosed
	}
	return c.Conn.Write(b)
}

func (c *conn) Close() error {
	c.stop()
	return c.Conn.Close()
}
