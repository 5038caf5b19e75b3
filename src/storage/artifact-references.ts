// What an artifact is found by besides its id: taken from its payload, alike on both databases.

/**
 * oidc-provider's names of the models that are listed by account: where a person is signed in, and what services were given. An index over
 * the rest would be written with every token and read by nobody.
 */
export const LISTED_BY_ACCOUNT = ['Session', 'Grant'] as const;

export type ListedByAccount = (typeof LISTED_BY_ACCOUNT)[number];

/** Each is nothing where the payload has none; the account also where this model is never listed by it. */
export function referencesOf(model: string, payload: Record<string, unknown>) {
  const text = (member: string): string | null => (typeof payload[member] === 'string' ? payload[member] : null);
  const isListed = LISTED_BY_ACCOUNT.some((listed) => listed === model);
  return { uid: text('uid'), grant_id: text('grantId'), account_id: isListed ? text('accountId') : null };
}
