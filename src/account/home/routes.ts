// マイページ: shows everything that the ID stores about a person, with links to change or end it.
import type { Deps } from '../../deps.ts';
import { openLostMailboxes } from '../../domain/lost-mailbox.ts';
import { numberRests } from '../../domain/login-number.ts';
import { formatPhoneNumber } from '../../domain/phone-number.ts';
import { KEYS_BY_SECTION } from '../../domain/profile-fields.ts';
import { profileRows } from '../../profile/profile-form.ts';
import { claimsByScope } from '../../oidc/claims.ts';
import { singleClaimsInWords } from '../../profile/claims-in-words.ts';
import type { AccountAccess } from '../../oidc/sessions/account-access.ts';
import type { AccountContext, AddAccountRoutes } from '../account-context.ts';
import { accountPage, DONE } from '../account-page.ts';
import { clientName, dealerName } from '../names.ts';
import { isOffered } from '../../authentication/passkey/offer.ts';
import { maskedEmail } from '../lost-mailbox/look-up.ts';
import { formatTime } from '../../http/format-time.ts';

/** Makes the overview page. */
export function createHomePage({ config, clients, storage, clock }: Deps, access: AccountAccess): AddAccountRoutes {
  const linksOf = async (ctx: AccountContext) => {
    const { language, session } = ctx.state;
    const links = await storage.dealerLinks.listByAccount(session.account.id);
    return links.map((link) => ({
      id: link.id,
      name: dealerName({ config }, link.dealer, language),
      status: link.status,
      since: link.linked_at && formatTime(link.linked_at, language),
      withdrawnAt: link.withdrawn_at && formatTime(link.withdrawn_at, language),
    }));
  };

  const servicesOf = async (ctx: AccountContext) => {
    const { language, session, t } = ctx.state;
    return (await access.services(session.account.id)).map(({ clientId, scopes, claims, since, usedAt }) => ({
      id: clientId,
      name: clientName({ clients }, clientId, language),
      since: formatTime(since, language),
      usedAt: usedAt && formatTime(usedAt, language),
      scopes: [
        ...scopes.filter((scope) => scope !== 'openid').map((scope) => t(`scopes.${scope}.name`)),
        ...claimsByScope(claims).map(([, names]) => singleClaimsInWords(names, t)),
      ],
    }));
  };

  const browsersOf = async (ctx: AccountContext) => {
    const { language, session, t } = ctx.state;
    const browsers = (await access.browsers(session.account.id)).map(({ uid, device, signedInAt, usedAt, clientIds }) => ({
      uid,
      current: uid === session.uid,
      device: device ?? t('sign_in_history.unknown_device'),
      signedInAt: formatTime(signedInAt, language),
      usedAt: usedAt && formatTime(usedAt, language),
      services: clientIds.map((clientId) => clientName({ clients }, clientId, language)),
    }));
    return browsers.toSorted((a, b) => Number(b.current) - Number(a.current));
  };

  /** Returns the login number in words; `undefined` if the ID has no such login. */
  const mobileNumber = ({ state: { t, session } }: AccountContext): string | undefined => {
    const { phone_canonical: phone } = session.account;
    if (!config.sms) return undefined;
    if (phone === undefined) return t('mobile_number.summary_none');
    const number = formatPhoneNumber(phone);
    return numberRests(session.account, clock()) ? t('mobile_number.summary_rests', { number }) : number;
  };

  return (router) => {
    router.get('/account', async (ctx) => {
      const { session, t } = ctx.state;
      const [links, services, browsers, offersPasskey] = await Promise.all([
        linksOf(ctx),
        servicesOf(ctx),
        browsersOf(ctx),
        isOffered({ storage }, session.account),
      ]);
      accountPage(ctx, 'account', {
        title: t('account.title'),
        done: DONE.find((done) => done === ctx.query.done),
        email: session.account.email,
        mobileNumber: mobileNumber(ctx),
        passkeys: session.account.passkeys?.length ?? 0,
        offersPasskey,
        secondFactor: session.account.second_factor !== undefined,
        lostMailboxes: openLostMailboxes(session.account, clock()).map(({ email, change_at: changeAt }) => ({
          email: maskedEmail(email),
          changeAt: changeAt && formatTime(changeAt, ctx.state.language),
        })),
        rows: profileRows(session.account.profile, KEYS_BY_SECTION, ctx.state).filter(({ value }) => value !== ''),
        links,
        services,
        browsers,
      });
    });
  };
}
