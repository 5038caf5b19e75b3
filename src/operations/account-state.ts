// What the support desk sees of an account. Addresses, numbers and legacy ids are masked unless an operator asks for them.
import type { Deps } from '../deps.ts';
import { maskedEmail } from '../account/lost-mailbox/look-up.ts';
import { limitsOfAccount, type HeldLimit } from '../authentication/limits/limits-of-account.ts';
import type { Account, EpochMilliseconds } from '../domain/account.ts';
import { isDisabledByOperator } from '../domain/disabled-account.ts';
import { iso, isoIfAny } from '../domain/iso-time.ts';
import { maskNumber, numberRests } from '../domain/login-number.ts';
import { waitingRemoval } from '../domain/second-factor.ts';
import { recent } from '../domain/sign-in-history.ts';
import { isBeingErased } from '../domain/withdrawal.ts';
import type { AccountAccess } from '../oidc/sessions/account-access.ts';
import { messagesOf, type SentMessage } from './messages-of-account.ts';

export type StateOfAccount = 'active' | 'disabled' | 'withdrawn' | 'being_erased';

/** Times are in ISO 8601. */
export type ShownAccount = {
  id: string;
  state: StateOfAccount;
  /** When the state began; absent if it is active. */
  state_since?: string | undefined;
  /** When a withdrawn account is erased. */
  erased_at?: string | undefined;
  created_at: string;
  language: string;
  identifiers: {
    email: string;
    email_proven_at: string;
    login_number?: string | undefined;
    earlier_emails: { email: string; can_be_undone_until: string }[];
    email_asked_for?: string | undefined;
    login_number_asked_for?: string | undefined;
  };
  methods: {
    password_changed_at?: string | undefined;
    /** The login number has to be proven again before it counts. */
    login_number_rests: boolean;
    passkeys: { name: string; added_at: string; used_at?: string | undefined }[];
    second_factor?: { added_at: string; recovery_codes_left: number; removal_due_at?: string | undefined } | undefined;
  };
  sign_ins_ended_at?: string | undefined;
  browsers: { device?: string | undefined; signed_in_at: string; used_at?: string | undefined; clients: string[] }[];
  services: { client_id: string; scopes: string[]; since: string; used_at?: string | undefined }[];
  dealer_links: { id: string; dealer: string; status: string; consented_at: string; changed_at: string }[];
  migrations: { client_id: string; legacy_id: string; state: 'completed' | 'candidate'; at?: string | undefined }[];
  lost_mailbox_requests: { number: string; state: string; asked_at: string }[];
  /** The newest first, at most five. */
  last_sign_ins: { at: string; client_id: string; method: string; device?: string | undefined }[];
  last_failures: { at: string; method: string; times: number; device?: string | undefined }[];
  messages: SentMessage[];
  limits: (Omit<HeldLimit, 'until'> & { until: string })[];
};

type StateDeps = Pick<Deps, 'config' | 'storage' | 'clock'>;

const SHOWN = 5;

/** Returns the state of an account, and since when. */
export function stateOf(account: Account): { state: StateOfAccount; since: EpochMilliseconds | undefined } {
  const { disabled_at: disabledAt, withdrawal } = account;
  if (isBeingErased(account)) return { state: 'being_erased', since: disabledAt };
  if (isDisabledByOperator(account)) return { state: 'disabled', since: disabledAt };
  if (withdrawal) return { state: 'withdrawn', since: withdrawal.at };
  return { state: 'active', since: undefined };
}

/** Shortens a legacy id so that the person on the telephone can be asked for the rest. */
export function maskedLegacyId(legacyId: string): string {
  return `${[...legacyId].slice(0, 2).join('')}***`;
}

