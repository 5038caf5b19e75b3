// Returns to oidc-provider. Every step ends here.
import type Provider from 'oidc-provider';
import type { InteractionResults } from 'oidc-provider';
import { redirect } from '../http/redirect.ts';
import type { InteractionContext } from './interaction-context.ts';

/** Saves the result and redirects to oidc-provider. The policy then decides again, from the stored facts. */
export async function finish(provider: Provider, ctx: InteractionContext, result: InteractionResults): Promise<void> {
  const returnTo = await provider.interactionResult(ctx.req, ctx.res, result, { mergeWithLastSubmission: true });
  redirect(ctx, returnTo);
}
