# The commands of the project. `make run` and `make test` are all a new user needs.
PYTHON ?= python3
BIN := .venv/bin
# geopolrisk-py, which `make compare` holds our figures against, runs on Python 3.10 and 3.11 only
COMPARE_PYTHON ?= $(shell command -v python3.11 || echo $(PYTHON))

.PHONY: install run test test-slow lint format bench dictionary compare lock clean

run: install  ## the whole refresh on the bundled real data
	@$(BIN)/mineral-risk run

# Two workers, each with whole files, in the order of tests/conftest.py; what is dear is made once for both.
# What was skipped is named with its reason.
PYTEST := $(BIN)/pytest -rs -n 2 --dist loadfile --no-loadscope-reorder

test: install  ## is it true
	$(PYTEST)

test-slow: install  ## the long harnesses: crashes, broken machines, loads, whole runs broken off, old clients
	$(PYTEST) tests/slow

lint: install  ## the same checks as CI
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/sqlfluff lint dbt_project/models dbt_project/tests
	$(BIN)/mypy

format: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/sqlfluff fix dbt_project/models dbt_project/tests

bench: install  ## measure, print, and write BENCHMARKS.md
	$(BIN)/python -m tests.benchmarks.run

dictionary: install  ## write docs/data-dictionary.md from the current release and the contract
	@$(BIN)/python -m flows.data_dictionary

compare: install .venv-compare/installed  ## our GeoPolRisk beside the published library's; writes docs/comparison.md
	$(BIN)/python -m tests.comparison.compare

.venv-compare/installed: tests/comparison/requirements.lock
	@$(COMPARE_PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if v[:2] == (3, 11) else f"make: {sys.executable} is Python {v[0]}.{v[1]}; geopolrisk-py needs 3.11. Try: make compare COMPARE_PYTHON=/path/to/python3.11")'
	@echo "Making the environment of the library in .venv-compare (about a minute, once) ..."
	@$(COMPARE_PYTHON) -m venv --clear .venv-compare
	@.venv-compare/bin/python -m pip install -qq --disable-pip-version-check --no-deps --require-hashes -r tests/comparison/requirements.lock
	@touch $@

install: .venv/installed

.venv/installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if v >= (3, 11) else f"make: {sys.executable} is Python {v[0]}.{v[1]}; 3.11 or newer is needed. Try: make PYTHON=python3.12")'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "make: $(PYTHON) cannot make virtual environments. On Debian or Ubuntu: sudo apt-get install python3-venv" >&2; exit 1; }
	@echo "Making the environment in .venv from requirements.lock (about a minute, once) ..."
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

lock:  ## write both lock files anew from their requirements.in (needs uv)
	uv pip compile requirements.in --python-version 3.11 --universal --only-binary :all: --generate-hashes \
		--no-emit-index-url --no-header --no-annotate --no-strip-extras -o requirements.lock
	uv pip compile tests/comparison/requirements.in --python-version 3.11 --universal --only-binary :all: --generate-hashes \
		--no-emit-index-url --no-header --no-annotate --no-strip-extras -o tests/comparison/requirements.lock

clean:  ## remove the environment and everything that was built; landed files and releases in data/ stay
	rm -rf .venv .venv-compare data/build data/unit_tests_passed build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis dbt_project/target dbt_project/logs
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
