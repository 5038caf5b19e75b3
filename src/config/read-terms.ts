// Reads config/terms/<version>.<language>.md: Markdown with a front matter that says from when the version is in force.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TermsText } from './config.ts';
import { describeValue } from './describe-value.ts';
import { nearestName } from './nearest-name.ts';
import type { Problem } from './problem.ts';
import { readTextFile } from './read-json-file.ts';
import { readSections } from './read-sections.ts';
import { isDate } from './settings.ts';

const FOLDER = 'config/terms';
const LANGUAGES = ['ja', 'en'] as const;
const KEYS = ['effective_from', 'material'];

/** Reads every version in every language; oldest first. */
export function readTerms(directory: string, problems: Problem[]): TermsText[] {
  const error = (source: string, expected: string, found: string, key?: string, mend?: string): void => {
    problems.push({
      severity: 'error',
      source,
      ...(key !== undefined && { key }),
      expected,
      found,
      ...(mend !== undefined && { mend }),
    });
  };
  const terms: TermsText[] = [];
  const names = listFiles(join(directory, FOLDER)).sort();
  for (const name of names) {
    const source = `${FOLDER}/${name}`;
    const [, version, language] = /^(.+)\.(ja|en)\.md$/.exec(name) ?? [];
    if (version === undefined || (language !== 'ja' && language !== 'en')) {
      error(source, 'a name as 2026-04-01.ja.md', describeValue(name));
      continue;
    }
    const text = readTextFile(directory, source, problems);
    if (text === undefined) continue;
    const { fields, body } = splitFrontMatter(text);
    for (const key of fields.keys()) {
      const nearest = nearestName(key, KEYS);
      if (!KEYS.includes(key))
        error(source, `one of ${KEYS.join(', ')}`, describeValue(key), key, nearest && `did you mean ${nearest}?`);
    }
    const effectiveFrom = fields.get('effective_from');
    const material = fields.get('material');
    if (effectiveFrom === undefined || !isDate(effectiveFrom)) {
      error(source, 'the first day in force as YYYY-MM-DD', describeValue(effectiveFrom), 'effective_from');
    }
    if (material !== 'true' && material !== 'false') {
      error(source, 'true (who agreed to an older version is asked again) or false', describeValue(material), 'material');
    }
    if (readSections(body).length === 0) error(source, 'a text', 'nothing');
    terms.push({ version, language, effectiveFrom: effectiveFrom ?? '', material: material === 'true', markdown: body });
  }
  if (names.length === 0) error(FOLDER, 'at least one version of the terms, as 2026-04-01.ja.md and 2026-04-01.en.md', 'none');
  checkLanguages(terms, error);
  return terms.sort((a, b) => a.effectiveFrom.localeCompare(b.effectiveFrom));
}

function checkLanguages(
  terms: TermsText[],
  error: (source: string, expected: string, found: string, key?: string) => void,
): void {
  for (const version of new Set(terms.map((text) => text.version))) {
    const [ja, en] = LANGUAGES.map((language) => terms.find((text) => text.version === version && text.language === language));
    const missing = ja ? 'en' : 'ja';
    if (!ja || !en) {
      error(`${FOLDER}/${version}.${missing}.md`, 'the terms in both languages', 'none');
      continue;
    }
    const source = `${FOLDER}/${version}.en.md`;
    if (ja.effectiveFrom !== en.effectiveFrom) {
      error(source, `${ja.effectiveFrom}, as in the Japanese text`, describeValue(en.effectiveFrom), 'effective_from');
    }
    if (ja.material !== en.material)
      error(source, `${ja.material}, as in the Japanese text`, describeValue(en.material), 'material');
  }
}

function listFiles(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function splitFrontMatter(text: string): { fields: Map<string, string>; body: string } {
  const [, front = '', body = text] = /^---\r?\n([\s\S]*?)\r?\n---\r?\n([\s\S]*)$/.exec(text) ?? [];
  const fields = new Map<string, string>();
  for (const line of front.split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon > 0) fields.set(line.slice(0, colon).trim(), line.slice(colon + 1).trim());
  }
  return { fields, body: body.trim() };
}
