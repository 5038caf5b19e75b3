// Compares two versions of a text section by section.
import type { Section } from './read-sections.ts';

export type ChangedSection = {
  kind: 'added' | 'changed' | 'removed';
  heading: string;
  /** The new paragraphs; empty if the section was removed. */
  after: string[];
  /** The old paragraphs; empty if the section was added. */
  before: string[];
};

/** Lists the sections that differ, in the order of the new text; removed ones come last. Sections are matched by heading. */
export function compareSections(before: readonly Section[], after: readonly Section[]): ChangedSection[] {
  const old = new Map(before.map((section) => [section.heading, section.paragraphs]));
  const there = new Set(after.map(({ heading }) => heading));
  const changed = after.flatMap(({ heading, paragraphs }): ChangedSection[] => {
    const said = old.get(heading);
    if (!said) return [{ kind: 'added', heading, after: paragraphs, before: [] }];
    if (said.join('\n') === paragraphs.join('\n')) return [];
    return [{ kind: 'changed', heading, after: paragraphs, before: said }];
  });
  const gone = before.filter(({ heading }) => !there.has(heading));
  return [
    ...changed,
    ...gone.map(({ heading, paragraphs }) => ({ kind: 'removed' as const, heading, after: [], before: paragraphs })),
  ];
}
