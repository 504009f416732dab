/**
 * Compiles `messages/*.json` into `src/paraglide/`, after checks that the compiler does not make: it succeeds, with warnings
 * alone, when its plugin is missing and there is not one message, and when a language lacks a key.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compile } from '@inlang/paraglide-js';

const app = fileURLToPath(new URL('..', import.meta.url));

/** Written first, by people who know the field. */
const SOURCE = 'fr';

/** Each has exactly the keys and the parameters of the source. */
const TRANSLATIONS = ['ar', 'en'];

/**
 * @param {string} locale
 * @returns {Promise<Map<string, string>>} each key, dotted, with the names of its parameters
 */
async function readMessages(locale) {
  const messages = new Map();
  /** @param {string} prefix @param {Record<string, unknown>} group */
  const walk = (prefix, group) => {
    for (const [name, value] of Object.entries(group)) {
      if (name === '$schema') continue;
      const key = prefix + name;
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
        walk(`${key}.`, /** @type {Record<string, unknown>} */ (value));
      } else {
        messages.set(key, parametersOf(value));
      }
    }
  };
  walk('', JSON.parse(await readFile(`${app}/messages/${locale}.json`, 'utf8')));
  return messages;
}

/**
 * A plain message names its parameters in braces. One with variants declares them (`input name`), since a variant
 * need not show them all.
 *
 * @param {unknown} message
 * @returns {string} their names, sorted
 */
function parametersOf(message) {
  const names =
    typeof message === 'string'
      ? Array.from(message.matchAll(/(?<!\\)\{\s*(\w+)[^}]*\}/g), ([, name]) => name)
      : [message]
          .flat()
          .flatMap((variant) => /** @type {{ declarations?: string[] }} */ (variant).declarations ?? [])
          .map((line) => /^input\s+(\w+)/.exec(line)?.[1]);
  return [...new Set(names)].sort().join(', ');
}

/** @returns {Promise<{ keys: string[], faults: string[] }>} the keys of the source, and what is wrong with the files */
async function readAll() {
  const source = await readMessages(SOURCE);
  const faults = source.size === 0 ? [`${SOURCE}.json has no message`] : [];
  for (const locale of TRANSLATIONS) {
    const translation = await readMessages(locale);
    for (const [key, parameters] of source) {
      const translated = translation.get(key);
      if (translated === undefined) faults.push(`${locale}.json lacks ${key}`);
      else if (translated !== parameters) {
        faults.push(`${locale}.json: ${key} takes (${translated}), but (${parameters}) in ${SOURCE}.json`);
      }
    }
    for (const key of translation.keys()) {
      if (!source.has(key)) faults.push(`${locale}.json has ${key}, which ${SOURCE}.json lacks`);
    }
  }
  return { keys: [...source.keys()], faults };
}

/** @param {string} folder of the compiled messages */
async function readExports(folder) {
  const modules = (await readdir(folder)).filter((name) => name.endsWith('.js'));
  const texts = await Promise.all(modules.map((name) => readFile(join(folder, name), 'utf8')));
  const exports = texts.flatMap((text) => [...text.matchAll(/^export (?:const (\w+)|\{ \w+ as "(.+)" \})/gm)]);
  return new Set(exports.map(([, plain, quoted]) => plain ?? quoted));
}

/**
 * The compiler's messages make the rules of plurals anew each time they count something, which takes an old phone milliseconds, several
 * times for a tap at the door. Here they are made once for each language.
 *
 * @param {string} file the compiled `registry.js`
 */
async function keepPluralRules(file) {
  const made = 'return new Intl.PluralRules(locale, options).select(Number(input))';
  const text = await readFile(file, 'utf8');
  if (text.split(made).length !== 2) throw new Error('messages: the compiler counts in another way now: see keepPluralRules');
  const kept = `const key = locale + (options ? JSON.stringify(options) : '');
	let rules = pluralRules.get(key);
	if (!rules) pluralRules.set(key, (rules = new Intl.PluralRules(locale, options)));
	return rules.select(Number(input))`;
  await writeFile(file, `${text.replace(made, kept)}\n\n/** @type {Map<string, Intl.PluralRules>} */\nconst pluralRules = new Map();\n`);
}

/** Throws if a file or the compiled result is not whole. */
export async function compileMessages() {
  const { keys, faults } = await readAll();
  if (faults.length > 0) throw new Error(`messages:\n  ${faults.join('\n  ')}`);
  await compile({
    project: `${app}/project.inlang`,
    outdir: `${app}/src/paraglide`,
    strategy: ['localStorage', 'preferredLanguage', 'baseLocale'],
    localStorageKey: 'tiwizi.locale',
    isServer: 'false',
    emitReadme: false,
    emitPrettierIgnore: false,
    // One module for each message: each screen then carries its own, and the first paint only its own.
    outputStructure: 'message-modules',
  });
  await keepPluralRules(`${app}/src/paraglide/registry.js`);
  const exported = await readExports(`${app}/src/paraglide/messages`);
  const lost = keys.filter((key) => !exported.has(key));
  if (lost.length > 0) throw new Error(`messages: the compiler lost ${lost.length}: ${lost.slice(0, 5).join(', ')}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await compileMessages();
