// Documents to store, and events about them.
import type { Account } from '../../../src/domain/account.ts';
import type { DealerLink } from '../../../src/domain/dealer-link.ts';
import type { Migration } from '../../../src/domain/migration.ts';
import type { LedgerEvent } from '../../../src/storage/storage.ts';

export function sampleAccount(id: string, overrides: Partial<Account> = {}): Account {
  return {
    id,
    version: 1,
    email: `${id}@Example.jp`,
    email_canonical: `${id}@example.jp`,
    email_verified_at: 1_000,
    password_hash: '$2b$12$abcdefghijklmnopqrstuv',
    profile: {
      family_name: '田中',
      given_name: '太郎',
      family_name_kana: 'タナカ',
      given_name_kana: 'タロウ',
      phone_number: '+819012345678',
      address: { postal_code: '4710826', region: '愛知県', locality: '豊田市', street_address: 'トヨタ町１番地' },
    },
    terms: [{ version: '2026-04-01', language: 'ja', accepted_at: 900 }],
    confirmations: { 'toyota.jp': { claims: ['birthdate'], confirmed_at: 950 }, $odd: { claims: [], confirmed_at: 951 } },
    language: 'ja',
    created_at: 1_000,
    updated_at: 1_000,
    ...overrides,
  };
}

export function sampleDealerLink(id: string, overrides: Partial<DealerLink> = {}): DealerLink {
  return {
    id,
    version: 1,
    account_id: `account of ${id}`,
    dealer: '23001',
    status: 'pending',
    consent: {
      text: { version: '1', language: 'ja', sha256: 'ab'.repeat(32) },
      share: ['profile', 'contracts', 'service_history'],
      receive: ['requests', 'browsing', 'service_usage'],
      given_at: 1_000,
      client_id: 'owners-site',
    },
    customer_number: '000123',
    created_at: 1_000,
    updated_at: 1_000,
    ...overrides,
  };
}

export function sampleMigration(legacyId: string, overrides: Partial<Migration> = {}): Migration {
  return {
    client_id: 'owners-site',
    legacy_id: legacyId,
    version: 0,
    started_at: 1_000,
    vehicles: [
      { vin: 'ZVW60-0001234', registration_number: '豊田 300 あ 12-34', model: 'プリウス', first_registered: '2023-01' },
    ],
    dealer: { code: '23001' },
    ...overrides,
  };
}

export function eventAbout(subject: string): LedgerEvent {
  return { type: 'thing.changed', subject, data: { reason: 'test' }, at: 1_000 };
}
