// Ends another person's session in this browser before somebody signs in.
import type Provider from 'oidc-provider';
import type { ParameterizedContext } from 'koa';

/**
 * Destroys the browser's session if it belongs to another account, even if another tab has just started it. Then detaches the
 * interaction from a session that no longer exists. Otherwise oidc-provider would respond to the login with a self-submitting
 * logout page, or refuse to continue.
 * @param beganInSession whether somebody was signed in when the interaction began
 */
export async function leaveSession(
  provider: Provider,
  ctx: ParameterizedContext,
  accountId: string,
  beganInSession: boolean,
): Promise<void> {
  const session = await provider.Session.get(ctx);
  if (session.accountId === undefined && !beganInSession) return;
  const anothers = session.accountId !== undefined && session.accountId !== accountId;
  // Read it before the session is destroyed: oidc-provider does not return the interaction of a missing session.
  const interaction = await provider.interactionDetails(ctx.req, ctx.res);
  if (anothers) await session.destroy();
  if (!anothers && interaction.session?.uid === session.uid) return;
  // oidc-provider compares the session at the interaction's start with the one at its end.
  delete interaction.session;
  // The expiry stays the same. `exp` uses oidc-provider's clock, so let it compute the remaining time.
  await interaction.persist();
}
