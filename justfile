# One-line verbs. `just` lists them.

# Starts the demo: a central and two sites with data.
demo:
    cargo run --release -- demo

# Passes the tests.
test:
    scripts/test.sh

# What continuous integration runs.
ci:
    .ci/run

# Formats and lints.
tidy:
    cargo fmt --all
    cargo clippy --workspace --all-targets -- -D warnings

# Prints the benchmarks.
bench:
    cargo run --release -- bench

# Runs a simulation.
simulate seed="1":
    cargo run --release -- simulate --seed {{seed}} --sites 4 --days 7
