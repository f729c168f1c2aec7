#!/usr/bin/env bash
# Runs the tests. `scripts/test.sh` runs the suites that every change must keep green; `scripts/test.sh all` runs every
# suite there is, the browser's included, and installs the one thing that cargo cannot: a browser.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ "${1:-}" = "all" ]; then
    scripts/install-browser.sh
    # The browser tests drive the real program, so it is built first, in the same profile.
    cargo build --locked --workspace --bins
    cargo test --locked --workspace
else
    cargo test --locked -p crdt-store -p domain -p replication -p tributary-inbox
fi

# The inbox under the model checker: its primitives are swapped by a feature of that one crate.
cargo test --locked -p tributary-inbox --features loom
