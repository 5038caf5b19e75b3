// The logos of clients (OpenID Connect Dynamic Client Registration 1.0, section 2, `logo_uri`). We fetch them when the configuration is
// loaded and serve them ourselves, so that a client does not learn who looks at the consent page, and cannot change the image then.
import { lookup as lookUp } from 'node:dns';
import { get as getByHttp, type IncomingMessage } from 'node:http';
import { get as getByHttps } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { Client, Config } from '../../config/config.ts';
import { hostOf, isInside } from '../../config/unsafe/inside.ts';
import type { Log } from '../../telemetry/log.ts';

/** An image as it is served. */
export type ClientLogo = { type: string; bytes: Buffer };

export type ClientLogos = {
  /** Returns a client's logo; `undefined` if it has none, or none that could be used. */
  find(clientId: string): ClientLogo | undefined;
  /** Resolves when every logo was fetched or refused. */
  loaded: Promise<void>;
};

const MAX_BYTES = 100 * 1024;
const TIMEOUT_MS = 10_000;

/** The beginnings of the images that we serve. SVG is not one of them, because it can contain scripts. */
const TYPES: readonly (readonly [type: string, fits: (bytes: Buffer) => boolean])[] = [
  ['image/png', (bytes) => bytes.subarray(0, 8).equals(Buffer.from('89504e470d0a1a0a', 'hex'))],
  ['image/jpeg', (bytes) => bytes.subarray(0, 3).equals(Buffer.from('ffd8ff', 'hex'))],
  ['image/webp', (bytes) => bytes.toString('latin1', 0, 4) === 'RIFF' && bytes.toString('latin1', 8, 12) === 'WEBP'],
];

/** Starts to fetch the logos. A logo that cannot be used is reported in the log. */
export function createClientLogos(clients: readonly Client[], mode: Config['mode'], log: Log): ClientLogos {
  const logos = new Map<string, ClientLogo>();
  const load = async ({ metadata: { client_id: clientId, logo_uri: url } }: Client): Promise<void> => {
    if (typeof url !== 'string') return;
    try {
      const bytes = await download(new URL(url), mode === 'development');
      const [type] = TYPES.find(([, fits]) => fits(bytes)) ?? [];
      if (type === undefined) throw new Error('it is no PNG, JPEG or WebP image');
      logos.set(clientId, { type, bytes });
    } catch (error) {
      log.warn({ client_id: clientId, detail: error instanceof Error ? error.message : String(error) }, 'logo not used');
    }
  };
  return {
    find: (clientId) => logos.get(clientId),
    loaded: Promise.all(clients.map(load)).then(() => undefined),
  };
}

/** Resolves a name like `dns.lookup`, and refuses it if any of its addresses is in a private network. The connection uses this result. */
export const lookUpOutside: LookupFunction = (host, options, done) => {
  lookUp(host, { ...options, all: true }, (error, addresses) => {
    const inside = addresses?.find(({ address }) => isInside(address));
    const problem = error ?? (inside && new Error(`${host} is an internal address`));
    if (problem) return done(problem, '', 0);
    if (options.all) return done(null, addresses);
    const [first] = addresses;
    return done(null, first?.address ?? '', first?.family);
  });
};

/** @throws {Error} unless the answer is a 200 of at most 100 KB, uncompressed and in time. Redirects are not followed. */
async function download(url: URL, insideAllowed: boolean): Promise<Buffer> {
  if (!insideAllowed && isInside(hostOf(url.href))) throw new Error('it is at an internal address');
  const options = {
    signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: { Accept: 'image/png, image/jpeg, image/webp', 'Accept-Encoding': 'identity' },
    ...(insideAllowed ? {} : { lookup: lookUpOutside }),
  };
  const get = url.protocol === 'https:' ? getByHttps : getByHttp;
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    get(url, options, resolve).on('error', reject);
  });
  if (answer.statusCode !== 200) {
    answer.destroy();
    throw new Error(`it was answered with ${answer.statusCode}`);
  }
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BYTES) {
      answer.destroy();
      throw new Error(`it is longer than ${MAX_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
