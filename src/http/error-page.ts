// Turns every error into a response.
import type { Middleware, ParameterizedContext } from 'koa';
import type { Emit } from '../telemetry/emit.ts';
import type { Log } from '../telemetry/log.ts';
import type { ErrorsByGet, ToldError } from './error-by-get.ts';
import { page, type PageContext, type PageState } from './page-context.ts';
import { isPageErrorCode, PAGE_ERRORS, PageError, type PageErrorCode } from './page-error.ts';
import { redirect } from './redirect.ts';
import { samePage, sendAgain, type SendAgain } from './send-again.ts';

/** Where failures are told. */
type Telemetry = { log: Log; emit?: Emit };

/** When to retry while another app is unavailable. */
const RETRY_AFTER_SECONDS = 5;

/** An error that names its response by a code of `PAGE_ERRORS` and a status. Any room may throw one; see `StorageUnavailable`. */
type TemporaryError = Error & { code: PageErrorCode; retryAfterSeconds: number };

function isTemporary(error: unknown): error is TemporaryError {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    isPageErrorCode(error.code) &&
    'status' in error &&
    PAGE_ERRORS[error.code].status.some((status) => status === error.status) &&
    'retryAfterSeconds' in error &&
    typeof error.retryAfterSeconds === 'number'
  );
}

/** Converts any error to a `PageError`. */
export function asPageError(error: unknown): PageError {
  if (error instanceof PageError) return error;
  if (isTemporary(error)) {
    const { code, message: detail, retryAfterSeconds } = error;
    return new PageError(code, { cause: error, detail, retryAfterSeconds });
  }
  const thrown = typeof error === 'object' && error !== null && 'status' in error ? Number(error.status) : 500;
  // koa-router returns 501 for unknown methods such as LOCK; 405 is the correct status.
  const status = thrown === 501 ? 405 : thrown;
  // Koa and its middleware throw these.
  if (status === 400 || status === 413) return new PageError('form_unreadable', { status, cause: error });
  if (status === 404 || status === 405) return new PageError('not_found', { status, cause: error });
  return new PageError('unexpected', { cause: error, detail: error instanceof Error ? error.message : String(error) });
}

function logFailure({ log, emit }: Telemetry, failure: PageError): void {
  // Counted in the metrics. A flood must not fill the log.
  if (failure.cause instanceof Error && 'isCounted' in failure.cause) return;
  const { code: error, status, message: detail } = failure;
  if (status >= 500) return log.error({ error, status, detail, stack: stackOf(failure.cause) }, 'request failed');
  if (!emit) return log.info({ error, status, detail }, 'request refused');
  if (error === 'too_many_requests') emit('limit.reached', { limit: failure.limit ?? 'other' });
  else emit('page.refused', { error, status, detail });
}

function stackOf(cause: unknown): unknown {
  return typeof cause === 'object' && cause !== null && 'stack' in cause ? cause.stack : undefined;
}

/** Returns when to retry, in whole seconds; `undefined` if waiting does not help. */
function secondsToWait({ code, retryAfterSeconds }: PageError): number | undefined {
  const seconds = retryAfterSeconds ?? ('wait' in PAGE_ERRORS[code] ? RETRY_AFTER_SECONDS : undefined);
  return seconds === undefined ? undefined : Math.ceil(seconds);
}

/** Sets `Retry-After` if the error says how long to wait. */
export function askAgainLater(ctx: Pick<ParameterizedContext, 'set'>, failure: PageError): void {
  const seconds = secondsToWait(failure);
  if (seconds !== undefined) ctx.set('Retry-After', String(seconds));
}

/** Says when to retry, in the largest fitting unit, rounded up; `undefined` if waiting does not help. */
export function waitSentence(t: PageState['t'], seconds: number | undefined): string | undefined {
  if (seconds === undefined) return undefined;
  if (seconds <= 90) return t('wait.seconds', { seconds });
  const minutes = Math.ceil(seconds / 60);
  return minutes <= 90 ? t('wait.minutes', { minutes }) : t('wait.hours', { hours: Math.ceil(minutes / 60) });
}

/** Creates middleware that answers errors as JSON with the codes of OAuth 2.0 (RFC 6749 section 5.2). */
export function errorForPrograms(telemetry: Telemetry): Middleware<PageState> {
  return async function tellError(ctx, next) {
    try {
      await next();
    } catch (error) {
      const failure = asPageError(error);
      logFailure(telemetry, failure);
      ctx.status = failure.status;
      ctx.set('Cache-Control', 'no-store');
      ctx.body = {
        error: failure.status === 503 ? 'temporarily_unavailable' : failure.status >= 500 ? 'server_error' : 'invalid_request',
      };
      askAgainLater(ctx, failure);
    }
  };
}

/**
 * Creates middleware that renders errors, and 404 for unanswered requests. The page shows the request id that is also in the log. The
 * error of a form is shown by GET, unless the form can be sent again: then the page has what was typed, and answers the POST.
 */
export function errorPage(telemetry: Telemetry, byGet: ErrorsByGet, clock: () => number): Middleware<PageState> {
  function show(ctx: PageContext, { code, status, requestId, brand, wayOn, retryAt }: ToldError, again?: SendAgain): void {
    const { t } = ctx.state;
    const seconds = retryAt === undefined ? undefined : Math.max(1, Math.ceil((retryAt - clock()) / 1000));
    Object.assign(ctx.state, { requestId, brand });
    page(ctx, '/error', {
      kind: 'note',
      title: t(`errors.${code}.title`),
      text: t(`errors.${code}.text`),
      wait: waitSentence(t, seconds),
      action: t(`errors.${code}.action`),
      wayOn,
      again,
    });
    // The form may be the last one before the client.
    if (again) ctx.state.formTargets = 'any';
    ctx.status = status;
    if (seconds !== undefined) ctx.set('Retry-After', String(seconds));
  }

  return async function renderError(ctx, next) {
    const shown = byGet.read(ctx);
    if (shown) return show(ctx, shown);
    let failure: PageError;
    try {
      await next();
      if (ctx.status !== 404 || ctx.body) return;
      failure = new PageError('not_found');
    } catch (error) {
      failure = asPageError(error);
    }
    const { requestId, brand } = ctx.state;
    logFailure(telemetry, failure);
    const seconds = secondsToWait(failure);
    const told: ToldError = {
      code: failure.code,
      status: failure.status,
      requestId,
      brand,
      wayOn: failure.wayOn ?? (seconds === undefined ? ctx.state.defaultWayOn?.() : samePage(ctx)),
      retryAt: seconds === undefined ? undefined : clock() + seconds * 1000,
    };
    const again = sendAgain(ctx, failure.status);
    const address = again ? undefined : byGet.addressOf(ctx, told);
    if (address === undefined) show(ctx, told, again);
    else redirect(ctx, address);
  };
}
