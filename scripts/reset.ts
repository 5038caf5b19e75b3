// Deletes all data of the development environment: npm run reset. Stop the apps first.
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadConfig } from '../src/config/load.ts';

const config = loadConfig({ env: process.env, directory: fileURLToPath(new URL('..', import.meta.url)), apps: ['id'] });
if (config.mode === 'production') {
  process.stderr.write('npm run reset is for development only.\n');
  process.exitCode = 1;
} else {
  rmSync(config.dataDirectory, { recursive: true, force: true });
  process.stdout.write(`Deleted all data in ${config.dataDirectory}.\n`);
}
