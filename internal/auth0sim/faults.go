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

package auth0sim

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Effect is what becomes of a request that meets a fault.
type Effect string

const (
	// EffectNone means that the request changes nothing. The default. A fault whose reply is the true answer delays or holds the
	// request first and lets it happen then.
	EffectNone Effect = ""
	// EffectCommitted means that the request changes what it asks for, and then the reply goes wrong.
	EffectCommitted Effect = "committed"
	// EffectLate means that the request changes what it asks for after Delay, when the caller has long seen the reply.
	EffectLate Effect = "late"
)

// Reply is what the caller of a request that meets a fault sees.
type Reply string

const (
	// ReplyNormal is the true answer; with EffectLate, where there is none yet, it is 504.
	ReplyNormal Reply = ""
	// ReplyCut closes the connection without an answer.
	ReplyCut Reply = "cut"
	// ReplyStatus answers Status (default 500) with an HTML page, as a proxy does.
	ReplyStatus Reply = "status"
	// ReplyRateLimited answers 429, with Retry-After where RetryAfter is set.
	ReplyRateLimited Reply = "rateLimited"
	// ReplyInvalidToken answers 401 as to a token that is no token.
	ReplyInvalidToken Reply = "invalidToken"
	// ReplyExpiredToken answers 401 as to an expired token.
	ReplyExpiredToken Reply = "expiredToken"
	// ReplyForbidden answers 403 as to a token without the scopes.
	ReplyForbidden Reply = "forbidden"
	// ReplyTruncated sends the first half of the true answer, whose effect has taken place, and closes the connection.
	ReplyTruncated Reply = "truncated"
	// ReplyNotJSON answers Status (default 200) with a body that is not JSON.
	ReplyNotJSON Reply = "notJSON"
	// ReplyOversized answers 200 with a JSON body of Size bytes (default 32 MiB).
	ReplyOversized Reply = "oversized"
)

var (
	allEffects = []Effect{EffectNone, EffectCommitted, EffectLate}
	allReplies = []Reply{ReplyNormal, ReplyCut, ReplyStatus, ReplyRateLimited, ReplyInvalidToken, ReplyExpiredToken,
		ReplyForbidden, ReplyTruncated, ReplyNotJSON, ReplyOversized}
)

// needsAnswer says whether a reply is made of the true answer.
func (r Reply) needsAnswer() bool { return r == ReplyNormal || r == ReplyTruncated }

// Fault is what shall go wrong, and when.
type Fault struct {
	// Method and Path choose requests; empty means any. In a Path, "*" and "{name}" stand for one segment, and "**" at
	// the end for all that follows: "/api/v2/clients/{id}/credentials", "/api/v2/**".
	Method string `json:"method,omitempty"`
	Path   string `json:"path,omitempty"`
	// Nth is the first matching request that meets the fault, counted from 1; 0 means 1.
	Nth int `json:"nth,omitempty"`
	// Times is how many requests meet it; 0 means 1, a negative number all until it is removed.
	Times int `json:"times,omitempty"`

	Effect Effect `json:"effect,omitempty"`
	// Delay is when a late effect takes place, on the simulator's clock.
	Delay time.Duration `json:"delay,omitempty"`

	Reply      Reply         `json:"reply,omitempty"`
	Status     int           `json:"status,omitempty"`
	RetryAfter time.Duration `json:"retryAfter,omitempty"`
	Size       int           `json:"size,omitempty"`

	// Latency passes before anything else happens, on the simulator's clock.
	Latency time.Duration `json:"latency,omitempty"`
	// Hold holds the request until Injection.Release: before its effect, or with EffectCommitted after it.
	Hold bool `json:"hold,omitempty"`
}

// validate names what the simulator cannot do.
func (f Fault) validate() error {
	switch {
	case !slices.Contains(allEffects, f.Effect):
		return fmt.Errorf("unknown effect %q, known are %q", f.Effect, allEffects)
	case !slices.Contains(allReplies, f.Reply):
		return fmt.Errorf("unknown reply %q, known are %q", f.Reply, allReplies)
	case f.Effect == EffectLate && f.Reply == ReplyTruncated:
		return fmt.Errorf("a late effect has no answer that could be truncated")
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return fmt.Errorf("status %d is not between 200 and 599", f.Status)
	}
	return nil
}

// reply answers the request, whose true answer or, without one, the fault's own is result.
func (i *Injection) reply(w http.ResponseWriter, result exchange) {
	switch i.Reply {
	case ReplyCut:
		panic(http.ErrAbortHandler)
	case ReplyTruncated:
		writeHalf(w, result)
	case ReplyNormal:
		write(w, result)
	default:
		write(w, i.answer())
	}
}

// answer is what the fault answers of its own.
func (i *Injection) answer() exchange {
	switch i.Reply {
	case ReplyNormal:
		return htmlPage(http.StatusGatewayTimeout)
	case ReplyCut:
		return exchange{}
	case ReplyRateLimited:
		limited := failed(tooManyRequests())
		if i.RetryAfter > 0 {
			limited.header.Set("Retry-After", strconv.Itoa(int(i.RetryAfter/time.Second)))
		}
		return limited
	case ReplyInvalidToken:
		return failed(invalidToken("Invalid token"))
	case ReplyExpiredToken:
		return failed(expiredToken)
	case ReplyForbidden:
		return failed(insufficientScope("none:at_all"))
	case ReplyOversized:
		return oversized(orDefault(i.Size, 32<<20))
	case ReplyNotJSON:
		return htmlPage(orDefault(i.Status, http.StatusOK))
	default:
		return htmlPage(orDefault(i.Status, http.StatusInternalServerError))
	}
}

func oversized(size int) exchange {
	filler := strings.Repeat("x", max(0, size-len(`{"filler":""}`)))
	return answered(http.StatusOK, document{{"filler", filler}})
}

// htmlPage is what a proxy in front of Auth0 sends: HTML.
func htmlPage(status int) exchange {
	title := strconv.Itoa(status) + " " + http.StatusText(status)
	return exchange{
		status: status,
		header: http.Header{"Content-Type": {"text/html"}},
		body: []byte("<html>\r\n<head><title>" + title + "</title></head>\r\n<body>\r\n<center><h1>" + title +
			"</h1></center>\r\n</body>\r\n</html>\r\n"),
	}
}

// writeHalf announces the whole answer, sends half of it and cuts the connection.
func writeHalf(w http.ResponseWriter, result exchange) {
	maps.Copy(w.Header(), result.header)
	w.Header().Set("Content-Length", strconv.Itoa(len(result.body)))
	w.WriteHeader(result.status)
	_, _ = w.Write(result.body[:len(result.body)/2])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}
