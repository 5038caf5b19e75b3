// The demo data: two IDs, one of them migrated and linked with a dealer, and the ID of an operator. Written once, into an empty database.
import type { Deps } from '../deps.ts';
import type { Account } from '../domain/account.ts';
import { newDealerLink, RECEIVED_DATA, SHARED_DATA } from '../domain/dealer-link.ts';
import { startMigration } from '../domain/migration.ts';
import { draftId, type RegistrationDraft } from '../domain/registration-draft.ts';
import { enqueueDelivery } from '../jobs/enqueue-delivery.ts';
import { termsInForce } from '../domain/terms.ts';
import type { Language } from '../language.ts';
import { AlreadyExists } from '../storage/storage.ts';

/** The password of these IDs. */
export const DEMO_PASSWORD = 'Common-2026';

/** `email` is in its canonical form. */
type Person = Pick<Account, 'email' | 'profile'> & { password?: string; language?: Language };

const OWNERS_SITE = 'owners-site';

/** Writes the demo data, unless the IDs exist. */
export async function writeDemoData(deps: Deps): Promise<void> {
  await writeAccount(deps, {
    email: 'sato@example.jp',
    profile: {
      family_name: '佐藤',
      given_name: '健',
      family_name_kana: 'サトウ',
      given_name_kana: 'ケン',
      phone_number: '+819023456789',
      address: { postal_code: '5300001', region: '大阪府', locality: '大阪市北区', street_address: '梅田一丁目2-3' },
    },
  });
  const yamada = await writeAccount(deps, {
    email: 'yamada@example.jp',
    profile: {
      family_name: '山田',
      given_name: '優子',
      family_name_kana: 'ヤマダ',
      given_name_kana: 'ユウコ',
      phone_number: '+819034567890',
      birthdate: '1988-07-21',
      address: { postal_code: '2200012', region: '神奈川県', locality: '横浜市西区', street_address: 'みなとみらい4丁目5-6' },
    },
  });
  if (yamada) await writeMigration(deps, yamada);
  // The operator of config/operators.json, who adds a second factor at the first use of the operations API.
  await writeAccount(deps, { email: 'operator@example.jp', profile: { family_name: '運用', given_name: '担当' } });
}

/** Writes an account as if its person had registered it; `undefined` if the address has one. */
export async function writeAccount(
  deps: Pick<Deps, 'storage' | 'config' | 'clock'> & { hasher: Pick<Deps['hasher'], 'hash'> },
  { password = DEMO_PASSWORD, language = 'ja', ...person }: Person,
): Promise<Account | undefined> {
  const { storage, config, hasher } = deps;
  const now = deps.clock();
  if (await storage.accounts.findByEmail(person.email)) return undefined;
  const [id, browserId] = [crypto.randomUUID(), 'demo'];
  const registration: RegistrationDraft = {
    id: draftId(browserId),
    version: 0,
    ...person,
    email_canonical: person.email,
    proven: { email_canonical: person.email, browser: browserId, at: now },
    password_hash: await hasher.hash(password),
    terms: { version: termsInForce(config.terms, language, now).version, language, accepted_at: now },
    account_id: id,
    registering_at: now,
    expires_at: now,
  };
  try {
    await storage.accounts.register(registration, { browserId, language }, { demo: true });
    return await storage.accounts.find(id);
  } catch (error) {
    // Another process of the same start was faster.
    if (error instanceof AlreadyExists) return undefined;
    throw error;
  }
}

async function writeMigration({ config, storage, clock, jobs }: Deps, account: Account): Promise<void> {
  const now = clock();
  const dealer = { code: 'kanagawa-toyota' };
  const vehicles = [
    {
      vin: 'JTEBR3FJ50K500005',
      registration_number: '横浜 302 ほ 45-67',
      model: 'ランドクルーザープラド',
      first_registered: '2021-02',
    },
  ];
  const migration = startMigration(OWNERS_SITE, { legacy_id: 'own-yamada', dealer }, now);
  await storage.migrations.change(OWNERS_SITE, 'own-yamada', () => ({
    to: { ...migration, vehicles, account_id: account.id, completed_at: now },
    type: 'migration.completed',
    data: { demo: true },
  }));
  const consented = {
    accountId: account.id,
    dealer: dealer.code,
    consent: {
      text: { version: 'demo', language: 'ja', sha256: '0'.repeat(64) },
      share: [...SHARED_DATA],
      receive: [...RECEIVED_DATA],
      given_at: now,
      client_id: OWNERS_SITE,
    },
    now,
  };
  const link = newDealerLink(consented, config.keys);
  await storage.dealerLinks.change(link.id, () => ({ to: link, type: 'dealer_link.consented', data: { demo: true } }));
  await enqueueDelivery(jobs, link);
}
