// Settings that are right in themselves and unsafe: each is an error, which stops the start, or a warning, which is said.
import type { Problem } from '../problem.ts';
import type { Variables } from '../read-settings.ts';
import type { SettingValues } from '../settings.ts';
import { checkDataDirectory } from './check-data-directory.ts';
import type { Say } from './say.ts';

/** @param root the project's root */
export function checkUnsafeSettings(settings: SettingValues, variables: Variables, root: string, problems: Problem[]): void {
  const say: Say = (severity, name, expected, found, mend) => {
    const key = variables.givenBy(name);
    problems.push({ severity, source: variables.sourceOf(key), key, expected, found, mend });
  };
  checkDataDirectory(settings.DATA_DIRECTORY ?? 'data', root, say);
}
