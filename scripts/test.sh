#!/usr/bin/env bash
# Runs every suite there is, the browser's included, and installs the one thing that cargo cannot: a browser.
# `scripts/test.sh quick` leaves out what drives the whole program and the browser.
set -euo pipefail
cd "$(dirname "$0")/.."

case "${1:-all}" in
    all)
        scripts/install-browser.sh
        cargo test --locked --workspace
        ;;
    quick)
        cargo test --locked --workspace --exclude tributary
        cargo test --locked --workspace --test architecture
        ;;
    *)
        echo "usage: scripts/test.sh [all|quick]" >&2
        exit 2
        ;;
esac

# The inbox under the model checker: its primitives are swapped by a feature of that one crate.
cargo test --locked -p tributary-inbox --features loom
