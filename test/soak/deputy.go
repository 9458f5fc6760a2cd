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
	"context"
	"fmt"
	"sync"
	"syscall"
	"time"

	"github.com/certbound/certbound/test/operator"
)

// deputy runs the operator's program as Kubernetes would: one at a time, and again when it has ended.
type deputy struct {
	*journal
	program, kubeconfig, log string
	args                     []string

	turn    sync.Mutex // of whoever ends and starts the process
	process *operator.Process
	crashed bool
	starts  int
	memory  int64
}

// start starts the operator. The caller has the turn, or is the only one.
func (d *deputy) start() error {
	process, err := operator.Start(d.program, d.kubeconfig, d.log, d.args...)
	if err != nil {
		return err
	}
	d.process = process
	d.starts++
	d.notef(everybody, "the operator starts as process %d", process.PID())
	return nil
}

// replace ends the operator and starts it again after a while.
func (d *deputy) replace(ctx context.Context, how kind, after time.Duration) {
	d.turn.Lock()
	defer d.turn.Unlock()
	if d.ended() {
		return
	}
	d.measure()
	end := d.process.Kill
	if how == restart {
		end = d.process.Stop
	}
	d.notef(everybody, "the operator is %s", how)
	err := end()
	pause(ctx, after)
	if err == nil {
		err = d.start()
	}
	if err != nil {
		d.violatedf("run", everybody, "the operator cannot be started again: %v", err)
	}
}

// freeze lets the operator stand still for a while, as on a node that has something else to do.
func (d *deputy) freeze(ctx context.Context, lasts time.Duration) {
	d.turn.Lock()
	defer d.turn.Unlock()
	if d.ended() {
		return
	}
	for _, s := range []syscall.Signal{syscall.SIGSTOP, syscall.SIGCONT} {
		if err := syscall.Kill(d.process.PID(), s); err != nil {
			d.violatedf("run", everybody, "the operator cannot be sent %s: %v", s, err)
		}
		d.notef(everybody, "the operator is sent %s", s)
		if s == syscall.SIGSTOP {
			pause(ctx, lasts)
		}
	}
}

// ended tells, once, that the operator ended by itself, which it never does. The caller has the turn.
func (d *deputy) ended() bool {
	select {
	case <-d.process.Exited():
		if !d.crashed {
			d.violatedf("run", everybody, "the operator ended by itself:\n%s", d.process.Tail())
		}
		d.crashed = true
		return true
	default:
		return false
	}
}

// measure notes the most memory that the process ever took. The caller has the turn.
func (d *deputy) measure() {
	if bytes, known := d.process.PeakMemory(); known {
		d.memory = max(d.memory, bytes)
	}
}

// stop ends the operator for good.
func (d *deputy) stop() error {
	d.turn.Lock()
	defer d.turn.Unlock()
	if d.process == nil {
		return nil
	}
	d.measure()
	if err := d.process.Stop(); err != nil {
		return fmt.Errorf("stop the operator: %w", err)
	}
	return nil
}

// pause waits, at most until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
