// Sends the fuzzer's requests to every app of a running world: signs the JWTs, and submits forms of pages.
import { createPrivateKey, sign as signBytes, type JsonWebKey } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CompactEncrypt, importJWK, type JWK } from 'jose';
import { createHttpDriver } from '../../journeys/http-driver.ts';
import { createTraveller, DEMO_PASSWORD } from '../../journeys/traveller.ts';
import type { World } from '../../support/world.ts';
import type { TestKey } from './attack-world.ts';
import type { App, Change, Jwt, JwtKind, Spec } from './fuzz-requests.ts';
import { exchange, type RawAnswer } from './raw-request.ts';

/** A form of a page, with the cookies of its browser. */
export type StandingForm = { app: App; action: string; fields: Record<string, string>; cookie: string };

const HANGING_MS = 20_000;
const SECONDS = 'now[+*-]?[0-9.]*';

/** Walks to pages of every kind, signed in and not, and returns their forms. */
export async function collectForms(world: World, from: string): Promise<StandingForm[]> {
  const forms: StandingForm[] = [];
  const { origins } = world;
  type Person = ReturnType<typeof newPerson>;
  const newPerson = () => createTraveller(createHttpDriver({ from }), world);
  /** As far as possible, because earlier requests may have ended it. The caller counts the forms. */
  const walk = async (way: (person: Person) => Promise<void>): Promise<void> => way(newPerson()).catch(() => undefined);
  const take = (person: Person): void => {
    for (const { action, fields } of person.forms()) {
      const url = new URL(action || person.url(), person.url());
      const app = (Object.keys(origins) as App[]).find((name) => url.origin === origins[name]);
      const cookie = person.cookies().map(({ name, value }) => `${name}=${value}`);
      if (app) forms.push({ app, action: url.pathname + url.search, fields, cookie: cookie.join('; ') });
    }
  };
  const { id, ownersSite, notebook, demoClients, dealerSystem } = origins;
  await walk(async (owner) => {
    await owner.signInAtOwnersSite('tanaka');
    take(owner);
    for (const path of ['/booking', '/migration']) {
      await owner.open(ownersSite + path);
      take(owner);
    }
    await owner.begin('newId');
    take(owner);
    await owner.agree();
    take(owner);
  });
  await walk(async (stranger) => {
    const pages = [`${ownersSite}/login`, `${ownersSite}/forgotten-id`, `${ownersSite}/forgotten-password`];
    for (const url of [...pages, `${id}/forgotten-password`, `${demoClients}/toyota-jp/login`, `${dealerSystem}/`]) {
      await stranger.open(url);
      take(stranger);
    }
  });
  await walk(async (customer) => {
    await customer.open(`${notebook}/login`);
    take(customer);
    await customer.signIn('yamada@example.jp', DEMO_PASSWORD);
    take(customer);
    for (const page of ['', '/password', '/profile', '/email', '/sessions/end-others']) {
      await customer.open(`${id}/account${page}`);
      take(customer);
    }
    for (const url of [`${id}/session/end`, `${notebook}/`]) {
      await customer.open(url);
      take(customer);
    }
  });
  return forms;
}

export type Fuzzer = { send(spec: Spec, from: string, forms: readonly StandingForm[]): Promise<RawAnswer> };

