// The promises of the port about the records of `EXPIRING_RECORDS`.
import { describe, expect, test } from '@jest/globals';
import { NEVER } from '../../../src/domain/epoch-milliseconds.ts';
import type { PasswordReset } from '../../../src/domain/password-reset.ts';
import type { RegistrationDraft } from '../../../src/domain/registration-draft.ts';
import { EXPIRING_RECORDS, type ExpiringName, type ExpiringRecords } from '../../../src/storage/expiring-records.ts';
import { VersionConflict } from '../../../src/storage/storage.ts';
import type { ExpiringStore, InteractionFacts, Storage, StoredLegacyProfile } from '../../../src/storage/storage.ts';
import { sampleAccount, sampleDealerLink, sampleMigration } from './samples.ts';
import { answered, thrown, useSubject } from './subject.ts';
import type { OpenBackend } from './subject.ts';

type Document = { id: string; version: number; expires_at: number };

const DRAFT: Omit<RegistrationDraft, keyof Document> = {
  email: 'Taro@Example.jp',
  email_canonical: 'taro@example.jp',
  proven: { email_canonical: 'taro@example.jp', browser: 'b', at: 5 },
  profile: sampleAccount('a').profile,
};
const FACTS: Omit<InteractionFacts, keyof Document> = {
  dealer_choice: { dealer: '23001', consent: sampleDealerLink('l').consent },
};
const PROFILE: Omit<StoredLegacyProfile, keyof Document> = {
  client_id: 'owners-site',
  profile: { legacy_id: 'tanaka', profile: sampleAccount('a').profile, vehicles: sampleMigration('tanaka').vehicles },
};

const RESET: Omit<PasswordReset, keyof Document> = {
  email: 'Taro@Example.jp',
  email_canonical: 'taro@example.jp',
  language: 'ja',
  started_at: 5,
  sent_at: 6,
  sent: 2,
  account_id: 'a',
};

const SAMPLES: { [Name in ExpiringName]: Omit<ExpiringRecords[Name], keyof Document> } = {
  registrationDrafts: DRAFT,
  interactionFacts: FACTS,
  legacyProfiles: PROFILE,
  passwordResets: RESET,
  keptPages: { page: '{}' },
  clientRefusals: {
    refusals: [
      { at: 5, times: 2, endpoint: 'token', error: 'invalid_grant', why: 'too late', sent: { scope: 'openid' }, request_id: 'r' },
    ],
  },
  passkeyChallenges: { challenges: [{ challenge: 'c', until: 5 }] },
  passkeyOwners: { account_id: 'a' },
  passkeyOffers: {},
  keptConsents: { sealed: 'c2VhbGVk' },
  agreedTexts: { text: '同意の文' },
  lastUses: { uses: [{ what: 'service', name: 'owners-site', at: 5 }] },
  secondFactorSetups: { factor_id: 'f', sealed_secret: 'c2VhbGVk' },
  operationAnswers: { request_sha256: 'r', claimed_by: 'c', claimed_until: 5, resumed: false, answer: '{}' },
  lostMailboxRequests: {
    email: 'Old@Example.jp',
    email_canonical: 'old@example.jp',
    new_email: 'New@Example.jp',
    new_email_canonical: 'new@example.jp',
    profile: { family_name: '田中', birthdate: '1960-01-02' },
    language: 'ja',
    sent_at: 5,
    proven_at: 6,
    account_id: null,
  },
  mailStops: { reason: 'bounced', wave: 'spring', at: 5 },
  waves: {
    client_id: 'owners-site',
    kind: 'invitation',
    segment: 'tokyo',
    after_days: 14,
    size: 100,
    language: 'ja',
    rate: 60,
    from_hour: 9,
    until_hour: 21,
    start_at: 5,
    ends: '2027-03-31',
    url: 'http://localhost:3001/migration',
    state: 'running',
    after: 'abc',
    taken: 3,
    pace: { since: 5, mails: 3 },
  },
  signInHistories: {
    sign_ins: [{ at: 5, client_id: 'owners-site', method: 'password', device: 'Safari / iPhone' }],
    failures: [{ at: 6, method: 'password', region: { ja: '日本 愛知県', en: 'Aichi, Japan' }, times: 2 }],
  },
};
const NAMES = Object.keys(EXPIRING_RECORDS) as ExpiringName[];

