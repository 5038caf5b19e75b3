// Splits the Markdown of the terms and the privacy policy into sections.

export type Section = { heading: string; paragraphs: string[] };

/**
 * Splits a text into sections. A heading line starts a section, empty lines separate paragraphs, and the lines of a paragraph are
 * joined with spaces. Other Markdown is not interpreted. Text before the first heading becomes a section with an empty heading.
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
