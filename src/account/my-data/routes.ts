// お客様のデータ: everything that the ID stores about a person, as a page and as a file.
import type { Deps } from '../../deps.ts';
import { createPasswordAgain, provenRecently } from '../../authentication/password/password-again.ts';
import { formatPhoneNumber } from '../../domain/phone-number.ts';
import { KEYS_BY_SECTION } from '../../domain/profile-fields.ts';
import { formatDate, formatTime } from '../../http/format-time.ts';
import { redirect } from '../../http/redirect.ts';
import type { AccountAccess } from '../../oidc/sessions/account-access.ts';
import { profileRows } from '../../profile/profile-form.ts';
import type { AccountContext, AddAccountRoutes } from '../account-context.ts';
import { accountPage } from '../account-page.ts';
import { clientName } from '../names.ts';
import { collectMyData } from './collect.ts';
import type { MyData } from './my-data.ts';

const PATH = '/account/my-data';
const SHOWN_PATH = `${PATH}/shown`;
/** The versions of our terms are dates. */
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const FILE_PATH = `${PATH}/file`;

/** Makes the pages. They show data only to a person who has given the password or a passkey within the last five minutes. */
export function createMyDataPages(deps: Deps, access: AccountAccess): AddAccountRoutes {
  const passwordAgain = createPasswordAgain(deps);

  const ask = (ctx: AccountContext): void =>
    accountPage(ctx, 'account-my-data', { title: ctx.state.t('my_data.title'), action: PATH, backUrl: '/account' });

  const collect = async ({ state: { session, language } }: AccountContext): Promise<MyData> =>
    collectMyData(deps, access, session.account, language);

  const show = async (ctx: AccountContext): Promise<void> => {
    if (!provenRecently(deps, ctx.state.session)) return redirect(ctx, PATH);
    const { t, session, language } = ctx.state;
    accountPage(ctx, 'account-my-data-shown', {
      title: t('my_data.title'),
      data: inWords(await collect(ctx), ctx),
      rows: profileRows(session.account.profile, KEYS_BY_SECTION, ctx.state).filter(({ value }) => value !== ''),
      fileUrl: FILE_PATH,
      backUrl: '/account',
      madeAt: formatTime(deps.clock(), language),
    });
  };

  /** Writes times, versions and telephone numbers as a reader does, and names the services. */
  function inWords(data: MyData, { state: { language } }: AccountContext): MyData {
    const written = JSON.stringify(data, (key, value: unknown) => {
      if (typeof value !== 'string') return value;
      if (/_at$|^since$|^kept_until$/.test(key)) return formatTime(Date.parse(value), language);
      if (key.startsWith('phone_number')) return formatPhoneNumber(value);
      if (key === 'version' && DATE.test(value)) return formatDate(value, language);
      return key === 'client_id' ? clientName(deps, value, language) : value;
    });
    return JSON.parse(written) as MyData;
  }

  return (router) => {
    router.get(PATH, ask);
    router.post(PATH, async (ctx) => {
      if (!(await passwordAgain(ctx, ctx.state.session, { action: PATH, backUrl: PATH, typed: {}, before: 'my_data' }))) return;
      redirect(ctx, SHOWN_PATH);
    });
    router.get(SHOWN_PATH, show);
    router.get(FILE_PATH, async (ctx) => {
      if (!provenRecently(deps, ctx.state.session)) return redirect(ctx, PATH);
      ctx.set('Content-Disposition', 'attachment; filename="common-id-my-data.json"');
      ctx.type = 'application/json; charset=utf-8';
      ctx.body = JSON.stringify(await collect(ctx), undefined, 2);
    });
  };
}
