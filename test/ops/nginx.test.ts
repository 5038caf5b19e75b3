// ops/nginx.conf with a real nginx and a certificate of its own, in front of two nodes: a sign-in by HTTP/2, the closed paths, and a node that is
// taken out, or dies, while visitors come.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { listen, type Listening } from '../../src/start/listen.ts';
import { authorizationUrl, basic, makePkce, requestParams } from '../attacks/support/client.ts';
import { CALLBACK } from '../attacks/support/attack-world.ts';
import { freePorts } from '../support/free-ports.ts';
import { formsOf } from '../support/http-browser.ts';
import { startIdInProcess, type IdInProcess } from '../support/id-in-process.ts';
import { nginxForTests, runNginx, visit, type Nginx } from '../support/nginx.ts';
import { untilTrue } from '../support/until-true.ts';
import { figure } from '../attacks/support/figure.ts';

const FILE = fileURLToPath(new URL('../../ops/nginx.conf', import.meta.url));
const NAME = 'id.example.jp';
const ISSUER = `https://${NAME}`;
const NODES = ['192.0.2.11:3000', '192.0.2.12:3000'];

const program = nginxForTests();
const suite = program === undefined ? describe.skip : describe;

const directory = mkdtempSync(join(tmpdir(), 'ops-nginx-'));
const [crt, key] = [join(directory, 'crt'), join(directory, 'key')];
afterAll(() => rmSync(directory, { recursive: true }));

/** The file of ops/ with the names and ports of the test. @throws if the file lacks what is replaced */
function configurationFor(ports: { http: number; https: number; nodes: number[] }, down?: number): string {
  const replacements: [string, string][] = [
    ['listen 80;', `listen 127.0.0.1:${ports.http};`],
    ['listen 443 ssl', `listen 127.0.0.1:${ports.https} ssl`],
    ['listen [::]:80;', ''],
    ['listen [::]:443 ssl http2;', ''],
    [`/etc/nginx/tls/${NAME}.crt`, crt],
    [`/etc/nginx/tls/${NAME}.key`, key],
    ...ports.nodes.map((port, index): [string, string] => [
      `server ${NODES[index]}`,
      `server 127.0.0.1:${port}${index === down ? ' down' : ''}`,
    ]),
  ];
  let text = readFileSync(FILE, 'utf8');
  for (const [from, to] of replacements) {
    expect(text).toContain(from);
    text = text.replace(from, to);
  }
  return `http {\naccess_log off;\n${text}\n}`;
}

beforeAll(() => {
  if (program === undefined) return;
  const of = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', `/CN=${NAME}`];
  const files = ['-addext', `subjectAltName=DNS:${NAME}`, '-keyout', key, '-out', crt];
  execFileSync('openssl', ['req', '-x509', ...of, ...files], { stdio: 'ignore' });
});

type Got = { status: number; location: string; text: string };

