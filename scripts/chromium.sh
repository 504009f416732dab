#!/usr/bin/env bash
# Prints the path of a Chromium for the browser tests, after installing Debian's where there is none. CHROMIUM names another.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/apt.sh

find_browser() { command -v "${CHROMIUM:-chromium}" || command -v chromium-browser || command -v google-chrome; }

# The font has the Arabic and the Tifinagh letters of the screenshots.
find_browser || { apt_install chromium fonts-dejavu-core && find_browser; } || {
  echo "The browser tests need Chromium: install it, or name it in CHROMIUM." >&2
  exit 1
}
