# The slow proofs. Each prints what it covered, and ends with an error where a promise is broken.

# The packages that decide, whose every expression must matter to a test.
MUTATED_PACKAGES := ./internal/rotation ./internal/certificate

##@ Verify

.PHONY: prove
prove: prove-model prove-faults prove-views prove-names known-bugs mutants ## All that is proved by trying everything (hours)

# Every start and every course of up to five faults and four renewals, with the real planner; and the stories of docs/rotation.md.
.PHONY: prove-model
prove-model: ## Explore the rotation as an explicit-state model (two minutes)
	go test -count=1 -timeout 30m ./internal/rotation -run '^(TestModel.*|TestEveryWorld|TestStories)$$' -v

# How many strikes of each scenario: a number, or all. Pairs grow with the square: all of them take hours.
SINGLES ?= all
PAIRS ?= 200

# Each fault at each request that the operator sends, first on a real API server, then in memory, where the clock passes as the
# operator sees it; then two faults, the second at what the first led to.
.PHONY: prove-faults
prove-faults: cluster-build ## Let faults strike at every request, one and two in a run (SINGLES, PAIRS; an hour)
	CERTBOUND_FAULTS=$(SINGLES) go test -count=1 -timeout 120m ./test/faults -run '^TestSingles$$' -v
	CERTBOUND_FAULTS=$(SINGLES) go test -count=1 -timeout 120m ./test/faults -run '^TestSinglesInMemory$$' -v
	CERTBOUND_FAULTS=$(PAIRS) go test -count=1 -timeout 600m ./test/faults -run '^TestPairs$$' -v

# What the operator sees of the cluster is late, lost, repeated, reordered or old; two operators; clocks apart; etcd restored.
.PHONY: prove-views
prove-views: cluster-build ## Let the operator see the cluster wrongly, in every way (ten minutes)
	PROVE=1 go test -count=1 -timeout 60m ./test/views -v

.PHONY: prove-names
prove-names: ## Compare subjects with openssl's and node's, and fuzz what reads them (FUZZ_FOR for each fuzz test)
	go test -count=1 ./internal/certificate -run 'Corpus' -v
	$(MAKE) fuzz

.PHONY: mutants
mutants: $(GREMLINS) ## Change the packages that decide, one expression at a time, and see their tests notice (half an hour)
	go run ./test/mutation -gremlins $(GREMLINS) $(MUTATED_PACKAGES)

.PHONY: known-bugs
known-bugs: cluster-build ## Put each known bug back and see its test fail (half an hour)
	go test -timeout 60m ./test/knownbugs -caught -v
