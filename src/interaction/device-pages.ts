// The pages of the device flow (RFC 8628): the person enters the code that a car or another device shows, and at the end sees the result. The
// steps in between are those of any sign-in.
import compose from 'koa-compose';
import Router from 'koa-router';
import type { Middleware } from 'koa';
import type Provider from 'oidc-provider';
import { createUserCodeLimits } from '../authentication/limits/device-code-limits.ts';
import type { Deps } from '../deps.ts';
import { readUserCode, showUserCode } from '../domain/user-code.ts';
import { askAgainLater, waitSentence } from '../http/error-page.ts';
import { createBrowserIds } from '../http/browser-id.ts';
import { page, type PageContext, type PageState } from '../http/page-context.ts';
import { PageError } from '../http/page-error.ts';
import { formField } from '../http/read-form.ts';
import { redirect } from '../http/redirect.ts';
import { createDeviceFlow, DEVICE_PATH } from '../oidc/device/device-flow.ts';
import { resumePath } from '../oidc/policy/interaction-url.ts';
import { giveInteractionCookies } from './interaction-cookies.ts';
import { readRecentRequest } from './recent-request.ts';

/** In characters. Codes are shorter, and the rest of the input is dropped. */
const LONGEST_TYPED = 40;
/** The reasons for which oidc-provider sends the browser back before the device is signed in. */
const PROBLEMS = ['expired', 'used'] as const;

/** Makes the middleware for the pages of the device flow. Other paths go on to `next`. */
export function createDeviceRouter(deps: Deps, provider: Provider, forms: Middleware<PageState>[]): Middleware<PageState> {
  const secure = deps.config.issuer.startsWith('https:');
  const browserIds = createBrowserIds(secure);
  const limits = createUserCodeLimits(deps);
  const flow = createDeviceFlow(provider, deps);

  const show = (ctx: PageContext, typed: string, more: { error?: string; problem?: string } = {}): void =>
    page(ctx, 'device', {
      kind: 'step',
      title: ctx.state.t('device.title'),
      action: DEVICE_PATH,
      shownAt: DEVICE_PATH,
      values: { user_code: typed },
      problem: more.problem,
      ...(more.error !== undefined && { errors: { user_code: more.error } }),
    });

  /** Shows the form with the code that was typed, and how long to wait. */
  const askToWait = (ctx: PageContext, userCode: string, error: unknown): void => {
    if (!(error instanceof PageError && error.code === 'too_many_requests')) throw error;
    const { t } = ctx.state;
    deps.emit('limit.reached', { limit: error.limit ?? 'other' });
    show(ctx, showUserCode(userCode), {
      error: [t('device.too_many'), waitSentence(t, Math.ceil(error.retryAfterSeconds ?? 1))].join(' '),
    });
    ctx.status = error.status;
    askAgainLater(ctx, error);
  };

  const enter = async (ctx: PageContext): Promise<void> => {
    const { t } = ctx.state;
    const typed = formField(ctx, 'user_code').slice(0, LONGEST_TYPED);
    const userCode = readUserCode(typed);
    if (userCode === undefined)
      return show(ctx, typed, { error: t(typed.trim() === '' ? 'device.missing' : 'device.malformed') });
    const takeBack = await limits
      .begin(browserIds.ensure(ctx), ctx.ip)
      .catch((error: unknown) => askToWait(ctx, userCode, error));
    if (!takeBack) return undefined;
    const begun = await flow.begin(ctx, userCode);
    if ('problem' in begun) {
      deps.emit('device.code', { outcome: begun.problem });
      return show(ctx, showUserCode(userCode), { error: t(`device.problems.${begun.problem}`) });
    }
    deps.emit('device.code', { outcome: 'typed', client_id: begun.clientId });
    await takeBack();
    const path = resumePath(begun);
    giveInteractionCookies(ctx, provider, { interaction: begun, path, seconds: deps.config.lifetimes.interaction, secure });
    return redirect(ctx, path);
  };

  /** Reads the request from the browser's cookie, sets the page's brand, and returns the name of the service. */
  function serviceOf(ctx: PageContext): string | undefined {
    const recent = readRecentRequest(ctx, secure);
    const client = recent && deps.clients.find(recent.clientId);
    if (client) ctx.state.brand = client.brand;
    return client?.name[ctx.state.language];
  }

  const router = new Router<PageState>();
  for (const middleware of forms) router.use(middleware);
  router.get(DEVICE_PATH, (ctx) => {
    browserIds.ensure(ctx);
    const { user_code: given, problem: asked } = ctx.query;
    const userCode = typeof given === 'string' ? readUserCode(given.slice(0, LONGEST_TYPED)) : undefined;
    const problem = PROBLEMS.find((one) => one === asked);
    show(ctx, userCode === undefined ? '' : showUserCode(userCode), problem && { problem });
  });
  router.post(DEVICE_PATH, enter);
  router.get(`${DEVICE_PATH}/done`, (ctx) =>
    page(ctx, 'device-done', { kind: 'note', clientName: serviceOf(ctx), title: ctx.state.t('device_done.title') }),
  );
  router.get(`${DEVICE_PATH}/refused`, (ctx) => {
    serviceOf(ctx);
    page(ctx, 'device-refused', { kind: 'note', title: ctx.state.t('device_refused.title') });
  });
  const methodNotAllowed = (): PageError => new PageError('method_not_allowed');
  return compose([
    router.routes(),
    router.allowedMethods({ throw: true, methodNotAllowed, notImplemented: methodNotAllowed }),
  ] as Middleware<PageState>[]);
}
