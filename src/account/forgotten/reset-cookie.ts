// Ties a password reset to the browser that began it.
import type { ParameterizedContext } from 'koa';
import type { Deps } from '../../deps.ts';
import type { PasswordReset } from '../../domain/password-reset.ts';

type CookieContext = Pick<ParameterizedContext, 'cookies'>;

export type ResetCookie = {
  /** The reset that this browser began; `undefined` where it is over, or was begun anew elsewhere. */
  read(ctx: CookieContext): Promise<PasswordReset | undefined>;
  write(ctx: CookieContext, reset: PasswordReset): void;
};

export function createResetCookie({ config, storage }: Pick<Deps, 'config' | 'storage'>): ResetCookie {
  const secure = config.issuer.startsWith('https:');
  const name = `${secure ? '__Host-' : ''}common-id.password-reset`;
  return {
    async read(ctx) {
      const [id, flow] = ctx.cookies.get(name, { signed: true })?.split('.') ?? [];
      if (!id || !flow) return undefined;
      const reset = await storage.passwordResets.find(id);
      return reset?.flow === flow ? reset : undefined;
    },
    write(ctx, { id, flow }) {
      ctx.cookies.set(name, `${id}.${flow}`, { signed: true, httpOnly: true, sameSite: 'lax', secure, path: '/' });
    },
  };
}
