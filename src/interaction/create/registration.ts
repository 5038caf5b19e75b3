// What the pages of a registration share: the draft of the request, and the way from page to page.
import type { Deps } from '../../deps.ts';
import type { RegistrationDraft } from '../../domain/registration-draft.ts';
import { termsInForce } from '../../domain/terms.ts';
import { redirect } from '../../http/redirect.ts';
import type { InteractionContext } from '../interaction-context.ts';
import { changeDraft, draftIdOf, findDraft, hasRegistered } from './draft.ts';
import { firstMissingPage, mayShow, type DraftAt, type PageName } from './flow.ts';

export type Registration = {
  /** The version of the terms that is to be agreed to. */
  termsVersion(): string;
  draftOf(ctx: InteractionContext): Promise<RegistrationDraft>;
  /** The draft, where nothing before this page is missing; else sends the browser to what is and answers `undefined`. */
  draftFor<Page extends PageName>(ctx: InteractionContext, page: Page): Promise<DraftAt[Page] | undefined>;
  /** The same for what was typed on a page: kept also where the terms have changed since it was shown, and asked about then. */
  draftToFill<Page extends PageName>(ctx: InteractionContext, page: Page): Promise<DraftAt[Page] | undefined>;
  /** Changes the draft by a function of the one that stands; answers how it stands then. */
  change(ctx: InteractionContext, change: (draft: RegistrationDraft) => RegistrationDraft): Promise<RegistrationDraft>;
  /** The first page whose answer is missing. */
  missingPage(ctx: InteractionContext, draft: RegistrationDraft): PageName;
  pathOf(ctx: InteractionContext, page: PageName): string;
  /** Sends the browser to a page. */
  go(ctx: InteractionContext, page: PageName): void;
  /** Sends the browser to the first page whose answer is missing. */
  goOn(ctx: InteractionContext, draft: RegistrationDraft): void;
};

export function createRegistration(deps: Pick<Deps, 'config' | 'storage' | 'clock'>): Registration {
  const termsVersion = (): string => termsInForce(deps.config.terms, 'ja', deps.clock()).version;
  const idOf = ({ state: { interaction } }: InteractionContext): string => draftIdOf(interaction.legacy, interaction.browserId);

  /** @param expected the version of the terms that must have been agreed to */
  async function draftIfDue<Page extends PageName>(
    ctx: InteractionContext,
    page: Page,
    expected: (draft: RegistrationDraft) => string,
  ): Promise<DraftAt[Page] | undefined> {
    const draft = await registration.draftOf(ctx);
    if (mayShow(page, draft, expected(draft), ctx.state.interaction.browserId)) return draft;
    registration.goOn(ctx, draft);
    return undefined;
  }

  const registration: Registration = {
    termsVersion,
    async draftOf(ctx) {
      const { legacy } = ctx.state.interaction;
      const draft = await findDraft(deps, idOf(ctx));
      if (!legacy || draft.registered_at === undefined || (await hasRegistered(deps, legacy, draft.account_id))) return draft;
      // The migration to that account was undone: the legacy user may register anew.
      await deps.storage.registrationDrafts.remove(draft.id);
      return findDraft(deps, draft.id);
    },
    draftFor: async (ctx, page) => draftIfDue(ctx, page, termsVersion),
    draftToFill: async (ctx, page) => draftIfDue(ctx, page, ({ terms }) => terms?.version ?? termsVersion()),
    change: async (ctx, change) => changeDraft(deps, idOf(ctx), change),
    missingPage: (ctx, draft) => firstMissingPage(draft, termsVersion(), ctx.state.interaction.browserId),
    pathOf: (ctx, page) => (page === 'about' ? ctx.state.interaction.path : `${ctx.state.interaction.path}/${page}`),
    go: (ctx, page) => redirect(ctx, registration.pathOf(ctx, page)),
    goOn: (ctx, draft) => registration.go(ctx, registration.missingPage(ctx, draft)),
  };
  return registration;
}
