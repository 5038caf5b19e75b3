// Collects everything that the common ID stores about a person.
import type { Deps } from '../../deps.ts';
import type { Account } from '../../domain/account.ts';
import { iso, isoIfAny } from '../../domain/iso-time.ts';
import type { DealerConsent, DealerLink } from '../../domain/dealer-link.ts';
import { createLegacyUserIds } from '../../domain/legacy-user-ids.ts';
import type { Migration } from '../../domain/migration.ts';
import { waitingRemoval } from '../../domain/second-factor.ts';
import { recent } from '../../domain/sign-in-history.ts';
import type { Language } from '../../language.ts';
import type { AccountAccess } from '../../oidc/sessions/account-access.ts';
import { agreedText } from '../../storage/agreed-texts.ts';
import { maskedEmail } from '../lost-mailbox/look-up.ts';
import { clientName, dealerName } from '../names.ts';
import type { MyData } from './my-data.ts';

type CollectDeps = Pick<Deps, 'config' | 'clients' | 'storage' | 'clock'>;

/** The path of the schema, which is public. */
export const SCHEMA_PATH = '/my-data.schema.json';

/** Collects the data of an account. @param language of the names of services and dealers */
export async function collectMyData(
  deps: CollectDeps,
  access: AccountAccess,
  account: Account,
  language: Language,
): Promise<MyData> {
  const { config, storage, clock } = deps;
  const { id } = account;
  const [links, final, candidates, services, browsers, history] = await Promise.all([
    storage.dealerLinks.listByAccount(id),
    storage.migrations.listByAccount(id),
    storage.migrations.listByCandidate(id),
    access.services(id),
    access.browsers(id),
    storage.signInHistories.find(id),
  ]);
  const textOf = async (of: {
    version: string;
    language: string;
    sha256?: string;
  }): Promise<MyData['agreements'][0]['text']> => ({
    version: of.version,
    language: of.language,
    sha256: of.sha256,
    text: await agreedText(storage, of.sha256),
  });
  const consentOf = async ({ client_id, given_at, share, receive, text }: DealerConsent) => ({
    client_id,
    given_at: iso(given_at),
    share,
    receive,
    text: await textOf(text),
  });
  const linkOf = async (link: DealerLink): Promise<MyData['dealer_links'][0]> => ({
    dealer: link.dealer,
    name: dealerName(deps, link.dealer, language),
    status: link.status,
    consents: await Promise.all([link.consent, ...(link.other_consents ?? [])].map(consentOf)),
    customer: link.customer,
    customer_number: link.customer_number,
    linked_at: isoIfAny(link.linked_at),
    withdrawn_at: isoIfAny(link.withdrawn_at),
  });
  const { sign_ins: signIns, failures } = recent(history, clock());
  const { email_change: change, phone_change: phone, emails_before: before = [] } = account;
  return {
    $schema: `${config.issuer}${SCHEMA_PATH}`,
    made_at: iso(clock()),
    account: {
      id,
      email: account.email,
      email_verified_at: iso(account.email_verified_at),
      language: account.language,
      created_at: iso(account.created_at),
      updated_at: iso(account.updated_at),
      earlier_emails: before.map(({ email, undo_until: until }) => ({ email, kept_until: iso(until) })),
      phone_number_for_sign_in: account.phone_canonical,
      phone_number_used_at: isoIfAny(account.phone_used_at),
      phone_number_change: phone && { phone_number: phone.phone_canonical, asked_at: iso(phone.asked_at) },
      password_changed_at: isoIfAny(account.password_changed_at),
      disabled_at: isoIfAny(account.disabled_at),
      limits_lifted_at: isoIfAny(account.limits_lifted_at),
      lost_mailbox_requests: (account.lost_mailbox ?? []).map((one) => ({
        email: maskedEmail(one.email),
        asked_at: iso(one.asked_at),
        state: one.ended?.how ?? (one.change_at === undefined ? 'open' : 'approved'),
      })),
      email_change: change && { email: change.email, asked_at: iso(change.asked_at) },
    },
    profile: { ...account.profile },
    confirmations: Object.entries(account.confirmations).map(([client_id, { claims, confirmed_at: at }]) => ({
      client_id,
      claims,
      confirmed_at: iso(at),
    })),
    passkeys: (account.passkeys ?? []).map(({ name, created_at: at, last_used_at: used, backed_up: synced }) => ({
      name,
      created_at: iso(at),
      synced,
      last_used_at: isoIfAny(used),
    })),
    second_factor: secondFactorOf(account),
    agreements: await Promise.all(
      account.terms.map(async (terms) => ({
        what: 'terms' as const,
        text: await textOf(terms),
        agreed_at: iso(terms.accepted_at),
      })),
    ),
    services: services.map(({ clientId, scopes, since, usedAt }) => ({
      client_id: clientId,
      name: clientName(deps, clientId, language),
      scopes,
      since: iso(since),
      last_used_at: isoIfAny(usedAt),
    })),
    browsers: browsers.map(({ device, signedInAt, usedAt, clientIds }) => ({
      device,
      signed_in_at: iso(signedInAt),
      last_used_at: isoIfAny(usedAt),
      client_ids: clientIds,
    })),
    sign_ins: signIns.map(({ at, interaction: _internal, ...signIn }) => ({ at: iso(at), ...signIn })),
    failed_sign_ins: failures.map(({ at, ...failure }) => ({ at: iso(at), ...failure })),
    dealer_links: await Promise.all(links.map(linkOf)),
    // Of a candidate the legacy user may be another person.
    migrations: [
      ...(await Promise.all(final.map(async (one) => ({ ...migrationOf(one), campaign: await campaignOf(deps, one) })))),
      ...candidates.map(migrationOf),
    ],
  };
}

function secondFactorOf(account: Account): MyData['second_factor'] {
  const { second_factor: factor } = account;
  return (
    factor && {
      added_at: iso(factor.added_at),
      recovery_codes_left: factor.recovery_codes.length,
      recovery_codes_made_at: iso(factor.recovery_codes_made_at),
      removed_at: isoIfAny(waitingRemoval(account)?.due_at),
    }
  );
}

/** Returns what the campaign of the migration counts of the person. */
async function campaignOf(
  { config, storage }: Pick<Deps, 'config' | 'storage'>,
  { client_id: clientId, legacy_id: legacyId }: Migration,
): Promise<MyData['migrations'][0]['campaign']> {
  const user = await storage.population.find(createLegacyUserIds(config.keys).idOf(clientId, legacyId));
  if (!user) return undefined;
  const steps = Object.fromEntries(Object.entries(user.reached).map(([step, at]) => [step, iso(at)]));
  return { steps, segment: user.segment, dealer: user.dealer, device: user.device };
}

/** The data that a legacy site handed over stands in the candidate until the migration is final. */
function migrationOf({ client_id, legacy_id, started_at, completed_at, ...rest }: Migration): MyData['migrations'][0] {
  const { vehicles = rest.vehicles, dealer = rest.dealer } = completed_at === undefined ? (rest.candidate ?? {}) : rest;
  return {
    client_id,
    legacy_id,
    started_at: iso(started_at),
    vehicles,
    completed_at: isoIfAny(completed_at),
    email: rest.candidate?.email,
    dealer,
  };
}
