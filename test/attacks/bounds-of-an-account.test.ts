// An account has a limited number of sessions and grants, with any number of sign-ins: design/security-2.md S118, S119. Tested with the models of
// a real provider, with our adapter, on a real database.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { MOST_OF_AN_ACCOUNT } from '../../src/oidc/sessions/account-bounds.ts';
import type { ArtifactStore } from '../../src/storage/storage.ts';
import { openProviderModels, type ProviderModels } from './support/provider-models.ts';

let models: ProviderModels;
let provider: ProviderModels['provider'];
let artifacts: ArtifactStore;
beforeEach(async () => {
  models = await openProviderModels();
  ({
    provider,
    storage: { artifacts },
  } = models);
});
afterEach(async () => models.close());

const LATER = (): number => Date.now() + 3_600_000;
/** Properties that are missing in oidc-provider's types. */
type Session = {
  jti: string;
  save(seconds: number): Promise<string>;
  destroy(): Promise<void>;
  resetIdentifier(): void;
  loginAccount(details: { accountId: string }): void;
};
const newSession = (accountId?: string): Session =>
  Object.assign(new provider.Session() as unknown as Session, accountId !== undefined && { accountId });
const load = async ({ jti }: Session): Promise<Session> => (await provider.Session.find(jti)) as unknown as Session;

async function fill(model: 'Session' | 'Grant', count: number): Promise<void> {
  const stored = Array.from({ length: count }, (_, n) => `${model}-${n}`);
  for (const id of stored) await artifacts.save(model, id, { jti: id, uid: `uid-${id}`, accountId: 'a' }, LATER());
}
const countOf = async (model: 'Session' | 'Grant'): Promise<number> => (await artifacts.listByAccount(model, 'a', 1_000)).length;

test('S118 one session more than an account may have, new or from an anonymous session: the oldest one ends', async () => {
  await fill('Session', MOST_OF_AN_ACCOUNT.Session);
  await newSession('a').save(3_600);
  expect(await countOf('Session')).toBe(MOST_OF_AN_ACCOUNT.Session);
  expect(await artifacts.find('Session', 'Session-0')).toBeUndefined();

  const anonymous = newSession();
  await anonymous.save(3_600);
  const signingIn = await load(anonymous);
  signingIn.loginAccount({ accountId: 'a' });
  signingIn.resetIdentifier();
  await signingIn.save(3_600);
  expect(await countOf('Session')).toBe(MOST_OF_AN_ACCOUNT.Session);
  expect(await artifacts.find('Session', 'Session-1')).toBeUndefined();
  expect(await artifacts.find('Session', 'Session-2')).toBeDefined();
  expect(await artifacts.find('Session', signingIn.jti)).toBeDefined();
});

test('S118 one grant more than an account may have: the oldest one ends with its tokens, and those of other accounts stay', async () => {
  await fill('Grant', MOST_OF_AN_ACCOUNT.Grant);
  for (const n of [0, 1])
    await artifacts.save('RefreshToken', `token-${n}`, { jti: `token-${n}`, grantId: `Grant-${n}`, accountId: 'a' }, LATER());
  await new provider.Grant({ accountId: 'a', clientId: 'c' }).save();
  expect(await countOf('Grant')).toBe(MOST_OF_AN_ACCOUNT.Grant);
  const standing = async (n: number) => [
    await artifacts.find('Grant', `Grant-${n}`),
    await artifacts.find('RefreshToken', `token-${n}`),
  ];
  expect(await standing(0)).toEqual([undefined, undefined]);
  expect(await standing(1)).not.toContain(undefined);
});

test('S119 a session gets another identifier while a logout has the earlier one: it ends under both', async () => {
  const session = newSession('a');
  await session.save(3_600);
  const owner = await load(session);
  const used = await load(session);
  used.resetIdentifier();
  await used.save(3_600);
  await owner.destroy();
  expect(await countOf('Session')).toBe(0);
  // A request that still has the session cannot write it back under either identifier.
  used.resetIdentifier();
  await used.save(3_600);
  await owner.save(3_600);
  expect(await countOf('Session')).toBe(0);
});

test('S119 a session ends before the request that created it writes it again: it stays ended', async () => {
  const session = newSession('a');
  await session.save(3_600);
  await artifacts.destroy('Session', session.jti);
  await session.save(3_600);
  expect(await countOf('Session')).toBe(0);
});

test('S119 a session changes its identifier several times: it exists only under the newest one', async () => {
  const session = newSession('a');
  for (let turn = 0; turn < 3; turn += 1) {
    session.resetIdentifier();
    await session.save(3_600);
    await session.save(3_600);
    expect(await artifacts.listByAccount('Session', 'a', 10)).toEqual([session.jti]);
  }
});
