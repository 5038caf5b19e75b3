// The functions that the pages of a registration share: access to the draft, and redirects from page to page.
import type { Deps } from '../../deps.ts';
import type { RegistrationDraft } from '../../domain/registration-draft.ts';
import { termsInForce } from '../../domain/terms.ts';
import { redirect } from '../../http/redirect.ts';
import type { TakenStep } from '../../storage/records.ts';
import type { FieldsOf } from '../../telemetry/events.ts';
import type { InteractionContext } from '../interaction-context.ts';
import { changeDraft, draftIdOf, findDraft, hasRegistered } from './draft.ts';
import { firstMissingPage, mayShow, type DraftAt, type PageName } from './flow.ts';

/** What a person does on the way to 登録. */
export type RegistrationStep = FieldsOf<'registration.step'>['step'];

export type Registration = {
  /** Returns the version of the terms in force. */
  termsVersion(): string;
  draftOf(ctx: InteractionContext): Promise<RegistrationDraft>;
  /** Returns the draft. If input of an earlier page is missing, redirects there and returns `undefined`. */
  draftFor<Page extends PageName>(ctx: InteractionContext, page: Page): Promise<DraftAt[Page] | undefined>;
  /** The same for a submitted page. It also accepts input if the terms have changed since; the next page then asks about them. */
  draftToFill<Page extends PageName>(ctx: InteractionContext, page: Page): Promise<DraftAt[Page] | undefined>;
  /** Changes the draft by a function of the stored one, and says which step the person has made. @returns the new draft */
  change(
    ctx: InteractionContext,
    step: RegistrationStep,
    change: (draft: RegistrationDraft) => RegistrationDraft,
  ): Promise<RegistrationDraft>;
  /** Returns the first page whose input is missing. */
  missingPage(ctx: InteractionContext, draft: RegistrationDraft): PageName;
  pathOf(ctx: InteractionContext, page: PageName): string;
  /** Redirects to a page. */
  go(ctx: InteractionContext, page: PageName): void;
  /** Redirects to the first page whose input is missing. */
  goOn(ctx: InteractionContext, draft: RegistrationDraft): void;
};

/** The steps that the funnel of the migration counts. */
const FUNNEL_STEP_OF = {
  terms: 'terms',
  address: undefined,
  code: 'address_proven',
  profile: 'details',
} as const satisfies Record<RegistrationStep, TakenStep['step'] | undefined>;

/** Makes the functions that the pages share. */
export function createRegistration(deps: Pick<Deps, 'config' | 'storage' | 'clock' | 'emit'>): Registration {
  const termsVersion = (): string => termsInForce(deps.config.terms, 'ja', deps.clock()).version;
  const idOf = ({ state: { interaction } }: InteractionContext): string => draftIdOf(interaction.legacy, interaction.browserId);

  /** @param expected the version of the terms that the person must have agreed to */
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
      // The migration to that account was undone, so the legacy user may register again.
      await deps.storage.registrationDrafts.remove(draft.id);
      return findDraft(deps, draft.id);
    },
    draftFor: async (ctx, page) => draftIfDue(ctx, page, termsVersion),
    draftToFill: async (ctx, page) => draftIfDue(ctx, page, ({ terms }) => terms?.version ?? termsVersion()),
    async change(ctx, step, change) {
      const reached = FUNNEL_STEP_OF[step];
      if (reached) await ctx.state.interaction.follow({ step: reached });
      const draft = await changeDraft(deps, idOf(ctx), change);
      deps.emit('registration.step', { step, client_id: ctx.state.interaction.client.metadata.client_id });
      return draft;
    },
    missingPage: (ctx, draft) => firstMissingPage(draft, termsVersion(), ctx.state.interaction.browserId),
    pathOf: (ctx, page) => (page === 'about' ? ctx.state.interaction.path : `${ctx.state.interaction.path}/${page}`),
    go: (ctx, page) => redirect(ctx, registration.pathOf(ctx, page)),
    goOn: (ctx, draft) => registration.go(ctx, registration.missingPage(ctx, draft)),
  };
  return registration;
}
