// The signed-in person of a request, for the account pages and the steps after the login.
import type { Account } from '../../domain/account.ts';

/** A signed-in person. Code that takes this type need not check whether there is one. */
export type SignedIn = { account: Account };
