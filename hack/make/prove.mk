# The slow proofs, each of which says what it covered.

# The packages that decide, whose every expression must matter to a test.
MUTATED_PACKAGES := ./internal/rotation ./internal/certificate

##@ Verify

.PHONY: mutants
mutants: $(GREMLINS) ## Change the packages that decide, one expression at a time, and see their tests notice (half an hour)
	go run ./test/mutation -gremlins $(GREMLINS) $(MUTATED_PACKAGES)

.PHONY: known-bugs
known-bugs: cluster-build ## Put each known bug back and see its test fail (half an hour)
	go test -timeout 60m ./test/knownbugs -caught -v

# How many strikes of each scenario: a number, or all. Pairs grow with the square: all of them take hours.
SINGLES ?= all
PAIRS ?= 200

.PHONY: prove
prove: prove-faults ## What is proved by trying everything: see the targets prove-*

# Each fault at each request that the operator sends, first on a real API server, then in memory, where the clock passes as the
# operator sees it; then two faults, the second at what the first led to.
.PHONY: prove-faults
prove-faults: cluster-build ## Let faults strike at every request, one and two in a run (SINGLES, PAIRS; an hour)
	CERTBOUND_FAULTS=$(SINGLES) go test -timeout 120m ./test/faults -run '^TestSingles$$' -v
	CERTBOUND_FAULTS=$(SINGLES) go test -timeout 120m ./test/faults -run '^TestSinglesInMemory$$' -v
	CERTBOUND_FAULTS=$(PAIRS) go test -timeout 600m ./test/faults -run '^TestPairs$$' -v
