// The common ID while its files change: made anew of them, whole, and put in the place of the one before in a single step.
import type { RequestListener } from 'node:http';
import { createApp } from '../app.ts';
import { ConfigError } from '../config/problems/config-error.ts';
import type { Config } from '../config/config.ts';
import { versionOf } from '../config/files/file-digests.ts';
import { formatProblem } from '../config/problems/problem.ts';
import { createDeps } from './create-deps.ts';
import type { Clock, Deps, SharedDeps } from '../deps.ts';
import { writeClientSet } from '../oidc/clients/client-ends.ts';
import { logOutOfClient } from '../oidc/clients/log-out-of-client.ts';
import { createProvider } from '../oidc/provider.ts';
import type { Log } from '../telemetry/log.ts';

export type LiveCommonId = {
  /** Answers with what is in force when the request begins; what has begun ends with what it began with. */
  handler: RequestListener;
  /** What is in force. */
  current: () => Deps;
  /** Takes up what the files say now: all of it, or nothing where anything of it has a mistake. Never throws. */
  reload: () => Promise<void>;
  /** Takes up what the keys are now, with the configuration in force. Never throws. */
  turnKeys: () => Promise<void>;
};

/**
 * @param load reads the configuration again
 * @throws where the first configuration cannot be used
 */
export async function createLiveCommonId(
  first: Config,
  load: () => Config,
  shared: SharedDeps,
  clock: Clock,
  log: Log,
): Promise<LiveCommonId> {
  const { storage, status, metrics } = shared;

  const make = async (config: Config): Promise<{ deps: Deps; handler: RequestListener }> => {
    const deps = await createDeps(config, shared, clock, log);
    const provider = await createProvider(deps);
    const handler = createApp(deps, provider).callback();
    // From here on nothing of the new one can fail but the database.
    const ended = await writeClientSet(storage.artifacts, config.clients, clock(), longestLifetime(config));
    if (ended.length) {
      const ids = ended.map(({ metadata }) => metadata.client_id);
      log.info({ client_ids: ids }, 'client apps removed or disabled: what they were given has ended');
    }
    // Not waited for: a client app that does not answer holds nobody up.
    for (const client of ended) void logOutOfClient(provider, client, deps);
    status.configuration = { version: versionOf(config.files), inForceSince: clock() };
    return { deps, handler };
  };
  let inForce = await make(first);

  const reloadOnce = async (): Promise<void> => {
    try {
      const config = withFilesOf(load(), first);
      inForce = await make(config);
      metrics.countReload('accepted');
      for (const warning of config.warnings) log.warn({ problem: formatProblem(warning) }, 'the configuration is odd');
      log.info({ version: status.configuration.version, clients: config.clients.length }, 'configuration taken up');
    } catch (error) {
      const problems = problemsOf(error);
      status.configuration.rejected = { at: clock(), mistakes: problems.length };
      metrics.countReload('rejected');
      log.error({ problems }, 'the configuration has mistakes; the last good one stays in force');
    }
  };
  const turnKeysOnce = async (): Promise<void> => {
    try {
      const { rejected } = status.configuration;
      inForce = await make(inForce.deps.config);
      // The files that have mistakes have them still.
      if (rejected) status.configuration.rejected = rejected;
      log.info({ kids: inForce.deps.keys.jwks.keys.map(({ kid }) => kid) }, 'keys taken up');
    } catch (error) {
      log.error({ problems: problemsOf(error) }, 'the keys cannot be used; those before stay in force');
    }
  };
  // One after the other: the last one that was asked for must be the last that is made.
  let working = Promise.resolve();
  const afterwards = async (work: () => Promise<void>): Promise<void> => (working = working.then(work));
  return {
    handler: (request, response) => inForce.handler(request, response),
    current: () => inForce.deps,
    reload: async () => afterwards(reloadOnce),
    turnKeys: async () => afterwards(turnKeysOnce),
  };
}

/** What stands in files is taken up while the program runs; a setting of the environment is for its whole life. */
function withFilesOf({ fromFiles }: Config, first: Config): Config {
  return { ...first, ...fromFiles, fromFiles };
}

function problemsOf(error: unknown): string[] {
  if (error instanceof ConfigError) return error.problems.filter(({ severity }) => severity === 'error').map(formatProblem);
  return [error instanceof Error ? error.message : String(error)];
}

function longestLifetime({ lifetimes }: Config): number {
  return Math.max(...Object.values(lifetimes));
}
