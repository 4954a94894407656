# Every target does its own set-up; a second run finds it done.  PYTHON may name another interpreter (3.11 or newer).
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready
# How many processes run the tests (of three on two cores some wait too long for one another); 0 runs them in one, for a debugger.
WORKERS ?= 2

.PHONY: demo test test-models test-ray lint bench lock map screenshots clean

demo: $(READY)  ## ingest the sample collection and open the search page (NEARSPACE_HEADLESS=1: no browser)
	$(BIN)/nearspace demo $(DEMO_OPTIONS)

# The hundreds of processes that tests start find the modules compiled, even where the environment says not to keep that.
test: export PYTHONDONTWRITEBYTECODE :=
test: $(READY)  ## every test, the browser's too where Chromium is installed
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(TEST_OPTIONS)

test-models: .venv-models/ready  ## the tests of OpenCLIP and sentence-transformers encoders (installs torch: several GB)
	.venv-models/bin/python -m pytest tests/ingest/encoders $(TEST_OPTIONS)

test-ray: $(READY)  ## the tests of ingesting on a Ray cluster (installs Ray: a quarter of a GB)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'ray[data]>=2.52'
	$(BIN)/python -m pytest tests/ingest/run/engines $(TEST_OPTIONS)

lint: $(READY)  ## style, formatting, types, and which room may import from which
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(READY)  ## measure; see tests/benchmarks/README.md
	$(firstword $(wildcard .venv-models/bin/python) $(BIN)/python) -m tests.benchmarks

lock: $(READY)  ## resolve the dependencies anew
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
	    --no-header --no-emit-index-url --upgrade --quiet --output-file requirements.lock
	$(BIN)/uv pip compile pyproject.toml --group dev --extra models --universal --python-version 3.11 --generate-hashes \
	    --no-header --no-emit-index-url --no-config --constraint requirements.lock --upgrade --quiet \
	    --output-file requirements-models.lock

map: search_app/scatter/node_modules  ## build the map's script anew (needs Node.js and npm)
	cd search_app/scatter && npm run --silent build

search_app/scatter/node_modules: search_app/scatter/package-lock.json
	cd search_app/scatter && npm ci --no-audit --no-fund
	@touch $@

screenshots: $(READY)  ## make the README's pictures anew (needs Chromium)
	$(BIN)/python -m tests.browser.screenshots

# `--no-deps`: the lock is complete, and leaves out what the embedded encoder's text package names but nobody imports.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Nearspace needs Python 3.11 or newer; name one with: make PYTHON=python3.11")'
	@echo "setting up .venv (a minute or two, once) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.venv-models/ready: requirements-models.lock pyproject.toml
	@echo "setting up .venv-models (several minutes, once) ..."
	@test -x .venv-models/bin/python || $(PYTHON) -m venv .venv-models
	@.venv-models/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-models.lock
	@.venv-models/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

clean:  ## remove the environments, caches and the demo's space
	rm -rf .venv .venv-models .nearspace search_app/scatter/node_modules .pytest_cache .ruff_cache .mypy_cache build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
