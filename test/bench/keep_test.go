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
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const kept = "../../docs/benchmarks"

// The table in the documentation is that of the figures beside it, and so are the pictures.
func TestDocumentationShowsTheFigures(t *testing.T) {
	content, err := os.ReadFile(filepath.Join(kept, readme))
	if err != nil {
		t.Fatal(err)
	}
	want, err := withTable(string(content), kept)
	if err != nil {
		t.Fatal(err)
	}
	if want != string(content) {
		t.Errorf("%s does not show the figures beside it: run make bench, or take back what was changed by hand", readme)
	}
	reports, err := loadAll(kept)
	if err != nil {
		t.Fatal(err)
	}
	if len(reports) == 0 {
		t.Error("there are no figures")
	}
	for _, r := range reports {
		drawn, err := os.ReadFile(file(kept, r.Clients, ".svg"))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(drawn, picture(r)) {
			t.Errorf("the picture of %d clients is not that of the figures beside it", r.Clients)
		}
	}
}

// Every scenario is explained.
func TestDocumentationNamesTheScenarios(t *testing.T) {
	content, err := os.ReadFile(filepath.Join(kept, readme))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names() {
		if !strings.Contains(string(content), "| `"+name+"` |") {
			t.Errorf("%s does not explain the scenario %s", readme, name)
		}
	}
}

func TestKeepMergesWithWhatWasMeasuredBefore(t *testing.T) {
	o := options{clients: 10, results: t.TempDir()}
	limited := limits{Rate: 16, Burst: 50}
	first := report{Clients: 10, Results: []result{{Scenario: "renew", Total: 1}, {Scenario: "renew", Limits: limited, Total: 2}}}
	second := report{Clients: 10, Results: []result{{Scenario: "create", Limits: limited, Total: 3}, {Scenario: "renew", Limits: limited, Total: 4}}}
	for _, r := range []report{first, second} {
		if err := keep(o, r); err != nil {
			t.Fatal(err)
		}
	}
	got, known, err := lastResult(o)
	if err != nil || !known {
		t.Fatal(known, err)
	}
	var totals []int
	for _, r := range got.Results {
		totals = append(totals, r.Total)
	}
	if len(totals) != 3 || totals[0] != 3 || totals[1] != 4 || totals[2] != 1 {
		t.Errorf("kept %v, want the new ones with a limit and then the old one without", totals)
	}
}

// A run that fails before anything was measured takes nothing away, one that fails later keeps what it has.
func TestWhatWasMeasuredBeforeAFailureIsKept(t *testing.T) {
	o := options{clients: 7, results: t.TempDir()}
	conclude := func(results ...result) {
		t.Helper()
		if err := conclude(o, report{}, false, report{Clients: o.clients, Results: results}, os.Stdout); err != nil {
			t.Fatal(err)
		}
	}
	conclude()
	if _, err := load(o.results, o.clients); err == nil {
		t.Error("something was kept although nothing was measured")
	}
	conclude(result{Scenario: "create", Total: 7})
	conclude()
	if got, err := load(o.results, o.clients); err != nil || len(got.Results) != 1 || got.Results[0].Total != 7 {
		t.Errorf("kept was %+v, %v", got.Results, err)
	}
}

func TestPictureIsWellFormed(t *testing.T) {
	drawn := picture(report{Clients: 10, Results: []result{{Scenario: "a < b & c", Ratio: 300, TimeRatio: 0.1, Total: 1}}})
	decoder := xml.NewDecoder(strings.NewReader(string(drawn)))
	for {
		_, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
