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

package faults

import "context"

// hook is the gate between an operator and the cluster.
func (g *gate) hook(operator string, curtain *Curtain) WriteHook {
	return func(ctx context.Context, w Write, send func(context.Context) error) error {
		p := g.enter(operator, toCluster(w))
		x := &writing{gate: g, passage: p, write: w, forward: send, curtain: curtain}
		if p.dead {
			return errKilled
		}
		proceed := x.send
		if p.fault != nil {
			proceed = func(ctx context.Context) error { return p.fault.atCluster(ctx, x) }
		}
		err := proceed(ctx)
		g.leave(p, x.result, done)
		return err
	}
}

// writing is a write to the cluster on its way.
type writing struct {
	gate    *gate
	passage *passage
	write   Write
	forward func(context.Context) error
	curtain *Curtain
	result  string
}

// send lets the write happen.
func (w *writing) send(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	err := w.forward(ctx)
	if err != nil {
		w.result = err.Error()
		return err
	}
	w.result = "done"
	w.gate.checker.written(ctx, w.write)
	return nil
}

// sendUnseen lets the write happen, which the operator's caches do not see for a while.
func (w *writing) sendUnseen(ctx context.Context) error {
	w.curtain.draw(w.write.Kind)
	return w.send(ctx)
}

func (w *writing) postpone(ctx context.Context) {
	w.result = "later"
	w.gate.postpone(w.passage, func() string {
		w.result = ""
		_ = w.send(ctx)
		return w.result
	})
}
