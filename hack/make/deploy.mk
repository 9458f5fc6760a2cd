# Certbound in the cluster that kubectl points at.

# Applied by the server: the CRDs with their documentation are longer than the annotation that kubectl's own merge needs.
APPLY := $(KUBECTL) apply --server-side --force-conflicts -f -
DELETE := $(KUBECTL) delete --ignore-not-found -f -

# Only the operator can finish the deletion of its objects (its finalizers wait for the tenant), so they go while it still runs.
define refuse-while-objects-exist
@left=$$($(KUBECTL) get certbound --all-namespaces --output name 2>/dev/null || true); \
if [ -n "$$left" ]; then \
	printf '%s\n' "$$left" 'These objects still need the operator. Delete them first, while it runs:' \
		'  $(KUBECTL) delete certbound --all --all-namespaces' >&2; \
	exit 1; \
fi
endef

##@ Cluster

.PHONY: install
install: $(KUSTOMIZE) ## Install the CRDs into the cluster of KUBECONFIG
	$(KUSTOMIZE) build config/crd | $(APPLY)

.PHONY: uninstall
uninstall: $(KUSTOMIZE) ## Remove the CRDs, once no object of these kinds is left
	$(refuse-while-objects-exist)
	$(KUSTOMIZE) build config/crd | $(DELETE)

.PHONY: deploy
deploy: dist/install.yaml ## Install the CRDs and run the operator there with image IMG
	$(APPLY) < dist/install.yaml

.PHONY: undeploy
undeploy: dist/install.yaml ## Remove all that `make deploy` installed, once no object of these kinds is left
	$(refuse-while-objects-exist)
	$(DELETE) < dist/install.yaml
