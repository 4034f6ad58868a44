# Die Herausforderung: everything is built and tested from here. `make help` lists the targets.
#
# A profile is one way of compiling the same sources; each has its own tree under build/. One run of
# make knows one profile: a target that needs another one calls make again with PROFILE=.

PROFILE ?= release
WERROR  ?= 1
OUT     := build/$(PROFILE)

# -------- how to compile, by profile

# SQL is one string a statement or file, which may be longer than ISO C promises to take; both compilers do.
warnings := -Wall -Wextra -Wpedantic -Wno-overlength-strings -Wconversion -Wshadow -Wstrict-prototypes \
            -Wmissing-prototypes -Wvla -Wformat=2 -Wswitch-enum -Wcast-qual -Wwrite-strings $(if $(filter 1,$(WERROR)),-Werror)
branch   := $(if $(filter x86_64,$(shell uname -m)),-fcf-protection)
harden   := -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection $(branch) -fPIE
checks   := address,undefined
san      := -O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=all

cc_release    := gcc
cflags_release  := -O2 -g $(harden)
ldflags_release := -pie -Wl,-z,relro,-z,now

cc_san        := gcc
cflags_san      := $(san) -fsanitize=$(checks)
ldflags_san     := -fsanitize=$(checks)

cc_clang      := clang
cflags_clang    := $(cflags_release)
ldflags_clang   := $(ldflags_release)

cc_fuzz       := clang
cflags_fuzz     := $(san) -fsanitize=fuzzer-no-link,$(checks)
ldflags_fuzz    := -fsanitize=$(checks)

# For mutants, which are built by the hundred.
cc_mutant       := gcc
cflags_mutant   := -O0
ldflags_mutant  :=

ifeq ($(cc_$(PROFILE)),)
$(error there is no profile '$(PROFILE)': take release, san, clang, fuzz or mutant)
endif

# -------- what to compile

protocol_packages := jansson libcrypto
node_packages     := libmicrohttpd gnutls libpq libssl libcurl libargon2 libidn2 libsystemd $(protocol_packages)

comma := ,

CC       := $(cc_$(PROFILE))
CPPFLAGS := -I. -D_GNU_SOURCE
CFLAGS    = -std=c17 $(warnings) $(cflags_$(PROFILE)) $(shell pkg-config --cflags $(node_packages))
LDFLAGS  := $(ldflags_$(PROFILE)) -Wl,--as-needed
protocol_libs = $(shell pkg-config --libs $(protocol_packages))
node_libs     = $(shell pkg-config --libs $(node_packages)) -lunistring -lm

sources  = $(sort $(shell find $(1) -name '*.c' 2>/dev/null))
objects  = $(patsubst %.c,$(OUT)/%.o,$(1))

