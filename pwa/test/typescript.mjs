/**
 * Lets Node import the app's TypeScript as it stands: `import './typescript.mjs'` first, then `await import('../src/….ts')`.
 *
 * Types are only taken out here; `npm run check` is what checks them.
 */
import { readFileSync } from 'node:fs';
import { register } from 'node:module';
import { fileURLToPath } from 'node:url';

/** Node loads this file once more as its hook: it must not register itself again there. */
if (!new URL(import.meta.url).searchParams.has('hook')) register(`${import.meta.url}?hook`);

/** The app imports without an ending, as its bundler allows. */
export async function resolve(specifier, context, next) {
  try {
    return await next(specifier, context);
  } catch (error) {
    if (!specifier.startsWith('.')) throw error;
    return next(`${specifier}.ts`, context);
  }
}

export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  const { default: typescript } = await import('typescript');
  const { ModuleKind, ScriptTarget } = typescript;
  const { outputText } = typescript.transpileModule(readFileSync(fileURLToPath(url), 'utf8'), {
    compilerOptions: { module: ModuleKind.ESNext, target: ScriptTarget.ES2022, verbatimModuleSyntax: true },
  });
  return { format: 'module', source: outputText, shortCircuit: true };
}
