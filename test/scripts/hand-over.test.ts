// The commands with which the developers of a legacy site make and check a `legacy_profile`. design/operations.md, chapter 3.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { CompactEncrypt, generateKeyPair } from 'jose';
import { startAdminProcess, type Ended } from './run-admin.ts';
import { startWorld, type World } from '../attacks/support/attack-world.ts';
import { makePkce, parseJson, push, requestParams } from '../attacks/support/client.ts';
import { encryptOuter, handOverClaims, signInner } from '../attacks/support/hand-over.ts';

// Processes start slowly on a busy machine.
jest.setTimeout(60_000);

let world: World;
const commands = startAdminProcess();
beforeAll(async () => {
  world = await startWorld();
});
afterAll(async () => {
  commands.stop();
  await world?.close();
});

type Told = {
  ok: boolean;
  mistakes: { part: string; sentence: string; details: string[] }[];
  dropped: { claim: string }[];
  prefills: Record<string, string> | null;
};

const file = (name: string): string => join(world.directory, name);
async function handOverCommand(...args: string[]): Promise<Ended> {
  const env = { PATH: process.env.PATH, ...world.env };
  return commands.run({ args: ['hand-over', ...args, '--project', world.directory], env });
}
async function check(value: string, client = 'attack-site'): Promise<Told> {
  writeFileSync(file('checked.jwt'), value);
  const { code, out, err } = await handOverCommand('check', '--client', client, '--file', file('checked.jwt'), '--json');
  const told = JSON.parse(out) as Told;
  expect([code, err]).toEqual([told.ok ? 0 : 1, '']);
  return told;
}
/** The status, and the description of the error, in which oidc-provider writes ' for ". */
async function answerOf(value: string): Promise<[status: number, sentence: string]> {
  const { status, text } = await push(world, requestParams('attack-site', makePkce(), { legacy_profile: value }));
  return [status, String(parseJson(text).error_description ?? '')];
}
const everyRow = (): unknown[] =>
  ['artifacts', 'expiring_documents', 'migrations', 'ledger', 'counters'].map((table) =>
    world.rows(`SELECT count(*) AS n FROM ${table}`),
  );

test('the documented commands make a hand-over that is checked without a trace, then accepted once', async () => {
  writeFileSync(file('key.json'), JSON.stringify(world.siteKey.privateJwk));
  const pages = ['clients.md', 'clients.ja.md'].map((name) =>
    readFileSync(join(import.meta.dirname, '../../docs', name), 'utf8'),
  );
  for (const page of pages) {
    const calls = [...page.matchAll(/^\$ npm run -s admin -- hand-over (.+)$/gm)].map(([, call = '']) => call);
    const run = async (name: string): Promise<Ended> => {
      const call = calls.find((one) => one.startsWith(`${name} `)) ?? '';
      const words = call.replace(/ > .*/, '').split(' ');
      const ours: Record<string, string> = {
        'my-site': 'attack-site',
        'my-key.json': file('key.json'),
        'profile.jwt': file('profile.jwt'),
      };
      return handOverCommand(...words.map((word) => ours[word] ?? word));
    };
    const made = await run('make');
    expect([made.code, made.err]).toEqual([0, '']);
    writeFileSync(file('profile.jwt'), made.out);
    const before = everyRow();
    for (const _ of [1, 2]) {
      const checked = await run('check');
      expect([checked.code, checked.err]).toEqual([0, '']);
      expect(checked.out).toMatch(/^It would be accepted\./);
      expect(checked.out).toMatch(/email +h\*\*\* \(17 characters\)/);
      expect(checked.out).not.toMatch(/hanako|豊田|花子|1985|1234567/);
    }
    expect(everyRow()).toEqual(before);
    const value = made.out.trim();
    expect(await answerOf(value)).toEqual([201, '']);
    expect(await answerOf(value)).toEqual([400, `legacy_profile: 'jti' was used before`]);
  }
});

