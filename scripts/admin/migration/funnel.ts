// Shows how far all legacy users have come, or rebuilds the counts.
import {
  readFunnel,
  readFunnelBy,
  isFunnelDimension,
  type Funnel,
  type FunnelLine,
} from '../../../src/operations/migration/funnel.ts';
import { rebuildFunnel } from '../../../src/operations/migration/rebuild-funnel.ts';
import { FUNNEL_DIMENSIONS } from '../../../src/domain/funnel-counts.ts';
import { FUNNEL_STEPS } from '../../../src/domain/population.ts';
import { withDesk } from '../desk.ts';
import { table } from '../table.ts';
import type { Action } from '../topic.ts';
import { UsageError } from '../usage-error.ts';

export const funnel: Action = {
  does: 'shows how far the legacy users have come, where they stop, and how many are stuck',
  options: { by: `also by ${FUNNEL_DIMENSIONS.join(', ')}` },
  flags: { rebuild: 'first takes the events of the ledger again and counts all legacy users anew; the service may run' },
  async run({ values: { by }, flags, ...input }) {
    if (by !== undefined && !isFunnelDimension(by)) throw new UsageError(`--by: expected ${FUNNEL_DIMENSIONS.join(', ')}`);
    return withDesk(input, async (deps) => {
      const rebuilt = flags.has('rebuild') ? await rebuildFunnel(deps) : undefined;
      const shown = await readFunnel(deps);
      const lines = by === undefined ? undefined : await readFunnelBy(deps, by);
      const json = { ...shown, ...(lines && { by, lines }), ...(rebuilt && { rebuilt }) };
      const told = rebuilt
        ? `Rebuilt from ${rebuilt.events} events of the ledger: ${rebuilt.differences.length} counts were not right.\n\n`
        : '';
      return { json, text: told + tell(shown) + (lines ? `\n${tellBy(by ?? '', lines)}` : '') };
    });
  },
};

function tell({ steps, states, unlisted, waiting, failures }: Funnel): string {
  const rows = steps.map(({ step, reached, stopped_here: stopped, share_stopped: share, median_seconds_at_most: median }) => [
    step,
    String(reached),
    String(stopped),
    share === undefined ? '–' : `${(share * 100).toFixed(1)} %`,
    median === undefined ? '–' : durationOf(median),
  ]);
  const named = (counts: Record<string, number>): string =>
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ');
  return (
    table([['STEP', 'REACHED', 'STOPPED HERE', 'SHARE', 'HALF NEEDED AT MOST'], ...rows]) +
    `\nNow: ${named(states)}; ${unlisted} of them are not in the list.\n` +
    `Under way, but not seen for: ${waiting.map(({ days, count }) => `${days} days ${count}`).join(', ')}.\n` +
    (failures.length > 0 ? `The last try failed: ${failures.map(({ reason, count }) => `${reason} ${count}`).join(', ')}.\n` : '')
  );
}

function tellBy(by: string, lines: readonly FunnelLine[]): string {
  if (lines.length === 0) return 'There is nothing to show yet.\n';
  const rows = lines.map(({ value, reached }) => [value, ...FUNNEL_STEPS.map((step) => String(reached[step]))]);
  return table([[by.toUpperCase(), ...FUNNEL_STEPS], ...rows]);
}

function durationOf(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${seconds / 60} min`;
  return seconds < 2 * 86_400 ? `${seconds / 3_600} h` : `${seconds / 86_400} days`;
}
