// The whole world, for tests: every app in one process of its own, on free ports, with an empty data directory and a clock that the
// test moves.
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AppName } from '../../src/config/config.ts';
import { freePorts } from './free-ports.ts';
import { mailsUnderWay } from './mails-under-way.ts';
import { makeWorldDatabase } from './world-database.ts';
import { startWorldProcess } from './world-processes.ts';
import { untilFound } from './until-true.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const APPS: AppName[] = ['mailbox', 'dealer', 'id', 'owners-site', 'notebook'];

/** A mail in the mailbox's `/messages.json`. */
export type Message = { id: number; to: string; subject: string; text: string; html: string; received_at: string };

export type Origins = {
  /** The common ID; its issuer. */
  id: string;
  ownersSite: string;
  notebook: string;
  dealerSystem: string;
  mailbox: string;
  /** Five more services. The port is closed if the app was not started. */
  demoClients: string;
  /** The operations console. The port is closed if the app was not started. */
  operationsConsole: string;
};

export type World = {
  origins: Origins;
  /** Where the common ID's metrics and its readiness with details are. */
  admin: string;
  /** Returns the mails, newest first; with `to`, only those to this address. */
  messages(to?: string): Promise<Message[]>;
  /**
   * Waits for the mail to an address that came after `after`.
   * @param after the id of the newest mail that the test knows
   * @param withinMs the time limit
   */
  nextMessage(to: string, after?: number, withinMs?: number): Promise<Message>;
  /** Moves the clock of all apps forward, when no mail is under way. */
  advance(milliseconds: number): Promise<void>;
  /** The directory whose config/ the apps use: the project itself, or a copy that the test may change if it has clients or a policy of its own. */
  project: string;
  /** The settings of the apps, with DATABASE_URL; for a further process of the same world. */
  env: Record<string, string>;
  /** Returns the standard output and error of the apps. */
  log(): string;
  stop(): Promise<void>;
};

export type WorldOptions = {
  /** The apps to start; all by default. */
  apps?: AppName[];
  /** Settings that replace those of every test world. */
  env?: Record<string, string>;
  /** Further client files by client id: the content of a file in config/clients/, without `client_id`. */
  clients?: Record<string, object>;
  /** Changes the content of config/policy.json. */
  policy?: (policy: { rate_limits: Record<string, Record<string, number>> }) => void;
};

/** @throws if the apps do not start, with their output */
export async function startWorld({ apps = APPS, env = {}, clients = {}, policy }: WorldOptions = {}): Promise<World> {
  const directory = await mkdtemp(join(tmpdir(), 'common-id-world-'));
  const [id, ownersSite, notebook, dealerSystem, mailbox, smtp, demoClients, operationsConsole, admin] = await freePorts(9);
  const at = (port: number | undefined): string => `http://localhost:${port}`;
  const origins = {
    id: at(id),
    ownersSite: at(ownersSite),
    notebook: at(notebook),
    dealerSystem: at(dealerSystem),
    mailbox: at(mailbox),
    demoClients: at(demoClients),
    operationsConsole: at(operationsConsole),
  };
  const project = await makeProject(directory, clients, policy);
  const dataDirectory = env.DATA_DIRECTORY ?? join(directory, 'data');
  const given = env.DATABASE_URL;
  const database = given === undefined ? await makeWorldDatabase(dataDirectory) : { url: given, remove: async () => undefined };
  const remove = async (): Promise<void> => {
    await database.remove();
    await rm(directory, { recursive: true, force: true });
  };
  const settings = {
    ISSUER: origins.id,
    OWNERS_SITE_URL: origins.ownersSite,
    NOTEBOOK_URL: origins.notebook,
    DEALER_SYSTEM_URL: origins.dealerSystem,
    MAILBOX_URL: origins.mailbox,
    DEMO_CLIENTS_URL: origins.demoClients,
    OPERATIONS_CONSOLE_URL: origins.operationsConsole,
    // A name would be asked for at the machine’s DNS server, which may take its time.
    SMTP_URL: `smtp://127.0.0.1:${smtp}`,
    ADMIN_PORT: String(admin),
    PASSWORD_HASH_COST: '4',
    ...env,
    DATA_DIRECTORY: dataDirectory,
    DATABASE_URL: database.url,
  };
  const running = await startWorldProcess(project, apps, settings).catch(async (error: unknown) => {
    await remove();
    throw error;
  });

  let ahead = 0;
  const messages = async (to?: string): Promise<Message[]> => {
    const query = to === undefined ? '' : `?to=${encodeURIComponent(to)}`;
    return (await (await fetch(`${origins.mailbox}/messages.json${query}`)).json()) as Message[];
  };
  return {
    origins,
    admin: `http://127.0.0.1:${admin}`,
    messages,
    async nextMessage(to, after = 0, withinMs = 10_000) {
      const find = async (): Promise<Message | undefined> => (await messages(to)).find(({ id }) => id > after);
      return untilFound(`a mail to ${to}`, find, withinMs);
    },
    async advance(milliseconds) {
      await mailsUnderWay(database.url, () => Date.now() + ahead);
      ahead += milliseconds;
      await running.tellClock({ advance: milliseconds });
    },
    project,
    env: settings,
    log: running.log,
    async stop() {
      await running.stop();
      await remove();
    },
  };
}

/** Returns the project itself, or a directory with a copy of its config/ and the changes. */
async function makeProject(directory: string, clients: Record<string, object>, policy: WorldOptions['policy']): Promise<string> {
  if (Object.keys(clients).length === 0 && !policy) return ROOT;
  const project = join(directory, 'project');
  await cp(join(ROOT, 'config'), join(project, 'config'), { recursive: true });
  for (const [clientId, client] of Object.entries(clients)) {
    await writeFile(join(project, 'config/clients', `${clientId}.json`), JSON.stringify({ client_id: clientId, ...client }));
  }
  if (policy) {
    const path = join(project, 'config/policy.json');
    const json = JSON.parse(await readFile(path, 'utf8')) as Parameters<typeof policy>[0];
    policy(json);
    await writeFile(path, JSON.stringify(json));
  }
  return project;
}
