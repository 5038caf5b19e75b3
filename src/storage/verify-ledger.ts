// Verifies the ledger: every entry, every anchor in the database, and anchors that were kept elsewhere. Memory grows with the number of
// anchors (one a day), not with the number of entries.
import type { KeyObject } from 'node:crypto';
import type { EpochMilliseconds } from '../domain/account.ts';
import { closedHash, walkClosedLedger } from './closed-ledger.ts';
import { everyAnchor, everyClosedEntry, everyEntryOf } from './every-ledger-entry.ts';
import { anchorHash, createAnchorKey, type AnchorContent, type AnchorKey } from './ledger-anchor.ts';
import { createLedgerChain, LEDGER_PARTITIONS, type LedgerChain } from './ledger-chain.ts';
import type { Ledger, LedgerAnchor, LedgerEntry, LedgerOrigin } from './storage.ts';

export type LedgerFinding = {
  /** `closed`: the ledger of earlier versions. `anchor_file`: an anchor that was kept elsewhere; `sequence` is its line. */
  part: 'closed' | 'partition' | 'anchors' | 'anchor_file';
  partition?: number;
  /** The number of the entry or anchor. */
  sequence: number;
  /**
   * `changed`: it is not as it was written. `missing`: it is gone, but later ones exist. `cut_off`: it and all later ones are gone.
   * `replaced`: it is not the one that was anchored. `added`: it was added after the closed ledger's end. `wrong_key`: none of the given
   * keys made it. `not_anchored`: it is two days newer than the last anchor.
   */
  kind: 'changed' | 'missing' | 'cut_off' | 'replaced' | 'added' | 'wrong_key' | 'not_anchored';
};

export type LedgerVerdict = {
  sound: boolean;
  /** The first hundred findings. */
  findings: LedgerFinding[];
  count: { findings: number; closed: number; entries: number; anchors: number; outside: number; afterLastAnchor: number };
  lastAnchorAt: EpochMilliseconds | null;
};

const MOST_FINDINGS = 100;
const LONGEST_WITHOUT_ANCHOR_MS = 2 * 24 * 60 * 60 * 1000;

/** For each partition, the hashes in anchors by sequence number. */
type Anchored = Map<number, Set<string>>[];

/**
 * Verifies the whole ledger.
 * @param keys the current key first, then earlier ones if it was changed
 * @param outside anchors that were kept elsewhere, oldest first
 */
export async function verifyLedger(
  ledger: Ledger,
  keys: readonly KeyObject[],
  outside: Iterable<string> = [],
): Promise<LedgerVerdict> {
  await ledger.settle();
  const findings: LedgerFinding[] = [];
  const count = { findings: 0, closed: 0, entries: 0, anchors: 0, outside: 0, afterLastAnchor: 0 };
  const find = (finding: LedgerFinding): void => {
    count.findings += 1;
    if (findings.length < MOST_FINDINGS) findings.push(finding);
  };
  const origin = await ledger.origin();
  const anchorKeys = keys.map(createAnchorKey);
  const chains = new Map(keys.map((key) => createLedgerChain(key)).map((chain) => [chain.keyId, chain]));
  const anchored: Anchored = Array.from({ length: LEDGER_PARTITIONS }, () => new Map<number, Set<string>>());

  /** Collects the content of an anchor for later checks, and compares what is already known. */
  const takeUp = ({ heads, origin: theirs }: AnchorContent): void => {
    if (theirs.sequence !== origin.sequence || theirs.hash !== origin.hash)
      find({ part: 'closed', sequence: theirs.sequence, kind: 'replaced' });
    for (const { partition, sequence, hash } of heads) {
      const named = anchored[partition];
      if (sequence > 0 && named) named.set(sequence, (named.get(sequence) ?? new Set()).add(hash));
    }
  };

  count.closed = await verifyClosed(ledger, origin, find);
  const last = await verifyAnchors(ledger, anchorKeys, takeUp, find);
  count.anchors = last?.number ?? 0;
  count.outside = await verifyOutside(ledger, anchorKeys, outside, takeUp, find);

  let youngest: { at: EpochMilliseconds; finding: LedgerFinding } | undefined;
  let oldestAt = Infinity;
  for (let partition = 0; partition < LEDGER_PARTITIONS; partition += 1) {
    const lastAnchored = last?.heads[partition]?.sequence ?? 0;
    for await (const entry of walkPartition(ledger, partition, origin, chains, anchored[partition] ?? new Map(), find)) {
      count.entries += 1;
      if (entry.sequence <= lastAnchored) continue;
      count.afterLastAnchor += 1;
      oldestAt = Math.min(oldestAt, entry.at);
      if (!youngest || entry.at > youngest.at) {
        youngest = { at: entry.at, finding: { part: 'partition', partition, sequence: entry.sequence, kind: 'not_anchored' } };
      }
    }
  }
  if (youngest && youngest.at - (last?.at ?? oldestAt) > LONGEST_WITHOUT_ANCHOR_MS) find(youngest.finding);
  return { sound: count.findings === 0, findings, count, lastAnchorAt: last?.at ?? null };
}

