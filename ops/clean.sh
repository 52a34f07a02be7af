#!/usr/bin/env bash
# Removes what was built and the data folder; with --data only the data folder.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

data=${DATA:-.data}
if [ -e "$data/run/lock" ] && command -v flock >/dev/null && ! flock -n "$data/run/lock" true; then
  echo "clean: a system is running on $data: stop it first" >&2
  exit 1
fi
# Root's database may lie elsewhere, where the account it runs as can reach it.
if [ -L "$data/pg/data" ]; then
  target=$(readlink "$data/pg/data")
  case $target in /var/tmp/smart-tenders-data-*) rm -rf "$target" ;; esac
fi
rm -rf "$data"
[ "${1:-}" = --data ] || cargo clean --quiet
