#!/usr/bin/env bash
# Known faults in what others wrote. What cannot be asked about here is said to be unchecked, and is no failure: there may be
# no network. What is found is one: in any crate, and in an npm package of grade 'high' or above that is sent to phones.
#
# Licences, sources and bans need no network: `make test` checks them with the rules of deny.toml, and so does cargo-deny here.
set -euo pipefail
cd "$(dirname "$0")/.."

unchecked() { echo "not checked: $*"; }

if cargo deny --version >/dev/null 2>&1; then
  cargo deny --log-level error check bans licenses sources
  if timeout 60 cargo deny --log-level off fetch db >/dev/null 2>&1; then
    cargo deny --log-level error check --disable-fetch advisories
  else
    unchecked 'the advisories of crates, since their database is not reached'
  fi
else
  unchecked 'the advisories of crates, since cargo-deny is not installed (cargo install --locked cargo-deny)'
fi

answer=$(cd pwa && timeout 60 npm audit --json 2>/dev/null || true)
ANSWER=$answer node --input-type=module <<'JS'
import { readFileSync } from 'node:fs';

const own = JSON.parse(readFileSync('pwa/package.json', 'utf8'));
// Parts of some tools are bundled into the app, though npm counts them among those that stay here.
const shipped = new Set([...Object.keys(own.dependencies), ...own.bundledTools]);

let answer = null;
try {
  answer = JSON.parse(process.env.ANSWER);
} catch {
  // No answer at all is the same as one that says nothing.
}
if (!answer?.vulnerabilities) {
  console.log('not checked: the advisories of npm packages, since the registry does not tell them here');
} else {
  const grave = Object.values(answer.vulnerabilities).filter(({ severity }) => severity === 'high' || severity === 'critical');
  for (const { name, severity } of grave) {
    console.log(`${name}: ${severity}${shipped.has(name) ? '' : ' (a tool: it runs where the app is built)'}`);
  }
  process.exitCode = grave.some(({ name }) => shipped.has(name)) ? 1 : 0;
}
JS
