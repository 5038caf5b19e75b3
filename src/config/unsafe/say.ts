// The function with which a check reports an unsafe setting.
import type { Problem } from '../problems/problem.ts';
import type { SettingName } from '../settings/settings.ts';

/**
 * Reports one unsafe setting.
 * @param found the value to show; never a secret
 */
export type Say = (severity: Problem['severity'], name: SettingName, expected: string, found: string, hint?: string) => void;
