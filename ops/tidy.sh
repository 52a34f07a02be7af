#!/usr/bin/env bash
# House rules that no compiler knows: unfinished marks, silenced lints, long files, rooms that
# depend on what they must not.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

bad=0
complain() {
  if [ -n "$2" ]; then
    printf 'tidy: %s\n%s\n' "$1" "$2" >&2
    bad=1
  fi
}

code=(':(glob)**/*.rs' ':(glob)**/*.sol' ':(glob)**/*.sql')
complain "unfinished marks" \
  "$(git grep -nE 'todo!\(|unimplemented!\(|\b(TODO|FIXME)\b' -- "${code[@]}" || true)"
complain "tests that do not run" "$(git grep -nE '#\[ignore' -- '*.rs' || true)"
# What several test files share is not used whole by each of them: `expect` would not fit there.
complain "silenced lints: use expect with a reason" \
  "$(git grep -nE '#!?\[allow\(' -- '*.rs' ':!*/tests/support/*' || true)"
complain "files over 800 lines" "$(git ls-files '*.rs' '*.sol' | while read -r file; do
  lines=$(wc -l <"$file")
  [ "$lines" -le 800 ] || echo "$lines $file"
done)"
complain "a crate without a header that says what it does" \
  "$(git ls-files '*/src/lib.rs' | while read -r file; do head -n 1 "$file" | grep -q '^//! .* ' || echo "$file"; done)"

# depends CRATE FORBIDDEN: the names of FORBIDDEN (an expression) in the tree of CRATE.
depends() {
  cargo tree --package "$1" --edges normal --prefix none 2>/dev/null | cut -d' ' -f1 | sort -u | grep -xE "$2" || true
}
rooms='anchor|application|domain|eventstore|graphql|merkle|network|ocds|projections|smart-tenders|witness'
complain "demo depends on rooms" "$(depends demo "$rooms|verifier|migrations|private-postgres")"
complain "verifier depends on rooms" "$(depends verifier "$rooms|rs_merkle|tokio-postgres")"
complain "witness depends on rooms of the log" "$(depends witness "${rooms%|witness}|migrations|private-postgres|rs_merkle|tokio-postgres")"
complain "domain depends on more than rules need" "$(depends domain 'tokio|tokio-postgres|axum|eventstore|merkle|ocds')"
exit "$bad"
