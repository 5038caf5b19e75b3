// The policy as a table: facts of a request → the first prompt. One row for each rule; without the rule, the row fails.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { Client, TermsText } from '../../../src/config/config.ts';
import { createPolicy } from '../../../src/oidc/policy/policy.ts';
import type { PolicyFacts } from '../../../src/oidc/policy/policy-facts.ts';
import { PROMPTS } from '../../../src/oidc/policy/prompts.ts';
import type { Passkey } from '../../../src/domain/passkey.ts';
import type { InteractionFacts, StoredLegacyProfile } from '../../../src/storage/storage.ts';
import { sampleAccount, sampleDealerLink, sampleMigration } from '../../storage/conformance/samples.ts';

const NOW = Date.parse('2026-11-30T00:00:00Z');
const SECONDS = NOW / 1000;
const CLIENT = { firstParty: true, requiredClaims: [], metadata: { client_id: 'site' } } as unknown as Client;
const REQUIRES_PASSWORD: Client = { ...CLIENT, requiredAcr: 'urn:common-id:acr:password' };
const REQUIRES_PASSKEY: Client = { ...CLIENT, requiredAcr: 'phr' };
const MFA = 'urn:common-id:acr:mfa';
const THIRD_PARTY: Client = { ...CLIENT, firstParty: false };
const REQUIRES_BIRTHDATE: Client = { ...CLIENT, requiredClaims: [{ claim: 'birthdate', reason: { ja: '', en: '' } }] };
const LEGACY = { client_id: 'site', profile: { legacy_id: 'tanaka' } } as StoredLegacyProfile;
const TERMS = { version: '2026-11', language: 'ja', effectiveFrom: '2026-11-01', material: true, markdown: '' } as TermsText;
const CONSENT = sampleDealerLink('l').consent;

/** A request without a missing answer: the person is signed in, and the client requests nothing more. */
const NOTHING_MISSING: PolicyFacts = {
  now: NOW,
  config: {
    dealers: [{ code: '23001' }, { code: '13001' }],
    lifetimes: { session: 3600, sessionAbsolute: 7200 },
    terms: [],
  } as unknown as PolicyFacts['config'],
  client: CLIENT,
  asksForRegistration: false,
  asksForSelection: false,
  asksForDealerLink: undefined,
  deviceNeedsConsent: false,
  codeChallenge: 'challenge',
  hint: undefined,
  wanted: undefined,
  maxAge: undefined,
  essentialAcr: undefined,
  remembersSecondFactor: false,
  accountId: 'a',
  account: sampleAccount('a'),
  sessionUid: 's',
  authTime: SECONDS,
  acr: 'urn:common-id:acr:password',
  decided: {},
  legacy: undefined,
  migration: undefined,
  legacyHasRegistered: false,
  dealerLinks: [],
};
const NOBODY: Partial<PolicyFacts> = {
  accountId: undefined,
  account: undefined,
  sessionUid: undefined,
  authTime: undefined,
  acr: undefined,
};

const account = (changes: Parameters<typeof sampleAccount>[1]): Partial<PolicyFacts> => ({
  account: sampleAccount('a', changes),
});
const link = (changes: Parameters<typeof sampleDealerLink>[1] = {}): Partial<PolicyFacts> => ({
  dealerLinks: [sampleDealerLink('l', { account_id: 'a', ...changes })],
});
const decided = (facts: Partial<InteractionFacts>): Partial<PolicyFacts> => ({ decided: facts });
const migration = (changes: Parameters<typeof sampleMigration>[1] = {}): Partial<PolicyFacts> => ({
  legacy: LEGACY,
  migration: sampleMigration('tanaka', changes),
});
const candidate = (account_id: string, code_challenge = 'challenge') => ({ candidate: { account_id, code_challenge, at: NOW } });
const HAS_WITHDRAWN = { at: NOW, erase_at: NOW + 1 };
const FACTOR = { id: 'f', sealed_secret: '', added_at: NOW, last_step: 0, recovery_codes: [], recovery_codes_made_at: NOW };
const WITH_FACTOR = { account: sampleAccount('a', { second_factor: FACTOR }) };
const chosen = { dealer_choice: { dealer: '23001', consent: CONSENT } };

