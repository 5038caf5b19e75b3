// clients plan: every setting of a client's file is compared.
import { expect, test } from '@jest/globals';
import { comparePlan } from '../../scripts/admin/clients/compare-plan.ts';
import { clientSchema } from '../../src/config/clients/client-schema.ts';
import { toClient } from '../../src/config/clients/to-client.ts';
import type { Client } from '../../src/config/config.ts';
import { web } from '../config/clients/client-file.ts';

const clientOf = (ours: object): Client =>
  toClient(clientSchema.parse({ ...web, common_id: { contact: 'x', ...ours } }), undefined);

const text = { ja: 'い', en: 'i' };
/** A value of each of our settings that is not the default. */
const CHANGES: Record<string, unknown> = {
  brand: 'lexus',
  first_party: true,
  required_claims: [{ claim: 'birthdate', reason: text }],
  leads_to: text,
  legacy_import: true,
  web_origins: ['https://app.example.jp'],
  access_tokens: { lifetime_seconds: 60 },
  pkce: 'optional',
  profile: 'fapi2',
  refresh_rotation: true,
  claims_in_id_token: true,
  required_acr: 'phr',
  contact: 'y',
};

test.each(Object.keys(clientSchema.shape.common_id.shape).filter((name) => name !== 'enabled'))(
  'shows a change of %s',
  (name) => {
    const [change] = comparePlan([clientOf({})], [clientOf({ [name]: CHANGES[name] })]);
    expect(change?.fields.map(({ key }) => key)).toEqual(
      expect.arrayContaining([expect.stringMatching(new RegExp(`^common_id\\.${name}(\\.|\\[|$)`))]),
    );
  },
);

test('shows no change of a client that an earlier version stored', () => {
  const { brand, firstParty, requiredClaims, legacyImport, webOrigins, contact, metadata, name, enabled } = clientOf({});
  const earlier = { brand, firstParty, requiredClaims, legacyImport, webOrigins, contact, metadata, name, enabled };
  expect(comparePlan([earlier as Client], [clientOf({})])).toEqual([]);
});