/** A browser by HTTP/2, which keeps cookies and checks the certificate. */
function createVisitor(port: number) {
  const cookies = new Map<string, string>();
  const session: ClientHttp2Session = connectHttp2(ISSUER, {
    createConnection: () =>
      connectTls({ host: '127.0.0.1', port, servername: NAME, ca: readFileSync(crt), ALPNProtocols: ['h2'] }),
  });
  async function send(path: string, body?: URLSearchParams | string, headers: Record<string, string> = {}): Promise<Got> {
    const stream = session.request({
      ':path': path,
      ':method': body === undefined ? 'GET' : 'POST',
      ...(body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
      ...(cookies.size > 0 ? { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') } : {}),
      ...headers,
    });
    return new Promise((resolve, reject) => {
      const got: Got = { status: 0, location: '', text: '' };
      stream.on('response', (answer) => {
        got.status = Number(answer[':status']);
        got.location = String(answer.location ?? '');
        for (const cookie of answer['set-cookie'] ?? []) {
          const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
          cookies.set(name, value);
        }
      });
      stream.setEncoding('utf8').on('data', (chunk: string) => (got.text += chunk));
      stream.on('end', () => resolve(got)).on('error', reject);
      stream.end(body?.toString());
    });
  }
  async function follow(first: Got): Promise<Got> {
    let got = first;
    while (got.location !== '' && !got.location.startsWith(CALLBACK)) {
      const { pathname, search } = new URL(got.location, ISSUER);
      got = await send(pathname + search);
    }
    return got;
  }
  return { send, follow, end: async () => new Promise<void>((resolve) => session.close(resolve)) };
}

suite(program === undefined ? 'ops/nginx.conf (skipped: this machine has no nginx)' : 'ops/nginx.conf', () => {
  let id: IdInProcess;
  let nginx: Nginx;
  let http: number;
  let visitor: ReturnType<typeof createVisitor>;
  beforeAll(async () => {
    id = await startIdInProcess({ env: { ISSUER, TRUST_PROXY: '1' }, nodes: [(config) => config, (config) => config] });
    const [first = 0, second = 0] = await freePorts(2);
    http = first;
    nginx = await runNginx(program ?? '', configurationFor({ http, https: second, nodes: id.ports }), [first, second]);
    visitor = createVisitor(second);
  });
  afterAll(async () => {
    await visitor?.end();
    await nginx?.stop();
    await id?.close();
  });

  test('a person signs in through it by HTTP/2, and the client gets tokens', async () => {
    const discovery = await visitor.send('/.well-known/openid-configuration');
    expect(JSON.parse(discovery.text)).toMatchObject({ issuer: ISSUER, token_endpoint: `${ISSUER}/token` });
    const pkce = makePkce();
    const { search } = new URL(authorizationUrl(ISSUER, requestParams('attack-web', pkce)));
    const page = await visitor.follow(await visitor.send(`/auth${search}`));
    const form = formsOf(page.text).find(({ action }) => action.endsWith('/login'));
    const typed = new URLSearchParams({ ...form?.fields, login_id: 'sato@example.jp', password: 'Common-2026' });
    const back = await visitor.follow(await visitor.send(new URL(form?.action ?? '', ISSUER).pathname, typed));
    expect(back.location).toContain(`${CALLBACK}?code=`);
    const redeem = new URLSearchParams({
      grant_type: 'authorization_code',
      code: new URL(back.location).searchParams.get('code') ?? '',
      redirect_uri: CALLBACK,
      code_verifier: pkce.verifier,
    });
    const tokens = await visitor.send('/token', redeem, { authorization: basic('attack-web').Authorization ?? '' });
    expect([tokens.status, Object.keys(JSON.parse(tokens.text) as object)]).toEqual([
      200,
      expect.arrayContaining(['access_token', 'id_token']),
    ]);
  });

  test('metrics and operations, however they are written: nginx itself answers 404; other paths reach the program', async () => {
    for (const path of [
      '/metrics',
      '/METRICS',
      '//metrics',
      '/%6detrics',
      '/metrics/x',
      '/operations',
      '/Operations/v1/accounts',
      '/./operations/v1',
      '/terms/../operations/v1',
      '/operations?x=1',
    ])
      expect([path, (await visitor.send(path)).status, (await visitor.send(path)).text]).toEqual([
        path,
        404,
        expect.stringContaining('<center>nginx</center>'),
      ]);
    expect((await visitor.send('/operationsmanual')).text).not.toContain('<center>nginx');
    expect(JSON.parse((await visitor.send('/health/ready')).text)).toEqual({ status: 'ready' });
  });

  test('http leads to https, and a body larger than any of ours is refused', async () => {
    const socketText = await visit(http, '/terms?x=1');
    expect(socketText).toContain('301 Moved Permanently');
    expect((await visitor.send('/token', 'x'.repeat(200_000))).status).toBe(413);
  });
});

suite(program === undefined ? 'a node (skipped: this machine has no nginx)' : 'a node', () => {
  test('that is marked as down, ended and started again under load, then dies: no visitor sees an error', async () => {
    const seen = [0, 0];
    const startNode = async (index: number, port = 0): Promise<Listening> =>
      listen(
        (request, response) => {
          seen[index] = (seen[index] ?? 0) + 1;
          request.resume().on('end', () => response.end('served'));
        },
        { port, host: '127.0.0.1', setting: 'PORT', keepAliveSeconds: 65 },
      );
    const nodes = [await startNode(0), await startNode(1)] as const;
    const [httpPort = 0, https = 0] = await freePorts(2);
    const ports = { http: httpPort, https, nodes: nodes.map(({ port }) => port) };
    const nginx = await runNginx(program ?? '', configurationFor(ports), [https]);
    let method = 'POST';
    let isOver = false;
    const answers = new Map<string, number>();
    const ask = async (): Promise<string> =>
      new Promise((resolve) => {
        const to = { host: '127.0.0.1', port: https, servername: NAME, ca: readFileSync(crt), agent: false, path: '/token' };
        httpsRequest({ ...to, method, headers: { Host: NAME } }, (answer) => {
          answer.resume().on('end', () => resolve(`${answer.statusCode}`));
        })
          .on('error', ({ message }) => resolve(message))
          .end('a=b');
      });
    const walk = async (): Promise<void> => {
      while (!isOver) {
        const answer = await ask();
        answers.set(answer, (answers.get(answer) ?? 0) + 1);
      }
    };
    const walking = Array.from({ length: figure(16, 3) }, walk);
    const count = (): number => answers.get('200') ?? 0;
    /** Waits until so many more visitors were served. */
    const served = async (more = figure(500, 20)): Promise<void> => {
      const before = count();
      await untilTrue('visitors are served', () => count() >= before + more, { tell: () => [...answers] });
    };
    try {
      await served();
      expect(Math.min(...seen)).toBeGreaterThan(0);
      await nginx.reload(configurationFor(ports, 1));
      const before = seen[1];
      await served();
      expect(seen[1]).toBe(before);
      await nodes[1].close(300_000);
      await served();
      const again = await startNode(1, ports.nodes[1]);
      await nginx.reload(configurationFor(ports));
      await untilTrue('the node serves again', () => (seen[1] ?? 0) > (before ?? 0));
      // A node that dies loses requests in progress. nginx gives those that may be repeated to the other one.
      method = 'GET';
      await served();
      await again.close(0);
      await served();
      expect([...answers.keys()]).toEqual(['200']);
    } finally {
      isOver = true;
      await Promise.all(walking);
      await nginx.stop();
      await nodes[0].close(0);
    }
  });
});
