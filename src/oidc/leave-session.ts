// Ends the session that a browser has before somebody else signs in.
import type Provider from 'oidc-provider';
import type { ParameterizedContext } from 'koa';

/**
 * Destroys the browser's session and unties the running interaction from it. Without this oidc-provider would answer the other
 * person's login with a logout page in between.
 */
export async function leaveSession(provider: Provider, ctx: Pick<ParameterizedContext, 'req' | 'res'>): Promise<void> {
  const interaction = await provider.interactionDetails(ctx.req, ctx.res);
  const session = interaction.session?.uid ? await provider.Session.findByUid(interaction.session.uid) : undefined;
  await session?.destroy();
  // oidc-provider compares the session of the interaction's start with the one at its end.
  delete (interaction as { session?: unknown }).session;
  await interaction.save(interaction.exp - Math.floor(Date.now() / 1000));
}
