PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
PY := $(BIN)/python
COLAB := .venv-colab
NODE := build/node

# TensorFlow's C++ log lines tell a reader nothing; Python errors still show.
export TF_CPP_MIN_LOG_LEVEL = 3
export PYTHONDONTWRITEBYTECODE = 1

NBVAL := $(PY) -m pytest -p no:cacheprovider --nbval --nbval-current-env --nbval-sanitize-with=tools/nbval.ini --nbval-cell-timeout=300

# The cells of a notebook stay in one process, hence loadfile.
AT_ONCE := settings=`$(PY) -m tools.jobs` && eval "$$settings" &&
NBVAL_AT_ONCE := $(NBVAL) --numprocesses=$$jobs --dist=loadfile

# What runs on every backend
ANYWHERE := $(addprefix tests/cells/test_,check.py continuous.py contract.py linear.py \
	matrix.py papers.py parallel.py starts.py wild.py wrappers.py)

# JAX compiles each operation: quickly, and what it has compiled it keeps.
JAX := KERAS_BACKEND=jax XLA_FLAGS=--xla_backend_optimization_level=0 \
	JAX_COMPILATION_CACHE_DIR=$(CURDIR)/build/jax \
	JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS=0 JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES=-1

# The slowest first; make 4 and newer keep the output of each together.
TESTS := cells-tensorflow cells-jax cells-keras2 cells-torch course
TOGETHER := --no-print-directory --keep-going $(if $(filter output-sync,$(.FEATURES)),--output-sync)

.DEFAULT_GOAL := help
.PHONY: help run store lab test lint pytest $(TESTS) nbval stable experiments tables figures bench site browser colab alone lock

help:  ## list the commands
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/:.*## /	/' | expand -t 13
	@echo
	@echo "JOBS=2 says how many notebooks or test processes run at once; without it, as many as"
	@echo "the cores and the memory bear."

run: $(VENV)/run.stamp  ## execute the series into build/ (NOTEBOOK=02 for one)
	$(PY) -m tools.run $(NOTEBOOK)

store: $(VENV)/run.stamp  ## execute notebooks and keep the new outputs (NOTEBOOK=02 for one)
	$(PY) -m tools.run --store $(NOTEBOOK)

lab: $(VENV)/run.stamp  ## open JupyterLab
	$(PY) -m jupyterlab notebooks

test: lint pytest nbval  ## lint, tests, and strict nbval over every notebook

lint: $(VENV)/dev.stamp  ## ruff: rules and format, notebooks included
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

pytest: $(VENV)/backends.stamp  ## the tests under tests/; the cells on JAX, PyTorch and Keras 2 too
	@$(AT_ONCE) $(MAKE) $(TOGETHER) --jobs=$$jobs $(TESTS)

course:
	$(PY) -m pytest --ignore=tests/cells

cells-tensorflow:
	$(PY) -m pytest tests/cells

cells-jax:
	$(JAX) $(PY) -m pytest $(ANYWHERE)

cells-torch:
	KERAS_BACKEND=torch $(PY) -m pytest $(ANYWHERE)

cells-keras2:
	TF_USE_LEGACY_KERAS=1 $(PY) -m pytest $(ANYWHERE) tests/cells/test_tensorflow.py

nbval: $(VENV)/dev.stamp  ## every stored output must come out again
	@$(AT_ONCE) $(NBVAL_AT_ONCE) notebooks

stable: $(VENV)/dev.stamp  ## the stored outputs must come out under other arithmetic too
	@$(AT_ONCE) TF_ENABLE_ONEDNN_OPTS=0 $(NBVAL_AT_ONCE) notebooks
	@$(AT_ONCE) ONEDNN_MAX_CPU_ISA=AVX $(AVX) $(NBVAL_AT_ONCE) $(addprefix --ignore=,$(HALF)) notebooks
	@$(AT_ONCE) TF_ENABLE_ONEDNN_OPTS=0 $(AVX) $(NBVAL_AT_ONCE) $(HALF)
AVX = XLA_FLAGS=--xla_cpu_max_isa=AVX NPY_DISABLE_CPU_FEATURES="AVX2 FMA3 AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL AVX512_SPR"
# They compute in float16. Whether oneDNN will do that TensorFlow asks the processor, not oneDNN.
HALF = $(wildcard notebooks/15_*.ipynb notebooks/16_*.ipynb)

