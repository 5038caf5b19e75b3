// Receives the authorization response: on a loopback address of the client app, or pasted by the person.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline/promises';

export type AnswerPlace = {
  redirectUri: string;
  /** What the person has to do after opening the address. */
  instruction: string;
  /** Waits for the address at which the browser ends. */
  wait(): Promise<URL>;
  close(): void;
};

const isLoopback = (uri: string): boolean => {
  const url = URL.parse(uri);
  return url?.protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
};

/**
 * Chooses a redirect URI: the named one, or the first on this machine whose port is free, or the first one.
 * @throws {Error} if the client app has none
 */
export async function chooseRedirectUri(registered: readonly string[], named: string | undefined): Promise<AnswerPlace> {
  const candidates = named === undefined ? registered.filter(isLoopback) : [named];
  for (const uri of candidates.filter(isLoopback)) {
    const place = await listenAt(uri).catch(() => undefined);
    if (place) return place;
  }
  const uri = named ?? registered[0];
  if (uri === undefined) throw new Error('the client app has no redirect_uris: nobody can sign in to it');
  return pasted(uri);
}

/** @throws {Error} if the port is taken, for example by the client app itself */
async function listenAt(uri: string): Promise<AnswerPlace> {
  const url = new URL(uri);
  const { promise, resolve } = Promise.withResolvers<URL>();
  const server = createServer((request, response) => {
    const sent = new URL(request.url ?? '/', `http://${request.headers.host}`);
    if (sent.pathname !== url.pathname) return void response.writeHead(404).end();
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      // A form post is read like a query.
      const posted = Buffer.concat(chunks).toString();
      response.writeHead(200, { 'Content-Type': 'text/plain; charset=utf-8' });
      response.end('The response has arrived. Go back to the terminal.\n');
      const isAnswer = request.method === 'POST' || /[?&](code|error|response)=/.test(sent.search);
      if (isAnswer) resolve(posted === '' ? sent : new URL(`${sent.origin}${sent.pathname}?${posted}`));
    });
  });
  await listen(server, url);
  const port = (server.address() as AddressInfo).port;
  // Native client apps may use any port (RFC 8252, section 7.3).
  if (url.port === '') url.port = String(port);
  return {
    redirectUri: url.port === new URL(uri).port ? uri : url.href,
    instruction: `waiting for the response at ${url.origin}${url.pathname}`,
    wait: async () => promise,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function listen(server: Server, { hostname, port }: URL): Promise<void> {
  const host = hostname === '[::1]' ? '::1' : hostname;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(Number(port), host, resolve);
  });
}

function pasted(redirectUri: string): AnswerPlace {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  return {
    redirectUri,
    instruction: `the browser ends at ${redirectUri}…; that page need not work. Copy its whole address, and paste it here`,
    async wait() {
      for await (const line of terminal) {
        const url = URL.parse(line.trim());
        if (url) return url;
        process.stderr.write('this is not an address; paste the whole address of the last page\n');
      }
      throw new Error('no address was pasted');
    },
    close: () => terminal.close(),
  };
}
