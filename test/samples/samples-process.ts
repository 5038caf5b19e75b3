// Starts sample clients in one process: `node samples-process.ts <JSON list of file and environment>`. Each reads the environment when it is
// imported, so that one process, which is cheap, runs all of them as they are.
import { pathToFileURL } from 'node:url';

for (const { file, env } of JSON.parse(process.argv[2] ?? '[]') as { file: string; env: Record<string, string> }[]) {
  Object.assign(process.env, env);
  await import(pathToFileURL(file).href);
}
process.send?.('ready');
// The test that started it is gone.
process.on('disconnect', () => process.exit(0));
