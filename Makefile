# Each target sets itself up in .venv: a fresh machine needs Python 3.10 or newer and make, nothing else.
# On Windows use the plain commands in README.md; they do the same.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
JOBS   ?= 2

# TensorFlow writes its banner to stderr unless it is told before the kernel starts. An explorer's error must fail a batch.
export TF_CPP_MIN_LOG_LEVEL ?= 3
export TF_ENABLE_ONEDNN_OPTS ?= 0
# Tests and committed outputs are the same everywhere, so they see no network; `run` and `lab` may download data.
check test test-unit test-notebooks test-site site notebooks bench colab jax torch lowest: export CNNLAB_OFFLINE = 1
# As many processes as cores, so one thread for each: threads of two processes wait for each other, and PyTorch's many
# times longer than they work.
check test test-unit test-notebooks test-site site colab jax torch lowest: export OMP_NUM_THREADS = 1
check test test-unit test-notebooks test-site site colab jax torch lowest: export TF_NUM_INTRAOP_THREADS = 1

QUICK_TESTS := tests/test_imports.py tests/arithmetic tests/common tests/checks/test_checks.py cnnlab/arithmetic cnnlab/common

# Only the notebooks: no doctests, and warnings of the Jupyter machinery itself are not the course's to mend.
# Each is run as it is and then, in the same kernel, with its exercises solved.
NBVAL := -o addopts= -W default --nbval-lax --nbval-current-env --nbval-cell-timeout=120 --nbval-kernel-startup-timeout=120

PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet

.PHONY: help run lab update site check test test-unit test-notebooks test-site notebooks lint format bench colab jax torch \
	lowest clean

help:
	@echo "make run        run every lesson as a batch; the report is runs/index.html"
	@echo "make lab        your own copy of the course, my-cnnlab/, in JupyterLab"
	@echo "make update     bring what is new in the course into your copy"
	@echo "make site       the course as pages that open without a network: site/index.html"
	@echo "make check      the quick loop: style, the plan of the house, the arithmetic, every exercise's answers"
	@echo "make test       unit tests, doctests, wrong answers, explorers, browser, every notebook, the site"
	@echo "make notebooks  build notebooks/ from lessons/"
	@echo "make lint       ruff, and lessons/ against notebooks/"
	@echo "make bench      the measurements behind the README's claims"
	@echo "make colab      the notebooks with the versions Google Colab ships"
	@echo "make lowest     the tests and the notebooks with the lowest versions that pyproject.toml allows"
	@echo "make jax|torch  the Keras tests and the notebooks on another backend"

run: $(VENV)/.learner
	$(BIN)/python -m cnnlab run --jobs $(JOBS)

lab: $(VENV)/.learner
	$(BIN)/python -m cnnlab start
	$(BIN)/jupyter lab --LabApp.default_url=/lab/tree/index.ipynb my-cnnlab/index.ipynb  # the printed address too

update: $(VENV)/.learner
	$(BIN)/python -m cnnlab start --update

site: $(VENV)/.dev
	$(BIN)/python docs/builder

# What most mistakes fall to, in a minute and a half: no kernel, no browser, nothing trained.
check: lint
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(QUICK_TESTS)

test: test-unit test-notebooks test-site

test-unit: $(VENV)/.dev
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal --ignore=tests/site

test-notebooks: $(VENV)/.dev
	$(BIN)/python tests/solved_copies.py build/notebooks
	CNNLAB_STRICT=1 $(BIN)/python -m pytest -n $(JOBS) --dist loadscope $(NBVAL) build/notebooks/1[268]_*.ipynb build/notebooks

test-site: site
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal tests/site

notebooks: $(VENV)/.dev
	$(BIN)/python -m cnnlab build

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m cnnlab build --check

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# What the README reports. The other scripts there train for minutes or write into data/: each says how to call it.
BENCHMARKS := coco_map conv_speed explorer_speed import_time ledger_speed nms zoo_speed yolo \
	"darknet speed" "darknet load"

