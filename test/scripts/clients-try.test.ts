// npm run admin -- clients try: a sign-in from the terminal, whose browser is that of the tests.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { exportJWK, exportPKCS8, generateKeyPair, type GenerateKeyPairResult } from 'jose';
import { readClientKey } from '../../scripts/admin/clients/try/authentication.ts';
import { WEB_SECRET } from '../attacks/support/attack-world.ts';
import { COMPILE_CACHE } from '../support/child-environment.ts';
import { freePorts } from '../support/free-ports.ts';
import { createBrowser } from '../support/http-browser.ts';
import { startIdInProcess, type IdInProcess } from '../support/id-in-process.ts';
import { runAdmin } from './run-admin.ts';

const PROGRAM = join(import.meta.dirname, '../../scripts/admin.ts');
const ELSEWHERE = 'https://shop.example.jp/callback';
const web = {
  client_name: 'My shop',
  token_endpoint_auth_method: 'client_secret_basic',
  client_secret: { $env: 'ATTACK_WEB_SECRET' },
  grant_types: ['authorization_code', 'refresh_token'],
  scope: 'openid profile email offline_access',
  common_id: { first_party: true, contact: 'tests' },
};

let id: IdInProcess;
let local: string;
let pair: GenerateKeyPairResult;
let published: Server;
beforeAll(async () => {
  pair = await generateKeyPair('ES256', { extractable: true });
  const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'k1', use: 'sig', alg: 'ES256' };
  published = createServer((_request, response) => void response.end(JSON.stringify({ keys: [jwk] })));
  await new Promise<void>((resolve) => {
    published.listen(0, '127.0.0.1', resolve);
  });
  local = `http://127.0.0.1:${(await freePorts(1))[0]}/callback`;
  id = await startIdInProcess({
    clients: {
      'my-shop': { ...web, redirect_uris: [ELSEWHERE, local] },
      strict: {
        ...web,
        token_endpoint_auth_method: 'client_secret_post',
        redirect_uris: [local],
        require_pushed_authorization_requests: true,
        dpop_bound_access_tokens: true,
      },
      phone: {
        ...web,
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        client_secret: undefined,
        redirect_uris: ['http://127.0.0.1/callback'],
      },
      far: { ...web, redirect_uris: [ELSEWHERE] },
      signing: {
        ...web,
        token_endpoint_auth_method: 'private_key_jwt',
        client_secret: undefined,
        jwks_uri: `http://127.0.0.1:${(published.address() as AddressInfo).port}/jwks.json`,
        redirect_uris: [local],
        require_pushed_authorization_requests: true,
        request_object_signing_alg: 'ES256',
        require_signed_request_object: true,
        authorization_signed_response_alg: 'ES256',
      },
    },
  });
}, 60_000);
afterAll(async () => {
  await id?.close();
  published?.close();
});

type Tried = { code: number | null; out: string; err: string };

