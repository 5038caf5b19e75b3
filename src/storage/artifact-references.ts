// The fields by which an artifact is found, other than its id. Both backends take them from the payload.

/**
 * oidc-provider's names of the models that are listed by account: sessions and grants. An index on the other models would be written with
 * every token and never read.
 */
export const LISTED_BY_ACCOUNT = ['Session', 'Grant'] as const;

export type ListedByAccount = (typeof LISTED_BY_ACCOUNT)[number];

/** Returns the references of a payload; absent ones are undefined, and so is the account of a model that is not listed by account. */
export function referencesOf(model: string, payload: Record<string, unknown>) {
  const text = (member: string): string | null => (typeof payload[member] === 'string' ? payload[member] : null);
  const isListed = LISTED_BY_ACCOUNT.some((listed) => listed === model);
  return { uid: text('uid'), grant_id: text('grantId'), account_id: isListed ? text('accountId') : null };
}
