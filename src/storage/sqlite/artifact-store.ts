// The artifacts of oidc-provider, in one table.
import type { EpochMilliseconds } from '../../domain/account.ts';
import { referencesOf } from '../artifact-references.ts';
import { estimateFrom } from '../estimate-count.ts';
import { fromJson, toJson, type Json } from '../../json.ts';
import type { ArtifactStore } from '../storage.ts';
import type { Database } from './database.ts';

type Row = { payload: Json<Record<string, unknown>>; consumed_at: number | null };

const UNEXPIRED = '(expires_at IS NULL OR expires_at > ?)';

// Constants, because statements are cached by their text, and comparing a newly built string takes longer.
const FIND = `SELECT payload, consumed_at FROM artifacts WHERE model = ? AND id = ? AND ${UNEXPIRED}`;
const FIND_BY_UID = `
  SELECT payload, consumed_at FROM artifacts WHERE uid = ? AND model = ? AND ${UNEXPIRED} ORDER BY sequence DESC LIMIT 1`;
const CONSUME = `UPDATE artifacts SET consumed_at = ? WHERE model = ? AND id = ? AND consumed_at IS NULL AND ${UNEXPIRED}`;
const LIST_BY_ACCOUNT = `
  SELECT id FROM artifacts WHERE account_id = ? AND model = ? AND ${UNEXPIRED} ORDER BY sequence DESC LIMIT ?`;
const LIST_AFTER = `
  SELECT id, payload, consumed_at FROM artifacts WHERE model = ? AND id > ? AND ${UNEXPIRED} ORDER BY id LIMIT ?`;
const COUNT = 'SELECT count(*) AS count FROM artifacts WHERE model = ?';
const ID_AT = 'SELECT id FROM artifacts WHERE model = ? ORDER BY id LIMIT 1 OFFSET ?';

// `save` keeps the consumption mark: a caller who read the payload before it was consumed must not undo that by writing it back.
const SAVE = `
  INSERT INTO artifacts (model, id, payload, uid, grant_id, account_id, consumed_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (model, id) DO UPDATE SET
    payload = excluded.payload, uid = excluded.uid, grant_id = excluded.grant_id, account_id = excluded.account_id,
    consumed_at = CASE WHEN ${UNEXPIRED} THEN coalesce(consumed_at, excluded.consumed_at) ELSE excluded.consumed_at END,
    expires_at = excluded.expires_at`;

const DESTROY = `DELETE FROM artifacts WHERE model = ? AND id = ? AND ${UNEXPIRED}`;

const UPDATE = `
  UPDATE artifacts SET payload = ?, uid = ?, grant_id = ?, account_id = ?, consumed_at = coalesce(consumed_at, ?), expires_at = ?
  WHERE model = ? AND id = ? AND ${UNEXPIRED}`;

const INSERT_ONCE = `
  INSERT INTO artifacts (model, id, payload, uid, grant_id, account_id, consumed_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (model, id) DO UPDATE SET
    payload = excluded.payload, uid = excluded.uid, grant_id = excluded.grant_id, account_id = excluded.account_id,
    consumed_at = excluded.consumed_at, expires_at = excluded.expires_at
  WHERE expires_at <= ?`;

/** Creates the artifact store. */
export function createArtifactStore(database: Database, clock: () => EpochMilliseconds): ArtifactStore {
  return {
    async save(model, id, payload, expiresAt) {
      const now = clock();
      const values = columns(model, payload);
      await database.write(() => database.run(SAVE, model, id, ...values, expiresAt ?? null, now), 'recreatable');
    },
    async update(model, id, payload, expiresAt) {
      const now = clock();
      const values = columns(model, payload);
      const run = (): boolean => database.run(UPDATE, ...values, expiresAt ?? null, model, id, now) === 1;
      return database.write(run, 'recreatable');
    },
    async find(model, id) {
      return read(database.get<Row>(FIND, model, id, clock()));
    },
    async findByUid(model, uid) {
      return read(database.get<Row>(FIND_BY_UID, uid, model, clock()));
    },
    async consume(model, id) {
      const now = clock();
      return database.write(() => database.run(CONSUME, Math.floor(now / 1000), model, id, now) === 1);
    },
    async insertOnce(model, id, payload, expiresAt) {
      const now = clock();
      const values = columns(model, payload);
      return database.write(() => database.run(INSERT_ONCE, model, id, ...values, expiresAt, now) === 1);
    },
    async destroy(model, id) {
      // The session and the code that result from a finished interaction come after its removal in the log. So a power cut that restores
      // the interaction also loses them, and any later sync makes the removal durable as well.
      const durability = model === 'Interaction' ? 'recreatable' : 'durable';
      return database.write(() => database.run(DESTROY, model, id, clock()) === 1, durability);
    },
    async destroyByGrantId(model, grantId) {
      await database.write(() => database.run('DELETE FROM artifacts WHERE grant_id = ? AND model = ?', grantId, model));
    },
    async listByAccount(model, accountId, limit) {
      const rows = database.all<{ id: string }>(LIST_BY_ACCOUNT, accountId, model, clock(), limit);
      return rows.map(({ id }) => id);
    },
    async listAfter(model, after, limit) {
      const rows = database.all<Row & { id: string }>(LIST_AFTER, model, after, clock(), limit);
      return rows.map(({ id, ...row }) => ({ id, payload: readRow(row) }));
    },
    async estimateCount(model, sample) {
      const next = database.get<{ id: string }>(ID_AT, model, sample);
      return next ? estimateFrom(sample, next.id) : (database.get<{ count: number }>(COUNT, model)?.count ?? 0);
    },
  };
}

/** Returns the payload and its columns, in the order of the statements above. */
function columns(model: string, payload: Record<string, unknown>) {
  const { uid, grant_id, account_id } = referencesOf(model, payload);
  const consumed = typeof payload['consumed'] === 'number' ? payload['consumed'] : null;
  return [toJson(payload), uid, grant_id, account_id, consumed] as const;
}

function read(row: Row | undefined): Record<string, unknown> | undefined {
  return row && readRow(row);
}

function readRow(row: Row): Record<string, unknown> {
  const payload = fromJson(row.payload);
  if (row.consumed_at !== null) payload['consumed'] = row.consumed_at;
  return payload;
}
