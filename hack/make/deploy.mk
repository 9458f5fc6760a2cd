# Certbound in the cluster that kubectl points at.

# Applied by the server: the CRDs with their documentation are longer than the annotation that kubectl's own merge needs.
APPLY := $(KUBECTL) apply --server-side --force-conflicts -f -
DELETE := $(KUBECTL) delete --ignore-not-found -f -

##@ Cluster

.PHONY: install
install: $(KUSTOMIZE) ## Install the CRDs into the cluster of KUBECONFIG
	$(KUSTOMIZE) build config/crd | $(APPLY)

.PHONY: uninstall
uninstall: $(KUSTOMIZE) ## Remove the CRDs, and with them every object of these kinds
	$(KUSTOMIZE) build config/crd | $(DELETE)

.PHONY: deploy
deploy: dist/install.yaml ## Install the CRDs and run the operator there with image IMG
	$(APPLY) < dist/install.yaml

.PHONY: undeploy
undeploy: dist/install.yaml ## Remove all that `make deploy` installed
	$(DELETE) < dist/install.yaml
