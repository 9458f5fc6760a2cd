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
	"bytes"
	"encoding/xml"
	"fmt"
	"math"
	"strings"
)

// Measures of the picture, in pixels.
const (
	wide      = 960.0
	labels    = 250.0 // where bars begin
	bars      = 560.0 // how long the longest is
	row       = 34.0
	thick     = 11.0
	headline  = 92.0
	underline = 44.0
	farthest  = 16.0 // the ratio at the right end
)

// style has colours for light and for dark surroundings.
const style = `<style>
text{font:12px system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;fill:#1c2733}
.title{font-size:18px;font-weight:650}.quiet{fill:#5c6b7a;font-size:11px}
.page{fill:#fff;stroke:#e3e8ee}.grid{stroke:#e3e8ee}.one{stroke:#5c6b7a;stroke-dasharray:3 3}
.calls{fill:#2563c9}.time{fill:#0b8a74}
@media (prefers-color-scheme:dark){text{fill:#e6edf3}.quiet{fill:#9aa7b4}.page{fill:#0d1117;stroke:#30363d}.grid{stroke:#30363d}.one{stroke:#9aa7b4}
.calls{fill:#6ea8fe}.time{fill:#3fc9ac}}
</style>
`

// picture shows the ratios of calls and of time to the least, on a scale of doublings.
func picture(r report) []byte {
	var out bytes.Buffer
	high := headline + row*float64(len(r.Results)) + underline
	title := fmt.Sprintf("Certbound, %d clients", r.Clients)
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]g %[2]g" width="%[1]g" height="%[2]g" role="img"><title>%[3]s</title>`+"\n",
		wide, high, escape(title))
	out.WriteString(style)
	fmt.Fprintf(&out, `<rect class="page" width="%g" height="%g" rx="10"/>`+"\n", wide, high)
	text(&out, 28, 38, "title", title)
	text(&out, 28, 60, "quiet", "Management API calls (upper bar) and time (lower bar), as ratios to the least that the API and its rate limit allow. "+
		"Shorter is better; 1 is the least.")
	bottom := high - underline
	for ratio := 1.0; ratio <= farthest; ratio *= 2 {
		class := "grid"
		if ratio == 1 {
			class = "one"
		}
		fmt.Fprintf(&out, `<line class="%s" x1="%.1f" y1="%g" x2="%.1f" y2="%g"/>`+"\n", class, along(ratio), headline-8, along(ratio), bottom)
		text(&out, along(ratio)-4, bottom+18, "quiet", fmt.Sprintf("%g×", ratio))
	}
	for i, result := range r.Results {
		y := headline + row*float64(i)
		text(&out, 28, y+13, "", result.Scenario)
		text(&out, 28, y+26, "quiet", result.Limits.String())
		bar(&out, y+2, "calls", result.Ratio, fmt.Sprintf("%d calls, %s of the least", result.Total, figure(result.Ratio)))
		if result.TimeRatio > 0 {
			bar(&out, y+4+thick, "time", result.TimeRatio, fmt.Sprintf("%.1f s, %s of the floor", result.Seconds, figure(result.TimeRatio)))
		}
	}
	out.WriteString("</svg>\n")
	return out.Bytes()
}

// along is where a ratio is: half of the least is at the left end.
func along(ratio float64) float64 {
	doublings := math.Log2(min(max(ratio, 0.5), farthest)) + 1
	return labels + doublings/(math.Log2(farthest)+1)*bars
}

func bar(out *bytes.Buffer, y float64, class string, ratio float64, words string) {
	fmt.Fprintf(out, `<rect class="%s" x="%g" y="%.1f" width="%.1f" height="%g" rx="2"><title>%s</title></rect>`+"\n",
		class, labels, y, max(along(ratio)-labels, 1), thick, escape(words))
	text(out, max(along(ratio), labels)+6, y+thick-1, "quiet", words)
}

func text(out *bytes.Buffer, x, y float64, class, words string) {
	fmt.Fprintf(out, `<text class="%s" x="%.1f" y="%.1f">%s</text>`+"\n", class, x, y, escape(words))
}

func escape(words string) string {
	var escaped strings.Builder
	_ = xml.EscapeText(&escaped, []byte(words)) // a Builder takes everything
	return escaped.String()
}
