// Ends the session that a browser has before somebody else signs in.
import type Provider from 'oidc-provider';
import type { ParameterizedContext } from 'koa';

/**
 * Destroys the browser's session where it is another account's – also one that another tab has begun meanwhile – and unties the running
 * interaction from a session that is not there any more. Without this oidc-provider would answer the login with a logout page that
 * posts itself by script, or refuse to go on.
 * @param beganInSession whether somebody was signed in when the interaction began
 */
export async function leaveSession(
  provider: Provider,
  ctx: ParameterizedContext,
  accountId: string,
  beganInSession: boolean,
): Promise<void> {
  const session = await provider.Session.get(ctx as unknown as Parameters<typeof provider.Session.get>[0]);
  if (session.accountId === undefined && !beganInSession) return;
  const anothers = session.accountId !== undefined && session.accountId !== accountId;
  // Before the session is gone: the library gives nobody the interaction of a session that is not there.
  const interaction = await provider.interactionDetails(ctx.req, ctx.res);
  if (anothers) await session.destroy();
  if (!anothers && interaction.session?.uid === session.uid) return;
  // oidc-provider compares the session of the interaction's start with the one at its end.
  delete (interaction as { session?: unknown }).session;
  // Its end stays the same. `exp` is of the library's own clock, so the library counts what is left.
  await interaction.persist();
}
