# A first look.

##@ Try it

.PHONY: demo
demo: ## Watch real certificate renewals against a simulated Auth0 tenant, without an account or a cluster
##+ (under three minutes, after a first build of about ten)
##+ `make demo KEEP=1` leaves it all running for you
	go run ./test/demo
