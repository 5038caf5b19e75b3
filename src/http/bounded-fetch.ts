// Sends all requests to other systems. It limits the size and time of responses and refuses compression.

/** Larger than any expected response: keys, tokens, claims, a dealer's data. */
const MAX_ANSWER_BYTES = 64 * 1024;
/** For the whole response; a caller's own signal may end it sooner. */
const TIMEOUT_MS = 10_000;

/** Statuses of responses without a body (Fetch Standard, null body status). */
const WITHOUT_BODY = [101, 103, 204, 205, 304];

/** The options of `fetch`, in the form that openid-client passes too. */
type FetchOptions = { [Name in keyof RequestInit]?: RequestInit[Name] | undefined };

/**
 * Like `fetch`, but returns after reading the whole response.
 * @throws {Error} if the response is longer than 64 KB, compressed or too late; otherwise like `fetch`
 */
export async function boundedFetch(
  url: string | URL | Request,
  options: FetchOptions = {},
  timeoutMs: number = TIMEOUT_MS,
): Promise<Response> {
  const headers = new Headers(options.headers);
  // 64 KB of gzip can unpack to 64 MB.
  headers.set('Accept-Encoding', 'identity');
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
  const answer = await send(url, { ...options, headers, signal });
  const { status, statusText } = answer;
  const body = await readBounded(answer);
  const read = new Response(WITHOUT_BODY.includes(status) ? null : body, { status, statusText, headers: answer.headers });
  Object.defineProperty(read, 'url', { value: answer.url });
  return read;
}

/**
 * Like `fetch`, but reads only the status and the headers, so the size of the body does not matter.
 * @throws {Error} if the headers do not arrive in time; otherwise like `fetch`
 */
export async function fetchStatus(
  url: string | URL | Request,
  options: FetchOptions = {},
  timeoutMs: number = TIMEOUT_MS,
): Promise<Response> {
  const answer = await send(url, { ...options, signal: AbortSignal.timeout(timeoutMs) });
  await answer.body?.cancel();
  return answer;
}

/** `fetch` takes a member that is `undefined` for a missing one, which its type does not say. */
async function send(url: string | URL | Request, options: FetchOptions): Promise<Response> {
  return fetch(url, options as RequestInit);
}

async function readBounded({ body, headers }: Response): Promise<Uint8Array<ArrayBuffer>> {
  if (body === null) return new Uint8Array();
  const refuse = async (sentence: string): Promise<never> => {
    await body.cancel();
    throw new Error(sentence);
  };
  const encoding = headers.get('Content-Encoding') ?? 'identity';
  if (encoding !== 'identity') return refuse(`the answer is encoded (${encoding.slice(0, 20)}), which was not asked for`);
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = body.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    length += next.value.length;
    if (length > MAX_ANSWER_BYTES) {
      reader.releaseLock();
      return refuse(`the answer is longer than ${MAX_ANSWER_BYTES} bytes`);
    }
    chunks.push(next.value);
  }
  return new Uint8Array(Buffer.concat(chunks));
}
