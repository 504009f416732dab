#!/usr/bin/env bash
# Sees to it that xmllint is there, which holds the IATI file against the standard's schema (tests/iati/).
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/apt.sh

command -v xmllint >/dev/null || { apt_install libxml2-utils && command -v xmllint >/dev/null; } || {
  echo "The test of the IATI file needs xmllint (Debian: libxml2-utils): without it that file is not held against the schema." >&2
}
