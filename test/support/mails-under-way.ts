// Waits for mails that are about to be sent or being sent. A test that moves the clock must: past the lease of its job a mail would be
// taken up once more, and come twice.
import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

const UNDER_WAY = `
  SELECT 1 FROM jobs
  WHERE kind IN ('send_mail', 'mail_password_reset') AND state = 'waiting' AND (lease IS NOT NULL OR run_at <= ?)`;

/**
 * @param databasePath of the common ID's SQLite file; where there is none, nothing is waited for
 * @param now what the clock of the common ID says
 * @throws where mails do not leave
 */
export async function mailsUnderWay(databasePath: string, now: () => number): Promise<void> {
  if (!existsSync(databasePath)) return;
  const database = new DatabaseSync(databasePath, { readOnly: true, timeout: 5000 });
  try {
    const underWay = database.prepare(UNDER_WAY);
    for (let waited = 0; underWay.get(now()); waited += 10) {
      if (waited >= 15_000) throw new Error('mails do not leave');
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  } finally {
    database.close();
  }
}
