# Everything that one does with huddled; `make help` lists it.
# On a fresh machine with Python 3.11 or newer, `make demo` and `make test` need nothing else.

PYTHON ?= $(firstword $(foreach name,python3.11 python3,$(shell \
	$(name) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(name))))
BIN := .venv/bin
READY := .venv/.ready
CONFIG ?= config.toml
SEEDS ?= 500
# Tests that start processes mostly wait for them: two for each core.
WORKERS ?= $(shell echo $$((2 * $$(nproc 2>/dev/null || echo 2))))
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup demo run test simulate bench check lint format types arrows coverage clean distclean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## install what requirements.lock names into .venv (the others do it by themselves)

# pip's chatter goes to a log that is shown if something fails.
$(READY): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "huddled needs Python 3.11 or newer: apt install python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) cannot make virtual environments: apt install $(notdir $(PYTHON))-venv" >&2; exit 1; }
	@echo "Installing the locked packages into .venv; this happens once and takes a minute or two ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1; { \
		$(BIN)/python -m pip install --require-hashes --no-deps -r requirements.lock && \
		$(BIN)/python -m pip install --no-deps --no-build-isolation -e . ; \
	} >.venv/install.log 2>&1 || { cat .venv/install.log >&2; exit 1; }
	@touch $@

demo: $(READY) ## watch huddled work against simulated providers: no account, no internet
	@$(BIN)/huddled demo $(ARGS)

run: $(READY) ## start the daemon with CONFIG=config.toml
	@$(BIN)/huddled run --config $(CONFIG) $(ARGS)

test: $(READY) ## run all tests
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile $(ARGS)

simulate: $(READY) ## run the daemon through SEEDS=500 random histories on a virtual clock
	@$(BIN)/python -m tests.simulation --seeds $(SEEDS) $(ARGS)

bench: $(READY) ## measure, each figure against a bare program in the same run
	@$(BIN)/python -m bench $(ARGS)

check: lint types arrows coverage test ## all that a change must pass

lint: $(READY) ## ruff: rules and format
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

format: $(READY) ## let ruff put things right
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

types: $(READY) ## mypy --strict
	@$(BIN)/mypy

arrows: $(READY) ## import-linter: who may import whom
	@$(BIN)/lint-imports --no-logo

coverage: $(READY) ## every line and branch of the pure files is tested
	@$(BIN)/python -m pytest -q -n auto --dist loadfile --cov --cov-report=term-missing tests/unit

clean: ## remove caches and build products
	@rm -rf build dist *.egg-info .coverage .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

distclean: clean ## remove .venv as well
	@rm -rf .venv
