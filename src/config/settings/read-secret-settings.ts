// Reads secrets from files. For every secret setting, `NAME_FILE` can name a file.
import { describeValue } from '../problems/describe-value.ts';
import type { Problem } from '../problems/problem.ts';
import type { SecretFile } from './read-secret-file.ts';
import { secretFileName } from './secret-names.ts';
import { SECRET_NAMES } from './settings-having.ts';
import type { Environment, Variables } from './variables.ts';

/**
 * Reads the files that the variables `NAME_FILE` name. It strips one line break (LF or CRLF) from the end.
 * @returns the secrets by the names of their settings, without those whose file has a problem, which it reports
 */
export function readSecretSettings(
  { mode, values, sourceOf }: Pick<Variables, 'mode' | 'values' | 'sourceOf'>,
  read: (path: string) => SecretFile,
  problems: Problem[],
): Environment {
  const secrets: Environment = {};
  for (const name of SECRET_NAMES) {
    const key = secretFileName(name);
    const path = values[key]?.trim();
    if (path === undefined) continue;
    const tell = (severity: Problem['severity'], expected: string, found: string, hint?: string): void => {
      problems.push({ severity, source: sourceOf(key), key, expected, found, hint });
    };
    if (values[name] !== undefined) {
      tell('error', `one of ${name} and ${key}`, 'both', 'remove one of them');
      continue;
    }
    const file = read(path);
    if (file === null || 'unreadable' in file) {
      tell('error', 'a readable file', `${file?.unreadable ?? 'none'}: ${describeValue(path)}`);
      continue;
    }
    if (file.worldReadable) {
      const found = `one that everybody can read: ${describeValue(path)}`;
      tell(
        mode === 'production' ? 'error' : 'warning',
        'a file that only its owner can read',
        found,
        `chmod 600 ${path}, and make a new secret: others may have read this one`,
      );
      if (mode === 'production') continue;
    } else if (file.groupReadable && mode === 'production') {
      tell(
        'warning',
        'a file that only its owner can read',
        `one that its group can read: ${describeValue(path)}`,
        `chmod 600 ${path}`,
      );
    }
    const text = file.text.replace(/^\uFEFF/, '').replace(/\r?\n$/, '');
    if (text.trim() === '') tell('error', 'a file with the secret in it', `an empty one: ${describeValue(path)}`);
    else secrets[name] = text;
  }
  return secrets;
}
