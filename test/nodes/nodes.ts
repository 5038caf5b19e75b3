// Two nodes behind a proxy that alternates between them, on one database: a journey, races over both, shared limits and keys,
// and the faults of a node, in short. One world for all of it.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify, type JSONWebKeySet } from 'jose';
import { databaseAway } from '../../scripts/faults/database-away.ts';
import type { Backend, Nodes } from '../../scripts/faults/fault.ts';
import { createGazoo } from '../../scripts/faults/gazoo.ts';
import { killAtToken } from '../../scripts/faults/kill-at-token.ts';
import { killInRegistration } from '../../scripts/faults/kill-in-registration.ts';
import { restoreBackup } from '../../scripts/faults/restore-backup.ts';
import { rollingRestartOfNodes } from '../../scripts/faults/rolling-restart.ts';
import { figure } from '../attacks/support/figure.ts';
import { untilTrue } from '../support/until-true.ts';
import { createHttpDriver } from '../journeys/http-driver.ts';
import { createTraveller, WORDS } from '../journeys/traveller.ts';
import { createBrowser, sendRaw } from '../support/http-browser.ts';
import { rowsOf } from '../support/rows-of.ts';
import { describeLegacySiteRaces } from './legacy-site-races.ts';
import { describePoison } from './poison.ts';
import { describeRaces } from './races.ts';
import { createVisitors } from './visitors.ts';

const ADMIN = fileURLToPath(new URL('../../scripts/admin.ts', import.meta.url));
const SHORT = true;
const FAILURES_PER_ACCOUNT = 10;

/**
 * @param makeBackend is called when the tests run
 * @param isFull with all races and faults, and a change of keys; without them, one registration that is pressed many times, and the faults that differ by the database
 */
export function describeNodes(
  name: string,
  makeBackend: () => Promise<Backend & { dispose?: () => Promise<void> }>,
  isFull: boolean,
): void {
  jest.setTimeout(240_000);

  describe(`two nodes on one ${name}`, () => {
    let backend: Awaited<ReturnType<typeof makeBackend>>;
    let nodes: Nodes;
    beforeAll(async () => {
      backend = await makeBackend();
      nodes = await backend.startNodes(2);
    });
    afterAll(async () => {
      await nodes?.stop();
      await backend?.dispose?.();
    });

    const ports = (): number[] => nodes.nodes.map(({ port }) => port);

    test('carry a person through the whole migration, each request on the other node', async () => {
      const { world, proxy } = nodes;
      const before = [...proxy.counts];
      const tanaka = createTraveller(createHttpDriver(), world);
      await tanaka.signInAtOwnersSite('tanaka');
      await tanaka.begin('newId');
      await tanaka.register('tanaka.nodes@example.jp');
      await tanaka.press(WORDS.link);
      await tanaka.signIn(undefined, 'Kuruma-77x');
      await tanaka.confirmRequired();
      await tanaka.arrives();
      const [first = 0, second = 0] = proxy.counts.map((count, node) => count - (before[node] ?? 0));
      expect(first + second).toBeGreaterThan(20);
      expect(Math.abs(first - second)).toBeLessThanOrEqual(2);
    });

    const visitors = createVisitors(() => nodes);
    describeRaces(() => nodes, visitors, isFull);
    if (isFull) describeLegacySiteRaces(() => nodes);
    describePoison(() => nodes, visitors);

    test('one refuses what the other has counted', async () => {
      const [here = 0, there = 0] = ports();
      const { id: issuer, demoClients } = nodes.world.origins;
      const atLogin = async (port: number, from: string) => {
        const browser = createBrowser({ port, from });
        const redirect = encodeURIComponent(`${demoClients}/gazoo/callback`);
        const challenge = 'code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256';
        await browser.open(
          `${issuer}/auth?client_id=gazoo&response_type=code&scope=openid&redirect_uri=${redirect}&state=s&nonce=n&${challenge}`,
        );
        return browser;
      };
      const guesser = await atLogin(here, '127.9.1.1');
      for (let guess = 0; guess < FAILURES_PER_ACCOUNT; guess += 1) {
        const answer = await guesser.post('/login', { login_id: 'sato@example.jp', password: `Wrong-${1000 + guess}` });
        expect(answer.status).toBe(422);
      }
      const elsewhere = await atLogin(there, '127.9.2.1');
      const answer = await elsewhere.post('/login', { login_id: 'sato@example.jp', password: 'Common-2026' });
      expect(answer.status).toBe(429);
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
      // The count is stored, but not whom it counts.
      const names = (await rowsOf(nodes.database.directUrl, 'counters')).map(({ key }) => key);
      expect(names.some((counter) => counter.startsWith('login-tries:'))).toBe(true);
      expect(names.filter((counter) => /@|\d\.\d|::/.test(counter))).toEqual([]);
    });

    if (isFull) {
      test('sign with a new key when it is time, and each verifies the signatures of the other', async () => {
        const { world } = nodes;
        const gazoo = createGazoo(world);
        const keysAt = async (port: number) =>
          JSON.parse((await sendRaw(`${world.origins.id}/jwks`, { port })).text) as JSONWebKeySet;
        /** Signs at one node, and verifies with the keys of the other. Returns the id of the key. */
        const signedBy = async (node: number): Promise<string> => {
          const [signer = 0, verifier = 0] = node === 0 ? ports() : ports().toReversed();
          const tokens = await gazoo.redeem(await gazoo.authorize(), signer);
          if (!tokens) throw new Error('no tokens');
          const keys = createLocalJWKSet(await keysAt(verifier));
          await jwtVerify(tokens.id_token, keys, { issuer: world.origins.id, audience: 'gazoo' });
          return String(decodeProtectedHeader(tokens.id_token).kid);
        };
        const old = await signedBy(0);
        expect(await signedBy(1)).toBe(old);
        const data = world.env['DATA_DIRECTORY'] ?? '';
        const env = { PATH: process.env['PATH'], DATA_DIRECTORY: data };
        const rotate = ['keys', 'rotate', '--alg', 'ES256', '--publish-first', '2s'];
        await promisify(execFile)(process.execPath, ['--no-warnings', ADMIN, ...rotate], { env });
        for (const node of [0, 1])
          await untilTrue('it signs with the new key', async () => (await signedBy(node)) !== old, 60_000);
        const [next, other] = [await signedBy(0), await signedBy(1)];
        expect(next).toBe(other);
        for (const port of ports()) {
          const published = (await keysAt(port)).keys.map(({ kid }) => kid);
          expect(published).toEqual(expect.arrayContaining([old, next]));
        }
      });
    }

    // Without FULL_FIGURES=1, F1 on SQLite only, and no restore of a backup: both take long.
    const inFull = figure(1, 0) === 1;
    const faults = [
      ...(isFull ? [rollingRestartOfNodes, killAtToken] : []),
      ...(inFull || name === 'SQLite' ? [killInRegistration] : []),
      databaseAway,
      ...(inFull ? [restoreBackup] : []),
    ];
    const possible = faults.filter(({ backends }) => backends.some((backend) => backend === name));
    test.each(possible)('$id $title', async (fault) => {
      const standing = { ...nodes, stop: async () => undefined };
      expect(await fault.run({ ...backend, startNodes: async () => standing }, SHORT)).toEqual(expect.any(String));
    });
  });
}
