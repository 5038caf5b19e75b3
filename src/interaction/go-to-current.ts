// Redirects a browser to the current page of its request, after the back button, a double press, a bookmark or an old path.
import { setTimeout as sleep } from 'node:timers/promises';
import type { ParameterizedContext } from 'koa';
import type Provider from 'oidc-provider';
import type { Deps } from '../deps.ts';
import { createBrowserIds } from '../http/browser-id.ts';
import { PageError } from '../http/page-error.ts';
import { redirect } from '../http/redirect.ts';
import { interactionPath } from '../oidc/policy/interaction-url.ts';
import { giveInteractionCookies } from './interaction-cookies.ts';
import { readRequestOf, REQUEST_URI, type RecentRequest } from './recent-request.ts';

/** A first press that is resumed notes its next interaction within this time. After the last page of a request there is none. */
const NEXT_IS_NOTED_WITHIN_MS = 2000;
const LOOK_EVERY_MS = 50;

/** Whether oidc-provider can resume from an interaction in this browser. */
export async function canResume(ctx: Pick<ParameterizedContext, 'cookies'>, uid: string, provider: Provider): Promise<boolean> {
  return (
    ctx.cookies.get(provider.cookieName('resume'), { signed: true }) === uid && Boolean(await provider.Interaction.find(uid))
  );
}

/**
 * Makes the function that redirects the browser to the current page of its request. If the request is finished, it redirects to
 * the service that the request came from. If the request has expired, it starts the same request again, and the draft and the facts
 * of the legacy user bring back what was typed.
 * The function throws `interaction_expired`, 400, if the request is unknown or began in another browser.
 */
export function createGoToCurrent(
  { config, clients, storage, clock }: Pick<Deps, 'config' | 'clients' | 'storage' | 'clock'>,
  provider: Provider,
) {
  const secure = config.issuer.startsWith('https:');
  const browserIds = createBrowserIds(secure);

  /**
   * Finds the current interaction of a request. While oidc-provider resumes after a first press, the interaction of the pressed page
   * is gone and the next one is not noted yet: waits for that, unless this browser knows that the request is over.
   * @param uid the interaction of the pressed page
   */
  async function findCurrent({ cid, isOver }: RecentRequest, uid: string) {
    const noted = async () => (await storage.interactionFacts.find(cid))?.current_uid;
    for (let waited = 0; ; waited += LOOK_EVERY_MS) {
      const current = await noted();
      const found = current === undefined ? undefined : await provider.Interaction.find(current);
      if (found || isOver || current !== uid || waited >= NEXT_IS_NOTED_WITHIN_MS) return found;
      await sleep(LOOK_EVERY_MS);
    }
  }

  /** Whether the person who was signed in when the interaction began still is; true if nobody was. */
  async function sessionStands({ session }: { session?: { uid: string; accountId?: string } | undefined }): Promise<boolean> {
    if (!session) return true;
    return (await provider.Session.findByUid(session.uid))?.accountId === session.accountId;
  }

  /** Returns the start page of a client's service, which is public. */
  function homeOf(clientId: unknown): string | undefined {
    const home = clients.find(String(clientId))?.metadata.client_uri;
    return typeof home === 'string' ? home : undefined;
  }

  /** Whether a query can start its request: a pushed one is kept for a day or two. */
  async function canStart(query: string): Promise<boolean> {
    const id = new URLSearchParams(query).get('request_uri')?.slice(REQUEST_URI.length);
    return id === undefined || Boolean(await provider.PushedAuthorizationRequest.find(id));
  }

  /**
   * Makes the error for a request that this browser cannot continue. Its page links to the service that the request came from.
   */
  function expired(detail: string, clientId?: unknown): PageError {
    const wayOn = homeOf(clientId);
    return new PageError('interaction_expired', { detail, ...(wayOn === undefined ? {} : { wayOn }) });
  }

  /**
   * @param uid the interaction in the requested path
   * @param request the request of that interaction; by default the one in the browser's cookies
   */
  return async function goToCurrent(
    ctx: Pick<ParameterizedContext, 'cookies' | 'redirect' | 'set' | 'status'>,
    uid: string,
    request?: RecentRequest,
  ): Promise<void> {
    const recent = request ?? readRequestOf(ctx, secure, uid);
    const isOwn = recent?.uids.includes(uid) ?? false;
    const facts = recent && isOwn ? await storage.interactionFacts.find(recent.cid) : undefined;
    /** The browser shows by its cookie that it keeps cookies, and the new request has another id: this cannot loop. */
    const startAgain = async (detail: string): Promise<void> => {
      if (!isOwn || recent?.query === undefined || !(await canStart(recent.query))) throw expired(detail, recent?.clientId);
      redirect(ctx, `/auth?${recent.query}`);
    };
    if (recent && isOwn && !facts) return startAgain('the request has expired');
    if (!recent || !facts || browserIds.read(ctx) === undefined || !browserIds.isOwn(ctx, facts.browser_id)) {
      const known = await provider.Interaction.find(uid);
      throw expired('no interaction, or the cookie names another one', known?.params.client_id);
    }
    const current = await findCurrent(recent, uid);
    if (current && !(await sessionStands(current))) {
      // oidc-provider would not resume it, so a redirect to its page would loop.
      return startAgain('the session in which the request began has ended');
    }
    if (current) {
      const path = interactionPath(current);
      const seconds = Math.ceil(((facts.current_until ?? 0) - clock()) / 1000);
      giveInteractionCookies(ctx, provider, {
        interaction: current,
        path,
        seconds: Math.max(seconds, config.lifetimes.interaction),
        secure,
      });
      return redirect(ctx, path);
    }
    if (clock() >= (facts.current_until ?? Infinity)) return startAgain('the request has expired');
    const home = homeOf(recent.clientId);
    if (home !== undefined) return redirect(ctx, home);
    throw expired('the request is over');
  };
}
