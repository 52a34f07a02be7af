#!/usr/bin/env bash
# `make lint`: everything that is checked without running it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

step() {
  printf -- '-- %s\n' "$*"
  "$@"
}

step cargo fmt --all --check
step cargo clippy --workspace --all-targets --quiet -- -D warnings
step cargo clippy -p eventstore --features eventually --all-targets --quiet -- -D warnings
RUSTDOCFLAGS="-D warnings" step cargo doc --workspace --no-deps --quiet
(cd contracts && step npm run --silent format)
(cd web/verifier && step npm run --silent check && step npm run --silent format)
(cd verifier/interop && step go vet ./... && test -z "$(gofmt -l .)")
(cd verifier/interop/tessera && step go vet ./...)
for script in ops/*.sh .ci/run; do
  step bash -n "$script"
done
step ops/tidy.sh
step python3 ops/attacks/attacks.py check
