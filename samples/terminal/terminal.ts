// The screen and the keys of a sample that runs in a terminal.
import { createInterface } from 'node:readline';

export type Terminal = {
  /** Whether a person reads the output. Otherwise a program does. */
  isInteractive: boolean;
  say(text: string): void;
  /**
   * Waits for the next line that is typed.
   * @returns `undefined` when the given milliseconds have passed, or when the sample is told to end
   */
  next(milliseconds?: number): Promise<string | undefined>;
  close(): void;
};

/** Opens the terminal of this process. @param signal aborts when the sample is told to end */
export function openTerminal(signal: AbortSignal): Terminal {
  const lines: string[] = [];
  let arrived: (() => void) | undefined;
  // readline would take Ctrl-C for itself if it controlled the terminal.
  const reader = createInterface({ input: process.stdin, terminal: false });
  reader.on('line', (line) => {
    lines.push(line.trim());
    arrived?.();
  });
  signal.addEventListener('abort', () => arrived?.());
  return {
    isInteractive: process.stdout.isTTY,
    say: (text) => void process.stdout.write(`${text}\n`),
    async next(milliseconds) {
      if (lines.length === 0 && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const timer = milliseconds === undefined ? undefined : setTimeout(resolve, milliseconds);
          arrived = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      return lines.shift();
    },
    close() {
      reader.close();
      // A pipe that stays open would keep the process alive.
      process.stdin.destroy();
    },
  };
}
