// The beginning: enables Node's compile cache and continues in run.ts. It is plain JavaScript, because stripping types loads a compiler,
// which takes a tenth of the start and is not needed once the cache is filled.
import { enableCompileCache, flushCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';

// The cache is in the installation's folder and not in a temporary directory that everybody can write to, because its content is executed.
// If the folder is not writable, the start just takes twice as long.
enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/common-id', import.meta.url)));
const { run } = await import('./start/run.ts');
await run(process.argv.slice(2));
// Node writes the cache at exit, but not if a signal kills the process.
flushCompileCache();
// By default, V8 lets the heap grow to four times its live size before it collects garbage. 60 % growth saves a hundred megabytes under load
// and costs little time (docs/performance.md). Set after the start, because startup objects stay alive, and after the flush, because
// the cache is valid only for a V8 with the same flags.
setFlagsFromString('--heap-growing-percent=60');
