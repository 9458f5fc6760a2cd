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

package timeline

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// Measures, in pixels.
const (
	width      = 1200.0
	left       = 128.0 // where time begins
	right      = width - 28
	top        = 96.0
	laneHead   = 40.0
	rowHeight  = 43.0
	barHeight  = 13.0
	innerBar   = 5.0
	tokenStrip = 7.0
	laneGap    = 18.0
	footer     = 86.0
	// tokenPitch is the least distance of two marks of token requests: closer ones are drawn as one.
	tokenPitch = 3.0
	// letter is about how wide a letter of a step's name is.
	letter = 5.4
)

const (
	ink   = "#1c2733"
	quiet = "#5c6b7a"
	faint = "#e3e8ee"
	alarm = "#d3222a"
)

// colours tell neighbouring certificates apart.
var colours = []string{"#2563c9", "#0b8a74", "#c26a0a", "#7c4dd6", "#b8327a"}

// drawing is a picture in the making.
type drawing struct {
	canvas
	start time.Time
	scale float64 // pixels a second
	y     float64
}

// SVG draws the picture.
func (p Picture) SVG() []byte {
	events := inOrder(p.Events)
	var start, end time.Time
	if len(events) > 0 {
		start, end = events[0].At, events[len(events)-1].At
	}
	all := lanes(p.Clients, events, end)
	d := &drawing{start: start, scale: (right - left) / max(end.Sub(start).Seconds(), 1), y: top}
	height := top + footer
	for _, l := range all {
		height += laneHead + float64(len(l.rows))*rowHeight + laneGap
	}
	d.open(width, height, p.Title)
	d.text(28, 40, "font-size:20px;font-weight:650;fill:"+ink, "start", p.Title)
	d.text(28, 63, "font-size:13px;fill:"+quiet, "start", p.Caption)
	d.grid(end.Sub(start), height-footer-laneGap/2)
	for _, l := range all {
		d.lane(l)
	}
	d.legend(height - footer + 30)
	return d.close()
}

func (d *drawing) x(at time.Time) float64 { return left + at.Sub(d.start).Seconds()*d.scale }

// grid draws a line every ten seconds, or every minute of a long run.
func (d *drawing) grid(length time.Duration, bottom float64) {
	pitch := 10 * time.Second
	if length > 4*time.Minute {
		pitch = time.Minute
	}
	for t := time.Duration(0); t <= length; t += pitch {
		x := d.x(d.start.Add(t))
		d.line(x, top-8, x, bottom, "stroke:"+faint)
		d.text(x, bottom+16, "font-size:11px;fill:"+quiet, "middle", fmt.Sprintf("%d s", int(t.Seconds())))
	}
}

func (d *drawing) lane(l *lane) {
	d.name(28, d.y+14, l.client.Name, l.client.Note)
	counts := fmt.Sprintf("renewals %d · tokens %d · refused %d", l.renewals, l.granted, l.refused)
	style := "font-size:12px;font-weight:600;fill:" + ink
	if l.refused > 0 {
		style = "font-size:12px;font-weight:600;fill:" + alarm
	}
	d.text(right, d.y+14, style, "end", counts)
	d.y += laneHead
	number := 0
	for _, r := range l.rows {
		if r.subject == "" {
			number++
		}
		d.row(r, number, l.bySubject())
		d.y += rowHeight
	}
	d.y += laneGap
}

