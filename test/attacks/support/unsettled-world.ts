// The common ID in this process, on an unsettled storage, with a legacy site, a dealer and a mail server that record everything.
import bcrypt from 'bcrypt';
import { createServer, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { rm } from 'node:fs/promises';
import { loadConfig } from '../../../src/config/load.ts';
import type { Deps } from '../../../src/deps.ts';
import { writeAccount } from '../../../src/start/demo-data.ts';
import { createSharedDeps } from '../../../src/start/create-deps.ts';
import { startSmtpReceiver } from '../../../src/apps/mailbox/smtp-receiver.ts';
import type { MessageStore } from '../../../src/apps/mailbox/message-store.ts';
import { listen } from '../../../src/start/listen.ts';
import { startCommonId } from '../../../src/start/start-common-id.ts';
import { openStorage } from '../../../src/storage/open-storage.ts';
import type { Records } from '../../../src/storage/records.ts';
import { createLog } from '../../../src/telemetry/log.ts';
import { freePorts } from '../../support/free-ports.ts';
import { DEEDS } from './account-life.ts';
import { makeProject, makeTestKey, WEB_SECRET, type TestKey } from './attack-world.ts';
import { unsettle, type UnsettledStorage } from './unsettled-storage.ts';

/** A delivery to a dealer. */
export type Delivery = {
  customerNumber: string | undefined;
  vins: string[];
  /** Whether the migration of the legacy identity with these cars was final at this moment. */
  final: boolean;
};

export type UnsettledWorld = {
  issuer: string;
  /** The key of `attack-site`. */
  siteKey: TestKey;
  /** The redirect URI of `attack-site`; answers every request. */
  callback: string;
  storage: Records;
  disturb: UnsettledStorage['disturb'];
  counts: UnsettledStorage['counts'];
  /** The texts of the mails to an address, oldest first. */
  mails(to: string): string[];
  /** The texts of the SMS to a number, oldest first. */
  sms(to: string): string[];
  deliveries: Delivery[];
  /** The owners of the cars, for `Delivery.final`. */
  legacyIdOfVin: Map<string, string>;
  /** How far the sequences got: accounts, links and finished migrations so far. */
  reached: { accounts: number; links: number; migrations: number };
  /** How often each deed of account-life.ts succeeded, how many accounts were erased, and how many got the address of another mailbox. */
  lived: Record<(typeof DEEDS)[number] | 'erased' | 'address changed', number>;
  /** For what operators do. */
  desk: Pick<Deps, 'config' | 'storage' | 'clock' | 'jobs'>;
  now(): number;
  /** Moves the clock. */
  advance(milliseconds: number): void;
  /** Writes an account as if its person had registered it. */
  register(email: string, password: string): Promise<void>;
  close(): Promise<void>;
};

/** @param databaseUrl default: SQLite in the world's directory */
export async function startUnsettledWorld(databaseUrl?: string): Promise<UnsettledWorld> {
  const siteKey = await makeTestKey();
  const [port = 0, outsidePort = 0] = await freePorts(2);
  const outside = `http://127.0.0.1:${outsidePort}`;
  const callback = `${outside}/callback`;
  const directory = await makeProject({ clients: { 'attack-site': attackSite(siteKey, callback) } }, siteKey);
  const mails = new Map<string, string[]>();
  const log = createLog('common-id', 'error');
  let ahead = 0;
  const clock = (): number => Date.now() + ahead;
  const smtp = await startSmtpReceiver({ host: '127.0.0.1', port: 0, clock, log }, keepIn(mails));

  const config = loadConfig({
    directory,
    apps: ['id'],
    env: {
      ISSUER: `http://127.0.0.1:${port}`,
      DEALER_SYSTEM_URL: outside,
      SMTP_URL: `smtp://127.0.0.1:${smtp.port}`,
      DATA_DIRECTORY: join(directory, 'data'),
      PASSWORD_HASH_COST: '4',
      SMS_URL: `${outside}/sms`,
      SMS_SECRET: `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
      NOTICE_MAILS: 'true',
      ATTACK_WEB_SECRET: WEB_SECRET,
      ...(databaseUrl && { DATABASE_URL: databaseUrl }),
    },
  });
  let unsettled: UnsettledStorage | undefined;
  const opened = await createSharedDeps(config, clock, log, async (...which) => {
    unsettled = unsettle(await openStorage(...which));
    return unsettled.storage;
  });
  if (!unsettled) throw new Error('the storage was not opened');
  const { storage } = opened;
  const deliveries: Delivery[] = [];
  const legacyIdOfVin = new Map<string, string>();
  const sms = new Map<string, string[]>();
  const stopOutside = await startOutside(outsidePort, sms, async (told) => {
    const migrations = told.vins.map(async (vin) => storage.migrations.find('attack-site', legacyIdOfVin.get(vin) ?? ''));
    const final = (await Promise.all(migrations)).every((migration) => migration?.account_id !== undefined);
    deliveries.push({ ...told, final });
  });
  const app = await startCommonId(config, clock, log, undefined, opened);
  const server = await listen(app.handler, { port, host: '127.0.0.1', setting: 'ISSUER' });
  await app.warmUp?.();
  return {
    issuer: config.issuer,
    siteKey,
    callback,
    ...unsettled,
    storage,
    mails: (to) => mails.get(to) ?? [],
    sms: (to) => sms.get(to) ?? [],
    deliveries,
    legacyIdOfVin,
    reached: { accounts: 0, links: 0, migrations: 0 },
    lived: Object.fromEntries([...DEEDS, 'erased', 'address changed'].map((deed) => [deed, 0])) as UnsettledWorld['lived'],
    desk: { config, storage, clock, jobs: opened.jobs },
    now: clock,
    advance: (milliseconds) => void (ahead += milliseconds),
    async register(email, password) {
      const hasher = { hash: async (text: string) => bcrypt.hash(text, 4) };
      await writeAccount({ storage, config, clock, hasher }, { email, password, profile: { family_name: '青風院' } });
    },
    async close() {
      app.drain();
      await server.close(1000);
      await app.close();
      await smtp.close();
      await stopOutside();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function attackSite({ publicJwk }: TestKey, callback: string): object {
  return {
    client_name: 'Attack site',
    application_type: 'web',
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys: [publicJwk] },
    redirect_uris: [callback],
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
    scope: 'openid profile email migration dealer_link',
    common_id: { first_party: true, contact: 'attacks', legacy_import: true },
  };
}

function keepIn(mails: Map<string, string[]>): MessageStore {
  return {
    add({ to, text }) {
      mails.set(to, [...(mails.get(to) ?? []), text]);
    },
    addSms: () => undefined,
    list: () => [],
    find: () => undefined,
    findRaw: () => undefined,
    close: () => undefined,
  };
}

/** The legacy site's callback, the dealer's API, and the SMS gateway. */
async function startOutside(
  port: number,
  sms: Map<string, string[]>,
  onDelivery: (told: Omit<Delivery, 'final'>) => Promise<void>,
): Promise<() => Promise<void>> {
  const server = createServer((request, response) => {
    if (request.url === '/sms') {
      void read(request).then((body) => {
        const { to, text } = JSON.parse(body) as { to: string; text: string };
        sms.set(to, [...(sms.get(to) ?? []), text]);
        response.end();
      });
      return;
    }
    const linkId = decodeURIComponent(/\/customer-links\/([^/?]+)/.exec(request.url ?? '')?.[1] ?? '');
    if (linkId === '') return void response.setHeader('Content-Type', 'text/html').end('<main><h1>back</h1></main>');
    void read(request).then(async (body) => {
      if (request.method === 'PUT') await onDelivery(deliveredIn(body));
      response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ link_id: linkId, status: 'active' }));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  return async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function deliveredIn(body: string): Omit<Delivery, 'final'> {
  const { customer_number: customerNumber, vehicles } = JSON.parse(body) as {
    customer_number?: string;
    vehicles?: { vin: string }[];
  };
  return { customerNumber, vins: (vehicles ?? []).map(({ vin }) => vin) };
}
