// Finds a person by something that identifies them exactly. There is no search by a part of it, and no list: nobody browses customers here.
import type { Deps } from '../deps.ts';
import type { Account } from '../domain/account.ts';
import { parseEmail } from '../domain/canonical-email.ts';
import { parsePhoneNumber } from '../domain/phone-number.ts';

/** What identified the account. */
export type FoundBy = 'account_id' | 'email' | 'login_number' | 'legacy_id' | 'legacy_id_candidate' | 'request';
export type FoundAccount = { account: Account; by: FoundBy };

type FindDeps = Pick<Deps, 'config' | 'storage'>;

/**
 * Finds the accounts of an address, a mobile number that is a login ID, a legacy id, an account id, or the number of a request for a lost
 * mailbox. A legacy id may belong to different people at different clients, so there may be several.
 */
export async function findAccounts(deps: FindDeps, identifier: string): Promise<FoundAccount[]> {
  const { accounts, lostMailboxRequests } = deps.storage;
  const text = identifier.trim();
  if (text === '') return [];
  const found: FoundAccount[] = [];
  const add = (account: Account | undefined, by: FoundBy): void => {
    if (account && !found.some((other) => other.account.id === account.id)) found.push({ account, by });
  };
  add(await accounts.find(text), 'account_id');
  const email = text.includes('@') ? parseEmail(text) : undefined;
  if (email?.ok) add(await accounts.findByEmail(email.canonical), 'email');
  const phone = text.includes('@') ? undefined : parsePhoneNumber(text);
  if (phone?.ok) add(await accounts.findByPhone(phone.phone_number), 'login_number');
  const request = await lostMailboxRequests.find(text);
  if (request?.account_id) add(await accounts.find(request.account_id), 'request');
  for (const { id, by } of await byLegacyId(deps, text)) add(await accounts.find(id), by);
  return found;
}

/** Asks each client, because a legacy id is unique at one client only. */
async function byLegacyId({ config, storage }: FindDeps, legacyId: string): Promise<{ id: string; by: FoundBy }[]> {
  const migrations = await Promise.all(
    config.clients.map(async ({ metadata }) => storage.migrations.find(metadata.client_id, legacyId)),
  );
  return migrations.flatMap((migration) => {
    const id = migration?.account_id ?? migration?.candidate?.account_id;
    if (id === undefined) return [];
    return [{ id, by: migration?.account_id === undefined ? ('legacy_id_candidate' as const) : ('legacy_id' as const) }];
  });
}
