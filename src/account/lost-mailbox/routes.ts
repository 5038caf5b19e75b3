// 登録のメールを受け取れない方: the two addresses and what the person knows → code from the new address → the number of the request.
import type Router from 'koa-router';
import type { Deps } from '../../deps.ts';
import { parseEmail } from '../../domain/canonical-email.ts';
import type { LostMailboxRequest } from '../../domain/lost-mailbox.ts';
import { createCodeLimits } from '../../authentication/one-time-code/code-limits.ts';
import { checkCode } from '../../authentication/one-time-code/check-code.ts';
import { codeSentence } from '../../authentication/one-time-code/code-sentence.ts';
import { answerResend, secondsToNextCode } from '../../authentication/one-time-code/resend-code.ts';
import { page, type PageContext, type PageState } from '../../http/page-context.ts';
import { formField } from '../../http/read-form.ts';
import { redirect } from '../../http/redirect.ts';
import {
  askFor,
  fieldsOf,
  formOf,
  profileFields,
  readProfileForm,
  readTyped,
  sentences,
  type Typed,
} from '../../profile/profile-form.ts';
import {
  beginRequest,
  createRequestLimits,
  handIn,
  lostMailboxSlot,
  mailCodeAgain,
  typeAgain,
  type TypedRequest,
} from './request.ts';
import { createRecordCookie } from '../record-cookie.ts';

export const LOST_MAILBOX_PATH = '/lost-mailbox';
const CODE_PATH = `${LOST_MAILBOX_PATH}/code`;
const DONE_PATH = `${LOST_MAILBOX_PATH}/done`;

/** What the operators compare with the ID. Everybody is asked for all of it, because the page must not tell who has what. */
const ASKED = askFor((key) => {
  if (key === 'phone_number') return false;
  return key === 'family_name' || key === 'given_name' || key === 'birthdate' ? true : undefined;
});

