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