bench: $(VENV)/.dev
	for what in $(BENCHMARKS); do set -- $$what; script=$$1; shift; \
		echo "== $$script $$*"; $(BIN)/python benchmarks/$$script.py "$$@" || exit 1; done

clean:
	rm -rf .venv .venv-* build runs site .pytest_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.learner: requirements.txt pyproject.toml | $(VENV)/bin/python
	$(PIP) -r requirements.txt
	touch $@

$(VENV)/.dev: requirements-dev.txt requirements.txt pyproject.toml | $(VENV)/bin/python
	$(PIP) -r requirements-dev.txt
	touch $@ $(VENV)/.learner

# --- other versions, other backends ---------------------------------------------------------------------------------

# The versions Google Colab ships, as a pip constraints file; Colab runs Python 3.13.
COLAB_CONSTRAINTS ?= ../shared/colab-constraints.txt
COLAB_PYTHON      ?= $(PYTHON)

colab: .venv-colab/.installed
	.venv-colab/bin/python tests/solved_copies.py build/notebooks
	CNNLAB_STRICT=1 .venv-colab/bin/python -m pytest -n $(JOBS) --dist loadscope $(NBVAL) build/notebooks
	.venv-colab/bin/python -m pytest -n $(JOBS) -W ignore::DeprecationWarning $(addprefix tests/explore/test_,explorers.py explore_base.py quizzes.py)

.venv-colab/.installed: pyproject.toml $(COLAB_CONSTRAINTS)
	$(COLAB_PYTHON) -m venv .venv-colab
	.venv-colab/bin/python -m pip --disable-pip-version-check install --quiet -c $(COLAB_CONSTRAINTS) \
		-e .[batch,test] tensorflow-cpu
	touch $@

$(COLAB_CONSTRAINTS):
	@echo "make colab needs a constraints file with Colab's versions: make colab COLAB_CONSTRAINTS=path/to/file"; exit 2

# The lowest versions that pyproject.toml allows of what the course names itself, on the lowest Python. What these bring
# along is as new as it gets and may warn of them, so warnings are not errors here.
LOWEST_PYTHON ?= python3.10

lowest: .venv-lowest/.installed
	.venv-lowest/bin/python -m pytest -n $(JOBS) --dist worksteal -W default --ignore=tests/site
	.venv-lowest/bin/python tests/solved_copies.py build/notebooks
	CNNLAB_STRICT=1 .venv-lowest/bin/python -m pytest -n $(JOBS) --dist loadscope $(NBVAL) build/notebooks
	.venv-lowest/bin/python docs/builder --out build/site-lowest

.venv-lowest/.installed: pyproject.toml
	$(LOWEST_PYTHON) -m venv .venv-lowest
	.venv-lowest/bin/python -m pip --disable-pip-version-check install --quiet uv
	.venv-lowest/bin/uv pip compile --quiet --resolution lowest-direct --extra dev --output-file .venv-lowest/lowest.txt $<
	.venv-lowest/bin/python -m pip --disable-pip-version-check install --quiet -r .venv-lowest/lowest.txt -e .
	touch $@

# The same lessons and the tests of everything that uses Keras, with TensorFlow not even installed.
KERAS_TESTS := $(wildcard tests/lessons/test_lesson[0-9][0-9].py) $(addprefix tests/,checks detection explore models seeing training)

jax torch: %: .venv-%/.installed
	KERAS_BACKEND=$@ .venv-$@/bin/python -m pytest -n $(JOBS) --dist worksteal $(KERAS_TESTS)
	KERAS_BACKEND=$@ .venv-$@/bin/python tests/solved_copies.py build/notebooks
	KERAS_BACKEND=$@ CNNLAB_STRICT=1 .venv-$@/bin/python -m pytest -n $(JOBS) --dist loadscope $(NBVAL) build/notebooks

.venv-jax/.installed .venv-torch/.installed: .venv-%/.installed: pyproject.toml
	$(PYTHON) -m venv .venv-$*
	.venv-$*/bin/python -m pip --disable-pip-version-check install --quiet -e .[batch,test,$*]
	touch $@