export function expiringStorePromises(open: OpenBackend): void {
  test('every record has a sample', () => {
    const missing = NAMES.filter((name) => !Object.hasOwn(SAMPLES, name));
    const say = (name: string): string => `add a sample of "${name}" to SAMPLES in test/storage/conformance/expiring-stores.ts`;
    expect(missing.map(say)).toEqual([]);
  });
  for (const name of NAMES)
    describe(name, () => storePromises<Document>(open, (storage) => storage[name] as ExpiringStore<Document>, SAMPLES[name]));

  describe('all of them', () => {
    const subject = useSubject(open);
    test('have kinds of their own', () => {
      const kinds = Object.values(EXPIRING_RECORDS).map(({ kind }) => kind);
      expect(kinds).toEqual([...new Set(kinds)]);
    });

    test('stay for good with the expiry NEVER', async () => {
      const reset = { id: 'r', version: 0, expires_at: NEVER, ...RESET };
      await subject.storage.passwordResets.put(reset);
      subject.advance(1000 * 365 * 24 * 60 * 60 * 1000);
      await subject.storage.sweep(100);
      expect(await subject.storage.passwordResets.find('r')).toEqual({ ...reset, version: 1 });
    });

    test('are listed in order of id, without those of other kinds and expired ones', async () => {
      const { lostMailboxRequests: listed, passwordResets } = subject.storage;
      const place = (id: string, lifetime = 1_000) => ({ id, version: 0, expires_at: subject.now() + lifetime });
      for (const id of ['c', 'a', 'd:1', 'b']) await listed.put({ ...place(id), ...SAMPLES.lostMailboxRequests });
      await listed.put({ ...place('aa', 1), ...SAMPLES.lostMailboxRequests });
      await passwordResets.put({ ...place('b2'), ...RESET });
      subject.advance(2);
      const idsAfter = async (after: string, limit = 10) => (await listed.listAfter(after, limit)).map(({ id }) => id);
      expect([
        await idsAfter(''),
        await idsAfter('', 2),
        await idsAfter('b'),
        await idsAfter('bb', 1),
        await idsAfter('e'),
      ]).toEqual([['a', 'b', 'c', 'd:1'], ['a', 'b'], ['c', 'd:1'], ['c'], []]);
      const [first] = await listed.listAfter('', 1);
      expect(first).toMatchObject({ ...SAMPLES.lostMailboxRequests, version: 1 });
    });

    test('do not share ids', async () => {
      const place = { id: 'same', version: 0, expires_at: subject.now() + 1_000 };
      await subject.storage.registrationDrafts.put({ ...place, ...DRAFT });
      await subject.storage.interactionFacts.put({ ...place, ...FACTS });
      await subject.storage.legacyProfiles.put({ ...place, ...PROFILE });
      await subject.storage.passwordResets.put({ ...place, ...RESET });
      await subject.storage.interactionFacts.remove('same');
      expect(await subject.storage.registrationDrafts.find('same')).toEqual({ ...place, ...DRAFT, version: 1 });
      expect(await subject.storage.interactionFacts.find('same')).toBeUndefined();
      expect(await subject.storage.legacyProfiles.find('same')).toEqual({ ...place, ...PROFILE, version: 1 });
      expect(await subject.storage.passwordResets.find('same')).toEqual({ ...place, ...RESET, version: 1 });
    });
  });
}

function storePromises<T extends Document>(
  open: OpenBackend,
  storeOf: (storage: Storage) => ExpiringStore<T>,
  content: Omit<T, keyof Document>,
): void {
  const subject = useSubject(open);
  const store = () => storeOf(subject.storage);
  const id = 'legacy:owners-site:tanaka.1';
  const document = (version = 0, lifetime = 1_000) => ({ ...content, id, version, expires_at: subject.now() + lifetime }) as T;

  test('a new one is stored as version 1 and found deep-equal, also after reopening', async () => {
    expect(await store().find(id)).toBeUndefined();
    const given = document();
    expect(await store().put(given)).toEqual({ ...given, version: 1 });
    expect(given.version).toBe(0);
    await subject.reopen();
    expect(await store().find(id)).toEqual({ ...given, version: 1 });
  });

  test('the next version replaces the one that was read', async () => {
    await store().put(document());
    const next = await store().put(document(1, 9_000));
    expect(next).toEqual(document(2, 9_000));
    expect(await store().find(id)).toEqual(next);
    subject.advance(5_000);
    expect(await store().find(id)).toEqual(next);
  });

  test('another version is refused and changes nothing', async () => {
    await expect(store().put(document(1))).rejects.toThrow(VersionConflict);
    await store().put(document());
    await store().put(document(1));
    for (const version of [0, 1, 3]) await expect(store().put(document(version, 7_000))).rejects.toThrow(VersionConflict);
    expect(await store().find(id)).toEqual(document(2));
  });

  test.each([0, 1])('of 50 parallel writes of version %d exactly one is written', async (version) => {
    if (version === 1) await store().put(document());
    const results = await subject.race(50, (storage, n) => storeOf(storage).put(document(version, 2_000 + n)));
    expect(answered(results)).toHaveLength(1);
    expect(thrown(results).every((error) => error instanceof VersionConflict)).toBe(true);
    expect(await store().find(id)).toEqual(answered(results)[0]);
  });

  test('what has expired is not found, has no next version, and its place is free', async () => {
    await store().put(document());
    subject.advance(999);
    expect(await store().find(id)).toBeDefined();
    subject.advance(1);
    expect(await store().find(id)).toBeUndefined();
    await expect(store().put(document(1))).rejects.toThrow(VersionConflict);
    expect(await store().put(document())).toEqual(document(1));
    expect(await store().find(id)).toEqual(document(1));
  });

  test('what is answered is a copy', async () => {
    const stored = await store().put(document());
    for (const value of [stored, await store().find(id)]) Object.assign(value ?? {}, { expires_at: 0, added: true });
    expect(await store().find(id)).toEqual(document(1));
  });

  test('what was removed is gone, and its place is free', async () => {
    await store().remove(id);
    await store().put(document());
    await store().remove(id);
    expect(await store().find(id)).toBeUndefined();
    await expect(store().put(document(1))).rejects.toThrow(VersionConflict);
    expect(await store().put(document())).toEqual(document(1));
  });
}
