# Two commands: `make report` and `make test`. Both create .venv from the lock first; nothing else is touched.
PYTHON ?= python3
CONFIG ?= data/complete_journey.yaml
BIN := .venv/bin
# LANGUAGE counts only when given to make: desktops export a variable of that name with another meaning
language := $(if $(filter command line,$(origin LANGUAGE)),--language $(LANGUAGE))

export PIP_DISABLE_PIP_VERSION_CHECK := 1
# figures are drawn without a screen, and kernels share two cores
export MPLBACKEND := agg
export OMP_NUM_THREADS := 1

.PHONY: install report test check bench docs lock clean

report: install $(if $(filter data/demo.yaml,$(CONFIG)),data/demo/truth/parameters.json)  ## run the suite and print where its first page is
	@$(BIN)/clv run '$(CONFIG)' $(language)

data/demo/truth/parameters.json: | install  # the simulated company; written last, so that it stands for the whole
	@$(BIN)/clv simulate --customers 20000 --seed 7 --out data/demo

test: check  ## every check, pytest last
	@rm -rf reports/*/.by_hand  # what notebooks before the change wrote proves nothing
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --nbval-lax --nbval-cell-timeout=1800 --nbval-kernel-startup-timeout=300 tests src notebooks

check: install
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/lint-imports --no-cache >/dev/null || $(BIN)/lint-imports --no-cache
	@$(BIN)/mypy
	@$(BIN)/nbstripout --verify --keep-id notebooks/*.ipynb

bench: install  ## time the package beside its peers, e.g. make bench BENCH='--customers 100000'
	@$(BIN)/python tests/benchmarks/run.py $(BENCH)

docs: install  ## reference of the package from its docstrings; prints where its first page is
	@PYTHON=$(BIN)/python bash .ci/docs
	@echo build/api/index.html

install: .venv/.installed

.venv/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("clv needs Python 3.11 or newer; found " + sys.version.split()[0] + ". Name one: make PYTHON=python3.12 ...")'
	@echo "installing the locked packages into .venv (a few minutes the first time)" >&2
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements.lock
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

lock:  ## resolve pyproject.toml anew into requirements.lock and environment.yml
	@bash .ci/lock

clean:
	rm -rf .venv
