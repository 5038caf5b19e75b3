// Ties a record, such as a password reset, to the browser that began it.
import type { ParameterizedContext } from 'koa';
import type { Deps } from '../deps.ts';

type CookieContext = Pick<ParameterizedContext, 'cookies'>;

export type RecordCookie<Kept extends { id: string }> = {
  /** Returns the record that this browser began; `undefined` if there is none or it has ended. */
  read(ctx: CookieContext): Promise<Kept | undefined>;
  write(ctx: CookieContext, record: Kept): void;
};

/**
 * Makes the signed session cookie that holds the id of the browser's record.
 * @param name the last part of the cookie's name
 * @param find finds the record of an id
 */
export function createRecordCookie<Kept extends { id: string }>(
  { config }: Pick<Deps, 'config'>,
  name: string,
  find: (id: string) => Promise<Kept | undefined>,
): RecordCookie<Kept> {
  const secure = config.issuer.startsWith('https:');
  const fullName = `${secure ? '__Host-' : ''}common-id.${name}`;
  return {
    async read(ctx) {
      const id = ctx.cookies.get(fullName, { signed: true });
      return id ? find(id) : undefined;
    },
    write(ctx, { id }) {
      ctx.cookies.set(fullName, id, { signed: true, httpOnly: true, sameSite: 'lax', secure, path: '/' });
    },
  };
}
