# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
#
# The usual words for what meson and the scripts in config/ do. `make help` explains them.

BUILD   := build/release
PREFIX  ?= /usr/local
PMD_DIR ?=
# Where the loader and pkg-config look; meson alone finds Debian's only with dpkg-dev.
LIBDIR  ?= $(addprefix lib/,$(shell $(CC) -print-multiarch 2>/dev/null))
DESTDIR ?=
RESULTS ?= build/measurements

.DEFAULT_GOAL := help
.PHONY: help demo test test-quick check build install deb plots docs clean

help: ## says what there is
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

demo: ## replays a capture through the pool; CAPTURE=FILE replays your own
	@config/setup demo
	@config/hugepages 512
	@config/demo $${CAPTURE:+"$$CAPTURE"}

test: ## every suite, in every build: release, sanitizers, ARM
	@config/setup test
	@config/run-tests

test-quick: $(BUILD)/build.ninja ## the unit tests of the release build alone
	@pkg-config --exists cmocka || { echo "cmocka is missing: config/setup test installs it"; exit 1; }
	@meson configure $(BUILD) -Dtests=true
	@meson test -C $(BUILD) --suite unit --print-errorlogs

check: ## the rules of the house: licence lines, floors, format
	@config/check

build: $(BUILD)/build.ninja ## all of it, optimised, in build/release
	@ninja -C $(BUILD)

install: build ## into PREFIX (/usr/local), below DESTDIR; the driver into PMD_DIR (where DPDK finds it)
	@meson configure $(BUILD) --prefix '$(abspath $(PREFIX))' \
	    $(if $(LIBDIR),--libdir '$(LIBDIR)') $(if $(PMD_DIR),-Dpmd_dir='$(abspath $(PMD_DIR))')
	@meson install -C $(BUILD) $(if $(DESTDIR),--destdir '$(abspath $(DESTDIR))') || \
	    { echo "make install: run it as root, or: make install PREFIX=DIR PMD_DIR=DIR"; exit 1; }
# Programs find a new library only when the loader's cache has been brought up to date.
	@[ -n '$(DESTDIR)' ] || [ "$$(id -u)" -ne 0 ] || ldconfig

deb: ## Debian packages of all of it, in build/deb
	@config/setup deb
	@config/deb

plots: ## doc/plots, from what config/measure wrote into RESULTS (build/measurements)
	@config/plots '$(RESULTS)'

docs: ## the guide and the man pages as HTML, in build/docs
	@config/setup docs
	@$(MAKE) --no-print-directory build
	@config/manual html build/docs $(BUILD)/doc
	@echo "build/docs/index.html"

clean: ## removes every build
	@rm -rf build

$(BUILD)/build.ninja:
# Without tests, which need more packages than the demo and an installation do.
	@meson setup $(BUILD) -Dtests=false || \
	    { echo "something is missing? config/setup demo installs it"; exit 1; }
