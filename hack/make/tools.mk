# The tools, pinned in hack/tools (a module of its own, so that what they need never reaches the operator's go.mod), built
# once into bin/ and again when a pin changes. (go.sum follows go.mod, and `go mod tidy` touches it without changing it.)

BIN := $(CURDIR)/bin
CONTROLLER_GEN := $(BIN)/controller-gen
KUSTOMIZE := $(BIN)/kustomize
GOLANGCI_LINT := $(BIN)/golangci-lint
GREMLINS := $(BIN)/gremlins
KUBECTL ?= kubectl

# $(call build-tool,package) builds one pinned tool for this machine, whatever platform the caller builds for.
define build-tool
@echo "Building $(@F) once; later runs take it from bin/."
@GOOS= GOARCH= go build -C hack/tools -trimpath -o $@ $(1)
@touch $@
endef

$(CONTROLLER_GEN): hack/tools/go.mod
	$(call build-tool,sigs.k8s.io/controller-tools/cmd/controller-gen)

$(KUSTOMIZE): hack/tools/go.mod
	$(call build-tool,sigs.k8s.io/kustomize/kustomize/v5)

# kube-api-linter's own command is golangci-lint with the plugin compiled in: one binary for both configurations.
$(GOLANGCI_LINT): hack/tools/go.mod
	$(call build-tool,sigs.k8s.io/kube-api-linter/cmd/golangci-lint-kube-api-linter)

$(GREMLINS): hack/tools/go.mod
	$(call build-tool,github.com/go-gremlins/gremlins/cmd/gremlins)

##@ Develop

.PHONY: tools
tools: $(CONTROLLER_GEN) $(KUSTOMIZE) $(GOLANGCI_LINT) ## Build the pinned tools into bin/ (the first time: two to three minutes)
