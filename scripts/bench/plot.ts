// Draws the results as SVG: bars for the comparison, lines for growth.
import type { Comparison } from './compare.ts';
import type { Growth } from './growth.ts';
import type { Measured } from './measure.ts';

const WIDTH = 720;
const STYLE =
  '<style>text{font:13px system-ui,sans-serif;fill:#222}.quiet{fill:#666}.line{fill:none;stroke-width:2}</style><rect width="100%" height="100%" fill="#fff"/>';

/** Returns the SVG of the comparison. */
export function plotComparison({ scenarios }: Comparison): string {
  const left = 190;
  const scale = (WIDTH - left - 60) / Math.max(1.25, ...scenarios.map(({ ratio }) => ratio));
  const bars = scenarios.map(({ name, ratio }, index) => {
    const y = 50 + index * 34;
    return `<text x="${left - 10}" y="${y + 15}" text-anchor="end">${name}</text><rect x="${left}" y="${y}" width="${(ratio * scale).toFixed(1)}" height="20" fill="#2a6f97"/><text x="${(left + ratio * scale + 6).toFixed(1)}" y="${y + 15}">${ratio.toFixed(2)}</text>`;
  });
  const height = 70 + scenarios.length * 34;
  const mark = (value: number): string =>
    `<line x1="${left + value * scale}" x2="${left + value * scale}" y1="42" y2="${height - 20}" stroke="#999" stroke-dasharray="3 3"/><text class="quiet" x="${left + value * scale}" y="${height - 5}" text-anchor="middle">${value}</text>`;
  return svg(
    height,
    `<text x="10" y="24">Requests a second, as a share of a bare oidc-provider with memory storage</text>${bars.join('')}${mark(0.8)}${mark(1)}`,
  );
}

/** Returns the SVG of the growth. */
export function plotGrowth(growth: readonly Growth[]): string {
  const kinds: [label: string, colour: string, of: (point: Growth) => Measured][] = [
    ['login lookup', '#2a6f97', ({ lookup }) => lookup],
    ['code redemption', '#c1121f', ({ redemption }) => redemption],
    ['sweep of 200', '#588157', ({ sweep }) => sweep],
  ];
  const all = growth.flatMap((point) => kinds.map(([, , of]) => of(point).p99));
  const [least, most] = [Math.log10(Math.min(...all)), Math.log10(Math.max(...all))];
  const x = (index: number): number => 70 + (index * 420) / Math.max(growth.length - 1, 1);
  const y = (value: number): number => 260 - ((Math.log10(value) - least) / Math.max(most - least, 0.01)) * 190;
  const lines = kinds.map(([label, colour, of]) => {
    const points = growth.map((point, index) => [x(index), y(of(point).p99), of(point).p99] as const);
    const path = points.map(([px, py]) => `${px.toFixed(1)},${py.toFixed(1)}`).join(' ');
    const values = points.map(
      ([px, py, value]) => `<text x="${px}" y="${py - 8}" text-anchor="middle">${value.toFixed(value < 0.1 ? 3 : 2)}</text>`,
    );
    const end = points.at(-1);
    return `<polyline class="line" stroke="${colour}" points="${path}"/>${values.join('')}<text x="${(end?.[0] ?? 0) + 30}" y="${(end?.[1] ?? 0) + 4}" style="fill:${colour}">${label}</text>`;
  });
  const ticks = growth.map(
    ({ accounts }, index) =>
      `<text class="quiet" x="${x(index)}" y="290" text-anchor="middle">${accounts.toLocaleString('en')}</text>`,
  );
  return svg(
    310,
    `<text x="10" y="24">p99 in milliseconds (logarithmic) by the number of accounts, SQLite</text>${lines.join('')}${ticks.join('')}`,
  );
}

function svg(height: number, content: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img">${STYLE}${content}</svg>\n`;
}
