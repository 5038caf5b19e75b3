// Keeps in each session which browser it belongs to, and when it began and was last used. It is part of the writes that oidc-provider
// makes anyway.
import Provider, { type Session } from 'oidc-provider';
import type { Clock } from '../../deps.ts';
import type { EpochMilliseconds } from '../../domain/account.ts';
import { deviceName } from '../../domain/device-name.ts';

export type SessionBrowser = {
  /** Browser and system; see `deviceName`. */
  device?: string;
  /** When the person signed in there first. A later sign-in of the same person in the same session does not change it. */
  since: EpochMilliseconds;
  used_at: EpochMilliseconds;
};

type WithBrowser = Session & { browser?: SessionBrowser };

/** Changes the sessions of this provider. Call it once, before the first request. */
export function keepBrowserOfSession({ Session: model }: Provider, clock: Clock): void {
  const members = [...model.IN_PAYLOAD, 'browser'];
  Object.defineProperty(model, 'IN_PAYLOAD', { get: () => members });
  const { prototype } = model;
  const { loginAccount, save } = prototype;
  prototype.loginAccount = function loginInBrowser(this: WithBrowser, details) {
    const before = this.accountId === details.accountId ? this.browser : undefined;
    loginAccount.call(this, details);
    const device = deviceName(Provider.ctx?.get('User-Agent') ?? '');
    const now = clock();
    this.browser = { ...(device !== undefined && { device }), since: before?.since ?? now, used_at: now };
  };
  prototype.save = async function saveUse(this: WithBrowser, ttl) {
    if (this.browser) this.browser = { ...this.browser, used_at: clock() };
    return save.call(this, ttl);
  };
}
