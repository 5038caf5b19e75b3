// Collects what people and clients sent and got while a test walked: everything that must not be in the log or the metrics.
import { listenToTraffic, type Answer, type RequestOptions } from '../../support/http-browser.ts';

/** Parameters that name no person and open nothing: names of clients and dealers, choices, and words of the protocol. */
const PUBLIC = `
  client_id response_type response_mode redirect_uri post_logout_redirect_uri scope prompt iss grant_type client_assertion_type
  code_challenge_method token_type_hint authorization_details error error_description decision action dealer gender terms terms_version
  language makes_passkeys until logout lang to done again resent resource acr_values purpose way kind prefecture number`.split(
  /\s+/,
);
/** Members of answers to programs. */
const SECRET_MEMBERS = ['access_token', 'refresh_token', 'id_token', 'device_code', 'user_code', 'request_uri', 'code', 'state'];
/** The number of a request for a lost mailbox, which the person tells on the telephone. The cookie with it is signed. */
const NUMBER_OF_REQUEST = /^[0-9a-z]{9}-[0-9a-z]{6}$/;
/** Shorter texts are in the log by chance. */
const SHORTEST = 6;

export type Canaries = {
  /** Adds a secret that the traffic does not show as such. */
  add(...secrets: string[]): void;
  /** Returns the secrets that stand in a text, each with what is around it. */
  foundIn(text: string): string[];
  /** The number of different secrets. */
  count(): number;
  stop(): void;
};

/** Begins to collect. */
export function collectCanaries(): Canaries {
  const secrets = new Set<string>();
  const add = (secret: string | undefined): void => {
    // Text in Japanese says more with fewer letters.
    if (secret === undefined || NUMBER_OF_REQUEST.test(secret)) return;
    if (secret.length >= SHORTEST || /[^\u0020-\u007e]/.test(secret)) secrets.add(secret);
  };
  const addPairs = (pairs: Iterable<[string, string]>): void => {
    for (const [name, value] of pairs) if (!PUBLIC.includes(name) && !value.startsWith('/')) add(value.trim());
  };
  const addUrl = (url: string | undefined): void => {
    const { searchParams, hash } = URL.parse(url ?? '') ?? {};
    addPairs(searchParams ?? []);
    addPairs(new URLSearchParams(hash?.slice(1)));
  };
  const addMembers = (text: string): void => {
    const [found] = /^\s*\{[\s\S]*\}\s*$/.exec(text) ?? [];
    const members = found === undefined ? {} : (JSON.parse(found) as Record<string, unknown>);
    for (const name of SECRET_MEMBERS) if (typeof members[name] === 'string') add(members[name]);
  };

  const stop = listenToTraffic((url: string, { headers = {}, body }: RequestOptions, answer: Answer) => {
    addUrl(url);
    addUrl(answer.location);
    if (body !== undefined) addPairs(new URLSearchParams(body.toString()));
    for (const cookie of (headers['Cookie'] ?? '').split('; ')) add(cookie.slice(cookie.indexOf('=') + 1));
    for (const cookie of answer.setCookies) add(/=([^;]*)/.exec(cookie)?.[1]);
    add(headers['Authorization']?.replace(/^\w+ /, ''));
    // The `code` of problem details (RFC 9457) is the name of a refusal.
    if (/(?<!problem\+)json/.test(String(answer.headers['content-type']))) addMembers(answer.text);
    // Secrets of apps, and recovery codes.
    for (const [, code = ''] of answer.text.matchAll(/<code>([A-Z2-7 ]+|\w{4}-\w{4}-\w{4})<\/code>/g)) add(code);
  });
  return {
    add: (...more) => more.forEach(add),
    count: () => secrets.size,
    foundIn(text) {
      return [...secrets].flatMap((secret) => {
        const at = placeOf(secret, text);
        return at < 0 ? [] : [`${secret}: …${text.slice(Math.max(0, at - 300), at + 100)}…`];
      });
    },
    stop,
  };
}

function placeOf(secret: string, text: string): number {
  // Six digits are in long numbers and ids by chance.
  if (/^\d+$/.test(secret)) return new RegExp(`(?<![\\w.-])${secret}(?![\\w.-])`).exec(text)?.index ?? -1;
  const at = text.indexOf(secret);
  return at >= 0 ? at : text.indexOf(encodeURIComponent(secret));
}
