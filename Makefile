PREFIX = /usr/local
# The Swift runtime is linked in: an installed binary needs no toolchain.
release = swift build -c release --static-swift-stdlib --product cgwarden

.PHONY: run build demo test bench fmt check install deps

run: deps
	$(release)
	.build/release/cgwarden top

build: deps
	swift build

# A minute of real work under policies, to watch; it needs root.
demo: deps
	$(release)
	$(if $(filter 0,$(shell id -u)),,sudo) .build/release/cgwarden demo

# The page is tested in a browser, where one is to be had.
test: deps
	-@Tests/require chromium
	Tests/run

bench: deps
	@Tests/require python3
	$(release)
	Tests/Performance/bench

fmt:
	swift format --in-place --recursive --parallel Sources Tests Package.swift

check:
	swift format lint --strict --recursive --parallel Sources Tests Package.swift
	swift test --filter Layering

install: deps
	$(release)
	install -D -s .build/release/cgwarden $(DESTDIR)$(PREFIX)/bin/cgwarden
	for page in $(wildcard man/*.[1-8]); do \
		install -D -m 644 $$page $(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$${page##*/} || exit; \
	done

# Libraries to build with, tmux, in which the tests drive the live view, and what they ask the
# server with.
deps:
	@Tests/require libsystemd-dev libncurses-dev libyaml-dev libcrypt-dev zlib1g-dev tmux curl openssl
