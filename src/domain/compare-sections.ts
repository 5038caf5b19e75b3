// What is different between two versions of a text, section by section.
import type { Section } from './read-sections.ts';

export type ChangedSection = {
  kind: 'added' | 'changed' | 'removed';
  heading: string;
  /** What it says now; empty where it was removed. */
  after: string[];
  /** What it said before; empty where it was added. */
  before: string[];
};

/** The sections that differ, in the order of the text in force, then those that are gone. A section is known by its heading. */
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
