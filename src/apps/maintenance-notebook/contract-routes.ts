// ご契約の内容: what the customer has signed or was offered at the dealer, who asks for a stronger sign-in before showing it.
import Router from 'koa-router';
import type { PageState } from '../../http/page-context.ts';
import { LOCALE_OF, type Language } from '../../language.ts';
import { readContracts, type Contract } from './dealer-client.ts';
import { askedForOf, DEALER_SCOPE, openNotebook, redirect, signedIn, type NotebookDeps } from './notebook.ts';
import { longDate, signedInPage } from './signed-in-page.ts';

const PATH = '/contracts';

/** Creates the router for `GET /contracts` and `POST /contracts/confirm`. */
export function contractRoutes(deps: NotebookDeps): Router<PageState> {
  const { idp, sessions, current } = deps;
  const router = new Router<PageState>();

  router.get(
    PATH,
    signedIn(deps, async (ctx, session) => {
      const notebook = await openNotebook(deps, ctx, session);
      if (!notebook) return;
      const { t, language } = ctx.state;
      const { reading, data } = await notebook.askDealer(readContracts);
      const vehicles = notebook.claims.migration?.vehicles ?? [];
      signedInPage(deps, ctx, notebook, 'contracts', {
        title: t('contracts.title'),
        reading,
        needsConfirmation: reading === 'sign_in_insufficient',
        vehicles: data?.vehicles.map(({ vin, contracts }) => ({
          model: vehicles.find((vehicle) => vehicle.vin === vin)?.model ?? t('vehicle.unnamed'),
          contracts: contracts.map((contract) => shown(contract, language)),
        })),
      });
    }),
  );

  // A new authorization request with what the dealer demands (RFC 9470, section 4). The person comes back to this page.
  router.post(
    `${PATH}/confirm`,
    signedIn(deps, async (ctx, session) => {
      const notebook = await openNotebook(deps, ctx, session);
      if (!notebook) return;
      const { dealer, claims } = notebook;
      const { stepUp } = await notebook.askDealer(readContracts);
      if (!dealer || !stepUp) return redirect(ctx, PATH);
      const { resource } = dealer;
      const loginHint = claims.email ?? undefined;
      const { url, secrets } = await idp.authorizationRequest({ scope: DEALER_SCOPE, resource, loginHint, stepUp });
      sessions.keepRequest(current.browser(ctx), {
        ...secrets,
        purpose: 'step_up',
        resource,
        askedFor: askedForOf(dealer),
        returnTo: PATH,
      });
      redirect(ctx, url);
    }),
  );

  return router;
}

function shown({ number, kind, date, amount_yen }: Contract, language: Language) {
  const amount = new Intl.NumberFormat(LOCALE_OF[language], { style: 'currency', currency: 'JPY' });
  return { number, kind, date: longDate(date, language), amount: amount.format(amount_yen) };
}
