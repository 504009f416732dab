// Writes what the binary is made of as CycloneDX 1.5 (JSON): the crates of the server and of the app's engine, then the npm
// packages that are sent to phones. cargo says the first, npm the second; the time and a number at random are left out, so
// that the same locks give the same file.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const [target] = process.argv.slice(2);
const run = (words, cwd = '.') => execFileSync(words[0], words.slice(1), { cwd, encoding: 'utf8', maxBuffer: 2 ** 28 });
const host = run(['rustc', '-vV']).match(/^host: (.*)$/m)[1];

/** The crates that end up in one of our packages, for one platform. Tests' are not among them. */
function crates(ours, platform) {
  const metadata = JSON.parse(
    run(['cargo', 'metadata', '--locked', '--format-version', '1', '--filter-platform', platform]),
  );
  const nodes = new Map(metadata.resolve.nodes.map((node) => [node.id, node]));
  const packages = new Map(metadata.packages.map((one) => [one.id, one]));
  const waiting = [metadata.packages.find(({ name, source }) => name === ours && source === null).id];
  const found = new Set();
  while (waiting.length > 0) {
    const id = waiting.pop();
    if (found.has(id)) continue;
    found.add(id);
    for (const { pkg, dep_kinds } of nodes.get(id).deps) {
      if (dep_kinds.some(({ kind }) => kind !== 'dev')) waiting.push(pkg);
    }
  }
  return [...found].map((id) => packages.get(id)).filter(({ source }) => source !== null);
}

const checksums = new Map(
  readFileSync('Cargo.lock', 'utf8')
    .split('[[package]]')
    .map((part) => ['name', 'version', 'checksum'].map((key) => part.match(new RegExp(`^${key} = "(.*)"$`, 'm'))?.[1]))
    .map(([name, version, checksum]) => [`${name}@${version}`, checksum]),
);

function component({ name, version, license, description }) {
  const ref = `${name}@${version}`;
  const checksum = checksums.get(ref);
  return {
    'bom-ref': `cargo:${ref}`,
    type: 'library',
    name,
    version,
    description: description?.trim(),
    purl: `pkg:cargo/${ref}`,
    hashes: checksum && [{ alg: 'SHA-256', content: checksum }],
    // `MIT/Apache-2.0` is how it was written before SPDX.
    licenses: license ? [{ expression: license.replaceAll(/\s*\/\s*/g, ' OR ') }] : undefined,
  };
}

const rust = [...crates('server', host), ...crates('engine', 'wasm32-unknown-unknown')].map(component);
const own = JSON.parse(readFileSync('pwa/package.json', 'utf8'));
const sent = [...Object.keys(own.dependencies), ...own.bundledTools];
const npm = JSON.parse(run(['npm', 'sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'], 'pwa'))
  .components.filter(({ purl }) => sent.some((name) => purl.startsWith(`pkg:npm/${name.replace('@', '%40')}@`)))
  .map((one) => ({ ...one, 'bom-ref': `npm:${one['bom-ref']}` }));
const components = [...new Map([...rust, ...npm].map((one) => [one['bom-ref'], one])).values()];
components.sort((left, right) => (left['bom-ref'] < right['bom-ref'] ? -1 : 1));
const sbom = {
  $schema: 'http://cyclonedx.org/schema/bom-1.5.schema.json',
  bomFormat: 'CycloneDX',
  specVersion: '1.5',
  version: 1,
  metadata: {
    component: {
      'bom-ref': 'tiwizi',
      type: 'application',
      name: 'tiwizi',
      version: own.version,
      licenses: [{ license: { id: own.license } }],
    },
  },
  components,
};
writeFileSync(target, `${JSON.stringify(sbom, null, 2)}\n`);
console.log(`${target}: ${rust.length} crates, ${npm.length} npm packages`);
