// Standard output, for lines that can wait a moment: many are written at once. A write of its own for each line would take longer than
// making the line, and a flush of the database's disk would write each of them, too, if the output is a file there.
import { writeSync } from 'node:fs';

const STANDARD_OUTPUT = 1;
const WAIT_MS = 50;
const MOST_CHARACTERS = 64 * 1024;
/** The reader of a pipe is behind. */
const BEHIND_MS = 5;

export type BatchedOutput = {
  write(line: string): void;
  /** Writes what waits. */
  flush(): void;
};

let ofThisProcess: BatchedOutput | undefined;

/** Returns the output of this process. It is flushed when the process ends, unless it is killed. */
export function batchedOutput(): BatchedOutput {
  return (ofThisProcess ??= makeOutput());
}

function makeOutput(): BatchedOutput {
  let waiting = '';
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const text = waiting;
    waiting = '';
    if (text !== '') writeAll(Buffer.from(text));
  };
  process.once('exit', flush);
  return {
    write(line) {
      waiting += line;
      if (waiting.length > MOST_CHARACTERS) flush();
      else timer ??= setTimeout(flush, WAIT_MS).unref();
    },
    flush,
  };
}

/** @throws if nobody can read the output any more */
function writeAll(bytes: Buffer): void {
  for (let rest = bytes; rest.length > 0;) {
    try {
      rest = rest.subarray(writeSync(STANDARD_OUTPUT, rest));
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BEHIND_MS);
    }
  }
}