// row draws one certificate: a bar while it can sign in, a darker one within while workloads are handed it, its token requests
// below, its steps in words.
func (d *drawing) row(r *row, number int, bySubject bool) {
	bar := d.y
	colour := colours[(number+len(colours)-1)%len(colours)]
	name, detail := fmt.Sprintf("certificate %d", number), short(r.certificate)
	if r.subject != "" {
		colour, name, detail = quiet, "subject", "cert_subject_dn"
	}
	d.text(28, bar+6, "font-size:11px;font-weight:600;fill:"+colour, "start", name)
	d.text(28, bar+19, "font-size:10px;font-family:ui-monospace,Menlo,Consolas,monospace;fill:"+quiet, "start", detail)
	accepted := r.attached
	if accepted.empty() && bySubject { // the subject stands for it
		accepted = r.published
	}
	if !accepted.empty() {
		d.rect(d.x(accepted.from), bar, d.x(accepted.to)-d.x(accepted.from), barHeight, "fill:"+colour+";fill-opacity:.28",
			name+" "+detail+": can sign in")
	}
	if !r.published.empty() {
		d.rect(d.x(r.published.from), bar+(barHeight-innerBar)/2, d.x(r.published.to)-d.x(r.published.from), innerBar, "fill:"+colour,
			name+" "+detail+": in the hands of workloads")
	}
	d.tokens(r.tokens, bar+barHeight+2, colour)
	d.steps(r, bar, bySubject && number > 1)
}

// steps names the steps of a row. For a renewed certificate with a subject that is registered already there is none at the tenant.
func (d *drawing) steps(r *row, bar float64, known bool) {
	for i, s := range r.steps() {
		x := d.x(s.at)
		d.line(x, bar-3, x, bar+barHeight, "stroke:"+ink)
		words := s.words
		if r.subject != "" && i == 0 {
			words = r.subject + ": " + words
		}
		if known && strings.Contains(words, string(Published)) {
			words += ": same subject, no request"
		}
		size := "font-size:10.5px;fill:" + ink
		long := float64(len(words)) * letter
		switch {
		case i > 0 && x+long+6 < right: // beside the end of the bar
			d.text(x+5, bar+10, size, "start", words)
		case x+long < right:
			d.text(x, bar-6, size, "start", words)
		default:
			d.text(right, bar-6, size, "end", words)
		}
	}
}

// tokens marks requests; those that were refused are marked every one.
func (d *drawing) tokens(events []Event, y float64, colour string) {
	var marks strings.Builder
	last := -tokenPitch
	for _, e := range events {
		x := d.x(e.At)
		switch {
		case e.Kind == Refused:
			d.path(fmt.Sprintf("M%.1f %.1fl6 6m0 -6l-6 6", x-3, y), "fill:none;stroke:"+alarm+";stroke-width:2")
		case x-last >= tokenPitch:
			fmt.Fprintf(&marks, "M%.1f %.1fv%.0f", x, y, tokenStrip)
			last = x
		}
	}
	if marks.Len() > 0 {
		d.path(marks.String(), "fill:none;stroke:"+colour+";stroke-width:1.2")
	}
}

func (d *drawing) legend(y float64) {
	d.line(28, y-18, right, y-18, "stroke:"+faint)
	style := "font-size:12px;fill:" + ink
	colour := colours[0]
	d.rect(28, y, 34, barHeight, "fill:"+colour+";fill-opacity:.28", "")
	d.text(70, y+11, style, "start", "attached at the tenant: can sign in")
	d.rect(298, y+(barHeight-innerBar)/2, 34, innerBar, "fill:"+colour, "")
	d.text(340, y+11, style, "start", "published: workloads are handed it")
	d.path(fmt.Sprintf("M570 %.1fv7m4 -7v7m4 -7v7m4 -7v7m4 -7v7", y+3), "fill:none;stroke:"+colour+";stroke-width:1.2")
	d.text(600, y+11, style, "start", "token requests that presented it: granted")
	d.path(fmt.Sprintf("M878 %.1fl6 6m0 -6l-6 6", y+3), "fill:none;stroke:"+alarm+";stroke-width:2")
	d.text(894, y+11, style, "start", "refused")
	d.text(28, y+34, "font-size:11px;fill:"+quiet, "start",
		"Words name the steps: issued by cert-manager; stored, attached, detached and deleted at the tenant; published in the cluster.")
}

// short is the beginning of a thumbprint or a subject.
func short(text string) string {
	const most = 14
	if runes := []rune(text); len(runes) > most {
		return string(runes[:cmp.Or(most-1, 1)]) + "…"
	}
	return text
}
