// Asks for the password or a passkey again before a change that protects the ID, then continues with the form as it was typed.
import type { Deps } from '../../deps.ts';
import type { Account, EpochMilliseconds } from '../../domain/account.ts';
import { askAgainLater, asPageError } from '../../http/error-page.ts';
import { createKnownDevices } from '../known-device.ts';
import { page, type PageContext } from '../../http/page-context.ts';
import { fieldsOf, formField } from '../../http/read-form.ts';
import { createBrowserIds } from '../../http/browser-id.ts';
import type { PasskeyCeremony } from '../passkey/challenges.ts';
import { createPasskeySignIns } from '../passkey/sign-in-with-passkey.ts';
import { originOf } from '../sign-in-origin.ts';
import { createSignIn } from './sign-in.ts';

/** How old the last proof may be: a password or a passkey. Limits what others can do with an open or stolen session. */
const RECENT_SECONDS = 5 * 60;

const FIELD = 'password_again';
const PASSKEY_FIELD = 'credential';

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
    /** The path to which the form is posted, with and without the proof. */
    action: string;
    backUrl: string;
    /** The form fields as typed, which the page sends again. */
    typed: Record<string, string>;
    /** What the person wants to do, for the words of the page: to change something, if it is absent. */
    before?: 'my_data' | 'withdrawal';
  },
) => Promise<boolean>;

/**
 * Makes the check. It returns whether the person entered the password or used a passkey recently or with this form. If not, it has
 * shown the page that asks for one of them. Wrong ones count as failed logins.
 */
export function createPasswordAgain(deps: Deps): PasswordAgain {
  const { clock, config } = deps;
  const signIn = createSignIn(deps);
  const passkeys = createPasskeySignIns(deps);
  const secure = config.issuer.startsWith('https:');
  const knownDevices = createKnownDevices(secure);
  const browserIds = createBrowserIds(secure);

  return async function passwordAgain(ctx, session, { action, backUrl, typed, before = 'change' }) {
    if (provenRecently(deps, session)) return true;
    const { t } = ctx.state;
    const { id, email } = session.account;
    const ceremony: PasskeyCeremony = { browserId: browserIds.ensure(ctx), purpose: `again:${id}` };
    const show = async (error?: string): Promise<false> => {
      page(ctx, 'password-again', {
        kind: 'step',
        title: t('password_again.title'),
        action,
        backUrl,
        email,
        before,
        typed: Object.entries(typed),
        ...(session.account.passkeys?.length ? { passkeyOptions: await passkeys.options(ceremony) } : {}),
        ...(error === undefined ? {} : { errors: { [FIELD]: error } }),
      });
      // Nothing has changed yet: the form must be posted again.
      ctx.status = 422;
      return false;
    };

    const usesPasskey = formField(ctx, PASSKEY_FIELD) !== '' && Object.hasOwn(fieldsOf(ctx), FIELD);
    if (!Object.hasOwn(fieldsOf(ctx), FIELD)) return show();
    const password = formField(ctx, FIELD);
    if (password === '' && !usesPasskey) return show(t('form_errors.current_password_missing'));
    // Take the time before the check, so that a parallel password change ends the session of the old password.
    const askedAt = clock();
    try {
      const from = { ...originOf(ctx), knownDevice: (accountId: string) => knownDevices.read(ctx, accountId) };
      const account = usesPasskey
        ? (await passkeys.signIn(ceremony, formField(ctx, PASSKEY_FIELD), from)).account
        : await signIn(email, password, from);
      if (account?.id !== id)
        return await show(t(usesPasskey ? 'passkey_login.again_failed' : 'form_errors.current_password_wrong'));
      await session.confirmed(account, askedAt);
      return true;
    } catch (error) {
      const failure = asPageError(error);
      if (failure.status !== 429 && failure.status !== 503) throw error;
      // The typed values stay on the page for the next attempt.
      await show(t(`errors.${failure.code}.text`));
      ctx.status = failure.status;
      askAgainLater(ctx, failure);
      return false;
    }
  };
}
