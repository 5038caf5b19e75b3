// The public pages of the common ID: the start page, the terms, the privacy policy, the lookup of postal codes, where passwords are
// changed, and what browsers need for passkeys.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { send } from '@koa/send';
import Router from 'koa-router';
import { SCHEMA_PATH } from './my-data/collect.ts';
import { myDataJsonSchema } from './my-data/my-data.ts';
import { readSections } from '../domain/read-sections.ts';
import type { Client } from '../config/config.ts';
import type { Deps } from '../deps.ts';
import { lookUpPostalCode } from '../domain/postal-code.ts';
import { termsInForce } from '../domain/terms.ts';
import { formatDate } from '../http/format-time.ts';
import { page, type PageState } from '../http/page-context.ts';

const DOCS = fileURLToPath(new URL('../../docs', import.meta.url));
/** The path of a document, and of the pages for client developers. */
const DOCUMENT = /^\/docs\/((?:clients\/(?:en|ja)\/)?[\w-]+(?:\.ja)?\.(?:md|mjs))$/;
const DAY_SECONDS = 24 * 60 * 60;

/** The script of @simplewebauthn/browser for browsers. */
const PASSKEY_LIBRARY = new URL(
  '../dist/bundle/index.umd.min.js',
  pathToFileURL(createRequire(import.meta.url).resolve('@simplewebauthn/browser')),
);

/** Returns the URL that takes a person to a service: to its login, if it has one for visitors from here, else to its home page. */
function startOf({ metadata: { client_uri: clientUri, initiate_login_uri: login } }: Client, issuer: string): string {
  const home = String(clientUri);
  if (typeof login !== 'string') return home;
  const url = new URL(login);
  url.searchParams.set('iss', issuer);
  url.searchParams.set('target_link_uri', home);
  return url.href;
}

/** Makes the router of the public pages. */
export function createPublicPages({
  config,
  clients,
  logos,
  clock,
}: Pick<Deps, 'config' | 'clients' | 'logos' | 'clock'>): Router<PageState> {
  const router = new Router<PageState>();
  const isForDevelopers = config.mode === 'development' || config.sandbox;
  router.get('/', (ctx) => {
    const { language, t } = ctx.state;
    page(ctx, 'home', {
      kind: 'note',
      title: t('home.title'),
      services: clients
        .all()
        .filter(({ metadata }) => typeof metadata.client_uri === 'string')
        .map((client) => ({ name: client.name[language], url: startOf(client, config.issuer) })),
      isForDevelopers,
    });
  });
  if (isForDevelopers)
    router.get(DOCUMENT, async (ctx, next) => {
      // As text: the documents are read in the repository, or here if there is none at hand.
      await send(ctx, DOCUMENT.exec(ctx.path)?.[1] ?? '', { root: DOCS }).catch(() => next());
      if (ctx.body) ctx.type = 'text/plain; charset=utf-8';
      return undefined;
    });
  router.get('/client-logos/:id', (ctx, next) => {
    const logo = logos.find(ctx.params.id ?? '');
    if (!logo) return next();
    ctx.type = logo.type;
    ctx.set('Cache-Control', 'private, max-age=3600');
    ctx.body = logo.bytes;
    return undefined;
  });
  router.get('/terms', (ctx) => {
    const { effectiveFrom, markdown } = termsInForce(config.terms, ctx.state.language, clock());
    page(ctx, 'terms', {
      kind: 'step',
      title: ctx.state.t('terms.title'),
      sections: readSections(markdown),
      effectiveFrom: formatDate(effectiveFrom, ctx.state.language),
    });
  });
  router.get('/privacy', (ctx) => {
    page(ctx, 'privacy', {
      kind: 'step',
      title: ctx.state.t('privacy.title'),
      sections: readSections(config.privacy[ctx.state.language]),
    });
  });
  router.get('/postal-codes/:code.json', (ctx) => {
    ctx.set('Cache-Control', `public, max-age=${DAY_SECONDS}`);
    ctx.body = { places: lookUpPostalCode(String(ctx.params.code)) };
  });
  let passkeyLibrary: Buffer | undefined;
  router.get('/assets/simplewebauthn.js', (ctx) => {
    passkeyLibrary ??= readFileSync(PASSKEY_LIBRARY);
    ctx.type = 'js';
    ctx.set('Cache-Control', `public, max-age=${DAY_SECONDS}`);
    ctx.body = passkeyLibrary;
  });
  // Web Authentication Level 3, section 5.11: the origins that may use the passkeys of this one.
  router.get('/.well-known/webauthn', (ctx, next) => {
    if (config.passkeyOrigins.length === 0) return next();
    ctx.body = { origins: [config.issuer, ...config.passkeyOrigins] };
    return undefined;
  });
  router.get(SCHEMA_PATH, (ctx) => {
    ctx.type = 'application/schema+json';
    ctx.set('Cache-Control', `public, max-age=${DAY_SECONDS}`);
    ctx.body = JSON.stringify(myDataJsonSchema());
  });
  // Password managers send people here (W3C, A Well-Known URL for Changing Passwords).
  router.get('/.well-known/change-password', (ctx) => ctx.redirect('/account/password'));
  return router;
}
