// Asks for the password again before a change that protects the ID, then continues with the form as it was typed.
import type { Deps } from '../../deps.ts';
import type { Account, EpochMilliseconds } from '../../domain/account.ts';
import { askAgainLater, asPageError } from '../../http/error-page.ts';
import { createKnownDevices } from '../known-device.ts';
import { page, type PageContext } from '../../http/page-context.ts';
import { fieldsOf, formField } from '../../http/read-form.ts';
import { createSignIn } from './sign-in.ts';

/** How old the last proof may be: a password or a passkey. Limits what others can do with an open or stolen session. */
const RECENT_SECONDS = 5 * 60;

const FIELD = 'password_again';

/** The session of a signed-in person. */
type SignedInSession = {
  account: Account;
  /** When the person last entered the password or used a passkey, in seconds since 1970. */
  authTime: number;
  /** Sets `authTime` to now. */
  confirmed(account: Account, now: EpochMilliseconds): Promise<void>;
};

/** Whether the person has proven who they are in the last minutes, with a password or a passkey. */
export function provenRecently({ clock }: Pick<Deps, 'clock'>, { authTime }: Pick<SignedInSession, 'authTime'>): boolean {
  return clock() / 1000 - authTime <= RECENT_SECONDS;
}

export type PasswordAgain = (
  ctx: PageContext,
  session: SignedInSession,
  form: {
    /** The path to which the form is posted, with and without the password. */
    action: string;
    backUrl: string;
    /** The form fields as typed, which the page sends again. */
    typed: Record<string, string>;
  },
) => Promise<boolean>;

/**
 * Makes the check. It returns whether the person entered the password recently or with this form. If not, it has shown the page
 * that asks for the password. Wrong passwords count as failed logins.
 */
export function createPasswordAgain(deps: Deps): PasswordAgain {
  const { clock, config } = deps;
  const signIn = createSignIn(deps);
  const knownDevices = createKnownDevices(config.issuer.startsWith('https:'));

  return async function passwordAgain(ctx, session, { action, backUrl, typed }) {
    if (provenRecently(deps, session)) return true;
    const { t } = ctx.state;
    const { email } = session.account;
    const show = (error?: string): false => {
      page(ctx, 'password-again', {
        kind: 'step',
        title: t('password_again.title'),
        action,
        backUrl,
        email,
        typed: Object.entries(typed),
        ...(error === undefined ? {} : { errors: { [FIELD]: error } }),
      });
      // Nothing has changed yet: the form must be posted again.
      ctx.status = 422;
      return false;
    };

    if (!Object.hasOwn(fieldsOf(ctx), FIELD)) return show();
    const password = formField(ctx, FIELD);
    if (password === '') return show(t('form_errors.current_password_missing'));
    try {
      const from = { ip: ctx.ip, knownDevice: (accountId: string) => knownDevices.read(ctx, accountId) };
      const account = await signIn(email, password, from);
      if (account?.id !== session.account.id) return show(t('form_errors.current_password_wrong'));
      await session.confirmed(account, clock());
      return true;
    } catch (error) {
      const failure = asPageError(error);
      if (failure.status !== 429 && failure.status !== 503) throw error;
      // The typed values stay on the page for the next attempt.
      show(t(`errors.${failure.code}.text`));
      ctx.status = failure.status;
      askAgainLater(ctx, failure);
      return false;
    }
  };
}
