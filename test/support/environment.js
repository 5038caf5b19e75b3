// The environment of a test file: Node's, with the processes of earlier test worlds, which outlive the file that started them (world-processes.ts).
import { TestEnvironment } from 'jest-environment-node';

const MOST_RESTING = 2;

/** The processes that run no world now, with the number of worlds that they have run. */
const resting = new Map();

function rest(child, worlds) {
  if (resting.size >= MOST_RESTING) {
    child.disconnect();
    return;
  }
  resting.set(child, worlds);
  child.once('exit', () => resting.delete(child));
  for (const stream of [child.stdout, child.stderr]) {
    // The earlier world still writes: this must not get into the log of the next one.
    stream.on('data', () => child.kill('SIGKILL'));
    stream.unref();
  }
  // It does not keep the worker alive, and it ends with the worker.
  child.unref();
  child.channel.unref();
}

function take() {
  for (const [child, worlds] of resting) {
    resting.delete(child);
    if (child.exitCode !== null || child.killed || !child.connected) continue;
    child.removeAllListeners('exit');
    for (const stream of [child.stdout, child.stderr]) {
      stream.removeAllListeners('data');
      stream.ref();
    }
    child.ref();
    child.channel.ref();
    return { child, worlds };
  }
  return undefined;
}

/** Loads a module that has no state of a test, once for all files of the worker, and compiled already. jest would load it anew for each file. */
const loadOnce = Object.freeze(async (name) => import(name));

/** Frozen, because jest deletes the properties of the global object's values when a test file ends. */
const WORLD_PROCESSES = Object.freeze({ rest, take });

export default class Environment extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    this.global.restingWorldProcesses = WORLD_PROCESSES;
    this.global.loadOnce = loadOnce;
  }
}
