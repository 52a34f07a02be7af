#!/bin/sh
# Puts the merge fixtures of the standard's reference implementation (ocdsmerge 0.8.0, BSD-3-Clause, from PyPI)
# into a folder, for `OCDS_MERGE_FIXTURES=FOLDER cargo test -p ocds --test conformance`.
# usage: fetch-merge-fixtures.sh FOLDER [PIP]
set -eu
destination=${1:?usage: fetch-merge-fixtures.sh FOLDER [PIP]}
pip=${2:-pip3}
sha256=a9f6d8f1e854b79d07d378f3effaaefcc2687efd52e9edacd89b6b4a79538160

[ -f "$destination/schema.json" ] && exit 0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Only unpacked: no test of it is run.
"$pip" download --quiet --no-binary :all: --no-deps --dest "$work" ocdsmerge==0.8.0
echo "$sha256  $work/ocdsmerge-0.8.0.tar.gz" | sha256sum --check --quiet
tar -xzf "$work/ocdsmerge-0.8.0.tar.gz" -C "$work"
mkdir -p "$destination"
cp -R "$work/ocdsmerge-0.8.0/tests/fixtures/." "$destination/"
cp "$work/ocdsmerge-0.8.0/LICENSE" "$destination/LICENSE-BSD-3-Clause"