/** Runs the command, and does `act` with the address that it shows. */
async function tryOut(
  args: string[],
  act: (url: string) => Promise<string | void>,
  env: Record<string, string> = {},
): Promise<Tried> {
  const child = spawn(process.execPath, ['--no-warnings', PROGRAM, 'clients', 'try', ...args, '--project', id.directory], {
    env: { PATH: process.env.PATH, ...COMPILE_CACHE, ...id.env, ...env },
  });
  const ended: Tried = { code: null, out: '', err: '' };
  let acted: Promise<void> | undefined;
  child.stdout.on('data', (chunk: Buffer) => (ended.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => {
    ended.err += chunk.toString();
    const [, url, instruction] = /open in a browser:\n(\S+)\n\n(.+)\n/.exec(ended.err) ?? [];
    if (url === undefined || instruction === undefined || acted) return;
    acted = act(url).then((pasted) => {
      if (typeof pasted === 'string') child.stdin.write(`not an address\n${pasted}\n`);
    });
  });
  ended.code = await new Promise((resolve) => child.once('close', resolve));
  await acted;
  return ended;
}

/** Signs in, and goes on to the client's address: to the listener of the command, or to nowhere. */
async function signIn(url: string, until = ELSEWHERE): Promise<string> {
  const browser = createBrowser();
  await browser.open(url, until);
  const answer = await browser.submit('/login', { login_id: 'sato@example.jp', password: 'Common-2026' }, until);
  // A native client app asks each time.
  const end = answer.url.endsWith('/consent') ? await browser.submit('/consent', { decision: 'allow' }, until) : answer;
  return end.location ?? end.text;
}

/** No secret, code, token or personal data. */
function expectMasked({ out, err }: Tried): void {
  const shown = `${out}${err}`;
  expect(shown).not.toContain(WEB_SECRET);
  expect(shown).not.toMatch(/code = [\w-]{20}|eyJ|_token = [\w-]{20}|Basic [\w=]{20}|佐藤|sato@/);
}

test('it listens at the loopback address of the client app, and shows every message', async () => {
  const tried = await tryOut(['my-shop'], async (url) => {
    expect(await signIn(url)).toContain('Go back to the terminal');
  });
  expect([tried.code, tried.out]).toEqual([
    0,
    'my-shop can sign people in: discovery, authorization request, authorization response, tokens, UserInfo, refresh succeeded.\n',
  ]);
  for (const line of [
    `→ GET ${id.issuer}/.well-known/openid-configuration`,
    `→ POST ${id.issuer}/token`,
    'Authorization: Basic (not shown)',
    'grant_type = authorization_code',
    'code = (43 characters, not shown)',
    `→ GET ${id.issuer}/me`,
    'family_name (2 characters, not shown)',
    'grant_type = refresh_token',
  ])
    expect(tried.err).toContain(line);
  expect(tried.err).toMatch(/← 200 {2}\(request [0-9a-f]{12}\)/);
  expectMasked(tried);
});

test('as the file asks: pushed, bound to a key, with the secret in the body', async () => {
  const tried = await tryOut(['strict', '--json'], async (url) => void (await signIn(url)));
  expect([tried.code, JSON.parse(tried.out)]).toMatchObject([0, { ok: true, steps: { length: 6 } }]);
  expect(tried.err).toContain(`→ POST ${id.issuer}/request`);
  expect(tried.err).toContain('DPoP: a proof (not shown)');
  expect(tried.err).toContain('token_type = DPoP');
  expectMasked(tried);
});

test('with its private key: the client assertion and the pushed request are signed, and the response is', async () => {
  const file = join(id.directory, 'key.pem');
  writeFileSync(file, await exportPKCS8(pair.privateKey));
  const tried = await tryOut(['signing', '--key', file], async (url) => {
    expect(await signIn(url)).toContain('Go back to the terminal');
  });
  expect([tried.code, tried.out]).toEqual([0, expect.stringMatching(/^signing can sign people in: .* refresh succeeded\.\n$/)]);
  for (const line of [
    `→ POST ${id.issuer}/request`,
    'client_assertion_type = urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    'client_assertion = (',
  ])
    expect(tried.err).toContain(line);
  expectMasked(tried);
});

test('a key is a private one, as a JWK, in a set, in a file of `secrets generate`, or as PEM', async () => {
  const path = join(id.directory, 'key.json');
  const read = async (content: object | string) => {
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    return readClientKey({ values: { key: 'key.json' }, env: {}, directory: id.directory }, 'ES256');
  };
  const [jwk, publicJwk] = [await exportJWK(pair.privateKey), await exportJWK(pair.publicKey)];
  for (const content of [jwk, { keys: [{ ...jwk, kid: 'k1' }] }, { jwk }, await exportPKCS8(pair.privateKey)])
    expect((await read(content))?.key.type).toBe('private');
  expect(await read({ ...jwk, kid: 'k1' })).toMatchObject({ kid: 'k1' });
  await expect(read(publicJwk)).rejects.toThrow(`--key: ${path} cannot be used: it is not a private key`);
  for (const content of ['', '{}', '[]', '-----BEGIN PRIVATE KEY-----'])
    await expect(read(content)).rejects.toThrow(`--key: ${path} cannot be used: `);
});

test('a native client app, at any port', async () => {
  const tried = await tryOut(['phone', '--scope', 'openid'], async (url) => void (await signIn(url)));
  expect([tried.code, tried.out]).toEqual([0, expect.stringContaining('phone can sign people in')]);
});

test('elsewhere, the person pastes the last address', async () => {
  const tried = await tryOut(['far'], async (url) => signIn(url));
  expect([tried.code, tried.out]).toEqual([0, expect.stringContaining('far can sign people in')]);
  expect(tried.err).toContain('this is not an address');
  expectMasked(tried);
});

test('a refusal is told in plain words, with what the common ID has noted', async () => {
  const wrong = await tryOut(['my-shop', '--secret-from', 'WRONG'], async (url) => void (await signIn(url)), {
    WRONG: 'a-wrong-secret-0123456789abcdef-0123456789',
  });
  expect(wrong.code).toBe(1);
  expect(wrong.out).toMatch(/^Failed at: tokens\. The common ID refused it with invalid_client/);
  expect(wrong.out).toContain('clients why my-shop');
  expect(wrong.out).toContain('the client_secret is not that of my-shop');
  expectMasked(wrong);
  const scope = await tryOut(['my-shop', '--scope', 'openid phone'], async (url) => void (await createBrowser().open(url)));
  expect(scope.out).toMatch(/^Failed at: tokens\. The common ID refused it with invalid_scope: scope 'phone' is not in the file/);
  expect(scope.out).toContain('    sent      scope = phone\n');
});

test('nothing answers, or something is missing: a sentence', async () => {
  const [port] = await freePorts(1);
  const env = { PATH: process.env.PATH, ...id.env };
  const run = async (...args: string[]) => runAdmin(['clients', 'try', ...args, '--project', id.directory], { env });
  const [nobody, none, key] = await Promise.all([
    run('my-shop', '--issuer', `http://127.0.0.1:${port}`),
    run('my-shpo'),
    run('attack-site'),
  ]);
  expect([nobody.code, nobody.out]).toEqual([
    1,
    expect.stringContaining('Failed at: discovery. The common ID does not answer there'),
  ]);
  expect([none.code, none.err]).toEqual([1, 'there is no client app my-shpo; did you mean my-shop?\n']);
  expect([key.code, key.err]).toEqual([2, 'give --key <file>: the private key of the client app, as JWK or PEM\n']);
});
