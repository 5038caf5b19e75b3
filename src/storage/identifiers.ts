// The identifiers that only one account may have, as keys: `email:<canonical address>`, `phone:<E.164>`.
import type { Account } from '../domain/account.ts';

export type Identifier = { what: 'email' | 'phone'; key: string };

export const emailKey = (canonicalEmail: string): string => `email:${canonicalEmail}`;
export const phoneKey = (canonicalPhone: string): string => `phone:${canonicalPhone}`;

/** Returns the kind of each identifier, which an error may name, and its key. */
export function identifiersOf({ email_canonical, phone_canonical }: Account): Identifier[] {
  const email = { what: 'email', key: emailKey(email_canonical) } as const;
  return phone_canonical === undefined ? [email] : [email, { what: 'phone', key: phoneKey(phone_canonical) }];
}

/** Returns the identifiers that a change of an account takes, and those that it frees. */
export function changedIdentifiers(before: Account, after: Account): { taken: Identifier[]; freed: Identifier[] } {
  const [old, next] = [identifiersOf(before), identifiersOf(after)];
  const without = (some: Identifier[], others: Identifier[]) =>
    some.filter(({ key }) => !others.some((other) => other.key === key));
  return { taken: without(next, old), freed: without(old, next) };
}
