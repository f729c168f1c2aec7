#!/usr/bin/env bash
# Runs every test of the project. Installs the one thing that cargo cannot: a browser for the tests of the interface.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install-browser.sh

# The browser tests and the process tests drive the real program, so it is built first, in the same profile.
cargo build --locked --workspace --bins
cargo test --locked --workspace "$@"

# The inbox under the model checker: its primitives are swapped by a feature of that one crate.
cargo test --locked -p tributary-inbox --features loom