/** Returns the first prompt, with the checks that request it. */
function askedFirst(facts: PolicyFacts): string | undefined {
  for (const { name, checks } of PROMPTS) {
    const reasons = checks.filter(({ isNeeded }) => isNeeded(facts)).map(({ reason }) => reason);
    if (reasons.length) return `${name}: ${reasons.join(', ')}`;
  }
  return undefined;
}

type Row = [rule: string, changes: Partial<PolicyFacts>[], asked: string | undefined];

const CREATE = 'create: registration_requested';
const REGISTERS: Partial<PolicyFacts> = { ...NOBODY, asksForRegistration: true };
const HANDED_OVER: Partial<PolicyFacts> = { ...REGISTERS, legacy: LEGACY };
const create: Row[] = [
  ['nothing is missing', [], undefined],
  ['the client asks for a new ID', [REGISTERS], CREATE],
  ['the person wants one, and the client did not ask', [NOBODY, decided({ wants: 'registration' })], CREATE],
  ['the person would rather sign in', [REGISTERS, decided({ wants: 'login' })], undefined],
  ['it was made in this request', [REGISTERS, decided({ registration: { account_id: 'a', email: '' } })], undefined],
  ['for a legacy identity', [HANDED_OVER], CREATE],
  ['… that was handed over before and came to nothing', [HANDED_OVER, migration()], CREATE],
  ['… that has an ID', [HANDED_OVER, migration({ account_id: 'a' })], undefined],
  ['… that is about to have one', [HANDED_OVER, migration(candidate('a'))], undefined],
  ['… that registered in a request that was left', [HANDED_OVER, { legacyHasRegistered: true }], undefined],
];

const DEALER = 'dealer_link: dealer_link_undecided';
const ASKS: Partial<PolicyFacts> = { asksForDealerLink: {} };
const dealerLink: Row[] = [
  ['the client asks for a link', [ASKS], DEALER],
  ['… before anybody has signed in', [NOBODY, ASKS], DEALER],
  ['the person said no', [ASKS, decided({ dealer_choice: { dealer: null } })], undefined],
  ['the person chose a dealer, which ⑭ writes', [ASKS, decided(chosen)], 'finalize: link_unwritten'],
  ['the link was withdrawn after it', [ASKS, decided(chosen), link({ status: 'withdrawn', withdrawn_at: 1000 })], DEALER],
  [
    'the link was withdrawn before it',
    [ASKS, decided(chosen), link({ status: 'withdrawn', withdrawn_at: 999 })],
    'finalize: link_unwritten',
  ],
  [
    'another dealer’s link was withdrawn after it',
    [ASKS, decided(chosen), link({ dealer: '13001', status: 'withdrawn', withdrawn_at: 1000 })],
    'finalize: link_unwritten',
  ],
  ['there is a link', [ASKS, link()], undefined],
  ['… with the dealer that the client names', [{ asksForDealerLink: { dealer: '23001' } }, link()], undefined],
  ['… with another dealer than the client names', [{ asksForDealerLink: { dealer: '13001' } }, link()], DEALER],
  ['… that failed', [ASKS, link({ status: 'failed' })], DEALER],
  ['… with a dealer that is not configured any more', [ASKS, link({ dealer: '99999' })], DEALER],
  ['… made in another client’s flow, for a third party', [ASKS, link(), { client: THIRD_PARTY }], DEALER],
  ['… but the client was disabled', [ASKS, link(), { client: undefined }], DEALER],
  [
    'the legacy identity is another ID’s',
    [ASKS, migration({ account_id: 'b' }), decided({ continue_as: 'a' })],
    'finalize: link_unwritten',
  ],
  ['the legacy identity is this ID’s', [ASKS, migration({ account_id: 'a' })], DEALER],
  ['… and nobody is signed in', [NOBODY, ASKS, migration({ account_id: 'a' })], DEALER],
];

const SELECTS: Partial<PolicyFacts> = { asksForSelection: true };
const selectAccount: Row[] = [
  ['the client asks for the choice of an account', [SELECTS], 'select_account: account_selection_requested'],
  ['… and nobody is signed in', [NOBODY, SELECTS], undefined],
  ['the person wants another account', [decided({ not_as: 'a' })], 'login: another_account_wanted'],
  ['… and has signed in with it', [decided({ not_as: 'b' })], undefined],
];