experiments: $(VENV)/dev.stamp  ## train what has no row yet in experiments/results (EXPERIMENT=nb05 for one)
	$(if $(SCRIPTS),,$(error No script's name begins with experiments/$(EXPERIMENT)))
	@for script in $(SCRIPTS); do echo "$$script"; $(PY) -m experiments.$$script || exit 1; done
SCRIPTS = $(notdir $(basename $(wildcard experiments/$(or $(EXPERIMENT),nb)*.py)))

tables: $(VENV)/dev.stamp  ## write the generated tables of README.md and other pages anew
	$(PY) -m tools.tables

figures: $(VENV)/dev.stamp  ## redraw every picture in images/
	$(PY) -m images.redraw

bench: $(VENV)/dev.stamp  ## measure what has no row yet in benchmarks/results; write its tables and pictures
	@for script in $(BENCHMARKS); do echo "$$script"; $(PY) -m benchmarks.$$script || exit 1; done
	$(PY) -m tools.tables
	$(PY) -m images.benchmarks
BENCHMARKS = $(notdir $(basename $(wildcard benchmarks/*.py)))

# Keras is imported for docstrings only: JAX loads sooner than TensorFlow, and in silence.
site: $(VENV)/site.stamp $(NODE)/made.stamp  ## build the site from the stored outputs, in build/site/html
	KERAS_BACKEND=jax $(PY) -m tools.site
	KERAS_BACKEND=jax $(PY) -m sphinx -qW --keep-going -c docs -d build/site/doctrees build/site/pages build/site/html
	$(PY) -m tools.links

browser: site $(VENV)/browser.stamp  ## look at the site and at JupyterLab in Chromium
	$(PY) -m tools.browser

lock: $(VENV)/run.stamp  ## pin anew in requirements.lock what the pinned packages need
	$(PY) -m tools.lock

colab: $(VENV)/run.stamp  ## write the repository's address and badges into notebooks (REPO=owner/name)
	@$(PY) -m tools.colab $(REPO)

alone: $(VENV)/run.stamp $(COLAB)/made.stamp  ## run notebooks as in Colab: alone, its versions (NOTEBOOK=02)
	JUPYTER_PATH="$(CURDIR)/$(COLAB)/share/jupyter" $(PY) -m tools.alone $(NOTEBOOK)

$(VENV)/made.stamp:
	@$(PYTHON) -c "import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))" || \
		{ echo "TensorFlow needs Python 3.11, 3.12 or 3.13, $(PYTHON) is `$(PYTHON) --version 2>&1`; try make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/run.stamp: $(VENV)/made.stamp requirements.txt requirements.lock pyproject.toml
	@echo "Installing into $(VENV), once; this takes a few minutes."
	$(PY) -m pip install --quiet "pip>=25.1"  # the first with --group
	$(PY) -m pip install --quiet -r requirements.txt
	@touch $@

$(VENV)/dev.stamp: $(VENV)/run.stamp
	$(PY) -m pip install --quiet -r requirements.txt --group dev
	@touch $@

# For Linux, PyPI's PyTorch brings gigabytes of CUDA; this index has the CPU build. Where it cannot
# be reached, pip asks it in vain for each package; with one retry this costs a second in all.
$(VENV)/backends.stamp: $(VENV)/dev.stamp
	$(PY) -m pip install --quiet --retries 1 --extra-index-url https://download.pytorch.org/whl/cpu --group backends
	@touch $@

$(VENV)/site.stamp: $(VENV)/run.stamp
	$(PY) -m pip install --quiet -r requirements.txt --group site
	@touch $@

$(VENV)/browser.stamp: $(VENV)/site.stamp
	$(PY) -m pip install --quiet -r requirements.txt --group browser
	@touch $@

$(NODE)/made.stamp: docs/package.json
	@command -v npm > /dev/null || { echo "make site sets equations with Node.js; install it, with npm."; exit 1; }
	@mkdir -p $(NODE)
	cp docs/package.json $(NODE)
	npm install --prefix $(NODE) --silent --no-package-lock --ignore-scripts --no-audit --no-fund
	@touch $@

# Colab has Python 3.13: make alone PYTHON=python3.13. The kernel is named python3 as in the notebooks.
$(COLAB)/made.stamp: requirements-colab.txt
	$(PYTHON) -m venv $(COLAB)
	$(COLAB)/bin/python -m pip install --quiet -r requirements-colab.txt
	$(COLAB)/bin/python -m ipykernel install --prefix $(COLAB) --name python3
	@touch $@
