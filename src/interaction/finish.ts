// The only way back to oidc-provider.
import type Provider from 'oidc-provider';
import type { InteractionResults } from 'oidc-provider';
import { redirect } from '../http/redirect.ts';
import type { InteractionContext } from './interaction-context.ts';

/** Hands a result back and sends the browser on; the policy is asked again, and decides from what is stored. */
export async function finish(provider: Provider, ctx: InteractionContext, result: InteractionResults): Promise<void> {
  const returnTo = await provider.interactionResult(ctx.req, ctx.res, result, { mergeWithLastSubmission: true });
  redirect(ctx, returnTo);
}
