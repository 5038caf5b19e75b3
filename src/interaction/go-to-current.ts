// Sends a browser to the page that its request is at. It asked for another one: by the back button, a double press, a bookmark or an old path.
import type { ParameterizedContext } from 'koa';
import type Provider from 'oidc-provider';
import type { Deps } from '../deps.ts';
import { createBrowserIds } from '../http/browser-id.ts';
import { PageError } from '../http/page-error.ts';
import { redirect } from '../http/redirect.ts';
import { interactionPath, resumePath } from '../oidc/policy/interaction-url.ts';
import { readRecentRequest, type RecentRequest } from './recent-request.ts';

/** Missing in @types/oidc-provider. */
const cookieName = (provider: Provider, type: 'interaction' | 'resume'): string =>
  (provider as unknown as { cookieName(type: string): string }).cookieName(type);

/** Whether oidc-provider can go on from an interaction in this browser. */
export async function canResume(ctx: Pick<ParameterizedContext, 'cookies'>, uid: string, provider: Provider): Promise<boolean> {
  return (
    ctx.cookies.get(cookieName(provider, 'resume'), { signed: true }) === uid && Boolean(await provider.Interaction.find(uid))
  );
}

/**
 * Makes the function that sends the browser in which a request began to the page that the request is at. Where the request is over, it sends
 * the browser to the service that the request came from.
 * @throws {PageError} `interaction_expired`, 400, where the request is unknown, too old, or another browser's
 */
export function createGoToCurrent(
  { config, clients, storage }: Pick<Deps, 'config' | 'clients' | 'storage'>,
  provider: Provider,
) {
  const secure = config.issuer.startsWith('https:');
  const browserIds = createBrowserIds(secure);

  /** oidc-provider's two cookies of an interaction: lost where a second press came before the first was answered. */
  function giveCookies(ctx: Pick<ParameterizedContext, 'cookies'>, uid: string, path: string): void {
    const options = { signed: true, httpOnly: true, sameSite: 'lax', secure, overwrite: true } as const;
    const maxAge = config.lifetimes.interaction * 1000;
    ctx.cookies.set(cookieName(provider, 'interaction'), uid, { ...options, maxAge, path });
    ctx.cookies.set(cookieName(provider, 'resume'), uid, { ...options, maxAge, path: resumePath(uid) });
  }

  /** Whether the person who was signed in when the interaction began still is; true if nobody was. */
  async function sessionStands({ session }: { session?: { uid: string; accountId?: string } | undefined }): Promise<boolean> {
    if (!session) return true;
    return (await provider.Session.findByUid(session.uid))?.accountId === session.accountId;
  }

  /** The start of a client's service, which everybody may know. */
  function homeOf(clientId: unknown): string | undefined {
    const home = clients.find(String(clientId))?.metadata.client_uri;
    return typeof home === 'string' ? home : undefined;
  }

  /** The page of a request that this browser cannot go on with; it leads to the service that the request came from. */
  function expired(detail: string, interaction?: { params: { client_id?: unknown } }): PageError {
    const wayOn = homeOf(interaction?.params.client_id);
    return new PageError('interaction_expired', { detail, ...(wayOn === undefined ? {} : { wayOn }) });
  }

  /**
   * @param uid the interaction that the browser asked for
   * @param request the request of that interaction; by default the one that the browser remembers
   */
  return async function goToCurrent(
    ctx: Pick<ParameterizedContext, 'cookies' | 'redirect' | 'set' | 'status'>,
    uid: string,
    request?: RecentRequest,
  ): Promise<void> {
    const recent = request ?? readRecentRequest(ctx, secure);
    const facts = recent?.uids.includes(uid) ? await storage.interactionFacts.find(recent.cid) : undefined;
    const browserId = browserIds.read(ctx);
    if (!recent || !facts || browserId === undefined || facts.browser_id !== browserId) {
      throw expired('no interaction, or the cookie names another one', await provider.Interaction.find(uid));
    }
    const current = facts.current_uid === undefined ? undefined : await provider.Interaction.find(facts.current_uid);
    if (current && !(await sessionStands(current))) {
      // oidc-provider does not go on with it, so sending the browser there would never end.
      throw expired('the session in which the request began has ended', current);
    }
    if (current) {
      const path = interactionPath(current);
      giveCookies(ctx, current.uid, path);
      return redirect(ctx, path);
    }
    const home = homeOf(recent.clientId);
    if (home !== undefined) return redirect(ctx, home);
    throw expired('the request is over');
  };
}