const consent: Row[] = [['a device asks', [{ deviceNeedsConsent: true }], 'consent: device']];

const login: Row[] = [
  ['id_token_hint names this person', [{ hint: { subject: 'a', signedIn: 'a' } }], undefined],
  ['id_token_hint names another person', [{ hint: { subject: 'b', signedIn: 'a' } }], 'login: id_token_hint'],
  ['the claims parameter names this person', [{ wanted: { subjects: ['b', 'a'], signedIn: 'a' } }], undefined],
  ['the claims parameter names other people', [{ wanted: { subjects: ['b', 'c'], signedIn: 'a' } }], 'login: claims_sub'],
  ['max_age has passed', [{ authTime: SECONDS - 61, maxAge: 60 }], 'login: max_age'],
  ['… and a second less', [{ authTime: SECONDS - 60, maxAge: 60 }], undefined],
  ['the password changed after the sign-in', [account({ password_changed_at: NOW + 1 })], 'login: sign_in_over'],
  ['all sessions were ended', [account({ sessions_ended: { at: NOW + 1, kept: 'other' } })], 'login: sign_in_over'],
  ['… but this one', [account({ sessions_ended: { at: NOW + 1, kept: 's' } })], undefined],
  ['the password was given too long ago', [{ authTime: SECONDS - 7200 }], 'login: sign_in_over'],
  ['… and a second less', [{ authTime: SECONDS - 7199 }], undefined],
  ['the sign-in is as strong as the client requires', [{ client: REQUIRES_PASSWORD }], undefined],
  ['… or stronger', [{ client: REQUIRES_PASSWORD, acr: 'phr' }], undefined],
  ['… or weaker', [{ client: REQUIRES_PASSKEY }], 'second_factor: required_acr'],
  ['… or of a version that did not note it', [{ client: REQUIRES_PASSWORD, acr: undefined }], 'login: acr_unknown'],
  ['… and the request demands one', [{ essentialAcr: MFA, acr: undefined }], 'login: acr_unknown'],
  ['… and nobody is signed in', [NOBODY, { client: REQUIRES_PASSWORD }], undefined],
  ['the request demands the class of this sign-in', [{ essentialAcr: 'urn:common-id:acr:password' }], undefined],
  ['… or a weaker one', [{ essentialAcr: 'urn:common-id:acr:password', acr: 'phr' }], undefined],
  ['… or a stronger one', [{ essentialAcr: 'phr' }], 'second_factor: essential_acr'],
  ['… and nobody is signed in', [NOBODY, { essentialAcr: 'phr' }], undefined],
  ['the account has a second factor', [WITH_FACTOR], 'second_factor: second_factor_on'],
  ['… that was given in this session', [WITH_FACTOR, { acr: MFA }], undefined],
  ['… and a passkey was used', [WITH_FACTOR, { acr: 'phr' }], undefined],
  [
    '… and the session is of a version that did not note it',
    [WITH_FACTOR, { acr: undefined }],
    'second_factor: second_factor_on',
  ],
  ['… and this browser was remembered', [WITH_FACTOR, { remembersSecondFactor: true }], undefined],
  ['… but a service needs it', [WITH_FACTOR, { remembersSecondFactor: true, essentialAcr: MFA }], 'second_factor: essential_acr'],
  [
    '… and the ID was withdrawn',
    [account({ withdrawal: HAS_WITHDRAWN, ...WITH_FACTOR.account })],
    'second_factor: second_factor_on',
  ],
  [
    'an ID that was withdrawn sets nothing up',
    [account({ withdrawal: HAS_WITHDRAWN }), { essentialAcr: MFA }],
    'withdrawal: account_withdrawn',
  ],
  [
    'another ID was registered in this request',
    [decided({ registration: { account_id: 'b', email: '' } })],
    'login: not_the_registered_account',
  ],
  ['… this one was', [decided({ registration: { account_id: 'a', email: '' } })], undefined],
  [
    '… and the person goes on with theirs',
    [decided({ registration: { account_id: 'b', email: '' }, continue_as: 'a' })],
    undefined,
  ],
  ['… and nobody is signed in', [NOBODY, decided({ registration: { account_id: 'b', email: '' }, continue_as: 'b' })], undefined],
  ['a legacy identity meets a session', [migration()], 'login: person_unconfirmed'],
  ['… and the person goes on with it', [migration(candidate('a')), decided({ continue_as: 'a' })], undefined],
  ['… and it is this ID’s', [migration({ account_id: 'a' })], undefined],
  ['… and it is about to be this ID’s', [migration(candidate('a'))], undefined],
  ['… and it is about to be another’s', [migration(candidate('b'))], 'login: person_unconfirmed'],
  [
    '… and the person wants another ID',
    [migration({ account_id: 'a' }), decided({ not_as: 'a' })],
    'login: another_account_wanted',
  ],
  ['… and nobody is signed in', [NOBODY, migration()], undefined],
];

