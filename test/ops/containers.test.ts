// Dockerfile and compose.yaml: no engine runs them here, so their paths, settings and commands are tried without one.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from '@jest/globals';
import { inspectConfig } from '../../src/config/load.ts';
import { SETTINGS, isSettingName } from '../../src/config/settings/settings.ts';
import { figure } from '../attacks/support/figure.ts';
import { freePorts } from '../support/free-ports.ts';
import { untilTrue } from '../support/until-true.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DOCKERFILE = readFileSync(join(ROOT, 'Dockerfile'), 'utf8').replaceAll('\\\n', ' ');
const COMPOSE = readFileSync(join(ROOT, 'compose.yaml'), 'utf8');
const GRACE_SECONDS = 10;

const image = mkdtempSync(join(tmpdir(), 'image-'));
afterAll(() => rmSync(image, { recursive: true }));

/** What follows an instruction of the last stage, line by line. */
function instructions(name: string): string[] {
  const stage = DOCKERFILE.slice(DOCKERFILE.lastIndexOf('\nFROM ') + 1);
  return [...stage.matchAll(new RegExp(String.raw`^ *(?:HEALTHCHECK .*)?${name} +(.+)$`, 'gm'))].map(([, rest = '']) => rest);
}

const settingsOf = (text: string): [string, string][] =>
  [...text.matchAll(/^ {4}([A-Z_]+): '?(.+?)'?$/gm)].map(([, name = '', value = '']) => [name, value]);

test('every setting in them is one of the program, and the configuration of compose.yaml has no mistakes', () => {
  const inImage = (instructions('ENV')[0] ?? '').split(/ +/).map((pair) => pair.split('=') as [string, string]);
  const inCompose = settingsOf(COMPOSE);
  expect(inCompose.length).toBeGreaterThan(5);
  for (const [name] of [...inImage, ...inCompose])
    expect([name, name === 'NODE_ENV' || isSettingName(name)]).toEqual([name, true]);
  const env = Object.fromEntries([...inImage, ...inCompose]);
  const { problems } = inspectConfig({ env, directory: ROOT, apps: ['id'], keys: 'unchecked' });
  // It warns of demo data on all addresses. compose.yaml publishes the ports on this machine only.
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect([...COMPOSE.matchAll(/ports: \['(.+?):/g)].map(([, address]) => address)).toEqual(['127.0.0.1', '127.0.0.1']);
  const [seconds = 0] = [...COMPOSE.matchAll(/stop_grace_period: (\d+)s/g)].map(([, given]) => Number(given));
  expect(seconds).toBeGreaterThan(Number(SETTINGS.DRAIN_DELAY_SECONDS.productionDefault) + GRACE_SECONDS);
});

test('what the image copies exists, and is enough to run every command of Dockerfile and compose.yaml', async () => {
  const ofPackages = [...DOCKERFILE.matchAll(/^COPY (?!--from)(.+) \.\/$/gm)].flatMap(([, sources = '']) => sources.split(' '));
  for (const path of ofPackages) expect([path, existsSync(join(ROOT, path))]).toEqual([path, true]);
  for (const [source = '', target = ''] of instructions('COPY').map((rest) => rest.split(' '))) {
    if (source.startsWith('--from')) continue;
    const to = join(image, target, target.endsWith('/') ? basename(source) : '');
    mkdirSync(dirname(to), { recursive: true });
    cpSync(join(ROOT, source), to, { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(image, 'node_modules'));
  const files = [...`${DOCKERFILE}${COMPOSE}`.matchAll(/\b(?:src|scripts)\/[\w-]+\.[jt]s/g)].map(([file]) => file);
  expect(files).toEqual(expect.arrayContaining(['src/main.js', 'scripts/admin.ts']));
  for (const file of files) expect([file, existsSync(join(image, file))]).toEqual([file, true]);

  // Starting takes longer.
  if (figure(1, 0) === 0) return;
  const [port = 0] = await freePorts(1);
  const env = {
    PATH: process.env.PATH,
    ISSUER: `http://localhost:${port}`,
    PORT: `${port}`,
    DATA_DIRECTORY: join(image, 'data'),
  };
  const admin = spawnSync(process.execPath, ['scripts/admin.ts', 'keys', 'list'], { cwd: image, env, encoding: 'utf8' });
  expect([admin.status, admin.stderr]).toEqual([0, '']);
  const command = JSON.parse(instructions('CMD').at(-1) ?? '') as string[];
  const probe = JSON.parse(instructions('CMD')[0] ?? '') as string[];
  expect([command[0], probe[0]]).toEqual(['node', 'node']);
  const program = spawn(process.execPath, command.slice(1), { cwd: image, env, stdio: ['ignore', 'ignore', 'pipe'] });
  let err = '';
  program.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const ended = once(program, 'exit');
  const health = (): number | null => spawnSync(process.execPath, probe.slice(1), { env }).status;
  try {
    await untilTrue('the health check succeeds', () => health() === 0, { tell: () => err });
    program.kill('SIGTERM');
    expect([await ended, err]).toEqual([[0, null], '']);
    expect(health()).toBe(1);
  } finally {
    program.kill('SIGKILL');
  }
});
