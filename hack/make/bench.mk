# What it costs.

# How many clients, which scenarios (all when empty), and what the simulated tenant allows and takes.
N ?= 100
SCENARIOS ?=
RATE ?= 16
BURST ?= 50
LATENCY ?= 80ms
BENCH_FLAGS ?=

##@ Verify

.PHONY: bench
bench: ## Measure calls, times, processor and memory with N clients, against the last result (docs/benchmarks)
##+ (N=10 a quarter of an hour, N=100 half an hour, N=1000 an hour and a half; SCENARIOS=create,renew for some of it)
	@go run ./test/bench -n=$(N) -scenarios="$(SCENARIOS)" -rate=$(RATE) -burst=$(BURST) -latency=$(LATENCY) $(BENCH_FLAGS)
