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

// Package operator runs the operator's program, cmd/certbound, as a process of its own, as a Pod would: for the demo, which tells how
// much memory it took, and for the end-to-end tests, which kill it in the middle of its work.
package operator

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// module is the module that holds cmd/certbound.
const module = "github.com/certbound/certbound"

// shutdown is how long the operator may take to end when it is asked to.
const shutdown = 20 * time.Second

// Build builds the operator into a folder and returns the path of the program.
func Build(ctx context.Context, folder string) (string, error) {
	path, err := filepath.Abs(filepath.Join(folder, "certbound"))
	if err != nil {
		return "", fmt.Errorf("build the operator: %w", err)
	}
	// As `make build` has it, so that the one takes from Go's cache what the other compiled.
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-o", path, module+"/cmd/certbound")
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the operator: %w\n%s", err, output)
	}
	return path, nil
}

// Process is an operator that runs, or ran.
type Process struct {
	cmd      *exec.Cmd
	log      string
	lifeline *exec.Cmd
	done     chan struct{}
}

// Start starts the operator with the connection of a kubeconfig, without metrics, probes and leader election, for tenants on
// the loopback interface. Its log is appended to a file.
func Start(program, kubeconfig, log string, args ...string) (*Process, error) {
	file, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the operator's log: %w", err)
	}
	defer func() { _ = file.Close() }()
	p := &Process{log: log, done: make(chan struct{})}
	p.cmd = exec.Command(program, append([]string{ //nolint:noctx // it is ended by Stop and Kill, each in its own way
		"--kubeconfig=" + kubeconfig, "--metrics-bind-address=0", "--health-probe-bind-address=0",
		"--allow-tenant-networks=127.0.0.0/8,::1/128",
	}, args...)...)
	p.cmd.Stdout, p.cmd.Stderr = file, file
	// A group of its own: an interrupt at the terminal is for the caller, who ends things in order.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the operator: %w", err)
	}
	if p.lifeline, err = tie(p.cmd.Process.Pid); err != nil {
		return nil, errors.Join(err, p.cmd.Process.Kill())
	}
	go func() {
		defer close(p.done)
		_ = p.cmd.Wait() // how it ended, its log tells
		// At once: another process may get the id.
		_ = p.lifeline.Process.Kill()
		_ = p.lifeline.Wait()
	}()
	return p, nil
}

// tie starts a watcher that ends the process pid when this process is gone, however that happened: then the pipe closes that
// the watcher reads from.
func tie(pid int) (*exec.Cmd, error) {
	watcher := exec.Command("/bin/sh", "-c", "read _; kill -9 "+strconv.Itoa(pid)) //nolint:noctx // it lives as long as this process
	watcher.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if _, err := watcher.StdinPipe(); err != nil {
		return nil, fmt.Errorf("watch over the operator: %w", err)
	}
	if err := watcher.Start(); err != nil {
		return nil, fmt.Errorf("watch over the operator: %w", err)
	}
	return watcher, nil
}

// Exited is closed when the operator has ended, whoever ended it.
func (p *Process) Exited() <-chan struct{} { return p.done }

// PID is the process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Stop asks the operator to end, as Kubernetes asks a Pod, and returns when it has.
func (p *Process) Stop() error {
	if err := p.signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-p.done:
		return nil
	case <-time.After(shutdown):
		return errors.Join(fmt.Errorf("the operator does not end; the end of its log:\n%s", p.Tail()), p.Kill())
	}
}

// Kill ends the operator as a power cut would, and returns when it has ended.
func (p *Process) Kill() error {
	err := p.signal(syscall.SIGKILL)
	<-p.done
	return err
}

// Pause halts the operator where it stands, as a machine does that is suspended. It does not notice.
func (p *Process) Pause() error { return p.signal(syscall.SIGSTOP) }

// Resume lets a paused operator go on.
func (p *Process) Resume() error { return p.signal(syscall.SIGCONT) }

func (p *Process) signal(s syscall.Signal) error {
	if err := p.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("end the operator: %w", err)
	}
	return nil
}

// PeakMemory is the most memory that the running operator ever occupied, in bytes; false where the system does not tell.
func (p *Process) PeakMemory() (int64, bool) { return p.memory("VmHWM:") }

// PrivateMemory is what the running operator occupies by itself: without the pages of the program, which the system can drop and
// read again.
func (p *Process) PrivateMemory() (int64, bool) { return p.memory("RssAnon:") }

// memory reads a size from proc_pid_status(5), in bytes.
func (p *Process) memory(name string) (int64, bool) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.PID()))
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(status)) {
		if value, found := strings.CutPrefix(line, name); found {
			kilobytes, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 10, 64)
			return kilobytes * 1024, err == nil
		}
	}
	return 0, false
}

const tailLines = 20

// Tail is the end of the operator's log.
func (p *Process) Tail() string {
	content, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(content)), "\n")
	return strings.Join(lines[max(0, len(lines)-tailLines):], "\n")
}
