// The legacy users of a migration, and the counts of its funnel. A change of a legacy user and of the counts is one transaction.
import { addCounts, countsOfChange, type FunnelCounts } from '../../domain/funnel-counts.ts';
import { followed, listed, waitingSince, type LegacyUser, type LegacyUserStep } from '../../domain/population.ts';
import { fromJson, toJson, type Json } from '../../json.ts';
import { VersionConflict } from '../storage.ts';
import type { ListedCount, PopulationStore } from '../storage.ts';
import { nextVersion } from '../version.ts';
import type { Database } from './database.ts';

type Row = { document: Json<LegacyUser> };
type CountRow = { key: string; count: number };
type Recount = { generation: number; counted_to: string };

/** Takes a step. Call it inside `database.write`, together with the change that the step means. */
export type FollowStep = (step: LegacyUserStep) => void;

const FIND = 'SELECT document FROM population WHERE id = ?';
const INSERT = 'INSERT INTO population (version, waiting_since, document, id) VALUES (?, ?, ?, ?)';
const UPDATE = 'UPDATE population SET version = ?, waiting_since = ?, document = ? WHERE id = ?';
const LIST = 'SELECT document FROM population WHERE id > ? ORDER BY id LIMIT ?';
const LIST_WAITING = `
  SELECT document FROM population WHERE waiting_since < ? AND (waiting_since, id) > (?, ?) ORDER BY waiting_since, id LIMIT ?`;
const ADD = `
  INSERT INTO funnel_counts (generation, key, count) VALUES (?, ?, ?)
  ON CONFLICT (generation, key) DO UPDATE SET count = count + excluded.count`;
const COUNTS = 'SELECT key, count FROM funnel_counts WHERE generation = ? AND count <> 0';

const IN_FORCE = 0;
/** Few enough not to delay the writes of other processes noticeably. */
const RECOUNT_BATCH = 500;
const AFTER_ALL_IDS = '~';

/** Creates the store, and the function that takes a step inside a transaction. */
export function createPopulationStore(database: Database): { population: PopulationStore; follow: FollowStep } {
  const findNow = (id: string): LegacyUser | undefined => database.all<Row>(FIND, id).map(read)[0];

  /** Collects the differences of many legacy users, so that each count is written once. */
  type Difference = { inForce: FunnelCounts; recounted: FunnelCounts; recount: Recount | undefined };
  const noDifference = (): Difference => ({ inForce: new Map(), recounted: new Map(), recount: recountNow() });
  const recountNow = (): Recount | undefined => database.get<Recount>('SELECT generation, counted_to FROM funnel_recount');

  function write(before: LegacyUser | undefined, after: LegacyUser, difference: Difference): LegacyUser {
    const next = { ...after, version: (before?.version ?? 0) + 1 };
    database.run(before ? UPDATE : INSERT, next.version, waitingSince(next) ?? null, toJson(next), next.id);
    const { inForce, recounted, recount } = difference;
    for (const counts of next.id <= (recount?.counted_to ?? '') ? [inForce, recounted] : [inForce]) {
      for (const [key, count] of countsOfChange(before, next)) counts.set(key, (counts.get(key) ?? 0) + count);
    }
    return next;
  }

  function count({ inForce, recounted, recount }: Difference): void {
    addTo(IN_FORCE, inForce);
    if (recount) addTo(recount.generation, recounted);
  }

  function addTo(generation: number, counts: FunnelCounts): void {
    for (const [key, added] of counts) if (added !== 0) database.run(ADD, generation, key, added);
  }

  function follow(step: LegacyUserStep): void {
    const standing = findNow(step.id);
    const next = followed(standing, step);
    if (next === standing) return;
    const difference = noDifference();
    write(standing, next, difference);
    count(difference);
  }

  function readCounts(generation: number): Record<string, number> {
    return Object.fromEntries(database.all<CountRow>(COUNTS, generation).map(({ key, count: sum }) => [key, sum]));
  }

  /** Counts one batch. @returns how many; `undefined` if another recount has begun */
  function recountBatch(generation: number): number | undefined {
    const recount = recountNow();
    if (recount?.generation !== generation) return undefined;
    const users = database.all<Row>(LIST, recount.counted_to, RECOUNT_BATCH).map(read);
    const counts: FunnelCounts = new Map();
    for (const user of users) addCounts(counts, user);
    addTo(generation, counts);
    // After the last batch, every new legacy user is counted by the one who writes it.
    const last = users.length < RECOUNT_BATCH ? AFTER_ALL_IDS : users.at(-1)?.id;
    database.run('UPDATE funnel_recount SET counted_to = ?', last ?? AFTER_ALL_IDS);
    return users.length;
  }

  return {
    follow,
    population: {
      async find(id) {
        return findNow(id);
      },
      async put(user) {
        const next = nextVersion(user);
        return database.write(() => {
          const standing = findNow(user.id);
          if ((standing?.version ?? 0) !== user.version) throw new VersionConflict();
          const difference = noDifference();
          write(standing, next, difference);
          count(difference);
          return next;
        });
      },
      async follow(step) {
        const standing = findNow(step.id);
        // Most repeated steps change nothing, and need no write.
        if (standing && followed(standing, step) === standing) return;
        await database.write(() => follow(step), 'recreatable');
      },
      async list(rows) {
        return database.write(() => {
          const counted: ListedCount = { added: 0, changed: 0, same: 0 };
          const difference = noDifference();
          for (const row of rows) {
            const standing = findNow(row.id);
            const next = listed(standing, row);
            if (next === standing) {
              counted.same += 1;
              continue;
            }
            write(standing, next, difference);
            counted[standing ? 'changed' : 'added'] += 1;
          }
          count(difference);
          return counted;
        });
      },
      async listAfter(after, limit) {
        return database.all<Row>(LIST, after, limit).map(read);
      },
      async listWaiting(before, limit, after = { since: -1, id: '' }) {
        return database.all<Row>(LIST_WAITING, before, after.since, after.id, limit).map(read);
      },
      counts: async () => readCounts(IN_FORCE),
      settle: async () => undefined,
      async recount(onCounted) {
        const generation = await database.write(() => {
          const { last } = database.get<{ last: number }>('SELECT max(generation) AS last FROM funnel_counts') ?? { last: 0 };
          const next = Math.max(last, recountNow()?.generation ?? 0) + 1;
          database.run('DELETE FROM funnel_counts WHERE generation <> ?', IN_FORCE);
          database.run('INSERT OR REPLACE INTO funnel_recount (id, generation, counted_to) VALUES (1, ?, ?)', next, '');
          return next;
        });
        for (let done = 0; ;) {
          const batch = await database.write(() => recountBatch(generation));
          if (batch === undefined) throw new VersionConflict();
          done += batch;
          onCounted?.(done);
          if (batch < RECOUNT_BATCH) break;
        }
        return database.write(() => {
          if (recountNow()?.generation !== generation) throw new VersionConflict();
          const [before, after] = [readCounts(IN_FORCE), readCounts(generation)];
          database.run('DELETE FROM funnel_counts WHERE generation = ?', IN_FORCE);
          database.run('UPDATE funnel_counts SET generation = ? WHERE generation = ?', IN_FORCE, generation);
          database.run('DELETE FROM funnel_recount');
          return { before, after };
        });
      },
    },
  };
}

function read(row: Row): LegacyUser {
  return fromJson(row.document);
}
