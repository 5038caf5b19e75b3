// The process of complete-check.ts: `node complete-check-process.ts <path>`. Writes what it finds.
import { constants, setPriority } from 'node:os';
import { DatabaseSync } from 'node:sqlite';
import { FOUND_DAMAGE } from './complete-check.ts';
import { isDamage } from './sqlite-error.ts';

const [path = ''] = process.argv.slice(2);
setPriority(constants.priority.PRIORITY_LOW);

try {
  const finding = findDamage();
  if (finding !== undefined) tell(finding);
} catch (error) {
  if (!isDamage(error)) throw error;
  tell(String(error));
}

/** Table by table, because the log cannot be used anew while one is read. */
function findDamage(): string | undefined {
  const connection = new DatabaseSync(path, { readOnly: true, timeout: 10_000 });
  const tables = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  for (const { name } of tables) {
    const [finding] = Object.values(connection.prepare(`PRAGMA integrity_check ('${String(name)}')`).get() ?? {});
    if (finding !== 'ok') return `${String(name)}: ${String(finding)}`;
  }
  return undefined;
}

function tell(finding: string): void {
  process.stdout.write(`${finding}\n`);
  process.exitCode = FOUND_DAMAGE;
}
