// ⑧ 入力内容の確認: shows all input again; 登録 writes the account. ⑨ says that it is done.
import type { Deps } from '../../deps.ts';
import type { RegistrationDraft } from '../../domain/registration-draft.ts';
import { createKnownDevices } from '../../authentication/known-device.ts';
import { page } from '../../http/page-context.ts';
import type { AddRoutes, InteractionContext } from '../interaction-context.ts';
import { shortRows } from '../../profile/profile-form.ts';
import { profileAsked } from './flow.ts';
import { register } from './register.ts';
import type { Registration } from './registration.ts';

/** Makes the pages ⑧ and ⑨. */
export function createConfirmPage(
  deps: Pick<Deps, 'config' | 'storage' | 'clock' | 'jobs'>,
  registration: Registration,
): AddRoutes {
  const knownDevices = createKnownDevices(deps.config.issuer.startsWith('https:'));
  const get = async (ctx: InteractionContext): Promise<void> => {
    const draft = await registration.draftFor(ctx, 'confirm');
    if (!draft) return;
    const back = registration.pathOf(ctx, 'profile');
    const rows = shortRows(draft.profile ?? {}, profileAsked(true).keys(), ctx.state);
    page(ctx, 'confirm', {
      kind: 'step',
      title: ctx.state.t('confirm.title'),
      action: registration.pathOf(ctx, 'confirm'),
      backUrl: back,
      email: draft.email,
      emailUrl: registration.pathOf(ctx, 'email'),
      rows: rows.map(({ field, section, ...row }) => ({ ...row, changeUrl: `${back}?edit=${section}#${field}` })),
    });
  };

  const post = async (ctx: InteractionContext): Promise<void> => {
    const { legacy, browserId, path } = ctx.state.interaction;
    const { language, t } = ctx.state;
    const isReady = (draft: RegistrationDraft): boolean => registration.missingPage(ctx, draft) === 'confirm';
    const registered = await register(deps, { legacy, browserId, language }, isReady);
    if (registered === 'done') return registration.go(ctx, 'complete');
    if (registered === 'incomplete') return registration.goOn(ctx, await registration.draftOf(ctx));
    await ctx.state.interaction.follow({ step: 'failed', failure: registered });
    page(ctx, 'registered-already', {
      kind: 'note',
      title: t('registered_already.title'),
      reason: registered,
      clientName: ctx.state.interaction.client.name[language],
      action: `${path}/sign-in`,
    });
    ctx.status = 409;
  };

  const complete = async (ctx: InteractionContext): Promise<void> => {
    const { interaction } = ctx.state;
    // A double press.
    if (interaction.facts.registration) return interaction.finish({ create: { registered: true } });
    const draft = await registration.draftFor(ctx, 'complete');
    if (!draft) return;
    // The login that follows is no sign-in from a new browser.
    knownDevices.remember(ctx, draft.account_id);
    await interaction.setFacts({ registration: { account_id: draft.account_id, email: draft.email } });
    // On a shared computer the next person must start with an empty draft. A legacy user's draft stays, for the user's other
    // browsers.
    if (!interaction.legacy) await deps.storage.registrationDrafts.remove(draft.id);
    return interaction.finish({ create: { registered: true } });
  };

  return (router) => {
    router.get('/confirm', get).post('/confirm', post);
    router.get('/complete', async (ctx) => {
      const draft = await registration.draftFor(ctx, 'complete');
      if (!draft) return;
      page(ctx, 'complete', {
        kind: 'step',
        title: ctx.state.t('complete.title'),
        action: registration.pathOf(ctx, 'complete'),
        email: draft.email,
      });
    });
    router.post('/complete', complete);
  };
}
