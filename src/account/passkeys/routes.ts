// パスキー: lists, adds, renames and removes the passkeys of the ID.
import type { Deps } from '../../deps.ts';
import { MAX_PASSKEY_NAME, MOST_PASSKEYS, passkeyDigest, type Passkey } from '../../domain/passkey.ts';
import { parsePlainText } from '../../domain/plain-text.ts';
import { addingCeremony, type PasskeyCeremony } from '../../authentication/passkey/challenges.ts';
import { addPasskey, creationOptions, removePasskey, renamePasskey } from '../../authentication/passkey/passkeys-of-account.ts';
import { postedPasskey } from '../../authentication/passkey/posted-passkey.ts';
import { relyingParty } from '../../authentication/passkey/relying-party.ts';
import { createPasswordAgain, provenRecently } from '../../authentication/password/password-again.ts';
import { createBrowserIds } from '../../http/browser-id.ts';
import { formatTime } from '../../http/format-time.ts';
import { PageError } from '../../http/page-error.ts';
import { formField } from '../../http/read-form.ts';
import { redirect } from '../../http/redirect.ts';
import { pathParameter, type AccountContext, type AddAccountRoutes } from '../account-context.ts';
import { accountPage } from '../account-page.ts';
import { declineOffer } from '../../authentication/passkey/offer.ts';

const PATH = '/account/passkeys';
const ADD_PATH = `${PATH}/add`;
const OFFER_PATH = `${PATH}/offer`;
const DONE = ['added', 'renamed', 'removed'] as const;

/** Makes the pages about passkeys. */
export function createPasskeyPages(deps: Deps): AddAccountRoutes {
  const passwordAgain = createPasswordAgain(deps);
  const browserIds = createBrowserIds(deps.config.issuer.startsWith('https:'));

  const ceremonyOf = (ctx: AccountContext): PasskeyCeremony => addingCeremony(browserIds.ensure(ctx), ctx.state.session);

  const show = (ctx: AccountContext): void => {
    const { t, language, session } = ctx.state;
    const { passkeys = [], user_handle: userHandle } = session.account;
    accountPage(ctx, 'account-passkeys', {
      title: t('passkeys.title'),
      done: DONE.find((done) => done === ctx.query.done),
      addAction: ADD_PATH,
      backUrl: '/account',
      isFull: passkeys.length >= MOST_PASSKEYS,
      most: MOST_PASSKEYS,
      passkeys: passkeys.map((passkey) => ({
        name: passkey.name,
        path: `${PATH}/${passkeyDigest(passkey.id)}`,
        createdAt: formatTime(passkey.created_at, language),
        lastUsedAt: passkey.last_used_at && formatTime(passkey.last_used_at, language),
        reach: passkey.device_type === 'singleDevice' ? 'one_device' : passkey.backed_up ? 'synced' : 'not_synced_yet',
      })),
      // Lets the browser forget the passkeys that were removed here.
      ...(userHandle === undefined
        ? {}
        : {
            accepted: { rpID: relyingParty(deps).id, userID: userHandle, allAcceptedCredentialIDs: passkeys.map(({ id }) => id) },
          }),
    });
  };

  const showAdd = async (ctx: AccountContext, errors: Record<string, string> = {}): Promise<void> => {
    accountPage(ctx, 'account-passkey-add', {
      title: ctx.state.t('passkey_add.title'),
      action: PATH,
      shownAt: ADD_PATH,
      backUrl: PATH,
      options: await creationOptions(deps, ceremonyOf(ctx), ctx.state.session.account),
      errors,
    });
  };

  /** @throws {PageError} `not_found` if the account does not have the passkey */
  const passkeyOf = (ctx: AccountContext): Passkey => {
    const digest = pathParameter(ctx, 'passkey');
    const found = ctx.state.session.account.passkeys?.find(({ id }) => passkeyDigest(id) === digest);
    if (!found) throw new PageError('not_found', { wayOn: PATH });
    return found;
  };

  const postAdd = async (ctx: AccountContext): Promise<void> => {
    const { session, t } = ctx.state;
    const added = await addPasskey(deps, ceremonyOf(ctx), session.account, postedPasskey(ctx));
    if (added) return redirect(ctx, `${PATH}?done=added`);
    // A new challenge needs a recent sign-in, as the first one did.
    if (!(await passwordAgain(ctx, session, { action: ADD_PATH, backUrl: PATH, typed: {} }))) return;
    return showAdd(ctx, { passkey: t('passkey_add.failed') });
  };

  const showRename = (ctx: AccountContext, name: string, errors: Record<string, string> = {}): void =>
    accountPage(ctx, 'account-passkey-rename', {
      title: ctx.state.t('passkey_rename.title'),
      action: ctx.path,
      backUrl: PATH,
      values: { name },
      errors,
    });

  const postRename = async (ctx: AccountContext): Promise<void> => {
    const { t, session } = ctx.state;
    const { id } = passkeyOf(ctx);
    const typed = formField(ctx, 'name');
    const name = parsePlainText(typed, MAX_PASSKEY_NAME);
    if (!name.ok) return showRename(ctx, typed, { name: t(`passkey_rename.${name.reason}`, { most: MAX_PASSKEY_NAME }) });
    await renamePasskey(deps, session.account.id, id, name.text);
    return redirect(ctx, `${PATH}?done=renamed`);
  };

  const showRemove = (ctx: AccountContext): void => {
    const { t } = ctx.state;
    accountPage(ctx, 'account-ask', {
      title: t('passkey_remove.title'),
      subject: passkeyOf(ctx).name,
      text: t('passkey_remove.text'),
      points: [t('passkey_remove.point_1'), t('passkey_remove.point_2')],
      submit: t('passkey_remove.submit'),
      backLabel: t('passkeys.back'),
      action: ctx.path,
      backUrl: PATH,
    });
  };

  const postRemove = async (ctx: AccountContext): Promise<void> => {
    const { session } = ctx.state;
    const { id } = passkeyOf(ctx);
    if (!(await passwordAgain(ctx, session, { action: ctx.path, backUrl: PATH, typed: {} }))) return;
    const removed = await removePasskey(deps, session.account, id);
    return redirect(ctx, removed ? `${PATH}?done=removed` : PATH);
  };

  return (router) => {
    router.get(PATH, show).post(PATH, postAdd);
    router.get(ADD_PATH, async (ctx) => (provenRecently(deps, ctx.state.session) ? showAdd(ctx) : show(ctx)));
    router.post(ADD_PATH, async (ctx) => {
      if (await passwordAgain(ctx, ctx.state.session, { action: ADD_PATH, backUrl: PATH, typed: {} })) redirect(ctx, ADD_PATH);
    });
    router.post(OFFER_PATH, async (ctx) => {
      await declineOffer(deps, ctx.state.session.account.id, formField(ctx, 'until') === 'never' ? 'never' : 'later');
      return redirect(ctx, '/account');
    });
    router.get(`${PATH}/:passkey/rename`, (ctx) => showRename(ctx, passkeyOf(ctx).name));
    router.post(`${PATH}/:passkey/rename`, postRename);
    router.get(`${PATH}/:passkey/remove`, showRemove).post(`${PATH}/:passkey/remove`, postRemove);
  };
}