/** Adds the pages of the request. */
export function addLostMailboxRoutes(router: Router<PageState>, deps: Deps): void {
  const cookie = createRecordCookie(deps, 'lost-mailbox', async (id) => deps.storage.lostMailboxRequests.find(id));
  const codeLimits = createCodeLimits(deps);
  const requestLimits = createRequestLimits(deps);
  const secondsToWait = ({ sent_at: sentAt }: LostMailboxRequest): number => secondsToNextCode(deps, sentAt);

  const showForm = (ctx: PageContext, values: Typed, errors: Record<string, string> = {}): void =>
    page(ctx, 'lost-mailbox', {
      kind: 'step',
      title: ctx.state.t('lost_mailbox.title'),
      action: LOST_MAILBOX_PATH,
      shownAt: LOST_MAILBOX_PATH,
      backUrl: '/password/forgotten',
      hours: deps.config.lostMailbox.waitingHours,
      values,
      ...formOf(ASKED),
      errors,
    });

  /** Reads the form. @returns `undefined` after it has shown the form with what is wrong */
  const readForm = (ctx: PageContext): TypedRequest | undefined => {
    const { t, language } = ctx.state;
    const [email, newEmail] = [formField(ctx, 'email'), formField(ctx, 'new_email')];
    const values = { ...readTyped(ctx, ASKED.keys()), email, new_email: newEmail };
    const [old, wanted] = [parseEmail(email), parseEmail(newEmail)];
    const { profile, problems } = readProfileForm(values, ASKED, deps.clock());
    const same = old.ok && wanted.ok && old.canonical === wanted.canonical;
    const errors = {
      ...(old.ok ? {} : { email: t(`form_errors.email_${old.reason}`) }),
      ...(wanted.ok ? {} : { new_email: t(`form_errors.email_${wanted.reason}`) }),
      ...(same ? { new_email: t('lost_mailbox.same') } : {}),
      ...sentences(problems, t),
    };
    if (!old.ok || !wanted.ok || Object.keys(errors).length > 0) {
      showForm(ctx, values, errors);
      return undefined;
    }
    return {
      email: old.email,
      email_canonical: old.canonical,
      new_email: wanted.email,
      new_email_canonical: wanted.canonical,
      profile,
      language,
    };
  };

  const postForm = async (ctx: PageContext): Promise<void> => {
    const typed = readForm(ctx);
    if (!typed) return;
    const standing = await cookie.read(ctx);
    const isAgain =
      standing?.proven_at === undefined &&
      standing?.email_canonical === typed.email_canonical &&
      standing.new_email_canonical === typed.new_email_canonical &&
      secondsToWait(standing) > 0;
    // A double press sends one mail.
    if (isAgain) await typeAgain(deps, standing, typed);
    else {
      await codeLimits.count(ctx.ip, typed.new_email_canonical);
      cookie.write(ctx, await beginRequest(deps, typed));
    }
    redirect(ctx, CODE_PATH);
  };

  /** Returns the request if this page is next. Otherwise it redirects to the page that is. */
  const requestFor = async (ctx: PageContext, path: string): Promise<LostMailboxRequest | undefined> => {
    const request = await cookie.read(ctx);
    const due = !request ? LOST_MAILBOX_PATH : request.proven_at === undefined ? CODE_PATH : DONE_PATH;
    if (request && due === path) return request;
    redirect(ctx, due);
    return undefined;
  };

  const showCode = (ctx: PageContext, request: LostMailboxRequest, errors: Record<string, string> = {}): void =>
    page(ctx, 'lost-mailbox-code', {
      kind: 'step',
      title: ctx.state.t('lost_mailbox_code.title'),
      action: CODE_PATH,
      shownAt: CODE_PATH,
      resendAction: `${CODE_PATH}/resend`,
      backUrl: `${LOST_MAILBOX_PATH}?again`,
      email: request.new_email,
      resent: ctx.query.resent !== undefined,
      canResendInSeconds: secondsToWait(request),
      errors,
    });

  const postCode = async (ctx: PageContext): Promise<void> => {
    const request = await requestFor(ctx, CODE_PATH);
    if (!request) return;
    const checked = await checkCode(deps, lostMailboxSlot(request), formField(ctx, 'code'));
    if (checked.problem) {
      // A double press: the first one has already used the code.
      const now = await cookie.read(ctx);
      if (now?.proven_at !== undefined) return redirect(ctx, DONE_PATH);
      return showCode(ctx, request, { code: codeSentence(ctx.state.t, checked) });
    }
    await requestLimits.count(ctx.ip, request.email_canonical);
    await handIn(deps, request);
    if (await checked.takeOut()) await codeLimits.proven(ctx.ip);
    redirect(ctx, DONE_PATH);
  };

  router.get(LOST_MAILBOX_PATH, async (ctx) => {
    const standing = ctx.query.again === undefined ? undefined : await cookie.read(ctx);
    if (standing?.proven_at !== undefined || !standing) return showForm(ctx, emptyForm());
    const { email, new_email, profile } = standing;
    showForm(ctx, { ...emptyForm(), ...profileFields(profile), email, new_email });
  });
  router.post(LOST_MAILBOX_PATH, postForm);
  router.get(CODE_PATH, async (ctx) => {
    const request = await requestFor(ctx, CODE_PATH);
    if (request) showCode(ctx, request);
  });
  router.post(CODE_PATH, postCode);
  router.post(`${CODE_PATH}/resend`, async (ctx) => {
    const request = await requestFor(ctx, CODE_PATH);
    if (!request) return;
    await answerResend(ctx, {
      path: CODE_PATH,
      seconds: secondsToWait(request),
      show: (errors) => showCode(ctx, request, errors),
      send: async () => {
        await codeLimits.count(ctx.ip, request.new_email_canonical);
        await mailCodeAgain(deps, request);
      },
    });
  });
  router.get(DONE_PATH, async (ctx) => {
    const request = await requestFor(ctx, DONE_PATH);
    if (!request) return;
    page(ctx, 'lost-mailbox-done', {
      kind: 'note',
      title: ctx.state.t('lost_mailbox_done.title'),
      number: request.id,
      email: request.new_email,
      hours: deps.config.lostMailbox.waitingHours,
    });
  });
}

function emptyForm(): Typed {
  return Object.fromEntries(['email', 'new_email', ...[...ASKED.keys()].flatMap(fieldsOf)].map((field) => [field, '']));
}
