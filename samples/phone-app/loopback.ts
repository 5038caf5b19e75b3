// The browser's way back into an app on this machine: a port of the loopback interface (RFC 8252, section 7.3).
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Shown in the browser after the redirect. It contains nothing from the request. */
const PAGE = `<!doctype html><html lang="ja"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>MyTOYOTA整備手帳アプリ</title>
<p>アプリにお戻りください。この画面は閉じてかまいません。</p>
<p lang="en">Please go back to the app. You can close this page.</p></html>`;

export type Loopback = {
  redirectUri: string;
  /** Resolves with the URL of the redirect. */
  arrived: Promise<URL>;
  close(): void;
};

/** Listens at a free port, for one redirect. */
export async function listenForRedirect(): Promise<Loopback> {
  let arrive: (url: URL) => void = () => undefined;
  const arrived = new Promise<URL>((resolve) => (arrive = resolve));
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', redirectUri);
    // Browsers also ask for an icon.
    if (request.method !== 'GET' || url.pathname !== '/callback') {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, {
      'Content-Type': 'text/html; charset=utf-8',
      'Cache-Control': 'no-store',
      'Content-Security-Policy': "default-src 'none'",
      'Referrer-Policy': 'no-referrer',
      Connection: 'close',
    });
    response.end(PAGE);
    arrive(url);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const redirectUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`;
  return {
    redirectUri,
    arrived,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Opens the person's own browser, never a web view: the app must not see the password (RFC 8252, section 8.12). It may fail silently. */
export function openBrowser(url: URL): void {
  const { href } = url;
  const [command = '', ...args] =
    process.platform === 'darwin'
      ? ['open', href]
      : process.platform === 'win32'
        ? ['rundll32', 'url.dll,FileProtocolHandler', href]
        : ['xdg-open', href];
  const child = spawn(command, args, { stdio: 'ignore', detached: true });
  child.on('error', () => undefined);
  child.unref();
}
