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

package auth0

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
)

// What signs in must not be printed by accident. Format answers every verb of package fmt, also those for which fmt does
// not ask String (%d prints the fields of a struct), and MarshalJSON and LogValue answer the loggers.

func (c Config) String() string {
	return fmt.Sprintf("tenant %s, signing in by %s", c.Domain, c.SignIn)
}

func (s SignIn) String() string {
	switch {
	case s.ClientSecret != nil:
		return s.ClientSecret.String()
	case s.PrivateKeyJWT != nil:
		return s.PrivateKeyJWT.String()
	case s.AccessToken != "":
		return "access token [redacted]"
	}
	return "nothing"
}

func (c ClientSecret) String() string { return "client secret [redacted] of client " + c.ClientID }

func (p PrivateKeyJWT) String() string { return "private key [redacted] of client " + p.ClientID }

func (l Login) String() string {
	return "login of client " + l.ClientID + " with a private key [redacted] at " + l.Endpoint
}

// String is the tenant's domain.
func (t *Tenant) String() string { return "tenant " + t.domain }

// The rest says the same in the words of each printer.

func (c Config) Format(f fmt.State, _ rune)        { _, _ = io.WriteString(f, c.String()) }
func (s SignIn) Format(f fmt.State, _ rune)        { _, _ = io.WriteString(f, s.String()) }
func (c ClientSecret) Format(f fmt.State, _ rune)  { _, _ = io.WriteString(f, c.String()) }
func (p PrivateKeyJWT) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, p.String()) }
func (l Login) Format(f fmt.State, _ rune)         { _, _ = io.WriteString(f, l.String()) }

func (c Config) GoString() string        { return c.String() }
func (s SignIn) GoString() string        { return s.String() }
func (c ClientSecret) GoString() string  { return c.String() }
func (p PrivateKeyJWT) GoString() string { return p.String() }
func (l Login) GoString() string         { return l.String() }

func (c Config) MarshalJSON() ([]byte, error)        { return json.Marshal(c.String()) }
func (s SignIn) MarshalJSON() ([]byte, error)        { return json.Marshal(s.String()) }
func (c ClientSecret) MarshalJSON() ([]byte, error)  { return json.Marshal(c.String()) }
func (p PrivateKeyJWT) MarshalJSON() ([]byte, error) { return json.Marshal(p.String()) }
func (l Login) MarshalJSON() ([]byte, error)         { return json.Marshal(l.String()) }

func (c Config) LogValue() slog.Value        { return slog.StringValue(c.String()) }
func (s SignIn) LogValue() slog.Value        { return slog.StringValue(s.String()) }
func (c ClientSecret) LogValue() slog.Value  { return slog.StringValue(c.String()) }
func (p PrivateKeyJWT) LogValue() slog.Value { return slog.StringValue(p.String()) }
func (l Login) LogValue() slog.Value         { return slog.StringValue(l.String()) }