test('every mistake is told at once, and the endpoint answers with the first', async () => {
  const now = Math.floor(Date.now() / 1000);
  const claims = (changes: object = {}): Record<string, unknown> => handOverClaims(world, { ...changes });
  const sign = async (changes: object = {}, header: object = {}): Promise<string> => signInner(world, claims(changes), header);
  const stranger = await generateKeyPair('ECDH-ES+A256KW');
  const toStranger = async (header: object): Promise<string> =>
    new CompactEncrypt(new TextEncoder().encode(await sign()))
      .setProtectedHeader({ alg: 'ECDH-ES+A256KW', enc: 'A256GCM', ...header })
      .encrypt(stranger.publicKey);
  const deep = JSON.stringify(claims()).replace('{', '{"iss":"somebody",');
  const table: [what: string, value: string, sentences: (string | RegExp)[], details: (string | RegExp)[]][] = [
    ['no JWE', 'garbage', [/cannot be decrypted/], [/no header/]],
    [
      'a JWS only',
      await sign(),
      [/name its kid/, /cannot be decrypted/],
      [/"kid": "test-/, /"alg": "ES256"; expected "ECDH-ES\+A256KW"/, /"enc"/, /has 3/],
    ],
    [
      'a wrong key, algorithm and kid',
      await toStranger({ alg: 'ECDH-ES', enc: 'A128GCM', kid: 'other' }),
      [/name its kid/, /cannot be decrypted/],
      [/"kid": "other"; expected ".+-enc"/, /"alg": "ECDH-ES"; expected/, /"enc": "A128GCM"; expected/],
    ],
    [
      'no kid, and mistakes inside',
      await encryptOuter(world, await sign({ iss: 'x', exp: now + 3600, sub: undefined }, { typ: 'JWT' }), {
        kid: undefined,
      } as object),
      [
        /name its kid/,
        /unexpected "typ"/,
        /missing required "sub"/,
        /unexpected "iss"/,
        /"exp" may be at most 300/,
        /"sub" is required/,
      ],
      [/no "kid"; expected/, /it is \d+ seconds after it/],
    ],
    [
      'an unknown key of the client, and claims',
      await encryptOuter(world, await sign({ aud: 'x', jti: 7, nbf: now + 900 }, { kid: 'unknown' })),
      [/must be signed/, /unexpected "?nbf|"nbf"/, /"aud" must be/, /"jti" must be a text/],
      [/"kid": "unknown", and the client's JWKS has no such key/],
    ],
    [
      'times',
      await encryptOuter(world, await sign({ iat: now + 900, exp: now - 900 })),
      [/"exp" claim timestamp check failed/, /"iat" is in the future/],
      [],
    ],
    ['a claim twice', await encryptOuter(world, await signInner(world, deep)), [/stands in it twice/], ['twice: "iss"']],
    [
      'the profile',
      await encryptOuter(world, await sign({ email: 7, birthdate: [], vehicles: 'x' })),
      [/"email" must be a string.*; /],
      [/"email" must/, /"birthdate" must/, /"vehicles" must/],
    ],
    [
      'too big, and expired',
      await encryptOuter(world, await sign({ exp: now - 900, more: 'x'.repeat(8000) })),
      [/at most 8192/, /"exp"/],
      [/it has \d+ bytes/],
    ],
  ];
  for (const [what, value, sentences, details] of table) {
    const { mistakes, prefills } = await check(value);
    const matching = (patterns: (string | RegExp)[]): unknown[] => patterns.map((one) => expect.stringMatching(one));
    expect([what, ...mistakes.map(({ sentence }) => sentence)]).toEqual([what, ...matching(sentences)]);
    expect([what, ...mistakes.flatMap((one) => one.details)]).toEqual([what, ...matching(details)]);
    expect([what, ...(await answerOf(value))]).toEqual([
      what,
      400,
      `legacy_profile: ${mistakes[0]?.sentence.replaceAll('"', "'")}`,
    ]);
    if (what === 'times') expect(prefills).toMatchObject({ legacy_id: expect.stringMatching(/^l\*\*\* \(\d+ characters\)$/) });
  }
});

test('what is left out is told, and a client that may not hand over', async () => {
  const value = await encryptOuter(
    world,
    await signInner(world, handOverClaims(world, { email: 'no address', given_name: '花子' })),
  );
  expect(await check(value)).toMatchObject({ ok: true, mistakes: [], dropped: [{ claim: 'email' }] });
  const told = await check(value, 'attack-web');
  expect(told.ok).toBe(false);
  expect(told.mistakes.map(({ part }) => part)).toEqual(expect.arrayContaining(['client', 'signature', 'claims']));
  expect(told.mistakes[0]?.sentence).toContain('common_id.legacy_import');
});
