# For developers; what users need is in README.md. `make` lists the targets.
SHELL := /bin/bash
.DELETE_ON_ERROR:
BIN := .venv/bin
INSTALLED := .venv/installed
# What covers every branch of connector/domain; apart, because the other tests take twice their time under coverage.
RULES := tests/domain tests/engine/test_waiting.py
PACKAGING := setup.cfg pyproject.toml tools/setup

.PHONY: help setup demo test test-long chaos year soak bench audit sbom lock format clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(INSTALLED)-dev ## make .venv with the locked packages and the checkout itself

$(INSTALLED)-tryton: requirements/tryton.txt tools/setup
	@tools/setup tryton
	@touch $@

$(INSTALLED)-%: requirements/%.txt $(PACKAGING)
	@tools/setup $*
	@touch $@

demo: setup ## the whole flow on made-up invoices, in the folder demo/
	@tools/demo

test: setup $(INSTALLED)-tryton ## format, lint, types and all tests but the long ones
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest -n 2 $(RULES) --cov=connector/domain --cov-fail-under=100
	$(BIN)/pytest -n 2 $(RULES:%=--ignore=%)

test-long: setup $(INSTALLED)-tryton ## all tests: years, chaos, a million lines
	$(BIN)/pytest -n 2 -m "long or not long" --hypothesis-profile=long

chaos: setup ## kill the delivering process 2,000 times and look at the books
	$(BIN)/python -m tests.chaos

soak: setup ## a month of 200 administrations on PostgreSQL, with workers that are killed
	$(BIN)/python -m tests.soak

year: setup ## a year of `connector serve` in minutes, with every fault
	$(BIN)/python -m tests.year

bench: setup $(INSTALLED)-bench ## speed and memory beside dlt and a bare loop
	RUNTIME__DLTHUB_TELEMETRY=false $(BIN)/python -m tests.bench

audit: setup ## known vulnerabilities of the locked packages
	@$(BIN)/python tools/audit.py

sbom: setup ## a bill of materials (CycloneDX) of what is installed for users, in dist/
	@$(BIN)/python tools/sbom.py

lock: setup ## write requirements/*.txt anew; `make lock UPGRADE=1` takes newer versions
	@tools/lock $(if $(UPGRADE),--upgrade)

format: setup ## format the code and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean: ## remove everything that the other targets made
	rm -rf .venv .venv-tryton demo build dist *.egg-info .coverage .coverage.* htmlcov .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
