# From a changed source file to a running operator.

##@ Develop

# controller-gen writes every file anew but leaves those of a kind that is gone: what is older than its run goes.
# $(call generate-into,directory,arguments)
define generate-into
@mkdir -p $(BIN) && touch $(BIN)/.before
$(CONTROLLER_GEN) $(2)
@find $(1) -type f ! -newer $(BIN)/.before -delete
endef

.PHONY: generate
generate: $(CONTROLLER_GEN) ## Write the deepcopy functions and the apply configurations of the kinds
	$(CONTROLLER_GEN) object:headerFile=hack/boilerplate.go.txt paths=./api/...
	$(call generate-into,api/v1alpha1/applyconfiguration,applyconfiguration:headerFile=hack/boilerplate.go.txt paths=./api/...)

.PHONY: manifests
manifests: $(CONTROLLER_GEN) ## Write the CRDs and the operator's ClusterRoles from the markers in the code
	$(call generate-into,config/crd/bases,crd paths=./api/... output:crd:dir=config/crd/bases)
	$(CONTROLLER_GEN) rbac:roleName=manager-role paths=./internal/controller/... output:rbac:dir=config/rbac
	$(CONTROLLER_GEN) rbac:roleName=probe-role paths=./internal/controller/probe output:rbac:dir=config/probe

.PHONY: fmt
fmt: $(GOLANGCI_LINT) ## Format every Go file
	$(GOLANGCI_LINT) fmt

.PHONY: lint-fix
lint-fix: $(GOLANGCI_LINT) ## Mend what the linters can mend by themselves
	$(GOLANGCI_LINT) run --fix
	$(GOLANGCI_LINT) run --fix --config .golangci-kal.yml ./api/...

.PHONY: tidy
tidy: ## Tidy the go.mod of every module here
	@for mod in $$(find . -name go.mod -not -path './bin/*' -not -path '*/.*/*' | sort); do \
		echo "go mod tidy: $$mod"; (cd "$$(dirname "$$mod")" && go mod tidy) || exit 1; \
	done

.PHONY: run
run: ## Run the operator on this machine against the cluster of KUBECONFIG (RUN_ARGS are its flags)
	go run ./cmd/certbound $(RUN_ARGS)
