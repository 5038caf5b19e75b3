// Where a sign-in comes from, for limits and for the history that the owner of the ID sees.
import type { ParameterizedContext } from 'koa';
import type { Deps } from '../deps.ts';
import { deviceName } from '../domain/device-name.ts';
import type { FailedSignIn, Region } from '../domain/sign-in-history.ts';

export type SignInOrigin = {
  ip: string;
  userAgent: string;
  /** The client in whose flow it is; absent at the pages of the ID. */
  clientId?: string;
};

/** Reads the origin from a request. */
export function originOf(ctx: Pick<ParameterizedContext, 'ip' | 'get'>, clientId?: string): SignInOrigin {
  return { ip: ctx.ip, userAgent: ctx.get('User-Agent'), ...(clientId !== undefined && { clientId }) };
}

/** Returns the browser, the system and the region, as far as they are known. The address itself is not kept. */
export function placeOf(
  { regionOf }: Pick<Deps, 'regionOf'>,
  { ip, userAgent }: SignInOrigin,
): { device?: string; region?: Region } {
  const [device, region] = [deviceName(userAgent), regionOf(ip)];
  return { ...(device !== undefined && { device }), ...(region && { region }) };
}

/** Notes a failed sign-in for the owner of the account. */
export function noteFailure(
  deps: Pick<Deps, 'failedSignIns' | 'regionOf' | 'clock' | 'emit'>,
  accountId: string,
  method: FailedSignIn['method'],
  origin: SignInOrigin,
): void {
  const { clientId } = origin;
  deps.emit('login.failed', { method, reason: 'wrong', account: accountId, client_id: clientId });
  const at = deps.clock();
  deps.failedSignIns.note(accountId, {
    at,
    method,
    ...(clientId !== undefined && { client_id: clientId }),
    ...placeOf(deps, origin),
  });
}
