# A real Kubernetes API server and cert-manager on this machine, without containers (test/cluster).

##@ Cluster

.PHONY: cluster-build
cluster-build: ## Build the embedded cluster's programs into the user's cache (the first time: about ten minutes)
	@go run ./test/cluster/cmd/cluster build

.PHONY: cluster-up
cluster-up: ## Start the embedded cluster with cert-manager and the CRDs, and print what a shell needs
##+ eval "$(make cluster-up)" uses it at once; it runs until `make cluster-down`
	@go run ./test/cluster/cmd/cluster up

.PHONY: cluster-down
cluster-down: ## Stop the embedded cluster and remove what it wrote
	@go run ./test/cluster/cmd/cluster down
