// ④–⑨: a new common ID. Each page is shown when nothing before it is missing; nothing is an account before 登録.
import { randomUUID } from 'node:crypto';
import type { Deps } from '../../deps.ts';
import type { Profile } from '../../domain/account.ts';
import { parseEmail } from '../../domain/canonical-email.ts';
import { EMAIL_CODE_RESEND_AFTER_MS } from '../../domain/email-code.ts';
import { checkPassword, personalData } from '../../domain/password-policy.ts';
import { lookUpPostalCode, parsePostalCode, PREFECTURES } from '../../domain/postal-code.ts';
import type { RegistrationDraft } from '../../domain/registration-draft.ts';
import { page } from '../../http/page-context.ts';
import { createRateLimit, networkOf } from '../../http/rate-limit.ts';
import { formField } from '../../http/read-form.ts';
import { redirect } from '../../http/redirect.ts';
import { termsInForce } from '../../domain/terms.ts';
import type { InteractionContext, InteractionStep } from '../interaction-context.ts';
import { FIELDS_OF, profileFields, profileRows, readProfileForm, sentences, type Typed } from '../profile-form.ts';
import { checkCode } from './check-code.ts';
import { changeDraft, findDraft } from './draft.ts';
import { firstMissingPage, mayShow, profileAsked, type PageName } from './flow.ts';
import { register } from './register.ts';
import { codeSlot, sendCode } from './send-code.ts';

const HOUR_SECONDS = 60 * 60;

