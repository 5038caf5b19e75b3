// The beginning: lets Node keep what it makes of the program's files, and goes on in run.ts. Plain JavaScript, because taking types off
// needs a compiler, whose own start is a tenth of the program's, and after the first start nothing is left for it to do.
import { enableCompileCache, flushCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';

// In the installation's own folder, and not in the directory for temporary files where everybody may write: what lies there is run.
// Where it cannot be written, the start takes twice as long, and that is all.
enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/common-id', import.meta.url)));
const { run } = await import('./start/run.ts');
await run(process.argv.slice(2));
// It would be written at the end by itself, but not by whom a signal kills.
flushCompileCache();
// V8 would let the heap grow to four times of what lives in it before it collects the rest; six tenths more takes a hundred megabytes less
// under load and hardly more time (docs/performance.md). Not while starting, when everything that is made lives on; and behind the flush, because
// what Node keeps is of use only to a V8 with the same flags.
setFlagsFromString('--heap-growing-percent=60');
