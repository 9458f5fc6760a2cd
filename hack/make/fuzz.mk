# Inputs that nobody thought of.

# How long each fuzz test looks for an input that breaks it.
FUZZ_FOR ?= 20s

# The packages with fuzz tests. Go fuzzes one test of one package at a time.
FUZZ_PACKAGES := ./internal/certificate ./internal/auth0

##@ Verify

.PHONY: fuzz
fuzz: ## Fuzz every fuzz test for FUZZ_FOR (20s each); what breaks one is kept in its testdata/fuzz
	@for package in $(FUZZ_PACKAGES); do \
		for test in $$(go test -list '^Fuzz' $$package | grep '^Fuzz'); do \
			echo "$$package $$test"; \
			go test -run '^$$' -fuzz "^$$test\$$" -fuzztime $(FUZZ_FOR) $$package; \
		done; \
	done
