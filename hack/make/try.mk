# A first look.

##@ Try it

.PHONY: demo
demo: ## Watch real certificate renewals against a simulated Auth0 tenant, without an account or a cluster
##+ (under three minutes, after a first build of about ten)
##+ `make demo KEEP=1` leaves it all running for you
	@echo "Building the demo; the first time this takes a minute or two, and the cluster it runs about ten."
	@go run ./test/demo
