// The unit of systemd: it is valid, what it starts exists, and systemd's own measure of its hardening is good.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { findSystemdAnalyze } from '../../scripts/find-systemd-analyze.ts';
import { SETTINGS } from '../../src/config/settings/settings.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const UNIT = join(ROOT, 'ops/common-id.service');
/** Where the guide puts Node. */
const NODE = '/usr/local/bin/node';
/** How long the program gives requests that are in progress at the end, in seconds. */
const GRACE_SECONDS = 10;
/** Ten times the exposure that systemd computes, from 0 to 10. */
const MOST_EXPOSURE = 30;

const found = findSystemdAnalyze(process.env);
if (!found && process.env.REQUIRE_SYSTEMD === '1') throw new Error('REQUIRE_SYSTEMD=1, but there is no systemd-analyze');
const program = found ?? '';
const testWithSystemd = found === undefined ? test.skip : test;

async function analyze(args: string[]): Promise<{ code: number; said: string }> {
  return new Promise((resolve) => {
    execFile(program, args, { env: { PATH: process.env.PATH, LANG: 'C.UTF-8' } }, (error, out, err) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? 1 : 0, said: out + err }),
    );
  });
}

/** @returns the values of a directive, in their order */
async function valuesOf(name: string): Promise<string[]> {
  const lines = (await readFile(UNIT, 'utf8')).split('\n');
  return lines.filter((line) => line.startsWith(`${name}=`)).map((line) => line.slice(name.length + 1));
}

testWithSystemd('the unit is valid to systemd, and its exposure is at most 3.0 of 10', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'unit-'));
  try {
    // systemd checks that the program exists; this machine has Node elsewhere.
    const unit = join(directory, 'common-id.service');
    await writeFile(unit, (await readFile(UNIT, 'utf8')).replaceAll(NODE, process.execPath));
    expect(await analyze(['verify', '--man=no', unit])).toEqual({ code: 0, said: '' });
    const { code, said } = await analyze(['security', '--offline=true', '--no-pager', `--threshold=${MOST_EXPOSURE}`, unit]);
    expect([code, said.split('\n').filter((line) => line.includes('Overall'))]).toEqual([0, [expect.stringContaining('OK')]]);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

test('the unit starts what npm start starts, from files that exist, and leaves time for its end', async () => {
  const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
  expect(await valuesOf('ExecStart')).toEqual([`${NODE}${String(scripts.start).slice('node'.length)} id`]);
  const installation = (await valuesOf('WorkingDirectory'))[0] ?? '';
  const [guide = ''] = await valuesOf('Documentation');
  expect(existsSync(guide.replace(`file://${installation}`, ROOT))).toBe(true);
  const [stop] = await valuesOf('TimeoutStopSec');
  expect(Number(stop)).toBeGreaterThan(Number(SETTINGS.DRAIN_DELAY_SECONDS.productionDefault) + GRACE_SECONDS);
  // V8 compiles to memory that it executes, so with this directive nothing starts.
  expect(await valuesOf('MemoryDenyWriteExecute')).toEqual([]);
});