export function createCreateStep(deps: Deps): InteractionStep {
  const { config, storage, clock } = deps;
  const limits = config.rateLimits.emailCode;
  const perAddress = createRateLimit(
    'code-address',
    { points: limits.perAddressPerHour, windowSeconds: HOUR_SECONDS },
    storage.counters,
    clock,
  );
  const perNetwork = createRateLimit(
    'code-network',
    { points: limits.perNetworkPerHour, windowSeconds: HOUR_SECONDS },
    storage.counters,
    clock,
  );
  const cookieName = `${config.issuer.startsWith('https:') ? '__Host-' : ''}common-id.draft`;
  const termsVersion = (): string => termsInForce(config.terms, 'ja', clock()).version;

  /** Without a legacy identity the draft belongs to the browser; the cookie holds a random id and nothing else. */
  const draftOf = async (ctx: InteractionContext): Promise<RegistrationDraft> => {
    const kept = ctx.cookies.get(cookieName, { signed: true });
    const browserId = kept ?? randomUUID();
    if (!kept && !ctx.state.interaction.legacy) {
      ctx.cookies.set(cookieName, browserId, {
        signed: true,
        httpOnly: true,
        sameSite: 'lax',
        secure: config.issuer.startsWith('https:'),
      });
    }
    return findDraft(deps, ctx.state.interaction.legacy, browserId);
  };

  const wantsDealer = (ctx: InteractionContext): boolean => ctx.state.interaction.params.authorization_details !== undefined;
  const legacyProfile = (ctx: InteractionContext): Profile => ctx.state.interaction.legacy?.profile.profile ?? {};
  const go = (ctx: InteractionContext, to: PageName): void =>
    redirect(ctx, to === 'about' ? ctx.state.interaction.path : `${ctx.state.interaction.path}/${to}`);

  /** Answers the draft, or sends the browser to the page that is missing and answers nothing. */
  const draftFor = async (ctx: InteractionContext, name: PageName): Promise<RegistrationDraft | undefined> => {
    const draft = await draftOf(ctx);
    if (mayShow(name, draft, termsVersion())) return draft;
    go(ctx, firstMissingPage(draft, termsVersion()));
    return undefined;
  };

  // ④
  const showAbout = (ctx: InteractionContext, errors?: Record<string, string>): void =>
    page(ctx, 'about', {
      kind: 'step',
      title: ctx.state.t('about.title'),
      action: ctx.state.interaction.path,
      declineAction: `${ctx.state.interaction.path}/sign-in`,
      services: config.services.map(({ name, description, url }) => ({
        name: name[ctx.state.language],
        description: description?.[ctx.state.language],
        url,
      })),
      termsUrl: '/terms',
      ...(errors ? { errors } : {}),
    });

  const postAbout = async (ctx: InteractionContext): Promise<void> => {
    if (formField(ctx, 'terms') !== 'yes') return showAbout(ctx, { terms: ctx.state.t('form_errors.terms_missing') });
    const terms = { version: termsVersion(), language: ctx.state.language, accepted_at: clock() };
    const draft = await changeDraft(deps, await draftOf(ctx), { terms });
    return go(ctx, firstMissingPage(draft, termsVersion()));
  };

  // ⑤
  const showEmail = (ctx: InteractionContext, email: string, prefilled: boolean, errors?: Record<string, string>): void =>
    page(ctx, 'email', {
      kind: 'step',
      title: ctx.state.t('email.title'),
      action: `${ctx.state.interaction.path}/email`,
      values: { email },
      prefilled: prefilled ? { email: true } : {},
      ...(errors ? { errors } : {}),
    });

  const getEmail = async (ctx: InteractionContext): Promise<void> => {
    const draft = await draftFor(ctx, 'email');
    if (!draft) return;
    const handedOver = ctx.state.interaction.legacy?.profile.email;
    showEmail(ctx, draft.email ?? handedOver ?? '', draft.email === undefined && handedOver !== undefined);
  };

  const mail = async (ctx: InteractionContext, address: { email: string; canonical: string }): Promise<void> => {
    await perNetwork.count(networkOf(ctx.ip));
    await perAddress.count(address.canonical);
    await sendCode(deps, ctx.state.interaction.uid, address, {
      language: ctx.state.language,
      loginUrl: String(ctx.state.interaction.client.metadata.client_uri ?? config.issuer),
    });
  };

  const postEmail = async (ctx: InteractionContext): Promise<void> => {
    const draft = await draftFor(ctx, 'email');
    if (!draft) return;
    const typed = formField(ctx, 'email');
    const parsed = parseEmail(typed);
    if (!parsed.ok) return showEmail(ctx, typed, false, { email: ctx.state.t(`form_errors.email_${parsed.reason}`) });
    if (draft.email_canonical === parsed.canonical && draft.email_verified_at !== undefined)
      return go(ctx, firstMissingPage(draft, termsVersion()));
    const sent = await storage.emailCodes.find(codeSlot(ctx.state.interaction.uid));
    const fresh = sent?.email_canonical === parsed.canonical && clock() < sent.sent_at + EMAIL_CODE_RESEND_AFTER_MS;
    // A double press sends one mail.
    if (!fresh) await mail(ctx, parsed);
    const { email_verified_at: _proven, ...rest } = draft;
    await changeDraft(deps, rest, { email: parsed.email, email_canonical: parsed.canonical });
    return go(ctx, 'code');
  };

  // ⑥
  const showCode = async (ctx: InteractionContext, draft: RegistrationDraft, errors?: Record<string, string>): Promise<void> => {
    const sent = await storage.emailCodes.find(codeSlot(ctx.state.interaction.uid));
    // Taken up again later or in another browser: a code belongs to the interaction that asked for it.
    if (!sent && !errors) return go(ctx, 'email');
    const wait = sent ? sent.sent_at + EMAIL_CODE_RESEND_AFTER_MS - clock() : 0;
    page(ctx, 'code', {
      kind: 'step',
      title: ctx.state.t('code.title'),
      action: `${ctx.state.interaction.path}/code`,
      resendAction: `${ctx.state.interaction.path}/code/resend`,
      backUrl: `${ctx.state.interaction.path}/email`,
      email: draft.email,
      resent: ctx.query.resent !== undefined,
      canResendInSeconds: Math.max(0, Math.ceil(wait / 1000)),
      ...(errors ? { errors } : {}),
    });
  };

  const postCode = async (ctx: InteractionContext): Promise<void> => {
    const draft = await draftFor(ctx, 'code');
    if (!draft) return;
    if (draft.email_verified_at !== undefined) return go(ctx, firstMissingPage(draft, termsVersion()));
    const { uid } = ctx.state.interaction;
    const problem = await checkCode(deps, uid, draft.email_canonical as string, formField(ctx, 'code'));
    if (problem) {
      // The same press a second time: the first one took the code.
      const now = await draftOf(ctx);
      if (now.email_verified_at !== undefined) return go(ctx, firstMissingPage(now, termsVersion()));
      return showCode(ctx, draft, { code: ctx.state.t(`form_errors.${problem}`) });
    }
    const proven = await changeDraft(deps, draft, { email_verified_at: clock() });
    return go(ctx, firstMissingPage(proven, termsVersion()));
  };

  const postResend = async (ctx: InteractionContext): Promise<void> => {
    const draft = await draftFor(ctx, 'code');
    if (!draft) return;
    const sent = await storage.emailCodes.find(codeSlot(ctx.state.interaction.uid));
    const wait = sent ? sent.sent_at + EMAIL_CODE_RESEND_AFTER_MS - clock() : 0;
    if (wait > 0) {
      await showCode(ctx, draft, { code: ctx.state.t('form_errors.code_resend_too_early', { seconds: Math.ceil(wait / 1000) }) });
      ctx.status = 429;
      ctx.set('Retry-After', String(Math.ceil(wait / 1000)));
      return;
    }
    await mail(ctx, { email: draft.email as string, canonical: draft.email_canonical as string });
    redirect(ctx, `${ctx.state.interaction.path}/code?resent`);
  };

  // ⑦
  const showProfile = (
    ctx: InteractionContext,
    draft: RegistrationDraft,
    values: Typed,
    errors?: Record<string, string>,
    towns: string[] = [],
  ): void => {
    const handedOver = profileFields(legacyProfile(ctx));
    const prefilled = Object.fromEntries(
      Object.entries(values)
        .filter(([field, value]) => value !== '' && handedOver[field] === value)
        .map(([field]) => [field, true]),
    );
    const { minLength: min, maxLength: max, symbols } = config.passwordPolicy;
    const required = [...profileAsked(wantsDealer(ctx))]
      .filter(([, { required: must }]) => must)
      .flatMap(([claim]) => FIELDS_OF[claim]);
    page(ctx, 'profile', {
      kind: 'step',
      title: ctx.state.t('profile.title'),
      action: `${ctx.state.interaction.path}/profile`,
      email: draft.email,
      values,
      prefilled,
      required: Object.fromEntries(required.filter((field) => field !== 'building').map((field) => [field, true])),
      prefectures: PREFECTURES,
      towns,
      policy: { min, max, symbols },
      passwordKept: draft.password_hash !== undefined,
      ...(errors ? { errors } : {}),
    });
  };

  const getProfile = async (ctx: InteractionContext): Promise<void> => {
    const draft = await draftFor(ctx, 'profile');
    if (!draft) return;
    showProfile(ctx, draft, profileFields(draft.profile ?? legacyProfile(ctx)));
  };

  const postProfile = async (ctx: InteractionContext): Promise<void> => {
    const draft = await draftFor(ctx, 'profile');
    if (!draft) return;
    const asked = profileAsked(wantsDealer(ctx));
    const typed: Typed = Object.fromEntries(
      [...asked.keys()].flatMap((claim) => FIELDS_OF[claim]).map((field) => [field, formField(ctx, field)]),
    );
    if (formField(ctx, 'action') === 'find_address') return fillAddress(ctx, draft, typed);

    const { profile, problems } = readProfileForm(typed, asked, clock());
    const password = formField(ctx, 'password');
    const errors = sentences(problems, ctx.state.t);
    // Left empty on the way back from ⑧, the password that was typed before stays.
    if (password !== '' || draft.password_hash === undefined) {
      const wrong = checkPassword(password, config.passwordPolicy, personalData(draft.email, profile), deps.commonPasswords);
      const { minLength: min, maxLength: max, symbols } = config.passwordPolicy;
      if (password === '') errors.password = ctx.state.t('form_errors.password_missing');
      else if (wrong.length)
        errors.password = wrong.map((problem) => ctx.state.t(`form_errors.password_${problem}`, { min, max, symbols })).join(' ');
    }
    if (Object.keys(errors).length) return showProfile(ctx, draft, typed, errors);
    await changeDraft(deps, draft, {
      profile,
      account_id: draft.account_id ?? randomUUID(),
      ...(password === '' ? {} : { password_hash: await deps.hasher.hash(password) }),
    });
    return go(ctx, 'confirm');
  };

  /** 住所を自動入力 without JavaScript. A code that nobody knows keeps what was typed. */
  const fillAddress = (ctx: InteractionContext, draft: RegistrationDraft, typed: Typed): void => {
    const parsed = parsePostalCode(typed.postal_code ?? '');
    if (!parsed.ok)
      return showProfile(ctx, draft, typed, { postal_code: ctx.state.t(`form_errors.postal_code_${parsed.reason}`) });
    const places = lookUpPostalCode(parsed.postal_code);
    const [first] = places;
    if (!first) return showProfile(ctx, draft, typed, { postal_code: ctx.state.t('form_errors.postal_code_unknown') });
    const towns = places.map(({ town }) => town).filter(Boolean);
    const street = towns.length === 1 && !typed.street_address ? towns[0] : typed.street_address;
    return showProfile(
      ctx,
      draft,
      { ...typed, region: first.region, locality: first.locality, street_address: street ?? '' },
      undefined,
      towns,
    );
  };

  // ⑧
  const getConfirm = async (ctx: InteractionContext): Promise<void> => {
    const draft = await draftFor(ctx, 'confirm');
    if (!draft) return;
    const back = `${ctx.state.interaction.path}/profile`;
    page(ctx, 'confirm', {
      kind: 'step',
      title: ctx.state.t('confirm.title'),
      action: `${ctx.state.interaction.path}/confirm`,
      backUrl: back,
      email: draft.email,
      emailUrl: `${ctx.state.interaction.path}/email`,
      rows: profileRows(draft.profile ?? {}, profileAsked(true).keys(), ctx.state.t).map(({ field, ...row }) => ({
        ...row,
        changeUrl: `${back}#${field}`,
      })),
    });
  };

  const postConfirm = async (ctx: InteractionContext): Promise<void> => {
    const draft = await draftFor(ctx, 'confirm');
    if (!draft) return;
    if (firstMissingPage(draft, termsVersion()) !== 'confirm') return go(ctx, firstMissingPage(draft, termsVersion()));
    if (!(await register(deps, draft, ctx.state.language))) {
      // Somebody else proved the same address meanwhile; only its owner can have done so.
      await ctx.state.interaction.setFacts({ wants: 'login' });
      return ctx.state.interaction.finish({ create: {} });
    }
    return go(ctx, 'complete');
  };

  // ⑨
  const getComplete = async (ctx: InteractionContext): Promise<void> => {
    const draft = await draftFor(ctx, 'complete');
    if (!draft) return;
    page(ctx, 'complete', {
      kind: 'step',
      title: ctx.state.t('complete.title'),
      action: `${ctx.state.interaction.path}/complete`,
      email: draft.email,
    });
  };

  const postComplete = async (ctx: InteractionContext): Promise<void> => {
    const draft = await draftFor(ctx, 'complete');
    if (!draft) return;
    await ctx.state.interaction.setFacts({
      registration: { account_id: draft.account_id as string, email: draft.email as string },
    });
    return ctx.state.interaction.finish({ create: {} });
  };

  return {
    path: 'create',
    addRoutes(router) {
      router.get('/', async (ctx) => {
        const draft = await draftOf(ctx);
        const missing = firstMissingPage(draft, termsVersion());
        if (missing === 'about') return showAbout(ctx);
        return go(ctx, missing);
      });
      router.post('/', postAbout);
      // ④ for somebody who remembers that they have an ID.
      router.post('/sign-in', async (ctx) => {
        await ctx.state.interaction.setFacts({ wants: 'login' });
        return ctx.state.interaction.finish({ create: {} });
      });
      router.get('/email', getEmail).post('/email', postEmail);
      router.get('/code', async (ctx) => {
        const draft = await draftFor(ctx, 'code');
        if (draft?.email_verified_at !== undefined) return go(ctx, firstMissingPage(draft, termsVersion()));
        if (draft) return showCode(ctx, draft);
      });
      router.post('/code', postCode).post('/code/resend', postResend);
      router.get('/profile', getProfile).post('/profile', postProfile);
      router.get('/confirm', getConfirm).post('/confirm', postConfirm);
      router.get('/complete', getComplete).post('/complete', postComplete);
    },
  };
}
