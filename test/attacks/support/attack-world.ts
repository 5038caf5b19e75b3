// The system under attack: real processes on one real database, mail by real SMTP, and clients whose keys the test holds.
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { exportJWK, generateKeyPair, type CryptoKey, type JWK } from 'jose';
import { freePorts } from '../../support/free-ports.ts';
import type { ClockOrder } from '../../support/world-orders.ts';
import { startWorldProcess } from '../../support/world-processes.ts';
import { mailsUnderWay } from '../../support/mails-under-way.ts';
import { createBrowser, sendRaw, type Answer, type Browser, type BrowserOptions } from '../../support/http-browser.ts';
import { untilFound } from '../../support/until-true.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** The redirect URI of the test clients. Nobody listens there. */
export const CALLBACK = 'http://127.0.0.1:9/callback';
export const WEB_SECRET = 'attack-web-secret-0123456789abcdef0123';
export const DEMO_PASSWORD = 'Common-2026';

export type TestKey = { kid: string; privateKey: CryptoKey; privateJwk: JWK; publicJwk: JWK };

export type Node = {
  /** The port of the common ID in this process. */
  port: number;
  clock(message: ClockOrder): Promise<void>;
  /** All standard output and error. */
  output(): string;
  stop(): Promise<void>;
};

export type StoredMail = { id: number; to: string; subject: string; text: string; html: string; received_at: string };

export type World = {
  issuer: string;
  /** The operators' port of the first process. */
  admin: string;
  directory: string;
  /** The key of the client `attack-site`, which may hand over legacy profiles. */
  siteKey: TestKey;
  nodes: Node[];
  env: Record<string, string>;
  /** Starts another process of the common ID on the same database. */
  addNode(env?: Record<string, string>): Promise<Node>;
  /** Moves the clocks of all processes, when no mail is on its way. */
  advance(milliseconds: number): Promise<void>;
  /** Runs an action while the clocks of all processes stand still, except for `advance`: for tests that depend on single seconds. */
  withClockStopped(action: () => Promise<void>): Promise<void>;
  /** Makes a browser in its own network. */
  browser(options?: BrowserOptions): Browser;
  /** An address of 127.0.0.0/8 in a network that nobody else has. */
  freshAddress(): string;
  request(path: string, options?: Parameters<typeof sendRaw>[1]): Promise<Answer>;
  mails(to?: string): Promise<StoredMail[]>;
  /** Waits until the address has this many mails. Returns the newest. */
  mail(to: string, count?: number): Promise<StoredMail>;
  rawMail(id: number): Promise<string>;
  /** Rows of the common ID's database. */
  rows<T = Record<string, unknown>>(sql: string, ...values: SQLInputValue[]): T[];
  change(sql: string, ...values: SQLInputValue[]): void;
  /** All bytes of the database's files. */
  databaseBytes(): Promise<Buffer>;
  close(): Promise<void>;
};

export type WorldOptions = {
  env?: Record<string, string>;
  /** Changes config/policy.json. */
  policy?: (policy: PolicyFile) => void;
  /** More files in config/clients, by client id. */
  clients?: Record<string, object>;
  /** More public keys of `attack-site`. */
  moreSiteKeys?: JWK[];
  nodes?: number;
  /** More apps in the first process. Their settings are in `env`. */
  apps?: string[];
};

type PolicyFile = {
  password_hash: { per_minute: Record<string, number> };
  rate_limits: Record<'login' | 'email_code' | 'sms_code' | 'legacy_hand_over', Record<string, number>>;
};

export async function makeTestKey(alg = 'ES256'): Promise<TestKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const kid = `test-${crypto.randomUUID().slice(0, 8)}`;
  const named = { kid, use: 'sig', alg };
  const [privateJwk, publicJwk] = [await exportJWK(privateKey), await exportJWK(publicKey)];
  return { kid, privateKey, privateJwk: { ...privateJwk, ...named }, publicJwk: { ...publicJwk, ...named } };
}

/** Makes a project directory with the shipped config/, and the clients of the tests beside the shipped ones. */
export async function makeProject(
  { policy, clients, moreSiteKeys = [] }: Pick<WorldOptions, 'policy' | 'clients' | 'moreSiteKeys'>,
  siteKey: TestKey,
): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'attacks-'));
  await cp(join(ROOT, 'config'), join(directory, 'config'), { recursive: true });
  if (policy) {
    const path = join(directory, 'config/policy.json');
    const json = JSON.parse(await readFile(path, 'utf8')) as PolicyFile;
    policy(json);
    await writeFile(path, JSON.stringify(json));
  }
  for (const [id, client] of Object.entries({ ...testClients([siteKey.publicJwk, ...moreSiteKeys]), ...clients })) {
    await writeFile(join(directory, 'config/clients', `${id}.json`), JSON.stringify({ client_id: id, ...client }));
  }
  return directory;
}

const ALL_SCOPES = 'openid profile email phone address offline_access migration dealer_link service_history contracts booking';

