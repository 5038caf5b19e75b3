// clients test: requests a client app's URLs to see whether they match its file.
import { boundedFetch, fetchStatus } from '../../../src/http/bounded-fetch.ts';
import { findClient } from './find-client.ts';
import { table } from '../table.ts';
import type { Action } from '../topic.ts';

type Finding = { what: string; url: string; ok: boolean; found: string };

const TIMEOUT_MS = 5000;

export const test: Action = {
  operands: ['<client_id>'],
  does: 'requests the client app’s URLs: keys, hosts of redirects, back-channel logout',
  async run({ operands: [id = ''], env, directory }) {
    const { metadata } = findClient(id, env, directory).client;
    const findings = await Promise.all([
      ...textOf(metadata.jwks_uri).map(testKeys),
      ...hostsOf([...listOf(metadata.redirect_uris), ...listOf(metadata.post_logout_redirect_uris)]).map(testHost),
      ...textOf(metadata.backchannel_logout_uri).map(testLogout),
      ...textOf(metadata.client_uri).map(async (url) => testPage('home page', url)),
    ]);
    if (findings.length === 0) return { json: [], text: `${id} has no URL to test.\n` };
    const rows = findings.map(({ what, url, ok, found }) => [ok ? 'good' : 'BAD', what, url, found]);
    return { json: findings, text: table(rows), bad: findings.some(({ ok }) => !ok) };
  },
};

const textOf = (value: unknown): string[] => (typeof value === 'string' ? [value] : []);
const listOf = (value: unknown): string[] => (Array.isArray(value) ? (value as string[]) : []);

/** Returns each host once. Private schemes and loopback URLs of native apps cannot be tested. */
function hostsOf(urls: string[]): string[] {
  const origins = urls
    .map((url) => new URL(url))
    .filter(({ protocol, port }) => protocol === 'https:' || (protocol === 'http:' && port !== ''));
  return [...new Set(origins.map(({ origin }) => origin))];
}

/** Returns the response, or a sentence that says why there is none. */
async function get(url: string, ask: typeof boundedFetch, options: RequestInit = {}): Promise<Response | string> {
  try {
    return await ask(url, { redirect: 'manual', ...options }, TIMEOUT_MS);
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return `no answer: ${cause instanceof Error ? cause.message || (cause as NodeJS.ErrnoException).code || cause.name : String(cause)}`;
  }
}

async function testKeys(url: string): Promise<Finding> {
  const say = (ok: boolean, found: string): Finding => ({ what: 'public keys', url, ok, found });
  const answer = await get(url, boundedFetch);
  if (typeof answer === 'string') return say(false, answer);
  if (answer.status !== 200) return say(false, `status ${answer.status}; expected 200`);
  const json = (await answer.json().catch(() => undefined)) as { keys?: Record<string, unknown>[] } | undefined;
  if (!Array.isArray(json?.keys)) return say(false, 'no JSON Web Key Set; expected {"keys": […]}');
  if (json.keys.some((key) => 'd' in key || key.kty === 'oct'))
    return say(false, 'a private key! Replace it now: anybody who has fetched it can sign as this client app');
  const signing = json.keys.filter(({ kty, use }) => (kty === 'EC' || kty === 'RSA') && use !== 'enc');
  return say(signing.length > 0, `${json.keys.length} keys, ${signing.length} of them to verify signatures with`);
}

async function testHost(url: string): Promise<Finding> {
  const answer = await get(url, fetchStatus);
  const found = typeof answer === 'string' ? answer : `answers (status ${answer.status})`;
  return { what: 'host of redirects', url, ok: typeof answer !== 'string', found };
}

/** OpenID Connect Back-Channel Logout 1.0, section 2.8: an invalid logout token is answered with 400. */
async function testLogout(url: string): Promise<Finding> {
  const answer = await get(url, fetchStatus, { method: 'POST', body: new URLSearchParams({ logout_token: 'this.is.none' }) });
  const say = (ok: boolean, found: string): Finding => ({ what: 'back-channel logout', url, ok, found });
  if (typeof answer === 'string') return say(false, answer);
  return say(
    answer.status === 400,
    answer.status === 400
      ? 'refuses an invalid logout token (status 400)'
      : `status ${answer.status} to an invalid logout token; expected 400`,
  );
}

async function testPage(what: string, url: string): Promise<Finding> {
  const answer = await get(url, fetchStatus);
  const ok = typeof answer !== 'string' && answer.status < 400;
  return { what, url, ok, found: typeof answer === 'string' ? answer : `status ${answer.status}` };
}
