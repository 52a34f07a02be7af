#!/usr/bin/env bash
# `make demo`: plays the reference case from outside against a system of its own.
#
# Starts from an empty data folder, unless RESUME=1. A data folder that no demo made is left alone.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

data=${DATA:-.data}
chain=${CHAIN:-clique}
mark=$data/made-by-demo

ops/setup.sh
started=$SECONDS
printf 'building … '
cargo build --quiet --package smart-tenders --package demo --package verifier
printf 'done (%d s)\n' $((SECONDS - started))

if [ -z "${RESUME:-}" ] && [ -e "$data" ]; then
  if [ ! -e "$mark" ]; then
    echo "demo: $data holds a system that no demo made." >&2
    echo "Use RESUME=1 to play into it, DATA=another-folder, or \`make clean\` to remove it." >&2
    exit 1
  fi
  ops/clean.sh --data
fi
mkdir -p "$data"
[ -n "$(ls -A "$data")" ] || touch "$mark"

# All the play's users log in from one address, within a minute.
export ATTEMPTS_PER_MINUTE=${ATTEMPTS_PER_MINUTE:-200}
# The case takes place in 2018: the clock of its log is simulated and starts before its first act.
exec target/debug/smart-tenders --data "$data" up --chain "$chain" \
  --simulated-clock 2018-01-01T00:00:00.000Z \
  --then target/debug/demo --data "$data" --out "$data/demo" --programs target/debug \
  --case "${CASE:-demo/case/case.json}"
