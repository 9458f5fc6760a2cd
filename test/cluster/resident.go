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
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/gofrs/flock"
)

// Resident is the cluster of a checkout that stays when the command that started it has ended. A process of its own holds it:
// whether that lives is told by a lock on a file, which no crash can leave behind.
type Resident struct {
	// dir is the folder of the cluster, outside the checkout, so that no cleaning there takes it away from a running cluster.
	// Beside it are the lock, which holds the process id, and the log of the holder.
	dir  string
	crds string
	// held is the lock of the process that holds the cluster. Only the end of that process gives it back, so that who gets it
	// next knows that the process is gone.
	held *flock.Flock
}

// NewResident finds the resident cluster of the checkout that the working directory is in. It starts nothing.
func NewResident(ctx context.Context) (*Resident, error) {
	root, err := goTool(ctx, "", "list", "-m", "-f", "{{.Dir}}", modulePath)
	if err != nil {
		return nil, fmt.Errorf("finding the checkout of %s: %w", modulePath, err)
	}
	cache, err := cacheRoot()
	if err != nil {
		return nil, err
	}
	checkout := sha256.Sum256([]byte(root))
	return &Resident{
		dir:  filepath.Join(cache, "resident", hex.EncodeToString(checkout[:4])),
		crds: filepath.Join(root, "config", "crd", "bases"),
	}, nil
}

// Kubeconfig is the path of the administrator's kubeconfig while the cluster runs.
func (r *Resident) Kubeconfig() string { return filepath.Join(r.dir, "kubeconfig") }

// Kubectl is the path of kubectl while the cluster runs. Nothing else is in its folder.
func (r *Resident) Kubectl() string { return filepath.Join(r.dir, "bin", kubectl) }

// Environment is shell commands that make a shell use the cluster.
func (r *Resident) Environment() string {
	return fmt.Sprintf("export KUBECONFIG=%s\nexport PATH=%s:$PATH\n", quote(r.Kubeconfig()), quote(filepath.Dir(r.Kubectl())))
}

// Up returns when the cluster runs, and whether it was this call that started it: serve is the command line of a process that
// calls Serve.
func (r *Resident) Up(ctx context.Context, progress io.Writer, serve ...string) (started bool, err error) {
	if existingCluster() {
		return false, fmt.Errorf("%s is true: there is a cluster already, so none is started; unset it to start one", existingEnv)
	}
	running, err := r.running()
	if err != nil {
		return false, err
	}
	if running {
		return false, r.awaitOther(ctx)
	}
	// The build is the caller's part, so that its progress is seen and an interrupt ends it.
	if _, err := locate(ctx, progress, r.options(progress).names()...); err != nil {
		return false, err
	}
	if err := os.MkdirAll(filepath.Dir(r.dir), 0o750); err != nil {
		return false, fmt.Errorf("creating a folder for the cluster: %w", err)
	}
	sayf(progress, "starting in %s", r.dir)
	holder, cancel := context.WithCancel(context.WithoutCancel(ctx))
	cmd := exec.CommandContext(holder, serve[0], serve[1:]...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	p, err := start(cmd, r.logFile(), cancel)
	if err != nil {
		return false, err
	}
	if err := p.await(ctx, func(context.Context) bool { return r.ready() }); err != nil {
		p.stop()
		return false, err
	}
	return true, nil
}

// Serve holds the cluster until ctx is done. The process is to end when it returns.
func (r *Resident) Serve(ctx context.Context, progress io.Writer) error {
	r.held = flock.New(r.lockFile())
	// Who asks whether the cluster runs holds the lock for a moment.
	moment, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if _, err := r.held.TryLockContext(moment, pollInterval); err != nil {
		return fmt.Errorf("another process holds the cluster of this checkout (%s): %w", r.lockFile(), err)
	}
	if err := os.WriteFile(r.lockFile(), []byte(strconv.Itoa(os.Getpid())), 0o600); err != nil {
		return fmt.Errorf("writing the process id: %w", err)
	}
	if err := os.RemoveAll(r.dir); err != nil {
		return fmt.Errorf("removing what an earlier cluster left: %w", err)
	}
	c, err := Start(ctx, r.options(progress))
	if err != nil {
		return err
	}
	if err := os.WriteFile(r.readyFile(), nil, 0o600); err != nil {
		return errors.Join(fmt.Errorf("telling that the cluster is ready: %w", err), c.Stop())
	}
	<-ctx.Done()
	return c.Stop()
}

// Down stops the cluster and returns when nothing of it is left, and whether there was anything to stop.
func (r *Resident) Down(ctx context.Context) (stopped bool, err error) {
	running, err := r.running()
	if err != nil {
		return false, err
	}
	if running {
		if err := r.terminate(ctx); err != nil {
			return false, err
		}
	}
	// Also what a cluster left that did not start.
	return running, errors.Join(os.RemoveAll(r.dir), os.RemoveAll(r.logFile()))
}

// terminate asks the holder to stop the cluster and waits until it has ended.
func (r *Resident) terminate(ctx context.Context) error {
	content, err := os.ReadFile(r.lockFile())
	if err != nil {
		return fmt.Errorf("reading the process id of the cluster: %w", err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(content)))
	if err != nil {
		return fmt.Errorf("reading the process id of the cluster from %s: %w", r.lockFile(), err)
	}
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("stopping the cluster's process %d: %w", pid, err)
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	lock := flock.New(r.lockFile())
	if _, err := lock.TryLockContext(ctx, pollInterval); err != nil {
		return fmt.Errorf("waiting for the cluster's process %d to end: %w", pid, err)
	}
	return lock.Close()
}

// awaitOther waits for a cluster that somebody else started.
func (r *Resident) awaitOther(ctx context.Context) error {
	return poll(ctx, func(context.Context) (bool, error) {
		if r.ready() {
			return true, nil
		}
		running, err := r.running()
		if err == nil && !running {
			err = fmt.Errorf("another process tried to start the cluster and failed; see %s", r.logFile())
		}
		return false, err
	})
}

func (r *Resident) running() (bool, error) {
	if _, err := os.Stat(r.lockFile()); errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	lock := flock.New(r.lockFile())
	free, err := lock.TryLock()
	if err != nil {
		return false, fmt.Errorf("finding out whether the cluster runs: %w", err)
	}
	return !free, lock.Close()
}

func (r *Resident) ready() bool {
	_, err := os.Stat(r.readyFile())
	return err == nil
}

// options are everything a cluster can have, and this project's kinds if they have been generated.
func (r *Resident) options(progress io.Writer) Options {
	o := Options{Dir: r.dir, ControllerManager: true, CertManager: true, Progress: progress}
	if _, err := os.Stat(r.crds); err == nil {
		o.CRDPaths = []string{r.crds}
	}
	return o
}

func (r *Resident) lockFile() string  { return r.dir + ".lock" }
func (r *Resident) logFile() string   { return r.dir + ".log" }
func (r *Resident) readyFile() string { return filepath.Join(r.dir, "ready") }
