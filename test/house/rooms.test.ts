// The linter's table of imports between rooms, and the modules that the reference apps load.
import { describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import lint, { CLIENTS, ROOMS, STEPS } from '../../oxlint.config.ts';

const ROOT = new URL('../../', import.meta.url);

function foldersIn(path: string): string[] {
  return readdirSync(new URL(path, ROOT), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

/** The path of a room in src/, or several: `src/a/{b,c}.ts`. */
function pathsIn(message: string): string[] {
  return [...message.matchAll(/\bsrc\/[\w./-]*(?:\{[\w,-]+\}[\w./-]*)?/g)].flatMap(([path]) => {
    const [, before = path, names = '', after = ''] = /^(.*)\{(.*)\}(.*)$/.exec(path) ?? [];
    return names.split(',').map((name) => `${before}${name}${after}`.replace(/\.$/, ''));
  });
}

describe('the rooms', () => {
  test('every folder of src/ is in the table, and start/, which may import all of them', () => {
    expect(foldersIn('src')).toEqual([...Object.keys(ROOMS), 'start'].sort());
  });

  test('every step and every reference client has its folder', () => {
    expect(foldersIn('src/interaction')).toEqual(STEPS);
    expect(foldersIn('src/apps')).toEqual(CLIENTS);
  });

  test('no circle: a room never depends on a room that uses it', () => {
    const reach = (room: string, seen: string[] = []): string[] =>
      (ROOMS[room]?.uses ?? []).flatMap((used) => (seen.includes(used) ? [] : [used, ...reach(used, [...seen, used])]));
    for (const room of Object.keys(ROOMS))
      expect({ room, reaches: reach(room) }).not.toEqual({ room, reaches: expect.arrayContaining([room]) });
  });

  test("everything that the linter's messages name exists", () => {
    const messages = [...JSON.stringify(lint).matchAll(/"message":"((?:[^"\\]|\\.)*)"/g)].map(([, message = '']) => message);
    const named = [...new Set(messages.flatMap(pathsIn))];
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((path) => !existsSync(new URL(path, ROOT)))).toEqual([]);
  });

  // The owners site has users with their own passwords, so it loads bcrypt itself.
  test.each(['http', ...CLIENTS.filter((client) => client !== 'owners-site').map((client) => `apps/${client}`)])(
    'importing src/%s loads no bcrypt',
    (room) => {
      const load = `
      const { readdirSync } = await import('node:fs');
      const folder = new URL('src/${room}/', ${JSON.stringify(ROOT.href)});
      for (const file of readdirSync(folder, { recursive: true })) if (file.endsWith('.ts')) await import(new URL(file, folder));
      console.log(JSON.stringify(process.report.getReport().sharedObjects.filter((path) => path.endsWith('.node'))));`;
      const loaded = execFileSync(process.execPath, ['--no-warnings', '--input-type=module', '--eval', load], {
        cwd: fileURLToPath(ROOT),
        encoding: 'utf8',
      });
      expect(JSON.parse(loaded)).toEqual([]);
    },
  );
});
