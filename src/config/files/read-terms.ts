// Reads config/terms/<version>.<language>.md: Markdown whose front matter has the effective date of the version.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Language } from '../../language.ts';
import { checkObject } from '../problems/check-object.ts';
import { describeValue } from '../problems/describe-value.ts';
import type { Problem } from '../problems/problem.ts';
import { readTextFile } from '../problems/read-json-file.ts';
import { readSections } from '../../domain/read-sections.ts';

const FOLDER = 'config/terms';

const frontMatterSchema = z.strictObject({
  effective_from: z.iso.date('the first day in force as YYYY-MM-DD'),
  material: z
    .enum(['true', 'false'], 'true (people who agreed to an older version are asked again) or false')
    .transform((value) => value === 'true'),
});

/** One version of the terms in one language: config/terms/<version>.<language>.md. */
export type TermsText = { version: string; language: Language; effectiveFrom: string; material: boolean; markdown: string };

/** A text whose front matter may be invalid. */
type Draft = Pick<TermsText, 'version' | 'language' | 'markdown'> & {
  effectiveFrom?: string | undefined;
  material?: boolean | undefined;
};

/** Reads every version in every language and reports mistakes. @returns the texts, oldest first */
export function readTerms(directory: string, problems: Problem[]): TermsText[] {
  const drafts = listFiles(join(directory, FOLDER)).flatMap((name) => readDraft(directory, name, problems) ?? []);
  if (drafts.length === 0) {
    const expected = 'at least one version of the terms, such as 2026-04-01.ja.md and 2026-04-01.en.md';
    problems.push({ severity: 'error', source: FOLDER, expected, found: 'none' });
  }
  for (const version of new Set(drafts.map((draft) => draft.version))) {
    checkVersion(
      version,
      drafts.filter((draft) => draft.version === version),
      problems,
    );
  }
  return drafts.filter(isWhole).sort((a, b) => Date.parse(a.effectiveFrom) - Date.parse(b.effectiveFrom));
}

function readDraft(directory: string, name: string, problems: Problem[]): Draft | undefined {
  const source = `${FOLDER}/${name}`;
  const [, version, language] = /^(.+)\.(ja|en)\.md$/.exec(name) ?? [];
  if (version === undefined || (language !== 'ja' && language !== 'en')) {
    problems.push({ severity: 'error', source, expected: 'a name such as 2026-04-01.ja.md', found: describeValue(name) });
    return undefined;
  }
  const text = readTextFile(directory, source, problems);
  if (text === undefined) return undefined;
  const { fields, markdown } = splitFrontMatter(text);
  const { effective_from: effectiveFrom, material } = checkObject(frontMatterSchema, fields, source, problems);
  if (readSections(markdown).length === 0) problems.push({ severity: 'error', source, expected: 'a text', found: 'nothing' });
  return { version, language, effectiveFrom, material, markdown };
}

/** Checks that a version has both languages and that their front matter agrees. */
function checkVersion(version: string, drafts: Draft[], problems: Problem[]): void {
  const ja = drafts.find(({ language }) => language === 'ja');
  const en = drafts.find(({ language }) => language === 'en');
  if (!ja || !en) {
    const source = `${FOLDER}/${version}.${ja ? 'en' : 'ja'}.md`;
    problems.push({ severity: 'error', source, expected: 'the terms in both languages', found: 'none' });
    return;
  }
  if (!isWhole(ja) || !isWhole(en)) return;
  const source = `${FOLDER}/${version}.en.md`;
  for (const [key, inJapanese, inEnglish] of [
    ['effective_from', ja.effectiveFrom, en.effectiveFrom],
    ['material', String(ja.material), String(en.material)],
  ] as const) {
    if (inJapanese === inEnglish) continue;
    const expected = `${inJapanese}, as in the Japanese text`;
    problems.push({ severity: 'error', source, key, expected, found: describeValue(inEnglish) });
  }
}

function isWhole(draft: Draft): draft is TermsText {
  return draft.effectiveFrom !== undefined && draft.material !== undefined;
}

function listFiles(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    // The caller reports that there are no terms.
    return [];
  }
}

function splitFrontMatter(text: string): { fields: Record<string, string>; markdown: string } {
  const [, front = '', body = text] = /^---\r?\n([\s\S]*?)\r?\n---\r?\n([\s\S]*)$/.exec(text) ?? [];
  const fields = front.split(/\r?\n/).flatMap((line) => {
    const colon = line.indexOf(':');
    return colon > 0 ? [[line.slice(0, colon).trim(), line.slice(colon + 1).trim()]] : [];
  });
  return { fields: Object.fromEntries(fields) as Record<string, string>, markdown: body.trim() };
}