/** Collects what is shown. @param unmask whether identifiers are shown in full */
export async function showAccount(
  deps: StateDeps,
  access: AccountAccess,
  account: Account,
  { unmask }: { unmask: boolean },
): Promise<ShownAccount> {
  const { storage, clock } = deps;
  const { id } = account;
  const email = (address: string): string => (unmask ? address : maskedEmail(address));
  const number = (phone: string): string => (unmask ? phone : maskNumber(phone));
  const [browsers, services, links, final, candidates, history, limits, messages] = await Promise.all([
    access.browsers(id),
    access.services(id),
    storage.dealerLinks.listByAccount(id),
    storage.migrations.listByAccount(id),
    storage.migrations.listByCandidate(id),
    storage.signInHistories.find(id),
    limitsOfAccount(deps, account),
    messagesOf(deps, account),
  ]);
  const { state, since } = stateOf(account);
  const { second_factor: factor, phone_canonical: phone } = account;
  const { sign_ins: signIns, failures } = recent(history, clock());
  return {
    id,
    state,
    state_since: isoIfAny(since),
    erased_at: isoIfAny(account.withdrawal?.erase_at),
    created_at: iso(account.created_at),
    language: account.language,
    identifiers: {
      email: email(account.email),
      email_proven_at: iso(account.email_verified_at),
      login_number: phone === undefined ? undefined : number(phone),
      earlier_emails: (account.emails_before ?? [])
        .filter(({ undo_until: until }) => clock() < until)
        .map((before) => ({ email: email(before.email), can_be_undone_until: iso(before.undo_until) })),
      email_asked_for: account.email_change && email(account.email_change.email),
      login_number_asked_for: account.phone_change && number(account.phone_change.phone_canonical),
    },
    methods: {
      password_changed_at: isoIfAny(account.password_changed_at),
      login_number_rests: phone !== undefined && numberRests(account, clock()),
      passkeys: (account.passkeys ?? []).map(({ name, created_at: at, last_used_at: used }) => ({
        name,
        added_at: iso(at),
        used_at: isoIfAny(used),
      })),
      second_factor: factor && {
        added_at: iso(factor.added_at),
        recovery_codes_left: factor.recovery_codes.length,
        removal_due_at: isoIfAny(waitingRemoval(account)?.due_at),
      },
    },
    sign_ins_ended_at: isoIfAny(account.sign_ins_ended_at),
    browsers: browsers.map(({ device, signedInAt, usedAt, clientIds }) => ({
      device,
      signed_in_at: iso(signedInAt),
      used_at: isoIfAny(usedAt),
      clients: clientIds,
    })),
    services: services.map(({ clientId, scopes, since: from, usedAt }) => ({
      client_id: clientId,
      scopes,
      since: iso(from),
      used_at: isoIfAny(usedAt),
    })),
    dealer_links: links.map((link) => ({
      id: link.id,
      dealer: link.dealer,
      status: link.status,
      consented_at: iso(link.consent.given_at),
      changed_at: iso(link.updated_at),
    })),
    migrations: [...final, ...candidates].map((migration) => ({
      client_id: migration.client_id,
      legacy_id: unmask ? migration.legacy_id : maskedLegacyId(migration.legacy_id),
      state: migration.account_id === id ? ('completed' as const) : ('candidate' as const),
      at: isoIfAny(migration.account_id === id ? migration.completed_at : migration.candidate?.at),
    })),
    lost_mailbox_requests: (account.lost_mailbox ?? []).map((one) => ({
      number: one.request,
      state: one.ended?.how ?? (one.change_at === undefined ? 'open' : 'approved'),
      asked_at: iso(one.asked_at),
    })),
    last_sign_ins: signIns
      .slice(0, SHOWN)
      .map(({ at, client_id, method, device }) => ({ at: iso(at), client_id, method, device })),
    last_failures: failures.slice(0, SHOWN).map(({ at, method, times, device }) => ({ at: iso(at), method, times, device })),
    messages,
    limits: limits.map(({ until, ...limit }) => ({ ...limit, until: iso(until) })),
  };
}
