// Adds the person's account to the interaction, for the steps after the login.
import type { Middleware } from 'koa';
import type { Deps } from '../deps.ts';
import { refuseDisabled } from '../authentication/disabled-id.ts';
import { PageError } from '../http/page-error.ts';
import type { SignedIn } from '../oidc/sessions/signed-in.ts';
import type { InteractionState } from './interaction-context.ts';

/**
 * Makes the middleware in front of the routes of such a step. It throws `interaction_expired`, 400, if there is no account, and `id_disabled`, 403,
 * if an operator has disabled it.
 */
export function createRequirePerson({ storage: { accounts } }: Pick<Deps, 'storage'>): Middleware<InteractionState> {
  return async function requirePerson(ctx, next) {
    const { interaction } = ctx.state;
    const account = interaction.accountId === undefined ? undefined : await accounts.find(interaction.accountId);
    // The login came before, so the account was removed since. The policy would redirect here forever.
    if (!account) throw new PageError('interaction_expired', { detail: 'the account of the interaction is gone' });
    // The person gave the password or a passkey in this request.
    refuseDisabled(account);
    if (account.disabled_at !== undefined) throw new PageError('interaction_expired', { detail: 'the account is being erased' });
    Object.assign(interaction, { account } satisfies SignedIn);
    return next();
  };
}
