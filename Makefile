# Two commands do everything: `make demo` and `make test`. Both set up what they need first.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
PYTEST_WORKERS ?= 2

.PHONY: setup train-setup demo test lint types docs bench lock clean

setup: .venv/.ready

.venv/.ready: pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Throng needs Python 3.11 or newer; name one with: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 2; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
		{ echo "the Python module venv is missing: apt-get install python3-venv"; exit 2; }
	@$(PYTHON) -c 'import ctypes, sys; sys.platform == "linux" and [ctypes.CDLL(x) for x in ("libGL.so.1", "libgthread-2.0.so.0")]' \
		2>/dev/null || { echo "OpenCV needs two system libraries: apt-get install libgl1 libglib2.0-0"; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

# PyTorch for `throng train` and its tests; for a build of your own (CUDA, ROCm) install torch into .venv beforehand.
train-setup: setup
	$(BIN)/python -c 'import torch' 2>/dev/null || $(BIN)/python -m pip install --quiet --disable-pip-version-check torch==2.13.0

demo: setup
	$(BIN)/throng demo

test: setup
	$(BIN)/python -m pytest -q -n $(PYTEST_WORKERS) --dist loadfile

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: setup
	$(BIN)/mypy

docs: setup
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

bench: train-setup
	$(BIN)/python -m benchmarks.pets
	$(BIN)/python -m benchmarks.sim_exact
	-$(BIN)/python -m benchmarks.rendered
	$(BIN)/python -m benchmarks.run_speed
	$(BIN)/python -m benchmarks.import_time
	$(BIN)/python -m benchmarks.counter
	$(BIN)/python -m benchmarks.counter_speed

# Needs uv; keeps registry addresses out of the file.
lock:
	uv pip compile --quiet pyproject.toml --all-extras --universal --no-header --no-annotate \
		--no-emit-index-url --no-emit-find-links --upgrade --output-file requirements.lock

clean:
	rm -rf .venv site dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
