# Needs python3 (3.11 or later) and make; all else goes into .venv.
#
#   make demo                a stand-in upstream, feedproxy in front of it, lines to paste; ARGS=--check tries it once
#   make test                the tests, on as many processors as there are; ARGS are given to pytest
#   make bench               speed, as ratios of two things measured in one run
#   make fuzz SECONDS=1200   the transformation under a fuzzer for so long; what it finds is put into .fuzz
#   make check               ruff, mypy, import-linter
#   make clean               away with everything that was made here

PYTHON ?= python3
SECONDS ?= 60
BIN := .venv/bin
PURE := tzmap/*,feedproxy/ics/*,feedproxy/transform/*,feedproxy/policy/*,feedproxy/model.py,feedproxy/errors.py

.PHONY: demo test bench fuzz check clean
.DEFAULT_GOAL := test

demo: .venv/installed
	@$(BIN)/feedproxy demo $(ARGS)

test: .venv/installed-test
	$(BIN)/python -m coverage run -m pytest --numprocesses auto --dist worksteal $(ARGS)
	$(BIN)/python -m coverage combine --quiet
	@echo "Branch coverage of the pure packages:"
	$(BIN)/python -m coverage report --include='$(PURE)' --skip-covered --skip-empty --fail-under=95
	@cat .left-out 2>/dev/null || true

bench: .venv/installed
	@$(BIN)/python -m benchmarks

fuzz: .venv/installed-test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[fuzz]'
	$(BIN)/python -m tests.fuzz $(SECONDS) .fuzz

check: .venv/installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check feedproxy tzmap tests benchmarks
	$(BIN)/mypy
	$(BIN)/lint-imports

clean:
	rm -rf .venv .fuzz .left-out .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache build dist

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv

.venv/installed: .venv/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	@touch $@

.venv/installed-test: .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[test]'
	@touch $@
