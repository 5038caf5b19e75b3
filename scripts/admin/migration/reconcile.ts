// Writes the reconciliation: every legacy user in exactly one state, and a signed statement about the list.
import { createWriteStream, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createHash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { rebuildFunnel } from '../../../src/operations/migration/rebuild-funnel.ts';
import { readStatement, reconcile, type Reconciliation } from '../../../src/operations/migration/reconcile.ts';
import { actionOf, BY, NEEDS_BY, withDesk } from '../desk.ts';
import type { Action } from '../topic.ts';
import { clientOf } from './import.ts';

export const reconcileList: Action = {
  does: 'writes every legacy user in exactly one state as CSV, and a signed statement beside it; the service may run',
  options: {
    ...BY,
    out: 'the CSV; the statement gets the same name and .jws, and the public key .jwk.json',
    client: 'the client of the legacy site; needed if more than one hands profiles over',
  },
  needs: ['out', ...NEEDS_BY],
  async run({ values, ...input }) {
    const { out = '' } = values;
    const action = actionOf(values);
    return withDesk(input, async (deps) => {
      const clientId = clientOf(deps.config, values.client);
      // Legacy users of whom only the ledger knows belong into the list, too.
      const { differences } = await rebuildFunnel(deps);
      const file = createWriteStream(out, { mode: 0o600 });
      await once(file, 'open');
      const write = async (text: string): Promise<void> => {
        if (!file.write(text)) await once(file, 'drain');
      };
      const done = await reconcile(deps, { clientId, out: write }, action);
      file.end();
      await once(file, 'close');
      writeFileSync(`${out}.jws`, `${done.jws}\n`, { mode: 0o600 });
      writeFileSync(`${out}.jwk.json`, `${JSON.stringify(done.publicJwk, null, 2)}\n`);
      const json = { ...done, corrected_counts: differences.length, files: [out, `${out}.jws`, `${out}.jwk.json`] };
      return { json, text: tell(done, out), bad: done.disagreementCount > 0 };
    });
  },
};

export const checkReconciliation: Action = {
  does: 'checks a CSV of migration reconcile against the statement beside it',
  options: { file: 'the CSV; the statement beside it has the same name and .jws' },
  needs: ['file'],
  async run({ values: { file = '' }, ...input }) {
    return withDesk(input, async ({ config }) => {
      const hash = createHash('sha256');
      for await (const chunk of createReadStream(file, 'utf8')) hash.update(String(chunk));
      const statement = readStatement(config.keys.ledger, readFileSync(`${file}.jws`, 'utf8').trim());
      const isRight = statement?.sha256 === hash.digest('hex');
      const text = !statement
        ? 'The statement was not signed with the key of this service, or was changed.\n'
        : isRight
          ? `The list is as it was signed at ${statement.at}: ${statement.rows} legacy users.\n`
          : 'The list is not the one that was signed.\n';
      return { json: { ok: isRight, statement: statement ?? null }, text, bad: !isRight };
    });
  },
};

function tell({ statement, disagreements, disagreementCount }: Reconciliation, out: string): string {
  const states = Object.entries(statement.states).map(([state, count]) => `${state} ${count}`);
  const wrong =
    disagreementCount === 0
      ? 'Every record agrees with its migration.\n'
      : `${disagreementCount} records do not agree with their migrations:\n${disagreements
          .map(({ id, record, migration }) => `  - ${id}: the record says ${record}, and the migration is ${migration}\n`)
          .join('')}`;
  return (
    `${statement.rows} legacy users: ${states.join(', ')}; ${statement.unlisted} are not in the list.\n${wrong}` +
    `SHA-256 ${statement.sha256}\nWritten: ${out}, ${out}.jws (the signed statement), ${out}.jwk.json (the public key).\n`
  );
}
