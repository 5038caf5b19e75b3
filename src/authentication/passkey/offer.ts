// Offers a passkey to people who sign in with a password: at the end of a login to a service, and on マイページ. Never in a migration.
import type { Deps } from '../../deps.ts';
import type { Account } from '../../domain/account.ts';
import { NEVER } from '../../domain/epoch-milliseconds.ts';
import { OFFER_RESTS_MS } from '../../domain/passkey.ts';

/** Whether the account is offered a passkey: it has none, and its owner has not declined. */
export async function isOffered({ storage }: Pick<Deps, 'storage'>, { id, passkeys = [] }: Account): Promise<boolean> {
  return passkeys.length === 0 && (await storage.passkeyOffers.find(id)) === undefined;
}

/** Stores that the owner declined: for 30 days, or for good. */
export async function declineOffer(
  { storage, clock }: Pick<Deps, 'storage' | 'clock'>,
  accountId: string,
  until: 'later' | 'never',
): Promise<void> {
  await storage.passkeyOffers.change(accountId, (standing) =>
    standing?.expires_at === NEVER ? undefined : { expires_at: until === 'never' ? NEVER : clock() + OFFER_RESTS_MS },
  );
}
