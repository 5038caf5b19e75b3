// Reads the privacy page: config/privacy.<language>.md.
import type { LocalizedText } from '../clients/client.ts';
import type { Problem } from '../problems/problem.ts';
import { readTextFile } from '../problems/read-json-file.ts';

/** Reads the page in both languages; reports a page that is missing or empty. */
export function readPrivacy(directory: string, problems: Problem[]): LocalizedText {
  const read = (source: string): string => {
    const text = readTextFile(directory, source, problems);
    if (text?.trim() === '') problems.push({ severity: 'error', source, expected: 'a text', found: 'nothing' });
    return text ?? '';
  };
  return { ja: read('config/privacy.ja.md'), en: read('config/privacy.en.md') };
}
