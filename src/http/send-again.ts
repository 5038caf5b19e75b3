// Lets a person send a form again after a passing error. Only the error page keeps the typed values, because the database may be away.
import type { PageContext } from './page-context.ts';
import { CSRF_FIELD } from './csrf.ts';
import { fieldsOf } from './read-form.ts';

export type SendAgain = {
  /** The path and query of the form. */
  action: string;
  /** What was sent, without passwords. */
  fields: { name: string; value: string }[];
  /** Whether a password was left out. The form's page asks for it and shows all the rest. */
  asksPassword: boolean;
};

/** The errors that may be over the next time: too many requests, no database, an error of ours. */
const mayPass = (status: number): boolean => status === 429 || status >= 500;

const isPassword = (name: string): boolean => name.includes('password');

/**
 * Returns the form to send again. `undefined` if the error stays, or if the form did not come from a page of this browser: another site
 * could otherwise put its own values into a form of ours.
 */
export function sendAgain(ctx: PageContext, status: number): SendAgain | undefined {
  if (!ctx.state.isOwnForm || !mayPass(status)) return undefined;
  const typed = Object.entries(fieldsOf(ctx)).flatMap(([name, value]) =>
    typeof value === 'string' && name !== CSRF_FIELD ? [{ name, value }] : [],
  );
  return {
    action: samePage(ctx),
    fields: typed.filter(({ name }) => !isPassword(name)),
    asksPassword: typed.some(({ name, value }) => isPassword(name) && value !== ''),
  };
}

/** Returns the path and query of a page, or of the page of a form. One leading slash only: `//host` would be another site. */
export const samePage = ({ path, search }: PageContext): string => `${path.replace(/^[/\\]*/, '/')}${search}`;
