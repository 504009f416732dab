import init, { engineVersion } from '../wasm/engine.js';
import engineUrl from '../wasm/engine_bg.wasm?url';

await init({ module_or_path: engineUrl });
postMessage(engineVersion());
