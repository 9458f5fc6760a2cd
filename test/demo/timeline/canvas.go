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
	"bytes"
	"encoding/xml"
	"fmt"
)

// canvas writes SVG elements.
type canvas struct{ out bytes.Buffer }

func (c *canvas) open(width, height float64, title string) {
	fmt.Fprintf(&c.out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]g %[2]g" width="%[1]g" height="%[2]g" role="img"`+
		` font-family="system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif">`+"\n<title>%[3]s</title>\n", width, height, escape(title))
	fmt.Fprintf(&c.out, `<rect width="%g" height="%g" rx="10" fill="#fff" stroke="%s"/>`+"\n", width, height, faint)
}

func (c *canvas) close() []byte {
	c.out.WriteString("</svg>\n")
	return c.out.Bytes()
}

func (c *canvas) text(x, y float64, style, anchor, words string) {
	fmt.Fprintf(&c.out, `<text x="%.1f" y="%.1f" text-anchor="%s" style="%s">%s</text>`+"\n", x, y, anchor, style, escape(words))
}

// name writes a client's name and, beside it, what is to know of it.
func (c *canvas) name(x, y float64, words, note string) {
	fmt.Fprintf(&c.out, `<text x="%.1f" y="%.1f"><tspan style="font-size:15px;font-weight:650;fill:%s">%s</tspan>`+
		`<tspan dx="10" style="font-size:12px;fill:%s">%s</tspan></text>`+"\n", x, y, ink, escape(words), quiet, escape(note))
}

func (c *canvas) line(x1, y1, x2, y2 float64, style string) {
	fmt.Fprintf(&c.out, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" style="%s"/>`+"\n", x1, y1, x2, y2, style)
}

// rect draws a bar; its name shows when the pointer rests on it.
func (c *canvas) rect(x, y, width, height float64, style, name string) {
	fmt.Fprintf(&c.out, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="2" style="%s"><title>%s</title></rect>`+"\n",
		x, y, max(width, 1), height, style, escape(name))
}

func (c *canvas) path(data, style string) {
	fmt.Fprintf(&c.out, `<path d="%s" style="%s"/>`+"\n", data, style)
}

func escape(text string) string {
	var escaped bytes.Buffer
	_ = xml.EscapeText(&escaped, []byte(text)) // a Buffer takes everything
	return escaped.String()
}
