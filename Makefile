PREFIX = /usr/local
# The Swift runtime is linked in: an installed binary needs no toolchain.
release = CGWARDEN_REVISION=$(revision) swift build -c release --static-swift-stdlib --product cgwarden
# Empty outside of git: the program then calls its revision unknown.
revision := $(shell git rev-parse --short=12 HEAD 2>/dev/null)

.PHONY: run build demo test test-quick bench fuzz fmt lint check install uninstall deb dist image man deps

run: deps
	$(release)
	.build/release/cgwarden top

build: deps
	swift build

# Sample workloads under policies for a minute; needs root.
demo: deps
	$(release)
	$(if $(filter 0,$(shell id -u)),,sudo) .build/release/cgwarden demo

# On this host, and in guests with other kernels and cgroup modes.
test: deps
	Tests/run

# On this host alone, for the daily loop.
test-quick: deps
	Tests/run --quick

bench: deps
	@Tests/require python3
	$(release)
	Tests/Performance/bench
	Tests/Performance/freeze

# Every target of Tests/Fuzz for FUZZ_SECONDS (60).
fuzz: deps
	Tests/Fuzz/run

fmt:
	swift format --in-place --recursive --parallel Sources Tests Package.swift

lint:
	swift format lint --strict --recursive --parallel Sources Tests Package.swift

check: lint
	swift test --filter Layering

install: deps
	@Tests/require binutils
	$(release)
	PREFIX=$(PREFIX) DESTDIR=$(DESTDIR) config/install .build/release/cgwarden

uninstall:
	PREFIX=$(PREFIX) DESTDIR=$(DESTDIR) config/install --remove .build/release/cgwarden

# A Debian package, .build/cgwarden_VERSION_ARCHITECTURE.deb
deb: deps
	@Tests/require dpkg-dev binutils
	$(release)
	config/debian/build .build/release/cgwarden .build

# .build/cgwarden-VERSION-linux-ARCH.tar.gz and its checksum, for systems without a package.
dist: deps
	@Tests/require binutils
	$(release)
	config/dist .build/release/cgwarden .build

# The container image that config/kubernetes/daemonset.yaml names; it needs podman or docker.
engine = $(or $(shell command -v podman),$(shell command -v docker),$(error there is no podman or docker here))
image: deb
	$(engine) build --tag cgwarden:$$(.build/release/cgwarden --version) \
		--file config/container/Containerfile .build

# Regenerates the parts of man/ that come from the program: help texts and catalogs.
man: deps
	UPDATE_GOLDEN=1 swift test --filter everyPageIsUpToDate

# Libraries to build with, tmux to drive the live view in tests, and clients for the server tests.
deps:
	@Tests/require libsystemd-dev libncurses-dev libyaml-dev libcrypt-dev zlib1g-dev tmux curl openssl
