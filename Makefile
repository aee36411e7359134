# The two commands of the README: `make run` and `make test`. Each sets up what it needs.
PYTHON ?= python3
ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
else
BIN := .venv/bin
endif
STAMP := .venv/.installed

.PHONY: run test setup check bench clean

run: setup
	$(BIN)/biofeedback demo

test: setup
	$(BIN)/python -m pytest -q

setup: $(STAMP)
	@$(BIN)/python tools/system_libraries.py

$(STAMP): constraints.txt pyproject.toml
	@$(PYTHON) -c "import sys; sys.exit(None if (3, 11) <= sys.version_info[:2] <= (3, 13) else 'Python 3.11, 3.12 or 3.13 is needed: make PYTHON=python3.12')"
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	$(BIN)/python -c "import pathlib; pathlib.Path('$(STAMP)').touch()"

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/basedpyright --level error
	$(BIN)/lint-imports

bench: setup
	$(BIN)/biofeedback bench throughput
	$(BIN)/biofeedback bench latency
	$(BIN)/biofeedback bench paint

clean:
	$(PYTHON) -c "import shutil; shutil.rmtree('.venv', ignore_errors=True)"
