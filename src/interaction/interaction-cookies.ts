// oidc-provider's two cookies of an interaction, for the cases in which the program sets them itself.
import type { ParameterizedContext } from 'koa';
import type Provider from 'oidc-provider';
import { resumePath } from '../oidc/policy/interaction-url.ts';

type Begun = { uid: string; returnTo: string };

/**
 * Sets the cookies.
 * @param path the path of the interaction's page
 * @param seconds the rest of the interaction's lifetime
 */
export function giveInteractionCookies(
  ctx: Pick<ParameterizedContext, 'cookies'>,
  provider: Provider,
  { interaction, path, seconds, secure }: { interaction: Begun; path: string; seconds: number; secure: boolean },
): void {
  const { uid } = interaction;
  const options = { signed: true, httpOnly: true, sameSite: 'lax', secure, overwrite: true, maxAge: seconds * 1000 } as const;
  ctx.cookies.set(provider.cookieName('interaction'), uid, { ...options, path });
  ctx.cookies.set(provider.cookieName('resume'), uid, { ...options, path: resumePath(interaction) });
}
