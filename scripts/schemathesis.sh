#!/usr/bin/env bash
# The interface for other programs against its own description, by somebody else's program: schemathesis makes requests up from the
# description and compares each answer with it. No server error, nothing undescribed.
#
# It is installed under target/ and nowhere else. Where there is no Python or no network this says so, and is no failure: tests of
# our own (tests/tests/it/openapi.rs) make up requests too.
set -euo pipefail
cd "$(dirname "$0")/.."
house=$PWD

VERSION=4.32.5
SEED=1
# Requests made up for each operation, beside those that try each parameter's edges.
EXAMPLES=30
# A run takes three minutes, most of them waiting for its turn. In seconds.
SECONDS_MAX=900

unchecked() {
  echo "not checked: the interface for other programs by schemathesis, since $*"
  exit 0
}

tiwizi=${TIWIZI:-$house/target/debug/tiwizi}
tools=$house/target/schemathesis
schemathesis=$tools/bin/schemathesis
if [[ "$($schemathesis --version 2>/dev/null || true)" != *"$VERSION" ]]; then
  command -v python3 >/dev/null || unchecked 'there is no python3 here'
  rm -rf "$tools"
  python3 -m venv "$tools" >/dev/null 2>&1 || unchecked 'python3 makes no virtual environment here'
  timeout 180 "$tools/bin/pip" install --quiet --disable-pip-version-check "schemathesis==$VERSION" >/dev/null 2>&1 ||
    unchecked 'it cannot be installed here'
fi

folder=$(mktemp -d)
server=
trap '[[ -z $server ]] || { kill "$server"; wait "$server"; } 2>/dev/null || true; rm -rf "$folder"' EXIT

"$tiwizi" demo --data "$folder/data" >/dev/null
token=$("$tiwizi" token --name schemathesis --days 1 --data "$folder/data" \
  --scope read:events read:dossiers read:directory read:figures read:questions read:documents write:edits)
: >"$folder/said"
"$tiwizi" serve --listen 127.0.0.1:0 --log error --data "$folder/data" >"$folder/said" 2>&1 &
server=$!
for _ in $(seq 100); do
  url=$(sed -n 's/^Tiwizi est ouvert sur //p' "$folder/said")
  [[ -z $url ]] || break
  kill -0 "$server" || { cat "$folder/said"; exit 1; }
  sleep 0.1
done

# It keeps what it found where it runs.
cd "$folder"
# A token may ask so many times a second: faster, and every answer would be that it is too often.
if ! timeout $SECONDS_MAX "$schemathesis" run "$url/api/v1/openapi.json" \
  --header "Authorization: Bearer $token" --seed $SEED --max-examples $EXAMPLES \
  --rate-limit 15/s --phases examples,coverage,fuzzing --no-color \
  --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,response_headers_conformance \
  >"$folder/report" 2>&1; then
  cat "$folder/report"
  exit 1
fi
tail -n 3 "$folder/report"
