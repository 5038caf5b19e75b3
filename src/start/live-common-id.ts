// Reloads the common ID when its files change. The new one is created completely and then replaces the old one in a single step.
import type { RequestListener } from 'node:http';
import type Provider from 'oidc-provider';
import { createApp } from '../app.ts';
import { ConfigError } from '../config/problems/config-error.ts';
import type { Config } from '../config/config.ts';
import { versionOf } from '../config/files/file-digests.ts';
import { formatProblem } from '../config/problems/problem.ts';
import { createDeps } from './create-deps.ts';
import type { Clock, Deps, SharedDeps } from '../deps.ts';
import { writeClientSet } from '../oidc/clients/client-ends.ts';
import { enqueueLogOutOfClient } from '../oidc/clients/log-out-of-client.ts';
import { createProvider } from '../oidc/provider.ts';
import type { Log } from '../telemetry/log.ts';

export type LiveCommonId = {
  /** Handles each request with the configuration in force when the request begins. */
  handler: RequestListener;
  /** Returns the dependencies in force. */
  current: () => Deps;
  /** Returns the provider in force. */
  provider: () => Provider;
  /** Reloads the files: all of them, or none if there is a mistake. Never throws. */
  reload: () => Promise<void>;
  /** Reloads the keys, with the configuration in force. Never throws. */
  turnKeys: () => Promise<void>;
};

/**
 * Creates the common ID from a configuration.
 * @param load reads the configuration again
 * @throws {Error} if the first configuration cannot be used
 */
export async function createLiveCommonId(
  first: Config,
  load: () => Config,
  shared: SharedDeps,
  clock: Clock,
  log: Log,
): Promise<LiveCommonId> {
  const { storage, status, emit } = shared;

  const make = async (config: Config): Promise<{ deps: Deps; provider: Provider; handler: RequestListener }> => {
    const deps = await createDeps(config, shared, clock, log);
    const provider = await createProvider(deps);
    const handler = createApp(deps, provider).callback();
    // From here on, only the database can fail.
    const ended = await writeClientSet(
      storage.artifacts,
      config.clients,
      clock(),
      longestLifetime(config),
      async (client, since) => enqueueLogOutOfClient(deps.jobs, client, since),
    );
    if (ended.length) {
      emit('clients.ended', { client_ids: ended.map(({ metadata }) => metadata.client_id) });
    }
    status.configuration = { version: versionOf(config.files), inForceSince: clock() };
    return { deps, provider, handler };
  };
  let inForce = await make(first);

  const reloadOnce = async (): Promise<void> => {
    try {
      const config = withFilesOf(load(), first);
      inForce = await make(config);
      for (const warning of config.warnings) log.warn({ problem: formatProblem(warning) }, 'the configuration has a warning');
      const { version } = status.configuration;
      emit('config.reloads', { result: 'accepted', version, clients: config.clients.length });
    } catch (error) {
      const problems = problemsOf(error);
      status.configuration.rejected = { at: clock(), mistakes: problems.length };
      emit('config.reloads', { result: 'rejected', problems });
    }
  };
  const turnKeysOnce = async (): Promise<void> => {
    try {
      const { rejected } = status.configuration;
      inForce = await make(inForce.deps.config);
      // The files still have their mistakes.
      if (rejected) status.configuration.rejected = rejected;
      emit('keys.loads', { result: 'accepted', kids: inForce.deps.keys.jwks.keys.map(({ kid }) => String(kid)) });
    } catch (error) {
      emit('keys.loads', { result: 'rejected', problems: problemsOf(error) });
    }
  };
  // Reloads run one after the other, so that the last requested one is also the last one in force.
  let working = Promise.resolve();
  const afterwards = async (work: () => Promise<void>): Promise<void> => (working = working.then(work));
  return {
    handler: (request, response) => inForce.handler(request, response),
    current: () => inForce.deps,
    provider: () => inForce.provider,
    reload: async () => afterwards(reloadOnce),
    turnKeys: async () => afterwards(turnKeysOnce),
  };
}

/** Takes the files from the new configuration and the environment settings from the first one, because these do not change while the program runs. */
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