protocol_sources := $(call sources,protocol)
node_sources     := $(filter-out node/main.c,$(call sources,node))
migrations       := $(sort $(wildcard node/sql/*.sql))
unit_tests       := $(sort $(wildcard tests/unit/test_*.c))
unit_support     := $(filter-out $(unit_tests),$(sort $(wildcard tests/unit/*.c)))
fuzz_targets     := $(sort $(wildcard tests/fuzz/fuzz_*.c))
benches          := $(sort $(wildcard tests/bench/*.c))
sim_sources      := $(sort $(wildcard tests/sim/*.c))
test_mains       := $(unit_tests) $(fuzz_targets) $(benches)
c_files          := $(protocol_sources) $(call sources,node) $(unit_support) $(test_mains) $(sim_sources)

# tests/unit/test_x.c becomes build/<profile>/tests/test_x, and so on.
# A program that includes nothing of node/ links the protocol alone, which shows with
# every build that the library stands on its own feet.
alone        = $(if $(1),$(shell grep -L '"node/' $(1)))
program      = $(patsubst tests/%.c,$(OUT)/%,$(patsubst tests/unit/%,tests/tests/%,$(1)))
programs    := $(call program,$(test_mains))
with_node   := $(call program,$(filter-out $(call alone,$(test_mains)),$(test_mains)))

ui_sources = $(shell find admin-ui -name node_modules -prune -o -name dist -prune -o -type f -print 2>/dev/null)

# The longest first, so that none is alone in the end.
node_suites  := $(wildcard $(addprefix tests/,upgrade ops browser network interop api))
suite_files   = $(sort $(shell find $(1) -name node_modules -prune -o -name '*.test.*js' -print 2>/dev/null))

test_env := HF_NODE="$(CURDIR)/build/san/hf-node" \
            ASAN_OPTIONS=detect_leaks=1:abort_on_error=0:exitcode=99 UBSAN_OPTIONS=print_stacktrace=1 \
            HF_SERVER_JOBS_SECONDS=2 HF_POSTGRES_THROWAWAY=1

.PHONY: help run install-deps build ui objects test suites test-unit test-api test-network test-browser \
        test-interop test-ops test-upgrade test-node sim mutants mutants-check fuzz-smoke fuzz-programs unit-programs bench-programs layers format-check ui-check lint clang bench clean
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

help: ## this list
	@awk -F ':.*## ' '/^[a-z][a-z :%*-]*:.*## /{sub(/: test-%/, "", $$1); printf "  make %-14s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

# -------- using it

run: ## install, build and start four nodes with demo data; Ctrl-C stops them (FRESH=1 starts anew)
	@ops/install run
	@$(MAKE) --no-print-directory build
	@ops/run $(if $(FRESH),--fresh)

install-deps: ## install all that building and testing need (apt, npm)
	@ops/install test

build: $(OUT)/hf-node ui ## the node and its screens (PROFILE=release|san|clang)

ui: admin-ui/dist/openapi.json ## the screens, into admin-ui/dist

clean: ## remove what was built (var/ and node_modules/ stay)
	rm -rf build admin-ui/dist

# -------- testing it

test: ## install, build with sanitizers, run every test
	@ops/install test
	@$(MAKE) --no-print-directory PROFILE=san build unit-programs
	@$(MAKE) --no-print-directory PROFILE=fuzz fuzz-programs
	@tests/no-leftovers $(MAKE) --no-print-directory --keep-going suites

suites: layers format-check mutants-check ui-check test-unit fuzz-smoke test-node

test-unit: ## unit tests (cmocka)
	@$(MAKE) --no-print-directory PROFILE=san unit-programs
	@$(test_env) tests/run-unit $(patsubst tests/unit/%.c,build/san/tests/%,$(unit_tests))

test-api test-network test-browser test-interop test-ops test-upgrade: test-%: ## one suite of node --test
	@$(MAKE) --no-print-directory PROFILE=san build
	@$(test_env) node --test --test-reporter=spec $(call suite_files,tests/$*)

test-node: # all of these suites in one run, so that one summary closes it
	@$(test_env) node tests/run-node.mjs $(foreach suite,$(node_suites),$(call suite_files,$(suite)))

fuzz-smoke: ## a few thousand inputs for every parser of foreign bytes
	@$(MAKE) --no-print-directory PROFILE=fuzz fuzz-programs
	@tests/run-fuzz $(patsubst tests/fuzz/%.c,build/fuzz/fuzz/%,$(fuzz_targets))

sim: $(OUT)/sim/sim ## towns on a virtual clock, wire and disk (SEED=n: one story; SEEDS=n FROM=m)
	@$< $(if $(SEED),--seed $(SEED),$(if $(SEEDS),--seeds $(SEEDS)) $(if $(FROM),--from $(FROM)))

mutants: ## is every broken line noticed? (ONLY=text, CHANGED=1, MINUTES=n)
	@ops/install test
	@node tests/mutants/run.mjs $(if $(ONLY),--only '$(ONLY)') $(if $(CHANGED),--changed) $(if $(MINUTES),--minutes $(MINUTES))

mutants-check: # does every mutation fit the code?
	@node tests/mutants/run.mjs --check

layers: ## do the includes keep to the arrows between the rooms?
	@ops/layers --self-test
	@ops/layers
	@ops/circles --self-test
	@ops/circles protocol

format-check: ## is every C file as clang-format writes it?
	@clang-format --dry-run -Werror $(sort $(shell find protocol node tests -name node_modules -prune -o -name '*.[ch]' -print))

ui-check: ## types and texts of the screens, the OpenAPI document
	@ops/install npm admin-ui
	@cd admin-ui && npm run --silent check

# cppcheck looks into no header of the system, but must see what json_array_foreach is.
lint: format-check ui-check ## these two, and cppcheck and shellcheck where they are installed
	@if command -v cppcheck >/dev/null; then cppcheck --quiet --std=c11 --error-exitcode=1 \
	    --enable=warning,portability --inline-suppr -I. -D_GNU_SOURCE \
	    --include="$$(pkg-config --variable=includedir jansson)/jansson.h" protocol node; fi
	@if command -v shellcheck >/dev/null; then \
	    shellcheck $$(grep -rlI --exclude-dir=node_modules '^#!/usr/bin/env bash' ops tests .ci); fi

clang: ## compile everything with clang too
	@$(MAKE) --no-print-directory PROFILE=clang objects

bench: ## print the figures: anonymity gate, first view, propagation, memory, speed (ROWS=list,search: these of speed alone)
	@ops/install bench
	@$(MAKE) --no-print-directory build bench-programs
ifndef ROWS
	$(OUT)/bench/anonymity tests/bench/data
	node tests/bench/first_view.mjs
	node tests/bench/network.mjs
endif
	node tests/bench/speed.mjs $(if $(ROWS),--rows $(ROWS))

# -------- building it

objects: $(call objects,$(c_files)) $(OUT)/sql_migrations.o
unit-programs: $(call program,$(unit_tests))
fuzz-programs: $(call program,$(fuzz_targets))
bench-programs: $(call program,$(benches))

# One dialect: what a function holds stands at the head of its blocks.
$(OUT)/protocol/%.o $(OUT)/node/%.o: warnings += -Wdeclaration-after-statement

$(OUT)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC  $(PROFILE)  $<"
	@$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# The migrations travel inside the program, so that it can never meet a database with the wrong set.
$(OUT)/sql_migrations.c: ops/lib/embed-sql.awk $(migrations)
	@mkdir -p $(@D)
	@awk -f ops/lib/embed-sql.awk $(migrations) >$@

$(OUT)/sql_migrations.o: $(OUT)/sql_migrations.c
	@$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(OUT)/libprotocol.a: $(call objects,$(protocol_sources))
$(OUT)/libnode.a: $(call objects,$(node_sources)) $(OUT)/sql_migrations.o
$(OUT)/libsupport.a: $(call objects,$(unit_support))
$(OUT)/lib%.a:
	@mkdir -p $(@D); rm -f $@
	@$(AR) rcs $@ $^

$(OUT)/hf-node: $(OUT)/node/main.o $(OUT)/libnode.a $(OUT)/libprotocol.a
	@echo "  LD  $(PROFILE)  $@"
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(node_libs)

$(OUT)/tests/%: entry_libs := -lcmocka
$(OUT)/fuzz/%: LDFLAGS += -fsanitize=fuzzer
$(with_node): $(OUT)/libnode.a
$(with_node): private protocol_libs = $(node_libs)
$(programs): $(OUT)/libprotocol.a $(OUT)/libsupport.a

# In these, tests/unit/fault_alloc.h decides which allocations fail.
allocators := malloc calloc realloc reallocarray strdup strndup asprintf vasprintf
$(OUT)/tests/test_failing_%: LDFLAGS += $(addprefix -Wl$(comma)--wrap=,$(allocators))

# This one tells the simulator's stories to the node's own disk.
$(OUT)/tests/test_replay: $(call objects,$(filter-out tests/sim/sim.c,$(sim_sources)))

$(OUT)/tests/%: $(OUT)/tests/unit/%.o
	@$(call link_program)
$(OUT)/fuzz/%: $(OUT)/tests/fuzz/%.o
	@$(call link_program)
$(OUT)/bench/%: $(OUT)/tests/bench/%.o
	@$(call link_program)

$(OUT)/sim/sim: $(call objects,$(sim_sources)) $(OUT)/libprotocol.a
	@$(call link_program)

define link_program
mkdir -p $(@D); echo "  LD  $(PROFILE)  $@"; \
$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) \
    $(filter %/libsupport.a,$^) $(filter %/libnode.a,$^) $(filter %/libprotocol.a,$^) $(entry_libs) $(protocol_libs)
endef

# `npm run build` writes all of it; this file after the bundles.
admin-ui/dist/openapi.json: $(ui_sources) node/api/openapi.yaml
	@ops/install npm admin-ui
	@echo "  UI  admin-ui/dist"
	@cd admin-ui && npm run --silent build

.SECONDARY:
-include $(patsubst %.o,%.d,$(call objects,$(c_files)) $(OUT)/node/main.o $(OUT)/sql_migrations.o)
