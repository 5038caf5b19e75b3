// Reads a page in the order and with the words of a screen reader, from the accessibility tree of Chromium.
import type { Page } from 'playwright-core';

/** What is read, with the roles around it. */
export type Said = { role: string; name: string; level: number | undefined; inside: string[] };

/** Without a name, nobody knows what these are. */
const NAMED = new Set(
  'button link textbox searchbox combobox checkbox radio image progressbar Iframe region navigation DisclosureTriangle'.split(
    ' ',
  ),
);
const LANDMARKS = new Set(['banner', 'main', 'contentinfo', 'navigation', 'region', 'note', 'status', 'alert']);
/** Their text is the name of the field beside or below, and is said with it. */
const LABELS = new Set(['LabelText', 'Legend']);
/** Their text is their name. */
const ONE_PIECE = new Set(['button', 'link', 'heading', 'combobox', 'StaticText', 'DisclosureTriangle']);
/** What is said, one after the other. */
const SPOKEN = new Set([...NAMED, 'heading', 'StaticText'].filter((role) => !LANDMARKS.has(role)));

/** Returns what a screen reader says, in order. */
export async function readAloud(page: Page): Promise<Said[]> {
  // The session stays until the page closes: Chromium removes the virtual authenticators of a page when any of its sessions ends.
  const protocol = await page.context().newCDPSession(page);
  const { nodes } = await protocol.send('Accessibility.getFullAXTree');
  const byId = new Map(nodes.map((node) => [node.nodeId, node]));
  const said: Said[] = [];
  const read = (id: string, inside: string[]): void => {
    const node = byId.get(id);
    if (!node) return;
    const role = node.ignored ? '' : String(node.role?.value ?? '');
    const level: unknown = node.properties?.find(({ name }) => name === 'level')?.value.value;
    const name = String(node.name?.value ?? '').trim();
    if (role !== '') said.push({ role, name, level: typeof level === 'number' ? level : undefined, inside });
    if (ONE_PIECE.has(role)) return;
    for (const child of node.childIds ?? []) read(child, role === '' ? inside : [...inside, role]);
  };
  read(nodes[0]?.nodeId ?? '', []);
  return said;
}

/** Finds what a person who listens to the page would stumble over. */
export function findStumblingBlocks(said: Said[]): string[] {
  const unnamed = said.filter(({ role, name }) => NAMED.has(role) && name === '').map(({ role }) => `a ${role} without a name`);
  const levels = said.filter(({ role }) => role === 'heading').map(({ level = 0 }) => level);
  const skipped = levels.flatMap((level, n) =>
    level > (levels[n - 1] ?? 0) + 1 ? [`a heading of level ${level} skips one`] : [],
  );
  const frame = ['banner', 'main', 'contentinfo'].flatMap((role) => {
    const count = said.filter((one) => one.role === role).length;
    return count === 1 ? [] : [`${count} landmarks ${role}`];
  });
  const isIn = (roles: Set<string>, { inside }: Said): boolean => inside.some((role) => roles.has(role));
  const spoken = said.filter(({ role, name }) => SPOKEN.has(role) && name !== '');
  const twice = spoken.flatMap((one, n) => {
    const before = spoken[n - 1];
    // The menu names the page that is open.
    const isAgain = before?.name === one.name && one.name.length > 1 && !(before.role === 'link' && isIn(LANDMARKS, before));
    return isAgain && !isIn(LABELS, before) && !isIn(LABELS, one) ? [`read twice: ${one.name}`] : [];
  });
  const lost = spoken
    .filter((one) => one.role === 'StaticText' && !isIn(LANDMARKS, one))
    .map(({ name }) => `outside of the landmarks: ${name}`);
  return [...unnamed, ...skipped, ...frame, ...twice, ...lost];
}
