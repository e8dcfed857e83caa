PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
PY := $(BIN)/python
COLAB := .venv-colab

# TensorFlow's C++ log lines tell a reader nothing; Python errors still show.
export TF_CPP_MIN_LOG_LEVEL = 3
export PYTHONDONTWRITEBYTECODE = 1

NBVAL := $(PY) -m pytest -p no:cacheprovider --nbval --nbval-current-env --nbval-cell-timeout=300 notebooks

ANYWHERE := tests/cells/test_contract.py tests/cells/test_papers.py tests/cells/test_wrappers.py

.DEFAULT_GOAL := help
.PHONY: help run lab test lint pytest nbval stable figures gallery experiments bench colab alone store

help:  ## list the commands
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/:.*## /	/' | expand -t 10

run: $(VENV)/run.stamp  ## execute the series into build/ (NOTEBOOK=02 for one)
	$(PY) -m tools.run $(NOTEBOOK)

lab: $(VENV)/run.stamp  ## open JupyterLab
	$(PY) -m jupyterlab notebooks

test: lint pytest nbval  ## lint, tests, and strict nbval over every notebook

lint: $(VENV)/dev.stamp  ## ruff: rules and format, notebooks included
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

pytest: $(VENV)/backends.stamp  ## the tests under tests/; the cells on JAX, PyTorch and Keras 2 too
	$(PY) -m pytest
	KERAS_BACKEND=jax XLA_FLAGS=--xla_backend_optimization_level=0 $(PY) -m pytest $(ANYWHERE)
	KERAS_BACKEND=torch $(PY) -m pytest $(ANYWHERE)
	TF_USE_LEGACY_KERAS=1 $(PY) -m pytest $(ANYWHERE) tests/cells/test_tensorflow.py

nbval: $(VENV)/dev.stamp  ## every stored output must come out again
	$(NBVAL)

stable: $(VENV)/dev.stamp  ## the stored outputs must come out under other arithmetic too
	TF_ENABLE_ONEDNN_OPTS=0 $(NBVAL)
	ONEDNN_MAX_CPU_ISA=AVX XLA_FLAGS=--xla_cpu_max_isa=AVX NPY_DISABLE_CPU_FEATURES="AVX2 FMA3 AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL AVX512_SPR" $(NBVAL)

figures: $(VENV)/dev.stamp  ## redraw every picture in images/
	$(PY) -m images.redraw

gallery: $(VENV)/dev.stamp  ## write README.md's table of cells anew
	$(PY) -m tools.tables

experiments: $(VENV)/dev.stamp  ## train what has no row yet in experiments/results
	for script in experiments/nb*.py; do $(PY) -m experiments.$$(basename $$script .py) || exit 1; done

bench: $(VENV)/dev.stamp  ## measure time and memory of custom_cells
	$(PY) -m benchmarks.speed

store: $(VENV)/dev.stamp  ## execute notebooks and keep the new outputs (NOTEBOOK=02 for one)
	$(PY) -m tools.run --store $(NOTEBOOK)

colab: $(VENV)/run.stamp  ## write the repository's address and badges into notebooks (REPO=owner/name)
	@$(PY) -m tools.colab $(REPO)

alone: $(VENV)/run.stamp $(COLAB)/made.stamp  ## run notebooks as in Colab: alone, its versions (NOTEBOOK=02)
	JUPYTER_PATH="$(CURDIR)/$(COLAB)/share/jupyter" $(PY) -m tools.alone $(NOTEBOOK)

$(VENV)/made.stamp:
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" || \
		{ echo "Python 3.11 or newer is needed, $(PYTHON) is `$(PYTHON) --version 2>&1`; try make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/run.stamp: $(VENV)/made.stamp requirements.txt pyproject.toml
	@echo "Installing into $(VENV), once; this takes a few minutes."
	$(PY) -m pip install --quiet -r requirements.txt
	@touch $@

$(VENV)/dev.stamp: $(VENV)/run.stamp requirements-dev.txt
	$(PY) -m pip install --quiet -r requirements-dev.txt
	@touch $@

# For Linux, PyPI's PyTorch brings gigabytes of CUDA; this index has the CPU build. Where it cannot
# be reached, pip asks it in vain for each package; with one retry this costs a second in all.
$(VENV)/backends.stamp: $(VENV)/dev.stamp requirements-backends.txt
	$(PY) -m pip install --quiet --retries 1 --extra-index-url https://download.pytorch.org/whl/cpu -r requirements-backends.txt
	@touch $@

# Colab has Python 3.13: make alone PYTHON=python3.13. The kernel is named python3 as in the notebooks.
$(COLAB)/made.stamp: requirements-colab.txt
	$(PYTHON) -m venv $(COLAB)
	$(COLAB)/bin/python -m pip install --quiet -r requirements-colab.txt
	$(COLAB)/bin/python -m ipykernel install --prefix $(COLAB) --name python3
	@touch $@
