# Is it right?

TEST_TIMEOUT ?= 25m
TEST_FLAGS ?=

# The packages that decide, and the rules of the structure: no cluster, no network, seconds to test.
QUICK_PACKAGES := ./internal/certificate/... ./internal/rotation/... ./internal/registration/... ./internal/verification/... ./internal/flapping/... \
	./internal/status/... ./test/architecture

# The race detector needs a C compiler, which a machine that has only Go, make and git may lack.
RACE := $(if $(filter 1,$(shell go env CGO_ENABLED)),-race)

##@ Verify

.PHONY: test
test: test-unit cluster-build ## Everything: unit, API server, end to end (TEST_FLAGS are go test's; first run up to 25 minutes)
	go test -timeout $(TEST_TIMEOUT) $(TEST_FLAGS) ./...

.PHONY: test-unit
test-unit: ## Only the packages that decide, with the race detector: seconds
	go test $(RACE) $(TEST_FLAGS) $(QUICK_PACKAGES)

.PHONY: vet
vet: ## go vet
	go vet ./...

.PHONY: lint
lint: $(GOLANGCI_LINT) ## The linters of .golangci.yml, and the Kubernetes API conventions on api/
	$(GOLANGCI_LINT) run
	$(GOLANGCI_LINT) run --config .golangci-kal.yml ./api/...

.PHONY: verify
verify: ## Regenerate, format, tidy, lint; fail if that changed any file
	@MAKE='$(MAKE)' hack/verify.sh generate manifests fmt tidy lint
