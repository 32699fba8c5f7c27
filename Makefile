# make run    install what is missing, start Relook, print its address (PORT=8501)
# make test   install what the tests need, run all of them
# make oracles  the original tools of the formats, in an environment of their own; tests that need them skip without
# make peers  the libraries that explanations are measured against, in a folder of their own
# make lint   ruff and pyright
# make fuzz   10,000 spoiled files of every format, and a line of 100 MB (FILES=10000)
# make bench  how long the first page, the next image and large files take

PORT ?= 8501
VENV ?= .venv
WORKERS ?= 2
FILES ?= 10000

python := $(VENV)/bin/python
installed := $(VENV)/.installed
installed_tools := $(VENV)/.installed-tools
oracles := .venv-oracles/.installed
peers := .venv-peers/.installed
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: run test oracles peers lint fuzz bench clean

run: $(installed)
	@$(python) -m streamlit run app.py --server.port $(PORT)

test: $(installed_tools)
	@set -e; CHROMIUM="$$($(python) tests/find_chromium.py --install)"; export CHROMIUM; \
	$(python) -m pytest --numprocesses $(WORKERS) --dist loadfile

oracles: $(oracles)

peers: $(peers)

lint: $(installed_tools)
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/pyright --pythonpath $(python)

fuzz: $(installed_tools)
	@$(python) -m tests.fuzz --files $(FILES)

bench: $(installed_tools)
	@set -e; CHROMIUM="$$($(python) tests/find_chromium.py --install)"; export CHROMIUM; \
	$(python) -m bench.start; \
	$(python) -m bench.review; \
	$(python) -m bench.formats

clean:
	rm -rf $(VENV) .venv-oracles .venv-peers .pytest_cache .ruff_cache .import_linter_cache

$(python):
	@sh .ci/create_venv $(VENV)

$(installed): requirements.txt components/pyproject.toml | $(python)
	@echo "Installing what Relook needs. The first time takes minutes and about 6 GB, most of it PyTorch."
	@$(python) -m pip install -r requirements.txt
	@touch $@

$(installed_tools): requirements-dev.txt $(installed)
	@echo "Installing what the tests need."
	@$(python) -m pip install -r requirements-dev.txt
	@touch $@

$(oracles): requirements-oracles.txt
	@echo "Installing the original tools of the formats."
	@sh .ci/create_oracles
	@touch $@

$(peers): requirements-peers.txt | $(python)
	@echo "Installing the libraries that explanations are measured against."
	@$(python) -m pip install --no-deps --upgrade --target .venv-peers -r requirements-peers.txt
	@touch $@
