// Ties a password reset to the browser that started it.
import type { ParameterizedContext } from 'koa';
import type { Deps } from '../../deps.ts';
import type { PasswordReset } from '../../domain/password-reset.ts';

type CookieContext = Pick<ParameterizedContext, 'cookies'>;

export type ResetCookie = {
  /** Returns the reset that this browser started; `undefined` if there is none or it has ended. */
  read(ctx: CookieContext): Promise<PasswordReset | undefined>;
  write(ctx: CookieContext, reset: PasswordReset): void;
};

/** Makes the signed session cookie that holds the id of the browser's reset. */
export function createResetCookie({ config, storage }: Pick<Deps, 'config' | 'storage'>): ResetCookie {
  const secure = config.issuer.startsWith('https:');
  const name = `${secure ? '__Host-' : ''}common-id.password-reset`;
  return {
    async read(ctx) {
      const id = ctx.cookies.get(name, { signed: true });
      // A value with a dot comes from an earlier version, which stored resets differently.
      return id && !id.includes('.') ? storage.passwordResets.find(id) : undefined;
    },
    write(ctx, { id }) {
      ctx.cookies.set(name, id, { signed: true, httpOnly: true, sameSite: 'lax', secure, path: '/' });
    },
  };
}
