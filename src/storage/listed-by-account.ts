// What an account's list is asked for of all that oidc-provider keeps. An index over the rest would be written with every token and read by nobody.

/** oidc-provider's names of the models that are listed by account: where a person is signed in, and what services were given. */
export const LISTED_BY_ACCOUNT = ['Session', 'Grant'] as const;

export type ListedByAccount = (typeof LISTED_BY_ACCOUNT)[number];

/** The account that a payload of this model is listed under; nothing where it never is. */
export function accountToListUnder(model: string, payload: Record<string, unknown>): string | null {
  const { accountId } = payload;
  return LISTED_BY_ACCOUNT.some((listed) => listed === model) && typeof accountId === 'string' ? accountId : null;
}
