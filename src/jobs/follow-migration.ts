// Job that follows a change of a migration. It tells the account's dealers. After the completion of a migration, it also mails both
// addresses a link that undoes it.
import { createHash, randomBytes } from 'node:crypto';
import type { Deps } from '../deps.ts';
import type { Account } from '../domain/account.ts';
import { parseEmail } from '../domain/canonical-email.ts';
import { languageOf, type Language } from '../language.ts';
import { legacyRegistrationId } from '../domain/legacy-registration.ts';
import { MIGRATION_UNDO_MS, type Migration } from '../domain/migration.ts';
import { enqueueUpdate } from './enqueue-delivery.ts';
import type { MigrationChange } from './job-queue.ts';
import type { JobHandler } from './runner.ts';

type FollowDeps = Pick<Deps, 'config' | 'clients' | 'storage' | 'clock' | 'jobs'> & {
  formatTime: (time: number, language: Language) => string;
};

/** After this time the change was either written or its process is dead. */
const SURELY_WRITTEN_AFTER_MS = 60_000;
const GIVE_UP_AFTER_MS = 24 * 60 * 60 * 1000;

/** The model of undo tokens, which are stored by their SHA-256. The payload is an `UndoToken`. */
export const UNDO_MODEL = 'MigrationUndo';
export type UndoToken = Pick<Migration, 'client_id' | 'legacy_id'> & { completion: string };

/** The path of the link in the mail. */
export const UNDO_PATH = '/account/migration/undo';

/** Returns the hash under which a token is stored. */
export function digestOfUndoToken(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

/**
 * Writes a change of a migration and enqueues the job that follows it. Before the write it also enqueues a second job for a minute later,
 * in case this process dies in between.
 * @param write performs the single write of the change; called once
 */
export async function writeAndFollow<T>(
  { jobs, clock }: Pick<Deps, 'jobs' | 'clock'>,
  change: MigrationChange,
  write: () => Promise<T>,
): Promise<T> {
  const key = keyOf(change);
  await jobs.enqueue('follow_migration', `${key}:later`, change, { runAt: clock() + SURELY_WRITTEN_AFTER_MS });
  const written = await write();
  // The change is written, and the second job exists.
  await jobs.enqueue('follow_migration', key, change).catch(() => undefined);
  return written;
}

/** Enqueues updates for the dealers when a legacy site hands over a completed migration's customer again. Idempotent. */
export async function followHandOver(jobs: Deps['jobs'], migration: Migration): Promise<void> {
  const { client_id, legacy_id, account_id: accountId = '', completion, version } = migration;
  const change = { client_id, legacy_id, account_id: accountId, completion, version, change: 'handed_over' as const };
  await jobs.enqueue('follow_migration', keyOf(change), change);
}

/** Returns the job key, which contains no personal data. */
function keyOf({ client_id: clientId, legacy_id: legacyId, version, change, completion }: MigrationChange): string {
  const digest = createHash('sha256').update(JSON.stringify([clientId, legacyId, version, completion]));
  return `follow_migration:${change}:${digest.digest('base64url')}`;
}

/** Creates the handler. It is idempotent. */
export function createFollowMigration(deps: FollowDeps): JobHandler<MigrationChange> {
  const { storage, jobs } = deps;
  return {
    giveUpAfterMs: GIVE_UP_AFTER_MS,
    async run(change) {
      const migration = await storage.migrations.find(change.client_id, change.legacy_id);
      const isFinal = migration?.account_id === change.account_id && migration.completion === change.completion;
      // The change was not written, or was undone later; undoing has its own job.
      if (!migration || isFinal !== (change.change !== 'undone')) return;
      if (change.change === 'undone') await forgetRegistration(storage, change);
      for (const link of await storage.dealerLinks.listByAccount(change.account_id)) {
        await enqueueUpdate(jobs, link, keyOf(change));
      }
      if (change.change === 'completed') await mailBoth(deps, migration, change);
    },
  };
}

/** Deletes the record that the legacy identity has registered, so that it may get another ID. Does nothing if it registered another account. */
export async function forgetRegistration(
  { registrationDrafts }: Pick<Deps['storage'], 'registrationDrafts'>,
  {
    client_id: clientId,
    legacy_id: legacyId,
    account_id: accountId,
  }: Pick<MigrationChange, 'client_id' | 'legacy_id' | 'account_id'>,
): Promise<void> {
  const id = legacyRegistrationId(clientId, legacyId);
  const registration = await registrationDrafts.find(id);
  if (registration?.registered_at !== undefined && registration.account_id === accountId) await registrationDrafts.remove(id);
}

/** Mails the ID's address, and the legacy site's address if it differs. */
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
  const { completion = '', completed_at: completedAt = 0 } = migration;
  const key = `mail:migration-completed:${completion}:${to === account.email ? 'id' : 'before'}`;
  // Each mail has its own token. The token of a queued or sent mail stays valid.
  if (await storage.jobs.find(key)) return;
  const token = randomBytes(32).toString('base64url');
  const ends = completedAt + MIGRATION_UNDO_MS;
  const undo: UndoToken = { client_id: migration.client_id, legacy_id: migration.legacy_id, completion };
  await storage.artifacts.insertOnce(UNDO_MODEL, digestOfUndoToken(token), undo, ends);
  const language = languageOf(change.language ?? account.language);
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
