# Certbound's tasks. `make` alone lists them; each lives in hack/make, one file for each concern.

SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

# What goes into the binaries, the image tags and dist/install.yaml.
VERSION ?= $(or $(shell git describe --tags --always --dirty 2>/dev/null),dev)

# No VCS stamp in what is built here: reading it fails in a checkout that another user owns, as CI containers have
# it, and VERSION says the same.
export GOFLAGS := $(filter-out -buildvcs=%,$(shell go env GOFLAGS)) -buildvcs=false

# The help shows the groups in this order, whichever file a target stands in.
##@ Try it
##@ Develop
##@ Verify
##@ Cluster
##@ Build
# The tools come first: the other files name them as prerequisites.
include hack/make/tools.mk
include $(filter-out hack/make/tools.mk,$(sort $(wildcard hack/make/*.mk)))

.PHONY: help
help:
	@awk -f hack/make/help.awk $(MAKEFILE_LIST)
