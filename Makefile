# Every target makes what it needs: nothing has to be installed or activated by hand.
# Needs git, make and Python 3.11 or newer; name one with `make demo PYTHON=/path/to/python3`.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$p && break; done)
UV ?= uv
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.stamp
RIVALS := $(VENV)/rivals

.DEFAULT_GOAL := help
.PHONY: help demo up test slow check lint console screens loading types format bench chaos mutants lock clean

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: console  ## Play the main job from a contract to a closed grant, on this machine alone
	@$(BIN)/sluice demo

up: console  ## Start the platform on this machine and print how to use it
	@$(BIN)/sluice up

test: console  ## Run the tests, except the slow ones
	@$(BIN)/pytest -m "not slow"

slow: $(STAMP)  ## Run the slow tests
	@$(BIN)/pytest -m slow

check: lint test  ## Run what CI runs: format, lint, types, imports, tests

lint: $(STAMP)
	@echo "ruff check";          $(BIN)/ruff check --quiet
	@echo "ruff format --check"; $(BIN)/ruff format --check --quiet
	@echo "mypy";                $(BIN)/mypy --no-error-summary
	@echo "lint-imports";        $(BIN)/lint-imports --no-logo >$(VENV)/imports.log || { cat $(VENV)/imports.log; exit 1; }

# Without the console everything else works: what cannot be built is said, and does not stop the rest.
console: $(STAMP)  ## Build the web console, when its sources have changed
	@$(BIN)/python -m platform_api.console.build || true

screens: console  ## Write a picture of every screen of the console, in both themes, to var/screens
	@mkdir -p var/screens
	@SCREENS_TO=var/screens REQUIRE_BROWSER=1 $(BIN)/pytest -n0 tests/e2e/console/test_screens.py -k shows

loading: console  ## Measure how fast the console's screens load and how smoothly a list scrolls, by Chromium's own trace
	@$(BIN)/python -m tests.console.loading

types: console  ## Write the console's types anew from the API's own description
	@$(BIN)/python -m tests.console.openapi platform_api/console/openapi.json
	@$(BIN)/python -m platform_api.console.build types
	@rm platform_api/console/openapi.json

format: $(STAMP)  ## Format the code and mend what can be mended by itself
	@$(BIN)/ruff check --fix --quiet
	@$(BIN)/ruff format

bench: $(STAMP) $(RIVALS)/.stamp  ## Measure, one JSON object a line; fails when an aim is missed
	@$(BIN)/python -m tests.bench

SEED ?= 1
RUNS ?= 60
JOBS ?= $(shell getconf _NPROCESSORS_ONLN)
chaos: $(STAMP)  ## Kill, stall and cut off the platform: SEED=1 RUNS=60 JOBS=2; the last line says what it lost
	@$(BIN)/python -m tests.chaos --seed $(SEED) --runs $(RUNS) --jobs $(JOBS)

mutants: $(STAMP)  ## Break the product on purpose; fails unless the tests notice
	@$(BIN)/python -m tests.mutants

lock:  ## Compile requirements.lock anew from pyproject.toml (needs uv)
	@command -v $(UV) >/dev/null || { echo "make lock needs uv: pip install uv, or name one with UV=" >&2; exit 1; }
	@$(UV) pip compile --quiet --universal --python-version 3.11 --all-extras --generate-hashes \
		--no-emit-index-url --no-header pyproject.toml -o requirements.lock
	@echo "requirements.lock is up to date with pyproject.toml"

clean:  ## Remove the virtual environment and everything that commands wrote
	@rm -rf $(VENV) var dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	@echo "removed the virtual environment, var/ and caches"

# pip names a package when it collects it, and downloads it next: a count that moves is enough to wait by.
$(STAMP): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: install it, or name one with PYTHON=" >&2; exit 1; }
	@echo "Making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV) || { echo "On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@echo "Installing $$(grep -c '==' requirements.lock) packages at most, each checked against its hash"
	@rm -f $(VENV)/.installed
	@{ $(BIN)/pip --disable-pip-version-check --no-input install --require-hashes -r requirements.lock 2>$(VENV)/pip.log \
		&& touch $(VENV)/.installed; } \
		| awk '/^Collecting / { n++; if (n % 10 == 0) { printf "  %3d  %s\n", n, $$2; fflush() } } \
		       /^Installing collected/ { print "  all fetched, now unpacking"; fflush() }'
	@rm $(VENV)/.installed 2>/dev/null || { cat $(VENV)/pip.log >&2; exit 1; }
	@$(BIN)/pip --disable-pip-version-check --quiet install --no-deps --no-build-isolation -e .
	@touch $(STAMP)

# The engines that the benchmark compares us with: where they cannot be had, it leaves them out and says so.
$(RIVALS)/.stamp: tests/bench/rivals.lock $(STAMP)
	@rm -rf $(RIVALS) && mkdir -p $(RIVALS)
	@$(BIN)/pip --disable-pip-version-check --quiet --no-input install --target $(RIVALS) --upgrade --no-deps \
		--only-binary :all: --require-hashes -r $< 2>$(VENV)/pip.log || tail -n 3 $(VENV)/pip.log >&2
	@touch $@
