//go:build critest

// Package tools names what the module's binaries are built from. critest is a test binary (go test -c): this import, which no build
// takes in, keeps its dependencies in go.mod and go.sum.
package tools

import _ "sigs.k8s.io/cri-tools/pkg/validate"
