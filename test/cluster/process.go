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

package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
)

const (
	// startTimeout is how long one program may take to answer, on a machine that compiles something else at the same time.
	startTimeout = 2 * time.Minute
	// stopTimeout is how long a program may take to end by itself.
	stopTimeout = 20 * time.Second
	// pollInterval is the time between two looks at something that is about to become ready.
	pollInterval = 100 * time.Millisecond
)

// The environment of hack/cluster/lifeline: a program that has it ends with the process that started it.
const (
	parentEnv = "CERTBOUND_CLUSTER_PARENT"
	folderEnv = "CERTBOUND_CLUSTER_FOLDER"
)

// process is a running program of the cluster.
type process struct {
	name, log string
	cancel    context.CancelFunc
	// done is closed when the program has ended.
	done chan struct{}
}

// startProcess runs a program of the cluster in dir until stop is called. Its output goes to the file log.
func startProcess(ctx context.Context, dir, path, log string, args ...string) (*process, error) {
	// The program outlives the call that starts it.
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d", parentEnv, os.Getpid()), folderEnv+"="+dir)
	// A group of its own, as envtest has it: an interrupt at the terminal is for the caller, who then stops the cluster in order.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return start(cmd, log, cancel)
}

// start runs cmd, whose context cancel ends.
func start(cmd *exec.Cmd, log string, cancel context.CancelFunc) (*process, error) {
	p := &process{name: filepath.Base(cmd.Path), log: log, cancel: cancel, done: make(chan struct{})}
	output, err := os.Create(log)
	if err != nil {
		return nil, fmt.Errorf("creating the log of %s: %w", p.name, err)
	}
	defer func() { _ = output.Close() }()
	cmd.Stdout, cmd.Stderr = output, output
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = stopTimeout
	if err := cmd.Start(); err != nil {
		cancel()
		return nil, fmt.Errorf("starting %s: %w", p.name, err)
	}
	go func() {
		defer close(p.done)
		// How it ended matters only while somebody waits for it to become ready, and then the log tells.
		_ = cmd.Wait()
	}()
	return p, nil
}

// await returns when ready says so, or with the end of the log when the program ended or did not become ready in time.
func (p *process) await(ctx context.Context, ready func(context.Context) bool) error {
	err := poll(ctx, func(ctx context.Context) (bool, error) {
		select {
		case <-p.done:
			return false, errors.New("it ended")
		default:
			return ready(ctx), nil
		}
	})
	if err != nil {
		return startError(p.name, p.log, err)
	}
	return nil
}

// poll waits until condition is met, as long as a program may take to start.
func poll(ctx context.Context, condition wait.ConditionWithContextFunc) error {
	return wait.PollUntilContextTimeout(ctx, pollInterval, startTimeout, true, condition)
}

// stop ends the program and returns when it has ended.
func (p *process) stop() {
	p.cancel()
	<-p.done
}

// startError says what a program that did not start printed last.
func startError(name, log string, cause error) error {
	content, err := os.ReadFile(log)
	if err != nil || len(content) == 0 {
		return fmt.Errorf("%s did not become ready: %w", name, cause)
	}
	return fmt.Errorf("%s did not become ready: %w\nthe end of %s:\n%s", name, cause, log, tail(content))
}

// launcher writes a script that runs a program with a lifeline, for envtest, which gives its programs no environment of their own.
func launcher(dir, path string) (string, error) {
	script := fmt.Sprintf("#!/bin/sh\nexport %s=%d %s=%s\nexec %s \"$@\"\n", parentEnv, os.Getpid(), folderEnv, quote(dir), quote(path))
	file := filepath.Join(dir, "launch", filepath.Base(path))
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return "", fmt.Errorf("creating a folder of the cluster: %w", err)
	}
	if err := writeScript(file, script); err != nil {
		return "", fmt.Errorf("writing the launcher of %s: %w", filepath.Base(path), err)
	}
	return file, nil
}

// writeScript writes a program that can be run at once. A process that forks meanwhile would inherit the open file, and Linux runs
// no file that somebody has open for writing (ETXTBSY).
func writeScript(file, script string) error {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	return os.WriteFile(file, []byte(script), 0o700) //nolint:gosec // It is a program.
}

// quote makes s one word for the shell.
func quote(s string) string {
	if plainWord.MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

var plainWord = regexp.MustCompile(`^[\w/.,:@%+-]+$`)
