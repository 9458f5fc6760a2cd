# Binaries and images.

CONTAINER_TOOL ?= docker
REGISTRY ?= ghcr.io/certbound
IMG ?= $(REGISTRY)/certbound:$(VERSION)
SIMULATOR_IMG ?= $(REGISTRY)/auth0-simulator:$(VERSION)
LDFLAGS := -X main.version=$(VERSION)

##@ Build

.PHONY: build
build: ## Build bin/certbound and bin/auth0-simulator
	go build -trimpath -ldflags '$(LDFLAGS)' -o bin/ ./cmd/certbound ./cmd/auth0-simulator

.PHONY: docker-build
docker-build: ## Build the two images (IMG and SIMULATOR_IMG name them)
	$(CONTAINER_TOOL) build --build-arg VERSION=$(VERSION) --target certbound --tag $(IMG) .
	$(CONTAINER_TOOL) build --build-arg VERSION=$(VERSION) --target auth0-simulator --tag $(SIMULATOR_IMG) .

.PHONY: build-installer
build-installer: dist/install.yaml ## Write dist/install.yaml: CRDs, rights and the operator with image IMG, in one file

# The image is named in an overlay inside dist/, so that no committed file changes. FORCE: the image's name is not a file.
.PHONY: FORCE
dist/install.yaml: $(KUSTOMIZE) FORCE
	@mkdir -p dist && echo 'resources: [../config/default]' > dist/kustomization.yaml
	@cd dist && $(KUSTOMIZE) edit set image ghcr.io/certbound/certbound=$(IMG)
	$(KUSTOMIZE) build dist > $@

.PHONY: clean
clean: ## Remove what was built here (bin/ and dist/)
	rm -rf bin dist
