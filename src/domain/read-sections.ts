// Takes the Markdown of terms and privacy pages apart.

export type Section = { heading: string; paragraphs: string[] };

/**
 * The sections of a text: a heading line begins one, empty lines stand between paragraphs, the lines of a paragraph are joined by
 * spaces. Nothing else of Markdown means anything here. What stands before the first heading has an empty heading.
 */
export function readSections(markdown: string): Section[] {
  const sections: Section[] = [];
  for (const block of markdown.split(/\r?\n\s*\r?\n|(?<=^#.*)\r?\n/m)) {
    const text = block.trim().replace(/\s*\r?\n\s*/g, ' ');
    if (text === '') continue;
    const heading = /^#+\s+(.*)$/.exec(text)?.[1];
    if (heading !== undefined) sections.push({ heading, paragraphs: [] });
    else if (sections.length === 0) sections.push({ heading: '', paragraphs: [text] });
    else sections.at(-1)?.paragraphs.push(text);
  }
  return sections;
}
