// The processes of test worlds. A process runs one world after another, for this test file or for later ones of the same worker,
// because loading the program takes five times as long as starting it. No process runs two worlds at once.
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { CHILD_ENVIRONMENT } from './child-environment.ts';
import { END_OF_WORLD, type Answer, type ClockOrder, type Order } from './world-orders.ts';

const PROCESS = fileURLToPath(new URL('world-process.ts', import.meta.url));
/** Settings that Node reads when a process starts. */
const OF_NODE = /^(NODE_|TZ$|UV_)/;
const MOST_WORLDS = 25;

export type WorldProcess = {
  tellClock(clock: ClockOrder): Promise<void>;
  /** All standard output and error of this world. */
  log(): string;
  /** Stops the apps. */
  stop(): Promise<void>;
};

type Resting = {
  take(): { child: ChildProcess; worlds: number } | undefined;
  rest(child: ChildProcess, worlds: number): void;
};
/** From environment.js. Scripts do not have it, and start a process for each world. */
const { restingWorldProcesses: resting } = globalThis as { restingWorldProcesses?: Resting };

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
  const { child, worlds } = (ofItsOwn ? undefined : resting?.take()) ?? { child: forkWith(settings), worlds: 0 };
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
    if (answer === 'done' && resting && !ofItsOwn && worlds + 1 < MOST_WORLDS) {
      await Promise.all(outputEnded);
      for (const event of ['message', 'exit']) child.removeAllListeners(event);
      for (const stream of [child.stdout, child.stderr]) stream?.removeAllListeners('data');
      resting.rest(child, worlds + 1);
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
