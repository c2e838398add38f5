# The commands of the project. `make run` and `make test` are all a new user needs.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: install run test lint format bench lock clean

run: install  ## the whole refresh on the bundled real data
	@$(BIN)/mineral-risk run

test: install  ## is it true
	$(BIN)/pytest

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

lock:  ## write requirements.lock anew from requirements.in (needs uv)
	uv pip compile requirements.in --python-version 3.11 --universal --only-binary :all: --generate-hashes \
		--no-emit-index-url --no-header --no-annotate --no-strip-extras -o requirements.lock

clean:  ## remove the environment and everything that was built; landed files and releases in data/ stay
	rm -rf .venv data/build build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis dbt_project/target dbt_project/logs
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
