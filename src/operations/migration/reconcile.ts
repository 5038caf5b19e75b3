// The reconciliation: a CSV with every legacy user of a client in exactly one state, and a signed statement about it. It compares each record with
// the migration itself, so that the list and the program agree.
import { createHash } from 'node:crypto';
import type { JsonWebKey, KeyObject } from 'node:crypto';
import type { Deps } from '../../deps.ts';
import { createLegacyUserIds } from '../../domain/legacy-user-ids.ts';
import { iso } from '../../domain/iso-time.ts';
import type { OperatorAction } from '../../domain/operator-action.ts';
import { lastStepOf, stateOfLegacyUser, type LegacyUser, type LegacyUserState } from '../../domain/population.ts';
import { everyEntry } from '../../storage/every-entry.ts';
import { createStatementKey } from '../../storage/ledger-anchor.ts';
import type { LedgerHead } from '../../storage/storage.ts';
import { noteCampaignLook } from './note-campaign-look.ts';

/** What is signed. */
export type Statement = {
  about: 'migration reconciliation';
  client_id: string;
  /** ISO 8601. */
  at: string;
  rows: number;
  states: Record<LegacyUserState, number>;
  /** Legacy users who came without being in the list. */
  unlisted: number;
  /** SHA-256 of the CSV's bytes, hexadecimal. */
  sha256: string;
  /** The last entries of the ledger when the list was begun. */
  ledger: LedgerHead[];
};

/** A record that does not say what the migration says. */
export type Disagreement = { id: string; record: LegacyUserState; migration: 'none' | 'open' | 'completed' };

export type Reconciliation = {
  statement: Statement;
  /** A JWS in its compact form (RFC 7515), whose payload is the statement. */
  jws: string;
  /** Checks it: a JWK of Ed25519 (RFC 8037). */
  publicJwk: JsonWebKey;
  /** The first ones. */
  disagreements: Disagreement[];
  disagreementCount: number;
};

const PAGE = 500;
const MOST_TOLD = 100;
const HEADER = 'legacy_id,state,in_list,last_step,since\r\n';

/**
 * Writes every legacy user of a client, in order of the records' names, and signs the result.
 * @param out receives the CSV; it is awaited
 */
export async function reconcile(
  deps: Pick<Deps, 'storage' | 'config' | 'clock'>,
  { clientId, out }: { clientId: string; out: (text: string) => Promise<void> },
  action: OperatorAction,
): Promise<Reconciliation> {
  const { storage, config, clock } = deps;
  await noteCampaignLook(deps, clientId, 'reconciliation', action);
  await storage.ledger.settle();
  await storage.population.settle();
  const ledger = await storage.ledger.heads();
  const ids = createLegacyUserIds(config.keys);
  const hash = createHash('sha256');
  const write = async (text: string): Promise<void> => {
    hash.update(text);
    await out(text);
  };
  const states = noStates();
  const disagreements: Disagreement[] = [];
  let [rows, unlisted, disagreementCount] = [0, 0, 0];
  await write(HEADER);
  const all = everyEntry(storage.population.listAfter, ({ id }) => id, '', PAGE);
  let lines: string[] = [];
  for await (const user of all) {
    if (user.client_id !== clientId) continue;
    const legacyId = ids.legacyIdOf(user);
    const state = stateOfLegacyUser(user);
    const found = await disagreementOf(deps, user, legacyId);
    if (found) disagreementCount += 1;
    if (found && disagreements.length < MOST_TOLD) disagreements.push(found);
    states[state] += 1;
    rows += 1;
    const inList = user.reached.listed !== undefined;
    if (!inList) unlisted += 1;
    lines.push(`${[legacyId, state, inList ? 'yes' : 'no', lastStepOf(user) ?? '', sinceOf(user)].map(cell).join(',')}\r\n`);
    if (lines.length < PAGE) continue;
    await write(lines.join(''));
    lines = [];
  }
  await write(lines.join(''));
  const statement: Statement = {
    about: 'migration reconciliation',
    client_id: clientId,
    at: iso(clock()),
    rows,
    states,
    unlisted,
    sha256: hash.digest('hex'),
    ledger,
  };
  const { sign, publicJwk } = statementKey(config.keys.ledger);
  return { statement, jws: sign(statement), publicJwk, disagreements, disagreementCount };
}

const statementKey = (ledgerKey: KeyObject) => createStatementKey<Statement>(ledgerKey, 'signs reconciliations');

/** Reads and checks a statement. @returns `undefined` if this key did not sign it, or it was changed */
export function readStatement(ledgerKey: KeyObject, jws: string): Statement | undefined {
  const read = statementKey(ledgerKey).read(jws);
  return typeof read === 'string' ? undefined : read;
}

/** Compares a record with its migration. A person may go on between the two readings, so a difference is looked at twice. */
async function disagreementOf(
  { storage }: Pick<Deps, 'storage'>,
  user: LegacyUser,
  legacyId: string,
): Promise<Disagreement | undefined> {
  const compare = async (read: LegacyUser): Promise<Disagreement | undefined> => {
    const migration = await storage.migrations.find(read.client_id, legacyId);
    const stands = !migration ? 'none' : migration.account_id === undefined ? 'open' : 'completed';
    const state = stateOfLegacyUser(read);
    const hasCome = read.reached.came !== undefined;
    const isRight = (state === 'completed') === (stands === 'completed') && hasCome === (stands !== 'none');
    return isRight ? undefined : { id: read.id, record: state, migration: stands };
  };
  if (!(await compare(user))) return undefined;
  await storage.population.settle();
  return compare((await storage.population.find(user.id)) ?? user);
}

/** Returns when the state began, or the person was last seen, in ISO 8601. */
function sinceOf(user: LegacyUser): string {
  const { reached, seen_at: seen, completed_at: completed, undone_at: undone, withdrawn_at: withdrawn } = user;
  const times: Record<LegacyUserState, number | undefined> = {
    listed: reached.listed,
    invited: reached.invited,
    under_way: seen,
    completed,
    undone,
    withdrawn,
  };
  const at = times[stateOfLegacyUser(user)];
  return at === undefined ? '' : iso(at);
}

function cell(value: string): string {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

function noStates(): Record<LegacyUserState, number> {
  return { listed: 0, invited: 0, under_way: 0, completed: 0, undone: 0, withdrawn: 0 };
}
