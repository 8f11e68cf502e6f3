# Armswire: `make run` shows it, `make serve` runs it, `make test` proves it. Each sets up what it needs.
.DEFAULT_GOAL := help
.PHONY: help install run serve test test-kafka check lint types unit format bench kafka migration lock

VENV := .venv
BIN := $(VENV)/bin
# The first Python from 3.11 to 3.13 that is there; choose another with make PYTHON=…
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null && echo $$p && break; done)
INSTALLED := $(VENV)/.installed

help: ## Say what each verb does
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

install: $(INSTALLED) ## Build .venv with everything that armswire needs

$(INSTALLED): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Armswire needs Python 3.11, 3.12 or 3.13; install one, or name it: make PYTHON=/path/to/python3.12" >&2; exit 1; }
	@echo "setting up $(VENV) with $$($(PYTHON) --version) (once; about 250 MB) …"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

run: $(INSTALLED) ## The whole pipeline on a newsroom on loopback: nothing else is polled
	@$(BIN)/armswire run --demo

serve: $(INSTALLED) ## The whole pipeline on the shipped feeds (or those in ARMSWIRE_CONFIG)
	@$(BIN)/armswire run

test: $(INSTALLED) ## All tests; the broker tests on Apache Kafka too where Java and Maven are
	@$(BIN)/python -m pytest

test-kafka: $(INSTALLED) ## The broker tests on Apache Kafka; a missing Java is a failure
	@ARMSWIRE_TEST_KAFKA=require $(BIN)/python -m pytest tests/broker -m kafka

check: lint types unit ## Lint, import contracts, types, unit tests: green at every commit

lint: $(INSTALLED) ## Ruff and the import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports

types: $(INSTALLED) ## mypy --strict
	@$(BIN)/mypy

unit: $(INSTALLED)
	@$(BIN)/python -m pytest -q tests/unit

format: $(INSTALLED) ## Put every file into form
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .

bench: $(INSTALLED) ## Items a second, CPU, latency, memory, against the naive way
	@$(BIN)/python -m tests.bench

kafka: $(INSTALLED) ## Apache Kafka on 127.0.0.1:9092 until Ctrl-C
	@$(BIN)/python -m streams.local_kafka

migration: $(INSTALLED) ## A new migration for what changed in streams/database.py: make migration SAYS="what it does"
	@$(BIN)/python -m streams.migrations "$(SAYS)"

lock: $(INSTALLED) ## requirements.lock anew from pyproject.toml
	@$(BIN)/pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip compile --quiet pyproject.toml --extra embedded --group dev --generate-hashes --universal \
		--python-version 3.11 --no-header -o requirements.lock
