#!/usr/bin/env bash
# `make test`: every test of the workspace, then those of the contracts, of the second verifier and of Go's client.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cache=${XDG_CACHE_HOME:-$HOME/.cache}/smart-tenders
# The reference implementation's own cases, where the registry that holds them can be reached.
if sh ocds/fetch-merge-fixtures.sh "$cache/ocds-merge-fixtures" 2>>"$cache/setup.log"; then
  export OCDS_MERGE_FIXTURES=$cache/ocds-merge-fixtures
else
  echo "test: the OCDS merge fixtures could not be fetched; the tests of ours run without them" >&2
fi
# Tests start the programs of other rooms.
cargo build --workspace --bins
cargo test --workspace --no-fail-fast
cargo test -p eventstore --features eventually --test eventually
(cd contracts && npm test)
(cd web/verifier && npm test)
(cd verifier/interop && go test ./...)
