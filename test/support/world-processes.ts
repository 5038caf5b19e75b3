// The processes of test worlds. A process runs one world after another, for this test file or for later ones of the same worker,
// because loading the program takes five times as long as starting it. No process runs two worlds at once.
import { fork, type ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { CHILD_ENVIRONMENT } from './child-environment.ts';
import { END_OF_WORLD, type Answer, type ClockOrder, type Order } from './world-orders.ts';

const PROCESS = fileURLToPath(new URL('world-process.ts', import.meta.url));
/** Settings that Node reads when a process starts. */
const OF_NODE = /^(NODE_|TZ$|UV_)/;
const MOST_WORLDS = 25;
const MOST_RESTING = 2;

export type WorldProcess = {
  tellClock(clock: ClockOrder): Promise<void>;
  /** All standard output and error of this world. */
  log(): string;
  /** Stops the apps. */
  stop(): Promise<void>;
};

/** The processes that run no world now, with the number of worlds that they have run. */
const resting = new Map<ChildProcess, number>();

/**
 * Starts apps in a process.
 * @param directory the project, with the config/ that they use
 * @param env their settings, beside CHILD_ENVIRONMENT
 * @throws if the apps do not start, with their output
 */
export async function startWorldProcess(
  directory: string,
  apps: readonly string[],
  env: Record<string, string>,
): Promise<WorldProcess> {
  const ofItsOwn = Object.keys(env).some((name) => OF_NODE.test(name));
  const settings = { ...CHILD_ENVIRONMENT, ...env };
  const { child, worlds } = (ofItsOwn ? undefined : takeResting()) ?? { child: forkWith(settings), worlds: 0 };
  const written: string[] = [];
  const log = (): string => written.join('');
  const outputEnded = [child.stdout, child.stderr].map(
    async (stream) =>
      new Promise<void>((resolve) => {
        stream?.on('data', (chunk: Buffer) => {
          const text = chunk.toString();
          written.push(text.replace(END_OF_WORLD, ''));
          if (text.includes(END_OF_WORLD)) resolve();
        });
      }),
  );
  const exited = new Promise<Answer>((resolve) => {
    child.once('exit', (code, signal) => resolve({ failed: `the process ended with ${code ?? signal}` }));
  });
  const ask = async (order: Order): Promise<Answer> => {
    const answered = new Promise<Answer>((resolve) => child.once('message', (answer) => resolve(answer as Answer)));
    // If the process has ended, that is the answer.
    child.send(order, () => undefined);
    return Promise.race([answered, exited]);
  };

  const started = await ask({ start: { directory, apps, env: settings } });
  if (started !== 'done') {
    child.kill('SIGKILL');
    throw new Error(`the apps did not start: ${started.failed}\n${log()}`);
  }
  const end = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const answer = await ask('stop');
    if (answer === 'done' && !ofItsOwn && resting.size < MOST_RESTING && worlds + 1 < MOST_WORLDS) {
      await Promise.all(outputEnded);
      for (const event of ['message', 'exit']) child.removeAllListeners(event);
      for (const stream of [child.stdout, child.stderr]) stream?.removeAllListeners('data');
      rest(child, worlds + 1);
    } else {
      if (child.connected) child.disconnect();
      await exited;
    }
  };
  // Afterwards the process may play the world of another test.
  let ending: Promise<void> | undefined;
  return {
    log,
    async tellClock(clock) {
      if (!ending) await ask({ clock });
    },
    stop: async () => (ending ??= end()),
  };
}

function forkWith(env: Record<string, string | undefined>): ChildProcess {
  return fork(PROCESS, [], { env, execArgv: ['--no-warnings'], stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
}

function rest(child: ChildProcess, worlds: number): void {
  resting.set(child, worlds);
  child.once('exit', () => resting.delete(child));
  for (const stream of [child.stdout, child.stderr]) {
    // The earlier world still writes: this must not get into the log of the next one.
    stream?.on('data', () => child.kill('SIGKILL'));
    (stream as Socket | null)?.unref();
  }
  // It does not keep this process alive, and it ends with it.
  child.unref();
  child.channel?.unref();
}

function takeResting(): { child: ChildProcess; worlds: number } | undefined {
  for (const [child, worlds] of resting) {
    resting.delete(child);
    if (child.exitCode !== null || child.killed || !child.connected) continue;
    child.removeAllListeners('exit');
    for (const stream of [child.stdout, child.stderr]) {
      stream?.removeAllListeners('data');
      (stream as Socket | null)?.ref();
    }
    child.ref();
    child.channel?.ref();
    return { child, worlds };
  }
  return undefined;
}
