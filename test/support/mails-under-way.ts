// Waits for mails that are about to be sent or being sent. A test waits before it moves the clock: past the lease of its job, a mail would be
// sent a second time.
import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { withMongo } from './with-mongo.ts';
import { untilTrue } from './until-true.ts';

/** Jobs that enqueue another job come first: after the first has ended, the second is visible. */
const KINDS = ['mail_password_reset', 'send_mail', 'send_sms'];
const UNDER_WAY = `SELECT 1 FROM jobs WHERE kind = ? AND state = 'waiting' AND (lease IS NOT NULL OR run_at <= ?)`;

/**
 * @param databaseUrl of the common ID; if SQLite's file does not exist, it returns at once
 * @param now the clock of the common ID
 * @throws if mails are not sent in time
 */
export async function mailsUnderWay(databaseUrl: string, now: () => number, withinMs?: number): Promise<void> {
  return databaseUrl.startsWith('sqlite:')
    ? inSqlite(databaseUrl.slice('sqlite:'.length), now, withinMs)
    : inMongo(databaseUrl, now, withinMs);
}

async function inSqlite(path: string, now: () => number, withinMs?: number): Promise<void> {
  if (!existsSync(path)) return;
  const database = new DatabaseSync(path, { readOnly: true, timeout: 5000 });
  try {
    const underWay = database.prepare(UNDER_WAY);
    await untilNone(async (kind) => underWay.get(kind, now()) !== undefined, withinMs);
  } finally {
    database.close();
  }
}

async function inMongo(url: string, now: () => number, withinMs?: number): Promise<void> {
  await withMongo(url, async (connection) => {
    const jobs = connection.collection('jobs');
    const isUnderWay = (): object => ({ $or: [{ lease: { $ne: null } }, { run_at: { $lte: now() } }] });
    await untilNone(async (kind) => (await jobs.findOne({ kind, state: 'waiting', ...isUnderWay() })) !== null, withinMs);
  });
}

async function untilNone(areUnderWay: (kind: string) => Promise<boolean>, withinMs?: number): Promise<void> {
  for (const kind of KINDS) {
    await untilTrue(`the jobs ${kind} end`, async () => !(await areUnderWay(kind)), {
      everyMs: 10,
      ...(withinMs !== undefined && { withinMs }),
    });
  }
}
