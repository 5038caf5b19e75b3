// npm run admin -- ledger …: lists the events of accounts, links and migrations, and verifies that nobody has changed them.
import type { KeyObject } from 'node:crypto';
import { appendFile } from 'node:fs/promises';
import { ConfigError } from '../../src/config/problems/config-error.ts';
import type { Config } from '../../src/config/config.ts';
import { inspectConfig } from '../../src/config/load.ts';
import { makeSecretKeys } from '../../src/config/settings/secret-keys.ts';
import { readAnchorFile } from '../../src/storage/anchor-file.ts';
import { everyLedgerEntry } from '../../src/storage/every-ledger-entry.ts';
import { createAnchorKey, takeAnchor } from '../../src/storage/ledger-anchor.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import type { Ledger, LedgerEntry } from '../../src/storage/storage.ts';
import { verifyLedger, type LedgerFinding, type LedgerVerdict } from '../../src/storage/verify-ledger.ts';
import { databaseIsThere } from './database-is-there.ts';
import { table } from './table.ts';
import { createTopic, type Action, type ActionInput } from './topic.ts';
import { UsageError } from './usage-error.ts';

const verify: Action = {
  does: 'checks every entry and every anchor of the ledger, and reports what is broken',
  options: {
    anchors: 'a file of anchors that were kept elsewhere; default: LEDGER_ANCHOR_FILE',
    'earlier-key': 'the name of the variable that holds the previous LEDGER_KEY or HMAC_KEY, if it was changed',
  },
  async run({ values, ...input }) {
    return withLedger(input, async (ledger, config) => {
      const file = values.anchors ?? config.ledgerAnchorFile;
      const outside = file === undefined ? [] : await readAnchorFile(file);
      if (values.anchors !== undefined && outside.length === 0)
        throw new Error(`--anchors: there is no anchor in ${values.anchors}`);
      const keys = [config.keys.ledger, ...earlierKeys(values['earlier-key'], input.env)];
      const verdict = await verifyLedger(ledger, keys, outside);
      return { json: verdict, text: tell(verdict), bad: !verdict.sound };
    });
  },
};

const anchor: Action = {
  does: 'signs the latest hashes of the ledger now, stores them in the database, and prints them; keep the line elsewhere',
  options: { to: 'a file to append the line to as well; created if missing' },
  async run({ values: { to }, ...input }) {
    return withLedger(input, async (ledger, config) => {
      const key = createAnchorKey(config.keys.ledger);
      const { sequence, document } = await takeAnchor(ledger, key, Date.now());
      if (to !== undefined) await appendFile(to, `${document}\n`, { mode: 0o600, flush: true });
      return { json: { sequence, document, public_key: key.publicJwk }, text: `${document}\n` };
    });
  },
};

const list: Action = {
  does: 'lists the events of the ledger in order of time',
  options: {
    subject: 'only events of this account, link or migration',
    type: 'only events of this type, such as account.signed_in',
    limit: 'how many of the latest events; default: 100',
  },
  async run({ values: { subject, type, limit = '100' }, ...input }) {
    const most = Number(limit);
    if (!Number.isInteger(most) || most < 1 || most > 100_000)
      throw new UsageError('--limit: expected a number from 1 to 100000');
    return withLedger(input, async (ledger) => {
      let entries: LedgerEntry[] = [];
      for await (const entry of everyLedgerEntry(ledger)) {
        if ((subject !== undefined && entry.subject !== subject) || (type !== undefined && entry.type !== type)) continue;
        entries.push(entry);
        if (entries.length > 2 * most) entries = lastOf(entries, most);
      }
      const rows = lastOf(entries, most).map((entry) => [
        new Date(entry.at).toISOString(),
        `${entry.partition}/${entry.sequence}`,
        entry.type,
        entry.subject,
        JSON.stringify(entry.data),
      ]);
      const text =
        rows.length === 0 ? 'There are no such events.\n' : table([['TIME', 'ENTRY', 'TYPE', 'SUBJECT', 'DATA'], ...rows]);
      return { json: lastOf(entries, most), text };
    });
  },
};

export const command = createTopic('ledger', { verify, anchor, list });

const lastOf = (entries: LedgerEntry[], most: number): LedgerEntry[] => entries.toSorted((a, b) => a.at - b.at).slice(-most);

function earlierKeys(name: string | undefined, env: NodeJS.ProcessEnv): KeyObject[] {
  if (name === undefined) return [];
  const secret = env[name];
  if (!secret) throw new UsageError(`--earlier-key: there is no variable ${name}`);
  return [makeSecretKeys({ hmac: secret, subject: undefined, ledger: undefined }).ledger];
}

async function withLedger<T>(
  { env, directory }: Pick<ActionInput, 'env' | 'directory'>,
  use: (ledger: Ledger, config: Config) => Promise<T>,
): Promise<T> {
  const { config: make, problems } = inspectConfig({ env, directory, apps: ['id'], keys: 'unchecked' });
  if (!make) throw new ConfigError(problems);
  const config = make();
  if (!databaseIsThere(config.databaseUrl)) throw new Error(`${config.databaseUrl} does not exist`);
  const storage = await openStorage(config.databaseUrl, Date.now, undefined, config.keys.ledger);
  try {
    return await use(storage.ledger, config);
  } finally {
    await storage.close();
  }
}

const KINDS: Record<LedgerFinding['kind'], string> = {
  changed: 'is not as it was written',
  missing: 'is missing, but later ones exist',
  cut_off: 'is missing, with all later ones',
  replaced: 'is not the one that was anchored',
  added: 'was added after the ledger of earlier versions was closed',
  wrong_key:
    'was made with a key that is not known here, and so were the following ones, up to the next line that says otherwise',
  not_anchored: 'is more than two days newer than the last anchor: anchors are missing, or none are made',
};

function tell({ sound, findings, count, lastAnchorAt }: LedgerVerdict): string {
  const parts = { closed: 'ledger of earlier versions: entry', anchors: 'anchor', anchor_file: 'file of anchors: line' };
  const lines = findings.map(({ part, partition, sequence, kind }) => {
    const where = part === 'partition' ? `partition ${partition}: entry` : parts[part];
    return `  - ${where} ${sequence} ${KINDS[kind]}\n`;
  });
  if (count.findings > findings.length) lines.push(`  … and ${count.findings - findings.length} more\n`);
  const anchors = `${count.anchors} anchors${count.outside > 0 ? `, ${count.outside} kept elsewhere` : ''}`;
  const closed = count.closed > 0 ? `, ${count.closed} of earlier versions` : '';
  const since =
    lastAnchorAt === null ? 'There is no anchor yet' : `The last anchor was made at ${new Date(lastAnchorAt).toISOString()}`;
  return (
    `${count.entries} entries${closed}, ${anchors}.\n` +
    `${sound ? 'The ledger is sound.' : `The ledger is broken, ${count.findings} findings:`}\n${lines.join('')}` +
    `${since}. This check cannot detect that the last of the ${count.afterLastAnchor} entries after it were cut off.` +
    `${count.outside === 0 ? ' Nor can it detect that the whole database was replaced by an older copy, because no anchors that were kept elsewhere were compared.' : ''}\n`
  );
}
