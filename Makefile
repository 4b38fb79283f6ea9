# The project's commands. `make` alone lists them.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
STACK ?= local
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help up down rehearse test check bench lock wheel clean tools

help:  ## list the commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | column -t -s "$$(printf '\t')"

# The environment: exactly what requirements/locked.txt lists, checked by hash.
$(VENV)/.installed: requirements/locked.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "registry-components needs Python 3.11 or newer; set PYTHON=python3.11" >&2; exit 1; }
	@echo "installing the locked Python packages into $(VENV)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/locked.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

tools: $(VENV)/.installed  ## make sure of the Pulumi engine and the registry binary
	@tools/provision

up: $(VENV)/.installed  ## bring a stack up (STACK=local) and prove it
	@$(BIN)/regc up $(STACK)

down: $(VENV)/.installed  ## stop what a stack runs; its data stays
	@$(BIN)/regc down $(STACK)

rehearse: $(VENV)/.installed tools  ## live a stack's whole life (STACK=prod) against emulated clouds
	@$(BIN)/regc rehearse $(STACK)

test: $(VENV)/.installed  ## run the whole test suite
	@tools/provision --tests
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadfile

check: $(VENV)/.installed  ## lint, format and type checks
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

bench: $(VENV)/.installed tools  ## run the benchmarks and write benchmarks/results
	@$(BIN)/python -m benchmarks

lock: $(VENV)/.installed  ## lock the dependencies of pyproject.toml anew
	@$(BIN)/uv pip compile pyproject.toml --all-extras --group dev --universal --generate-hashes \
	  --no-emit-index-url --no-header --python-version 3.11 --quiet --upgrade -o requirements/locked.txt

wheel: $(VENV)/.installed  ## build the wheel and the source distribution into dist/
	@$(BIN)/python -m build --no-isolation --outdir dist .

clean:  ## remove the environment and build results (never data, state or the tool cache)
	@rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