function testClients(siteKeys: JWK[]): Record<string, object> {
  const web = {
    application_type: 'web',
    token_endpoint_auth_method: 'client_secret_basic',
    client_secret: { $env: 'ATTACK_WEB_SECRET' },
    redirect_uris: [CALLBACK],
    post_logout_redirect_uris: ['http://127.0.0.1:9/logged-out'],
    grant_types: ['authorization_code', 'refresh_token'],
    scope: ALL_SCOPES,
  };
  const ours = { first_party: true, contact: 'attacks', refresh_rotation: true };
  return {
    // A first-party service without required claims: login, and back.
    'attack-web': { client_name: 'Attack web', ...web, common_id: ours },
    // A third party's service.
    'attack-third': {
      client_name: 'Attack third',
      ...web,
      subject_type: 'pairwise',
      common_id: { contact: 'attacks', refresh_rotation: true },
    },
    'attack-required': {
      client_name: 'Attack required',
      ...web,
      common_id: { ...ours, required_claims: [{ claim: 'birthdate', reason: { ja: '確認', en: 'Check' } }] },
    },
    // A legacy site.
    'attack-site': {
      client_name: 'Attack site',
      ...web,
      token_endpoint_auth_method: 'private_key_jwt',
      client_secret: undefined,
      jwks: { keys: siteKeys },
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
      scope: `${ALL_SCOPES} migration:read`,
      common_id: { ...ours, legacy_import: true },
    },
  };
}

async function startNode(directory: string, apps: string[], env: Record<string, string>, port: number): Promise<Node> {
  const { tellClock, log, stop } = await startWorldProcess(directory, apps, env);
  return { port, clock: tellClock, output: log, stop };
}

let networks = 0;

/** Another /24 each time. Each test file runs in its own process, and has its own database. */
function freshAddress(): string {
  networks += 1;
  return `127.${1 + (networks >> 8)}.${networks & 255}.1`;
}

export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const siteKey = await makeTestKey();
  const directory = await makeProject(options, siteKey);
  const [idPort = 0, mailboxPort = 0, smtpPort = 0, dealerPort = 0, adminPort = 0] = await freePorts(5);
  const issuer = `http://127.0.0.1:${idPort}`;
  const mailbox = `http://127.0.0.1:${mailboxPort}`;
  const databasePath = join(directory, 'data/common-id.sqlite');
  const env: Record<string, string> = {
    ISSUER: issuer,
    MAILBOX_URL: mailbox,
    DEALER_SYSTEM_URL: `http://127.0.0.1:${dealerPort}`,
    OWNERS_SITE_URL: 'http://127.0.0.1:9',
    SMTP_URL: `smtp://127.0.0.1:${smtpPort}`,
    DATA_DIRECTORY: join(directory, 'data'),
    PASSWORD_HASH_COST: '4',
    ATTACK_WEB_SECRET: WEB_SECRET,
    LOG_LEVEL: 'debug',
    ADMIN_PORT: String(adminPort),
    ...options.env,
  };
  let ahead = 0;
  const nodes = [await startNode(directory, ['mailbox', 'dealer', 'id', ...(options.apps ?? [])], env, idPort)];
  const read = new DatabaseSync(databasePath, { readOnly: true, timeout: 5000 });
  const write = new DatabaseSync(databasePath, { timeout: 5000 });

  let stoppedAt: number | undefined;
  const now = (): number => stoppedAt ?? Date.now() + ahead;
  const tellClocks = async (message: ClockOrder): Promise<void> =>
    void (await Promise.all(nodes.map(async (node) => node.clock(message))));

  const world: World = {
    issuer,
    admin: `http://127.0.0.1:${adminPort}`,
    directory,
    siteKey,
    nodes,
    env,
    async addNode(more = {}) {
      const [port = 0] = await freePorts(1);
      const node = await startNode(
        directory,
        ['id'],
        { ...env, PORT: String(port), ADMIN_PORT: '', TEST_CLOCK_AHEAD: String(ahead), ...more },
        port,
      );
      nodes.push(node);
      return node;
    },
    async advance(milliseconds) {
      await mailsUnderWay(`sqlite:${databasePath}`, now);
      if (stoppedAt === undefined) ahead += milliseconds;
      else stoppedAt += milliseconds;
      await tellClocks({ advance: milliseconds });
    },
    async withClockStopped(action) {
      stoppedAt = now();
      await tellClocks({ stopAt: stoppedAt });
      try {
        await action();
      } finally {
        ahead = now() - Date.now();
        stoppedAt = undefined;
        await tellClocks('go on');
      }
    },
    browser: (browserOptions) => createBrowser({ from: freshAddress(), ...browserOptions }),
    freshAddress,
    request: async (path, requestOptions) => sendRaw(`${issuer}${path}`, { from: freshAddress(), ...requestOptions }),
    async mails(to) {
      const query = to === undefined ? '' : `?to=${encodeURIComponent(to)}`;
      return JSON.parse((await sendRaw(`${mailbox}/messages.json${query}`)).text) as StoredMail[];
    },
    async mail(to, count = 1) {
      const find = async (): Promise<StoredMail | undefined> => {
        const mails = await world.mails(to);
        return mails.length >= count ? mails[0] : undefined;
      };
      const tell = async (): Promise<string> => `all mails went to ${(await world.mails()).map((mail) => mail.to).join(', ')}`;
      return untilFound(`mail ${count} to ${to}`, find, { everyMs: 25, tell });
    },
    rawMail: async (id) => (await sendRaw(`${mailbox}/messages/${id}.eml`)).text,
    rows: <T>(sql: string, ...values: SQLInputValue[]) => read.prepare(sql).all(...values) as T[],
    change: (sql, ...values) => void write.prepare(sql).run(...values),
    async databaseBytes() {
      const files = [databasePath, `${databasePath}-wal`].map(async (path) => readFile(path).catch(() => Buffer.alloc(0)));
      return Buffer.concat(await Promise.all(files));
    },
    async close() {
      await Promise.all(nodes.map(async (node) => node.stop()));
      read.close();
      write.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
  for (let more = 1; more < (options.nodes ?? 1); more += 1) await world.addNode();
  return world;
}
