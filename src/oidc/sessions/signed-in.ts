// The person behind a request: on the account pages, and in the steps after the login.
import type { Account } from '../../domain/account.ts';

/** A person is signed in. Code that takes this need not ask whether there is one. */
export type SignedIn = { account: Account };
