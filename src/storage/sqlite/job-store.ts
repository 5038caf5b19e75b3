// Durable jobs with leases.
import { randomUUID } from 'node:crypto';
import type { EpochMilliseconds } from '../../domain/account.ts';
import { readJobPayload } from '../job-payload.ts';
import { jobsOfKind, type WaitingOfKind } from '../jobs-of-kind.ts';
import type { Job, JobsOfKind, JobStore } from '../storage.ts';
import type { Database } from './database.ts';

type Row = Omit<Job, 'payload' | 'last_error' | 'lease'> & { payload: string; last_error: string | null; lease: string | null };

const ENQUEUE = `
  INSERT INTO jobs (key, kind, payload, state, attempts, run_at, created_at) VALUES (?, ?, ?, 'waiting', 0, ?, ?)
  ON CONFLICT (key) DO NOTHING`;

const DUE = "SELECT key FROM jobs WHERE state = 'waiting' AND run_at <= ? ORDER BY run_at, sequence LIMIT ?";
// SQLite would choose jobs_by_state, and read the due jobs of all kinds.
const DUE_OF_KIND = `
  SELECT key FROM jobs INDEXED BY jobs_by_kind WHERE state = 'waiting' AND kind = ? AND run_at <= ? ORDER BY run_at, sequence LIMIT ?`;

const LEASE = 'UPDATE jobs SET lease = ?, attempts = attempts + 1, run_at = ? WHERE key = ? RETURNING *';

const HELD = "WHERE key = ? AND lease = ? AND state = 'waiting'";

const REVIVE = `
  UPDATE jobs SET state = 'waiting', payload = ?, run_at = ?, created_at = ?, attempts = 0, last_error = NULL, lease = NULL
  WHERE key = ? AND state <> 'waiting'`;

const RESTART = `
  UPDATE jobs SET state = 'waiting', run_at = ?, created_at = ?, attempts = 0, last_error = NULL, lease = NULL
  WHERE key = ? AND state = 'dead'`;

const DROP = `
  DELETE FROM jobs WHERE key = ? AND (state = 'dead' OR (state = 'waiting' AND (lease IS NULL OR run_at <= ?)))`;

const LIST = 'SELECT * FROM jobs WHERE key > ? AND state = ? AND kind = coalesce(?, kind) ORDER BY key LIMIT ?';

const WAITING_BY_KIND = `
  SELECT kind, sum(run_at <= ?1) AS due, sum(run_at > ?1 AND lease IS NOT NULL) AS running, sum(run_at > ?1 AND lease IS NULL) AS later,
    min(run_at) AS first
  FROM (SELECT kind, run_at, lease FROM jobs WHERE state = 'waiting' ORDER BY run_at, sequence LIMIT ?2) GROUP BY kind`;
const DEAD_BY_KIND = `
  SELECT kind, count(*) AS dead FROM (SELECT kind FROM jobs WHERE state = 'dead' LIMIT ?) GROUP BY kind`;

/** Creates the job store. */
export function createJobStore(database: Database, clock: () => EpochMilliseconds): JobStore {
  return {
    async enqueue({ key, kind, payload, run_at }) {
      const now = clock();
      const text = JSON.stringify(payload);
      return database.write(() => database.run(ENQUEUE, key, kind, text, run_at, now) === 1);
    },
    async find(key) {
      return database.all<Row>('SELECT * FROM jobs WHERE key = ?', key).map(read)[0];
    },
    async lease(limit, leaseMs, kind) {
      const now = clock();
      const due = (most: number): { key: string }[] =>
        kind === undefined ? database.all(DUE, now, most) : database.all(DUE_OF_KIND, kind, now, most);
      // Called many times a second, mostly without due jobs, so it checks before it takes the write lock.
      if (due(1).length === 0) return [];
      return database.write(() =>
        due(limit)
          .flatMap(({ key }) => database.all<Row>(LEASE, randomUUID(), now + leaseMs, key))
          .map(read),
      );
    },
    async renew(key, lease, until) {
      return database.write(() => database.run(`UPDATE jobs SET run_at = ? ${HELD}`, until, key, lease) === 1, 'recreatable');
    },
    async complete(key, lease) {
      const complete = `UPDATE jobs SET state = 'done', payload = '{}', last_error = NULL, lease = NULL ${HELD}`;
      return database.write(() => database.run(complete, key, lease) === 1);
    },
    async retry(key, lease, runAt, error) {
      const retry = `UPDATE jobs SET run_at = ?, last_error = ?, lease = NULL ${HELD}`;
      return database.write(() => database.run(retry, runAt, error, key, lease) === 1);
    },
    async bury(key, lease, reason) {
      const bury = `UPDATE jobs SET state = 'dead', last_error = ?, lease = NULL ${HELD}`;
      return database.write(() => database.run(bury, reason, key, lease) === 1);
    },
    async buryOthers(kinds, dueBefore, reason, limit) {
      const others = `SELECT sequence FROM jobs
        WHERE state = 'waiting' AND run_at < ? AND kind NOT IN (SELECT value FROM json_each(?)) ORDER BY run_at LIMIT ?`;
      const bury = `UPDATE jobs SET state = 'dead', last_error = ?, lease = NULL WHERE sequence IN (${others})`;
      return database.write(() => database.run(bury, reason, dueBefore, JSON.stringify(kinds), limit));
    },
    async revive(key, payload, runAt) {
      const text = JSON.stringify(payload);
      return database.write(() => database.run(REVIVE, text, runAt, clock(), key) === 1);
    },
    async restart(key, runAt) {
      return database.write(() => database.run(RESTART, runAt, clock(), key) === 1);
    },
    async drop(key) {
      const now = clock();
      return database.write(() => database.run(DROP, key, now) === 1);
    },
    async listAfter(state, after, limit, kind) {
      return database.all<Row>(LIST, after, state, kind ?? null, limit).map(read);
    },
    async removeEnded(state, before, limit) {
      const ended = 'SELECT sequence FROM jobs WHERE state = ? AND run_at < ? LIMIT ?';
      const remove = `DELETE FROM jobs WHERE sequence IN (${ended})`;
      return database.write(() => database.run(remove, state, before, limit), 'recreatable');
    },
    async countByState() {
      const rows = database.all<{ state: Job['state']; count: number }>(
        'SELECT state, count(*) AS count FROM jobs GROUP BY state',
      );
      const counts: Record<Job['state'], number> = { waiting: 0, done: 0, dead: 0 };
      for (const { state, count } of rows) counts[state] = count;
      return counts;
    },
    async countByKind(limit) {
      const waiting = database.all<WaitingOfKind>(WAITING_BY_KIND, clock(), limit);
      return jobsOfKind(waiting, database.all<Pick<JobsOfKind, 'kind' | 'dead'>>(DEAD_BY_KIND, limit));
    },
  };
}

function read({ key, kind, payload, state, attempts, run_at, created_at, last_error, lease }: Row): Job {
  return {
    key,
    kind,
    payload: readJobPayload(payload),
    state,
    attempts,
    run_at,
    created_at,
    ...(last_error !== null && { last_error }),
    ...(lease !== null && { lease }),
  };
}