type Find = (finding: LedgerFinding) => void;

/** Returns the number of entries. */
async function verifyClosed(ledger: Ledger, origin: LedgerOrigin, find: Find): Promise<number> {
  const walk = walkClosedLedger();
  let entries = 0;
  for await (const entry of everyClosedEntry(ledger)) {
    entries += 1;
    if (entry.sequence > origin.sequence) {
      find({ part: 'closed', sequence: entry.sequence, kind: 'added' });
      continue;
    }
    const finding = walk.add(entry);
    if (finding) find({ part: 'closed', ...finding });
    // The chain has no key, so somebody may have rewritten all of it.
    const isOther = entry.sequence === origin.sequence && closedHash(entry.previous_hash, entry) !== origin.hash;
    if (!finding && isOther) find({ part: 'closed', sequence: entry.sequence, kind: 'replaced' });
  }
  const { sequence } = walk.end();
  if (sequence < origin.sequence) find({ part: 'closed', sequence: sequence + 1, kind: 'cut_off' });
  return entries;
}

/** Returns the last anchor that one of the keys signed. */
async function verifyAnchors(
  ledger: Ledger,
  keys: readonly AnchorKey[],
  takeUp: (content: AnchorContent) => void,
  find: Find,
): Promise<AnchorContent | undefined> {
  let last: AnchorContent | undefined;
  let before: LedgerAnchor | undefined;
  for await (const anchor of everyAnchor(ledger)) {
    const expected = (before?.sequence ?? 0) + 1;
    if (anchor.sequence !== expected) find({ part: 'anchors', sequence: expected, kind: 'missing' });
    const content = readAnchor(anchor.document, keys);
    if (typeof content === 'string') find({ part: 'anchors', sequence: anchor.sequence, kind: content });
    else {
      const follows = content.number === 1 ? content.previous === null : before && content.previous === anchorHash(before);
      const isInPlace = content.number === anchor.sequence && (follows || anchor.sequence !== expected);
      if (!isInPlace) find({ part: 'anchors', sequence: anchor.sequence, kind: 'changed' });
      takeUp(content);
      last = content;
    }
    before = anchor;
  }
  return last;
}

/** Returns the number of anchors. */
async function verifyOutside(
  ledger: Ledger,
  keys: readonly AnchorKey[],
  outside: Iterable<string>,
  takeUp: (content: AnchorContent) => void,
  find: Find,
): Promise<number> {
  let line = 0;
  for (const document of outside) {
    line += 1;
    const content = readAnchor(document, keys);
    if (typeof content === 'string') {
      find({ part: 'anchor_file', sequence: line, kind: content });
      continue;
    }
    const { number } = content;
    const [here] = await ledger.anchors(number - 1, 1);
    if (!here) find({ part: 'anchors', sequence: number, kind: 'cut_off' });
    else if (here.sequence === number && here.document !== document) {
      find({ part: 'anchors', sequence: number, kind: 'replaced' });
    }
    takeUp(content);
  }
  return line;
}

function readAnchor(document: string, keys: readonly AnchorKey[]): AnchorContent | 'changed' | 'wrong_key' {
  const all = keys.map((key) => key.read(document));
  return all.find((read) => read !== 'wrong_key') ?? 'wrong_key';
}

async function* walkPartition(
  ledger: Ledger,
  partition: number,
  origin: LedgerOrigin,
  chains: ReadonlyMap<string, LedgerChain>,
  anchored: ReadonlyMap<number, ReadonlySet<string>>,
  find: Find,
): AsyncGenerator<LedgerEntry> {
  let last = { sequence: 0, hash: origin.hash };
  let strangeKey: string | undefined;
  for await (const entry of everyEntryOf(ledger, partition)) {
    const { sequence, key_id, hash } = entry;
    const at = { part: 'partition', partition } as const;
    const isNext = sequence === last.sequence + 1;
    if (!isNext) find({ ...at, sequence: last.sequence + 1, kind: 'missing' });
    const chain = chains.get(key_id);
    // Consecutive entries under the same unknown key are one finding.
    if (!chain && key_id !== strangeKey) find({ ...at, sequence, kind: 'wrong_key' });
    strangeKey = chain ? undefined : key_id;
    const isRight = (!chain || chain.hashOf(entry) === hash) && (!isNext || entry.previous_hash === last.hash);
    if (!isRight) find({ ...at, sequence, kind: 'changed' });
    const named = anchored.get(sequence);
    if (named && (named.size > 1 || !named.has(hash))) find({ ...at, sequence, kind: 'replaced' });
    last = { sequence, hash };
    yield entry;
  }
  const furthest = Math.max(0, ...anchored.keys());
  if (furthest > last.sequence) find({ part: 'partition', partition, sequence: last.sequence + 1, kind: 'cut_off' });
}
