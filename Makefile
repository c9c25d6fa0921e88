# Darkroom
# SPDX-License-Identifier: Apache-2.0

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo run test lint bench bench-pictures bench-engine \
	crash crash-pictures crash-engine simulate sanitize-thread sanitize-address build clean

DARKROOM := .build/release/darkroom
SEEDS ?= 0..<20000
RUNS ?= 3000
KILLS ?= 100
SEED ?= 1

# Without a limit every test starts at once, and hundreds of servers and databases starve each other of time and
# descriptors.
FEW_AT_ONCE := SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=8

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: build ## Upload real pictures to a fresh server and show what becomes of them
	@scripts/setup demo
	@scripts/demo $(DARKROOM)

run: build ## Serve on this machine; data under ./darkroom-data
	@exec $(DARKROOM) serve

build: ## Build the release program and print its path
	@scripts/setup build
	swift build -c release --product darkroom
	@echo "built $(DARKROOM)"

test: ## Build and run every test
	@scripts/setup test
	swift build --build-tests
	@$(FEW_AT_ONCE) scripts/run-tests 40 swift test --skip-build --parallel --disable-xctest

lint: ## Check the format of every Swift file
	swift format lint --strict --parallel --recursive Sources Tests Benchmarks Examples Package.swift

bench: bench-pictures bench-engine ## Measure everything beside its peers

bench-pictures: build ## Measure Darkroom beside the Python pipeline
	@scripts/setup bench
	@.cache/venv/bin/python Benchmarks/run.py --darkroom $(DARKROOM)

bench-engine: ## Measure the task engine beside DBOS and the Python SDK of durable tasks (20 minutes)
	@scripts/setup bench
	swift build -c release --product TaskHubBenchmark
	@.cache/venv/bin/python Benchmarks/engine.py --engine .build/release/TaskHubBenchmark

crash: crash-pictures crash-engine ## Kill everything again and again, and count what is lost

crash-pictures: build ## Upload 3,000 pictures while the server is killed 100 times
	@scripts/setup test
	@.cache/venv/bin/python Tests/EndToEnd/Scripts/crash.py --darkroom $(DARKROOM) --pictures 3000 --kills 100

# One scenario after the other: beside each other they would be killed for being slow.
crash-engine: ## Run orchestrations while processes and PostgreSQL are killed: RUNS=3000 KILLS=100 SEED=1
	@scripts/setup test
	CRASH_RUNS=$(RUNS) CRASH_KILLS=$(KILLS) CRASH_SEED=$(SEED) swift test --disable-xctest --no-parallel \
		--filter 'TaskHubSQLTests.*CrashTests'

# The order of sets must not differ from process to process, so that a seed that failed fails again.
simulate: ## Run the task engine on a store that fails and crashes: SEEDS=7 or SEEDS='0..<100000'
	@scripts/setup test
	SWIFT_DETERMINISTIC_HASHING=1 SIMULATION_SEEDS='$(SEEDS)' swift test --disable-xctest --filter SimulationTests

# Real clients and processes under a sanitizer are slow enough to run into their own time limits, so they are left out.
sanitize-thread: ## Run the unit tests under the thread sanitizer
	@scripts/setup test
	$(FEW_AT_ONCE) swift test --parallel --disable-xctest --sanitize=thread -Xswiftc -DTHREAD_SANITIZER \
		--scratch-path .build/thread --skip 'ProgramTests|ClientTests|TidyTests'

# Workers limit their address space, which the sanitizer's shadow does not fit into. Leaks are not looked for: those
# that are found lie in Foundation's Process and in XCTest.
sanitize-address: ## Run the unit tests under the address sanitizer
	@scripts/setup test
	ASAN_OPTIONS=detect_leaks=0 $(FEW_AT_ONCE) swift test --parallel --disable-xctest --sanitize=address \
		--scratch-path .build/address --skip 'ProgramTests|ClientTests|TidyTests|ImagingTests'

clean: ## Remove what was built and downloaded, never your data
	rm -rf .build .cache