const PASSKEY = { id: 'p' } as Passkey;
const OFFERS_PASSKEY = decided({ offers_passkey: 'a' });
const WITHDRAWN = account({ withdrawal: { at: NOW, erase_at: NOW + 1 } });
const CHANGED: Partial<PolicyFacts> = { config: { ...NOTHING_MISSING.config, terms: [TERMS] } };
const PROFILE = 'required_profile: required_profile_missing';
const afterLogin: Row[] = [
  ['the person has withdrawn the ID', [WITHDRAWN], 'withdrawal: account_withdrawn'],
  ['the person has withdrawn the ID, and the terms have changed', [WITHDRAWN, CHANGED], 'withdrawal: account_withdrawn'],
  ['the terms have changed', [CHANGED], 'terms: terms_changed'],
  ['the login offers a passkey', [OFFERS_PASSKEY], 'passkey_offer: passkey_offered'],
  ['… after every other question', [OFFERS_PASSKEY, { deviceNeedsConsent: true }], 'consent: device'],
  ['… and the person has one', [OFFERS_PASSKEY, account({ passkeys: [PASSKEY] })], undefined],
  ['… to another person', [OFFERS_PASSKEY, { accountId: 'b', account: sampleAccount('b') }], undefined],
  ['… and the person has left', [OFFERS_PASSKEY, NOBODY], undefined],
  [
    '… in a migration',
    [OFFERS_PASSKEY, migration({ account_id: 'a' }), decided({ offers_passkey: 'a', continue_as: 'a' })],
    undefined,
  ],
  [
    '… in a way that needs no agreement',
    [{ config: { ...NOTHING_MISSING.config, terms: [{ ...TERMS, material: false }] } }],
    undefined,
  ],
  ['… and nobody is signed in', [NOBODY, CHANGED], undefined],
  ['the client requires a claim', [{ client: REQUIRES_BIRTHDATE }], PROFILE],
  [
    '… that was confirmed for it',
    [
      { client: REQUIRES_BIRTHDATE },
      account({ profile: { birthdate: '1980-01-01' }, confirmations: { site: { claims: ['birthdate'], confirmed_at: NOW } } }),
    ],
    undefined,
  ],
  ['… and nobody is signed in', [NOBODY, { client: REQUIRES_BIRTHDATE }], undefined],
  [
    '… and the legacy identity is another ID’s',
    [{ client: REQUIRES_BIRTHDATE }, migration({ account_id: 'b' }), decided({ continue_as: 'a' })],
    'finalize: link_unwritten',
  ],
];

const UNWRITTEN = 'finalize: link_unwritten';
const CONFIRMED = decided({ continue_as: 'a' });
const finalize: Row[] = [
  ['the migration was not proposed', [migration(), CONFIRMED], UNWRITTEN],
  ['… there is no record of it', [{ legacy: LEGACY }, CONFIRMED], UNWRITTEN],
  ['… for this account', [migration(candidate('b')), CONFIRMED], UNWRITTEN],
  ['… in this request', [migration(candidate('a', 'another')), CONFIRMED], UNWRITTEN],
  ['the migration is final', [migration({ account_id: 'a' }), CONFIRMED], undefined],
  ['the legacy identity is another ID’s', [migration({ account_id: 'b' }), CONFIRMED], UNWRITTEN],
  ['a chosen dealer has no link', [decided(chosen)], UNWRITTEN],
  ['… and nobody is signed in', [NOBODY, decided(chosen)], undefined],
  ['… has one', [decided(chosen), link()], undefined],
  ['… has a failed one', [decided(chosen), link({ status: 'failed' })], UNWRITTEN],
  ['another dealer has one', [decided(chosen), link({ dealer: '13001' })], UNWRITTEN],
  ['the link was withdrawn after the choice', [decided(chosen), link({ status: 'withdrawn', withdrawn_at: 1000 })], undefined],
];

