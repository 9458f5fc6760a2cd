# syntax=docker/dockerfile:1

# Both programs, for the platform asked for, on the builder's own platform.
#   docker build --target certbound .
#   docker build --target auth0-simulator .
FROM --platform=$BUILDPLATFORM golang:1.26 AS source
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY api/ api/
COPY cmd/ cmd/
COPY internal/ internal/
ARG TARGETOS
ARG TARGETARCH
ARG VERSION=dev
ENV CGO_ENABLED=0 GOOS=${TARGETOS} GOARCH=${TARGETARCH} GOFLAGS=-trimpath

FROM source AS build-auth0-simulator
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    go build -ldflags "-s -w -X main.version=${VERSION}" -o /out/ ./cmd/auth0-simulator

FROM source AS build-certbound
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    go build -ldflags "-s -w -X main.version=${VERSION}" -o /out/ ./cmd/certbound

# Nothing but the program, CA certificates and time zones; user 65532 is nonroot.
# https://github.com/GoogleContainerTools/distroless
FROM gcr.io/distroless/static:nonroot AS auth0-simulator
COPY --from=build-auth0-simulator /out/auth0-simulator /auth0-simulator
USER 65532:65532
ENTRYPOINT ["/auth0-simulator"]

# Last, so that a build without --target makes the operator.
FROM gcr.io/distroless/static:nonroot AS certbound
COPY --from=build-certbound /out/certbound /certbound
USER 65532:65532
ENTRYPOINT ["/certbound"]