/** @param siteKey of the client `attack-site` */
export async function createFuzzer(world: World, siteKey: TestKey): Promise<Fuzzer> {
  const keyFolder = join(world.env.DATA_DIRECTORY ?? '', 'keys');
  const ours = readdirSync(keyFolder).map((name) => JSON.parse(readFileSync(join(keyFolder, name), 'utf8')) as JWK);
  const find = (alg: string): JWK => ours.find((key) => key.alg === alg) as JWK;
  const [signing, encryption] = [find('ES256'), find('ECDH-ES+A256KW')];
  const { d: _private, ...publicPart } = encryption;
  const encrypter = await importJWK(publicPart, 'ECDH-ES+A256KW');
  const { id, dealerSystem } = world.origins;
  const dealer = `${dealerSystem}/dealers/aichi-toyota`;

  /** The valid claims of each kind. */
  const claimsOf = (kind: JwtKind): Record<string, unknown> => {
    const times = { iat: 'now', exp: 'now+60', jti: crypto.randomUUID() };
    const byClient = { iss: 'attack-site', sub: 'attack-site', aud: id, ...times };
    const byUs = { iss: id, sub: 'somebody', ...times };
    const link = { type: 'dealer_link', dealer: 'aichi-toyota', link_id: 'fuzz' };
    const scope = 'customer_links:write service_history booking migration:read';
    return {
      assertion: byClient,
      request: { ...byClient, client_id: 'attack-site' },
      legacy_profile: { ...byClient, sub: `legacy-${crypto.randomUUID()}`, auth_time: 'now' },
      id_token: { ...byUs, aud: 'attack-site', auth_time: 'now' },
      dealer_token: { ...byUs, aud: dealer, client_id: 'common-id', scope, authorization_details: [link] },
      consent_receipt: { ...byUs, sub: 's', aud: dealer, link_id: 'fuzz' },
      logout_token: {
        ...byUs,
        aud: 'maintenance-notebook',
        events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
        sid: 'x',
      },
    }[kind];
  };
  const TYPES: Partial<Record<JwtKind, string>> = {
    legacy_profile: 'legacy-profile+jwt',
    dealer_token: 'at+jwt',
    consent_receipt: 'consent-receipt+jwt',
    logout_token: 'logout+jwt',
  };

  async function sign({ kind, claims, header, cut }: Jwt): Promise<string> {
    const byClient = ['assertion', 'request', 'legacy_profile'].includes(kind);
    const text = writeJson(claimsOf(kind), claims);
    const typ = TYPES[kind];
    const head = { alg: 'ES256', kid: byClient ? siteKey.kid : signing.kid, typ };
    // Signed by hand, because no library signs such headers.
    const input = `${b64(writeJson(head, header))}.${b64(text)}`;
    const key = createPrivateKey({ key: (byClient ? siteKey.privateJwk : signing) as JsonWebKey, format: 'jwk' });
    const signature = signBytes('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
    const signed = `${input}.${signature.toString('base64url')}`;
    const whole = kind === 'legacy_profile' ? await encrypt(signed) : signed;
    return cut ? whole.slice(0, Math.floor(whole.length / 2)) : whole;
  }

  const encrypt = async (inner: string): Promise<string> =>
    new CompactEncrypt(new TextEncoder().encode(inner))
      .setProtectedHeader({ alg: 'ECDH-ES+A256KW', enc: 'A256GCM', cty: 'JWT', kid: encryption.kid as string })
      .encrypt(encrypter);

  async function fieldsOf(right: Spec['fields'], changes: Change[]): Promise<[string, string][]> {
    const values = Object.entries(right).map(([name, value]): [string, string | Jwt] => [
      name,
      typeof value === 'string' ? encodeURIComponent(value) : value,
    ]);
    for (const { name, value, how } of changes) {
      const standing = values.findIndex(([known]) => known === name);
      if (how !== 'add' && standing >= 0) values.splice(standing, 1);
      if (how !== 'remove') values.push([name, value]);
    }
    return Promise.all(
      values.map(async ([name, value]): Promise<[string, string]> => [
        name,
        typeof value === 'string' ? value : await sign(value),
      ]),
    );
  }

  return {
    async send(spec, from, forms) {
      const form = typeof spec.path === 'number' ? forms[spec.path % forms.length] : undefined;
      const app = form?.app ?? spec.app;
      const { port } = new URL(world.origins[app]);
      const fields = await fieldsOf(form?.fields ?? spec.fields, spec.changes);
      const encoded = fields.map(([name, value]) => `${name}=${value}`).join('&');
      const path = form?.action ?? String(spec.path);
      const inQuery = spec.body === 'none' && encoded !== '';
      const headers: [string, string][] = [
        ['Host', `localhost:${port}`],
        ['Connection', 'close'],
      ];
      const cookie = cookieOf(spec.cookies, form?.cookie);
      if (cookie) headers.push(['Cookie', cookie]);
      for (const [name, value] of spec.headers) {
        const token = name === 'Authorization' && value.startsWith('Bearer {') ? (JSON.parse(value.slice(7)) as Jwt) : undefined;
        headers.push([name, token ? `Bearer ${await sign(token)}` : value]);
      }
      const body = bodyOf(spec, encoded, fields);
      const type =
        spec.contentType ??
        { form: 'application/x-www-form-urlencoded', json: 'application/json', bytes: 'application/octet-stream', none: '' }[
          spec.body
        ];
      if (type !== '' || spec.contentType !== undefined) headers.push(['Content-Type', type]);
      if (spec.chunked && body.length > 0) headers.push(['Transfer-Encoding', 'chunked']);
      else if (body.length > 0 || !['GET', 'HEAD'].includes(spec.method)) headers.push(['Content-Length', String(body.length)]);
      const target = inQuery ? `${path}${path.includes('?') ? '&' : '?'}${encoded}` : path;
      const head = [
        `${spec.method} ${target.replace(/[\s\0]/g, '')} HTTP/1.1`,
        ...headers.map(([name, value]) => `${name}: ${value}`),
      ];
      const bytes = [Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'), spec.chunked ? chunked(body) : body];
      return exchange(Number(port), from, Buffer.concat(bytes), HANGING_MS);
    },
  };
}

const b64 = (text: string): string => Buffer.from(text).toString('base64url');

/** A JSON object with these members instead of those with the same name, as written; twice if they are listed twice. */
function writeJson(right: Record<string, unknown>, changes: [string, string][]): string {
  const names = new Set(changes.map(([name]) => name));
  const members = [
    ...Object.entries(right)
      .filter(([name, value]) => !names.has(name) && value !== undefined)
      .map(([name, value]) => [name, JSON.stringify(value)]),
    ...changes,
  ];
  return timed(`{${members.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(',')}}`);
}

/** Replaces the name of a time: `now+60`, `now*1000`. */
function timed(json: string): string {
  const now = Date.now() / 1000;
  return json.replace(new RegExp(`"?(${SECONDS})"?(?=[,}\\]])`, 'g'), (_, expression: string) => {
    const [, sign = '+', by = '0'] = /now([+*-])?([0-9.]+)?/.exec(expression) ?? [];
    const whole = Math.floor(now);
    if (sign === '*') return String(whole * Number(by));
    return String(sign === '-' ? whole - Number(by) : whole + Number(by));
  });
}

function cookieOf(kind: Spec['cookies'], right: string | undefined): string | undefined {
  if (kind === 'none') return undefined;
  if (kind === 'huge') return `x=${'y'.repeat(12_000)}; ${right ?? ''}`;
  if (kind === 'damaged')
    return `${(right ?? 'a=b').replace(/[a-m]/g, 'Z')}; __proto__=1; =; common-id.session=x; common-id.session=y; a="\u00ff"`;
  return right;
}

function bodyOf({ body, bytes }: Spec, encoded: string, fields: [string, string][]): Buffer {
  if (body === 'form') return Buffer.from(encoded);
  if (body === 'bytes') return bytes;
  if (body !== 'json') return Buffer.alloc(0);
  const members = fields.map(([name, value]) => `${JSON.stringify(name)}:${jsonOf(value)}`);
  return Buffer.from(`{${members.join(',')}}`);
}

/** JSON unchanged; everything else as a text. */
function jsonOf(escaped: string): string {
  let text = escaped;
  try {
    text = decodeURIComponent(escaped);
    return typeof JSON.parse(text) === 'object' ? text : JSON.stringify(text);
  } catch {
    return JSON.stringify(text);
  }
}

function chunked(body: Buffer): Buffer {
  if (body.length === 0) return body;
  const half = Math.ceil(body.length / 2);
  const parts = [body.subarray(0, half), body.subarray(half)].filter((part) => part.length > 0);
  const chunks = parts.flatMap((part) => [Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n')]);
  return Buffer.concat([...chunks, Buffer.from('0\r\n\r\n')]);
}
