// config check: reports every mistake in settings and files.
import { inspectConfig } from '../../../src/config/load.ts';
import { reportProblems } from '../problems.ts';
import type { Action } from '../topic.ts';

export const check: Action = {
  does: 'checks settings and files, and reports every mistake',
  async run({ env, directory }) {
    const { problems } = inspectConfig({ env, directory, apps: ['id'] });
    return reportProblems(problems, 'The configuration has no mistakes');
  },
};
