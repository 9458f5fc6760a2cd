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

// Package recorder sends Events to the API server.
package recorder

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	eventsv1 "k8s.io/api/events/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	eventsclient "k8s.io/client-go/kubernetes/typed/events/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/events"
	"k8s.io/client-go/tools/record/util"
	"k8s.io/client-go/tools/reference"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/manager"
)

// Recorder implements client-go's EventRecorder, whose own implementation remembers each Event for six minutes, to count those that are
// repeated. An operator that tells of changes alone repeats hardly any, and ten thousand renewals left half as much in memory as all that
// they are about. What cannot be sent soon is dropped: an Event is a hint, and the status says what is.
type Recorder struct {
	sink   events.EventSink
	scheme *runtime.Scheme
	// controller is what reports, instance which one of them.
	controller, instance string
	queue                chan *eventsv1.Event
}

var (
	_ events.EventRecorder           = &Recorder{}
	_ manager.LeaderElectionRunnable = &Recorder{}
)

const (
	// waiting is how many Events wait to be sent at most, senders how many are under way.
	waiting, senders = 2000, 8
	// attempts is how often an Event is sent at most, longest how long one may take, and pause the time between two.
	attempts, longest, pause = 3, 10 * time.Second, time.Second
	// patience is how long Events that are left at the end are sent for.
	patience = 5 * time.Second
	// Limits of the API for an Event's note and its reporting instance, in bytes.
	longestNote, longestInstance = 1024, 128
)

// Add returns a recorder that sends what it is told for as long as the manager runs, in the name of a controller.
func Add(mgr ctrl.Manager, controller string) (*Recorder, error) {
	config := rest.CopyConfig(mgr.GetConfig())
	if config.ContentType == "" { // as the manager's client does for all that is built in
		config.ContentType, config.AcceptContentTypes = runtime.ContentTypeProtobuf, runtime.ContentTypeProtobuf+","+runtime.ContentTypeJSON
	}
	client, err := eventsclient.NewForConfigAndClient(config, mgr.GetHTTPClient())
	if err != nil {
		return nil, fmt.Errorf("set up the recorder of Events: %w", err)
	}
	host, err := os.Hostname()
	if err != nil {
		return nil, fmt.Errorf("set up the recorder of Events: %w", err)
	}
	r := newRecorder(&events.EventSinkImpl{Interface: client}, mgr.GetScheme(), controller, host)
	if err := mgr.Add(r); err != nil {
		return nil, fmt.Errorf("add the recorder of Events: %w", err)
	}
	return r, nil
}

func newRecorder(sink events.EventSink, scheme *runtime.Scheme, controller, host string) *Recorder {
	return &Recorder{
		sink: sink, scheme: scheme, controller: controller, instance: cut(controller+"-"+host, longestInstance), queue: make(chan *eventsv1.Event, waiting),
	}
}

// Eventf implements events.EventRecorder. It does not wait.
func (r *Recorder) Eventf(regarding, related runtime.Object, eventType, reason, action, note string, args ...any) {
	event, err := r.event(regarding, related, eventType, reason, action, fmt.Sprintf(note, args...))
	if err != nil {
		ctrl.Log.Error(err, "an Event cannot be made", "reason", reason)
		return
	}
	select {
	case r.queue <- event:
	default:
		ctrl.Log.Info("an Event is dropped, since too many wait to be sent", "reason", reason, "regarding", event.Regarding.Name)
	}
}

func (r *Recorder) event(regarding, related runtime.Object, eventType, reason, action, note string) (*eventsv1.Event, error) {
	about, err := reference.GetReference(r.scheme, regarding)
	if err != nil {
		return nil, err
	}
	now := metav1.NowMicro()
	event := &eventsv1.Event{
		ObjectMeta: metav1.ObjectMeta{Namespace: about.Namespace, Name: util.GenerateEventName(about.Name, now.UnixNano())},
		EventTime:  now, ReportingController: r.controller, ReportingInstance: r.instance,
		Type: eventType, Reason: reason, Action: action, Note: cut(note, longestNote), Regarding: *about,
	}
	if event.Namespace == "" {
		event.Namespace = metav1.NamespaceDefault // where the API wants those of what is in no namespace
	}
	if related != nil {
		event.Related, err = reference.GetReference(r.scheme, related)
	}
	return event, err
}

// cut is the beginning of a text that is so many bytes long at most.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	const more = "…"
	return strings.ToValidUTF8(text[:most-len(more)], "") + more
}

// NeedLeaderElection implements manager.LeaderElectionRunnable: whoever stands by says nothing, and needs no other care.
func (*Recorder) NeedLeaderElection() bool { return false }

// Start implements manager.Runnable. It sends until the context ends, which is when nobody has anything to tell any more, and then what
// is left, for a while.
func (r *Recorder) Start(ctx context.Context) error {
	sending, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(patience, stop) })()
	var all sync.WaitGroup
	for range senders {
		all.Go(func() {
			for event, ok := r.next(ctx); ok; event, ok = r.next(ctx) {
				r.send(sending, event)
			}
		})
	}
	all.Wait()
	return nil
}

// next waits for an Event to send, and after the end of the context for none.
func (r *Recorder) next(ctx context.Context) (event *eventsv1.Event, ok bool) {
	select {
	case event = <-r.queue:
		return event, true
	case <-ctx.Done():
	}
	select {
	case event = <-r.queue:
		return event, true
	default:
		return nil, false
	}
}

// send sends an Event, more than once where that can help.
func (r *Recorder) send(ctx context.Context, event *eventsv1.Event) {
	var failed error
	_ = wait.ExponentialBackoffWithContext(ctx, wait.Backoff{Steps: attempts, Duration: pause}, func(ctx context.Context) (bool, error) {
		failed = r.create(ctx, event)
		return !passing(failed), nil
	}) // the last attempt tells how it ended
	if failed != nil && !apierrors.IsAlreadyExists(failed) {
		ctrl.Log.Error(failed, "an Event cannot be sent", "reason", event.Reason, "regarding", event.Regarding.Name)
	}
}

func (r *Recorder) create(ctx context.Context, event *eventsv1.Event) error {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	_, err := r.sink.Create(ctx, event)
	return err
}

// passing tells whether an error may be over soon: there was no answer, or the API server could not serve.
func passing(err error) bool {
	if err == nil {
		return false
	}
	switch apierrors.ReasonForError(err) {
	case metav1.StatusReasonUnknown, metav1.StatusReasonInternalError, metav1.StatusReasonServerTimeout, metav1.StatusReasonTimeout,
		metav1.StatusReasonServiceUnavailable, metav1.StatusReasonTooManyRequests:
		return true
	default:
		return false
	}
}
