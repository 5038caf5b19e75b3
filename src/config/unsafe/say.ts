// How a check of the settings says what is unsafe.
import type { Problem } from '../problem.ts';
import type { SettingName } from '../settings.ts';

/**
 * Says one unsafe setting.
 * @param found as it is shown; never a secret
 */
export type Say = (severity: Problem['severity'], name: SettingName, expected: string, found: string, mend?: string) => void;
