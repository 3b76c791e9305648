# What is done every day. `just` alone lists it.

_list:
    @just --list --unsorted

# Every test, on SQLite and on a throw-away PostgreSQL. Arguments go to the test runner.
test *arguments:
    scripts/test {{ arguments }}

# Format, lints, dependencies.
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --locked -- -D warnings
    if cargo deny --version >/dev/null 2>&1; then cargo deny --locked check; else echo "cargo-deny is not installed: skipped"; fi

# A simulated store and company, a full sync, the dashboard. Arguments: --orders 500 --regime uk …
demo *arguments:
    cargo run --locked -- demo {{ arguments }}

# Writes the generated pages anew: docs/configuration.md and what else is made from the code.
docs:
    UPDATE_DOCS=1 cargo test --locked --test it -- config:: docs::

# Pictures of every page, light, dark and narrow, into target/screenshots; those of the README into docs/pictures.
screenshots:
    scripts/screenshots

# Everything that must hold before a change lands.
ci:
    .ci/run

# Posts the recorded real stores, each to a company of its country, and prints a table for each.
stores:
    cargo test --locked --test it -- --nocapture --test-threads 1 simulation::recorded

# The figures of the design, measured against the simulated systems.
bench *arguments:
    cargo bench --locked {{ arguments }}
