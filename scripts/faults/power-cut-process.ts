// The process whose power fails: `node power-cut-process.ts <path> <awaited>`. Its disk has everything that was synced, and any subset of
// the blocks written after that:
// - the log, which only this thread writes: its state when the last completed sync was requested, plus any of the later blocks;
// - the file, into which another thread copies the log: any mixture of its state when the log began and its state at that sync. SQLite
//   syncs the log before this copy, and the file before the log restarts. We cannot observe these two syncs and assume that they happen.
import fs, { fstatSync, openSync, readSync, writeFileSync } from 'node:fs';
import { randomInt } from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventAbout, sampleAccount, sampleDealerLink } from '../../test/storage/conformance/samples.ts';
import type { Awaited, PowerCut } from './power-cut.ts';

type Content = { file: Buffer; fileAtLogBegin: Buffer; log: Buffer; logNumber: number };

const BLOCK = 4_096;
/** The salt in the log's header, which changes whenever the log restarts. */
const SALT = { start: 16, end: 24 };
const WRITERS = 3;
const MOST_IN_A_ROW = 60;
const LONGEST_REST_MS = 100;
const LOOKS_AGAIN_MS = 20;
/** After this time the awaited state is assumed never to occur. */
const LONGEST_MS = 60_000;

const [path = '', awaited] = process.argv.slice(2) as [string, Awaited];
let written: Content | undefined;
let synced: Content;
let isCut = false;

const { fdatasync } = fs;
fs.fdatasync = ((descriptor: number, done: (error: Error | null) => void) => {
  written = look();
  const asked = written;
  fdatasync(descriptor, (error) => {
    if (!isCut) synced = asked;
    done(error);
  });
}) as typeof fs.fdatasync;
syncBuiltinESMExports();

const { openSqliteStorage } = await import('../../src/storage/sqlite/open-sqlite-storage.ts');
const storage = await openSqliteStorage({ path, clock: Date.now });
// Never closed, because closing would release SQLite's locks on the file.
const descriptors = { file: openSync(path, 'r'), log: openSync(`${path}-wal`, 'r') };
written = synced = look();
const acknowledged: string[] = [];

/** The file may be written at the same time, but only from the log, so a torn page is copied again. */
function look(): Content {
  const file = contentOf(descriptors.file);
  const log = contentOf(descriptors.log);
  const isSameLog = written?.log.compare(log, SALT.start, SALT.end, SALT.start, SALT.end) === 0;
  return {
    file,
    fileAtLogBegin: isSameLog ? (written?.fileAtLogBegin ?? file) : file,
    log,
    logNumber: (written?.logNumber ?? 0) + (isSameLog ? 0 : 1),
  };
}

function contentOf(descriptor: number): Buffer {
  const content = Buffer.alloc(fstatSync(descriptor).size);
  readSync(descriptor, content, 0, content.length, 0);
  return content;
}

/** Takes each block from the older or the newer state at random. */
function mix(older: Buffer, newer: Buffer): Buffer {
  const mixed = Buffer.alloc(newer.length);
  const share = Math.random();
  for (let at = 0; at < newer.length; at += BLOCK) {
    const from = Math.random() < share ? older : newer;
    from.subarray(at, at + BLOCK).copy(mixed, at);
  }
  return mixed;
}

const REACHED: Record<Awaited, (content: Content) => boolean> = {
  'any moment': () => true,
  'a file half written': ({ file, fileAtLogBegin }) => !file.equals(fileAtLogBegin),
  'a new log': ({ logNumber }) => logNumber > 1,
};

function cutWhenReached(): void {
  if (!REACHED[awaited](synced)) {
    setTimeout(cutWhenReached, randomInt(LOOKS_AGAIN_MS));
    return;
  }
  isCut = true;
  const { file, fileAtLogBegin, log, logNumber } = synced;
  const last = look();
  const image = `${path}.disk`;
  writeFileSync(image, mix(fileAtLogBegin, file));
  writeFileSync(`${image}-wal`, last.logNumber === logNumber ? mix(log, last.log) : log);
  const cut: PowerCut = { image, acknowledged };
  process.send?.(cut, () => process.kill(process.pid, 'SIGKILL'));
}

async function write(writer: number, round: number, count: number): Promise<void> {
  for (let n = 0; n < count && !isCut; n += 1) {
    const id = `w${writer}-${round}-${n}`;
    await Promise.all([
      storage.accounts.create(sampleAccount(id), eventAbout(id)),
      storage.dealerLinks.create(sampleDealerLink(id), eventAbout(id)),
      storage.artifacts.insertOnce('ReplayDetection', id, {}, Date.now() + 60_000),
    ]);
    if (!isCut) acknowledged.push(id);
  }
}

setTimeout(cutWhenReached, 20 + randomInt(150));
setTimeout(() => {
  throw new Error(`the disk was not “${awaited}” within ${LONGEST_MS / 1000} s`);
}, LONGEST_MS);
for (let round = 0; !isCut; round += 1) {
  const count = randomInt(MOST_IN_A_ROW);
  await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer, round, count)));
  // The log restarts only if all of it was copied while nobody wrote.
  await sleep(randomInt(LONGEST_REST_MS));
}
