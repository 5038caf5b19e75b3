// Loads the whole configuration of a temporary project, as the start does.
import { ConfigError } from '../../src/config/problems/config-error.ts';
import type { AppName, Config } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';
import { formatProblem } from '../../src/config/problems/problem.ts';
import type { Environment } from '../../src/config/settings/variables.ts';
import { makeProductionExample } from './production-example.ts';
import { temporaryProjects, type TemporaryProject } from './temporary-project.ts';

export const EVERY_APP: AppName[] = ['id', 'owners-site', 'notebook', 'dealer', 'mailbox'];
export const NOW = Date.parse('2026-11-22T00:00:00Z');

/** Makes an example of a production environment, and a function that loads a project. `clean` removes everything. */
export async function prepareLoading() {
  const { make, clean } = temporaryProjects();
  const example = await makeProductionExample();

  const load = (env: Environment = {}, project: TemporaryProject = make(), apps = EVERY_APP): Config =>
    loadConfig({ env, directory: project.directory, apps, now: NOW });

  /** Returns the sentences about all mistakes; empty if it loads. */
  function sentences(env: Environment = {}, project: TemporaryProject = make(), apps = EVERY_APP): string[] {
    try {
      load(env, project, apps);
    } catch (error) {
      if (error instanceof ConfigError) return error.problems.map(formatProblem);
      throw error;
    }
    return [];
  }

  return {
    make,
    load,
    sentences,
    production: example.env,
    clean(): void {
      clean();
      example.clean();
    },
  };
}
