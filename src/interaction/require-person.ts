// Puts the person's account onto the interaction, for the steps after the login.
import type { Middleware } from 'koa';
import type { Deps } from '../deps.ts';
import { PageError } from '../http/page-error.ts';
import type { SignedIn } from '../oidc/sessions/signed-in.ts';
import type { InteractionState } from './interaction-context.ts';

/**
 * Makes the middleware that stands before the routes of such a step.
 * @throws {PageError} `interaction_expired`, 400, where there is no account
 */
export function createRequirePerson({ storage: { accounts } }: Pick<Deps, 'storage'>): Middleware<InteractionState> {
  return async function requirePerson(ctx, next) {
    const { interaction } = ctx.state;
    const account = interaction.accountId === undefined ? undefined : await accounts.find(interaction.accountId);
    // The policy has asked for the login before, so the account was removed since. It would send the browser here again and again.
    if (!account) throw new PageError('interaction_expired', { detail: 'the account of the interaction is gone' });
    Object.assign(interaction, { account } satisfies SignedIn);
    return next();
  };
}
