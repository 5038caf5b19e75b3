// Job: what follows a change of a migration. The dealers of the account are told, and after the end of one both addresses get a mail by which
// it can be undone.
import { createHash, randomBytes } from 'node:crypto';
import type { Deps } from '../deps.ts';
import type { Account } from '../domain/account.ts';
import { parseEmail } from '../domain/canonical-email.ts';
import { legacyRegistrationId } from '../domain/legacy-registration.ts';
import { MIGRATION_UNDO_MS, type Migration } from '../domain/migration.ts';
import { enqueueUpdate } from './enqueue-delivery.ts';
import type { MigrationChange } from './job-queue.ts';
import type { JobHandler } from './runner.ts';

type FollowDeps = Pick<Deps, 'config' | 'clients' | 'storage' | 'clock' | 'jobs'> & {
  formatTime: (time: number, language: 'ja' | 'en') => string;
};

/** A process that wrote the change and died before it said so has been gone for so long. */
const SURELY_WRITTEN_AFTER_MS = 60_000;
const GIVE_UP_AFTER_MS = 24 * 60 * 60 * 1000;

/** Under which a token of a mail is kept, by its SHA-256; the payload is an `UndoToken`. */
export const UNDO_MODEL = 'MigrationUndo';
export type UndoToken = Pick<Migration, 'client_id' | 'legacy_id'> & { completion: string };

/** Where a link out of the mail leads. */
export const UNDO_PATH = '/account/migration/undo';

/** What is stored of a token. */
export function digestOfUndoToken(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

/**
 * Writes a change of a migration and has it followed, whatever becomes of this process in between: a second job, a minute later, does what
 * the first one was to do.
 * @param write the one write of the change; called once
 */
export async function writeAndFollow<T>(
  { jobs, clock }: Pick<Deps, 'jobs' | 'clock'>,
  change: MigrationChange,
  write: () => Promise<T>,
): Promise<T> {
  const key = keyOf(change);
  await jobs.enqueue('follow_migration', `${key}:later`, change, { runAt: clock() + SURELY_WRITTEN_AFTER_MS });
  const written = await write();
  // The change stands, and the other job is there.
  await jobs.enqueue('follow_migration', key, change).catch(() => undefined);
  return written;
}

/** Has the dealers told of what the legacy site hands over of a migration that is final. Can be repeated. */
export async function followHandOver(jobs: Deps['jobs'], migration: Migration): Promise<void> {
  const { client_id, legacy_id, account_id: accountId = '', completion, version } = migration;
  const change = { client_id, legacy_id, account_id: accountId, completion, version, change: 'handed_over' as const };
  await jobs.enqueue('follow_migration', keyOf(change), change);
}

/** Contains no personal data. */
function keyOf({ client_id: clientId, legacy_id: legacyId, version, change, completion }: MigrationChange): string {
  const digest = createHash('sha256').update(JSON.stringify([clientId, legacyId, version, completion]));
  return `follow_migration:${change}:${digest.digest('base64url')}`;
}

/** The handler. Can be repeated: what it does it does once. */
export function createFollowMigration(deps: FollowDeps): JobHandler {
  const { storage, jobs } = deps;
  return {
    giveUpAfterMs: GIVE_UP_AFTER_MS,
    async run(payload) {
      const change = payload as MigrationChange;
      const migration = await storage.migrations.find(change.client_id, change.legacy_id);
      const isFinal = migration?.account_id === change.account_id && migration.completion === change.completion;
      // Not written after all, or undone since, which is followed by itself.
      if (!migration || isFinal !== (change.change !== 'undone')) return;
      if (change.change === 'undone') await forgetRegistration(storage, change);
      for (const link of await storage.dealerLinks.listByAccount(change.account_id)) {
        await enqueueUpdate(jobs, link, keyOf(change));
      }
      if (change.change === 'completed') await mailBoth(deps, migration, change);
    },
  };
}

/** That the legacy identity has registered: it may get another ID. Nothing where it has registered another account. */
export async function forgetRegistration(
  { registrationDrafts }: Pick<Deps['storage'], 'registrationDrafts'>,
  { client_id: clientId, legacy_id: legacyId, account_id: accountId }: MigrationChange,
): Promise<void> {
  const id = legacyRegistrationId(clientId, legacyId);
  const registration = await registrationDrafts.find(id);
  if (registration?.registered_at !== undefined && registration.account_id === accountId) await registrationDrafts.remove(id);
}

/** The address of the ID, and the one that the legacy site knew, where it is another. */
async function mailBoth(deps: FollowDeps, migration: Migration, change: MigrationChange): Promise<void> {
  const account = await deps.storage.accounts.find(change.account_id);
  const ends = (migration.completed_at ?? 0) + MIGRATION_UNDO_MS;
  if (!account || ends <= deps.clock()) return;
  const before = parseEmail(change.email ?? '');
  const isAnother = before.ok && before.canonical !== account.email_canonical;
  for (const to of [account.email, ...(isAnother ? [before.email] : [])]) await mailOnce(deps, migration, account, change, to);
}

async function mailOnce(
  deps: FollowDeps,
  migration: Migration,
  account: Account,
  change: MigrationChange,
  to: string,
): Promise<void> {
  const { storage, jobs, clients, config, formatTime } = deps;
  const completion = migration.completion as string;
  const key = `mail:migration-completed:${completion}:${to === account.email ? 'id' : 'before'}`;
  // A token of its own for each mail; the one that is on its way, or was sent, stays good.
  if (await storage.jobs.find(key)) return;
  const token = randomBytes(32).toString('base64url');
  const completedAt = migration.completed_at as number;
  const ends = completedAt + MIGRATION_UNDO_MS;
  const undo: UndoToken = { client_id: migration.client_id, legacy_id: migration.legacy_id, completion };
  await storage.artifacts.insertOnce(UNDO_MODEL, digestOfUndoToken(token), undo, ends);
  const language = (change.language ?? account.language) === 'en' ? 'en' : 'ja';
  await jobs.enqueue('send_mail', key, {
    to,
    template: 'migration-completed',
    language,
    values: {
      serviceName: clients.find(migration.client_id)?.name[language] ?? migration.client_id,
      email: account.email,
      time: formatTime(completedAt, language),
      ends: formatTime(ends, language),
      url: `${config.issuer}${UNDO_PATH}?token=${token}`,
    },
  });
}
