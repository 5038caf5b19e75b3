// Runs a client app in this terminal, while `npm start` runs in another one:
// npm run demo -- head-unit
// npm run demo -- phone-app [--no-browser]
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runHeadUnit } from '../samples/head-unit/head-unit.ts';
import { runPhoneApp } from '../samples/phone-app/phone-app.ts';
import { openTerminal } from '../samples/terminal/terminal.ts';
import { loadConfig } from '../src/config/load.ts';
import { stopWithNpm } from '../src/start/stop-with-npm.ts';

const DEMOS = { 'head-unit': runHeadUnit, 'phone-app': runPhoneApp };
const ROOT = fileURLToPath(new URL('..', import.meta.url));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { 'no-browser': { type: 'boolean', default: false } },
});
const name = Object.keys(DEMOS).find((one): one is keyof typeof DEMOS => one === positionals[0]);
if (name === undefined || positionals.length > 1) {
  process.stderr.write(`npm run demo -- ${Object.keys(DEMOS).join(' | ')}\n`);
  process.exitCode = 1;
} else {
  process.exitCode = await run(name);
}

async function run(name: keyof typeof DEMOS): Promise<number> {
  const { issuer, dataDirectory } = loadConfig({ env: process.env, directory: ROOT, apps: ['id'], keys: 'unchecked' });
  const ending = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => ending.abort());
  stopWithNpm('demo');
  const terminal = openTerminal(ending.signal);
  const directory = join(dataDirectory, 'demo', name);
  try {
    return await DEMOS[name]({ issuer, directory, terminal, signal: ending.signal, opensBrowser: !values['no-browser'] });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${why}\nDoes the common ID run at ${issuer}? Start it with npm start, in another terminal.\n`);
    return 1;
  } finally {
    terminal.close();
  }
}