const order: Row[] = [
  ['create before dealer_link', [REGISTERS, ASKS], CREATE],
  ['dealer_link before login', [ASKS, { authTime: 0 }], DEALER],
  ['login before terms', [CHANGED, { authTime: 0 }], 'login: sign_in_over'],
  ['terms before required_profile', [CHANGED, { client: REQUIRES_BIRTHDATE }], 'terms: terms_changed'],
  ['required_profile before ⑭', [{ client: REQUIRES_BIRTHDATE }, decided(chosen)], PROFILE],
];

describe.each([
  ['create', create],
  ['dealer_link', dealerLink],
  ['select_account', selectAccount],
  ['login', login],
  ['withdrawal, terms and required_profile', afterLogin],
  ['⑭', finalize],
  ['consent', consent],
  ['the order', order],
])('%s', (_prompt, rows) => {
  test.each(rows)('%s', (_rule, changes, asked) => {
    expect(askedFirst(Object.assign({}, NOTHING_MISSING, ...changes) as PolicyFacts)).toBe(asked);
  });
});

test('every check has a row that needs it', () => {
  const rows = [create, dealerLink, selectAccount, login, afterLogin, finalize, consent, order].flat();
  const asked = rows.flatMap(([, , first]) => first ?? []);
  const checks = PROMPTS.flatMap(({ name, checks }) => checks.map(({ reason }) => `${name}: ${reason}`));
  expect({ 'give these checks a row in this file': checks.filter((check) => !asked.includes(check)) }).toEqual({
    'give these checks a row in this file': [],
  });
});

test('the table of the policy in ARCHITECTURE.md has a row for each prompt, in order', () => {
  const text = readFileSync(new URL('../../../ARCHITECTURE.md', import.meta.url), 'utf8');
  const rows = [...text.matchAll(/^\| (\d+) +\| `(\w+)` +\|/gm)].map(([, order, name]) => `${order} ${name}`);
  const WHAT_TO_DO = 'correct the table in “The policy” of ARCHITECTURE.md: a row for each prompt, in the order of PROMPTS';
  expect({ WHAT_TO_DO, rows }).toEqual({ WHAT_TO_DO, rows: PROMPTS.map(({ name }, index) => `${index + 1} ${name}`) });
});

test('oidc-provider gets the prompts in order, with our checks and those of its own that ours do not replace', () => {
  const policy = createPolicy({ config: { issuer: 'http://id.example' } } as never);
  const ofThese = [
    'create',
    'dealer_link',
    'select_account',
    'login',
    'second_factor',
    'terms',
    'required_profile',
    'finalize',
    'consent',
  ];
  const prompts = policy.filter(({ name }) => ofThese.includes(name));
  expect(prompts.map(({ name, requestable, checks }) => [name, requestable, checks.map(({ reason }) => reason)])).toEqual([
    ['create', true, ['registration_requested']],
    ['dealer_link', false, ['dealer_link_undecided']],
    ['select_account', true, ['account_selection_requested']],
    [
      'login',
      true,
      [
        'login_prompt',
        'no_session',
        'id_token_hint',
        'claims_sub',
        'max_age',
        'sign_in_over',
        'acr_unknown',
        'not_the_registered_account',
        'another_account_wanted',
        'person_unconfirmed',
      ],
    ],
    ['second_factor', false, ['second_factor_on', 'required_acr', 'essential_acr']],
    ['terms', false, ['terms_changed']],
    ['required_profile', false, ['required_profile_missing']],
    ['finalize', false, ['link_unwritten']],
    [
      'consent',
      true,
      ['consent_prompt', 'native_client_prompt', 'op_scopes_missing', 'op_claims_missing', 'rs_scopes_missing', 'device'],
    ],
  ]);
});
