// Tests third-party client libraries against the real common ID: npm run interop [-- authlib spring-6 …]. Installs them into
// ~/.cache/common-id-interop (as root /var/cache/common-id-interop). Skips a library if a tool is missing, and says which. Exits with 1 if a
// library failed.
import { parseArgs } from 'node:util';
import { libraries } from '../samples/clients/libraries.ts';
import { freePorts } from '../test/support/free-ports.ts';
import { startWorld } from '../test/support/world.ts';
import { didYouMean } from './admin/did-you-mean.ts';
import { endTogether, useOwnTemporaryFolder } from './end-together.ts';
import { clientFileOf, missingFor, sampleOf, startSample } from './interop/samples.ts';
import { walk } from './interop/walk.ts';
import { walkInChromium } from './interop/walk-in-chromium.ts';

endTogether('interop');
useOwnTemporaryFolder();
const { positionals: asked } = parseArgs({ allowPositionals: true });
const ids = libraries().map(([id]) => id);
const unknown = asked.find((id) => !ids.includes(id));
if (unknown !== undefined) {
  process.stderr.write(`there is no library ${unknown}${didYouMean(unknown, ids)}; the libraries are ${ids.join(', ')}\n`);
  process.exit(2);
}
const chosen = libraries().filter(([id]) => asked.length === 0 || asked.includes(id));
const ports = await freePorts(chosen.length);
const samples = chosen.map(([id, library], index) => ({ id, sample: sampleOf(id, library, ports[index] ?? 0) }));
const world = await startWorld({
  apps: ['id'],
  clients: Object.fromEntries(samples.map(({ sample }) => [sample.clientId, clientFileOf(sample)])),
});

const counts = { passed: 0, failed: 0, skipped: 0 };
function tell(result: keyof typeof counts, name: string, what: string): void {
  counts[result] += 1;
  process.stdout.write(`${result.padEnd(8)}${name}: ${what}\n`);
}
for (const { id, sample } of samples) {
  const { library } = sample;
  const versions = Object.entries(library.packages).map(([name, version]) => `${name} ${version}`);
  const name = `${library.name} (${versions.join(', ')})`;
  const missing = missingFor(library);
  if (missing !== undefined) {
    tell('skipped', name, missing);
    continue;
  }
  const began = performance.now();
  let running: Awaited<ReturnType<typeof startSample>> | undefined;
  try {
    running = await startSample(id, sample, world.origins.id);
    const done = await (library.kind === 'browser' ? walkInChromium(world, sample) : walk(world, library, sample));
    tell('passed', name, `${done.join(', ')} (${Math.round((performance.now() - began) / 1000)} s)`);
  } catch (error) {
    tell('failed', name, error instanceof Error ? error.message : String(error));
    process.stdout.write(
      `  what the app wrote:\n${running?.log().slice(-3000) ?? ''}\n  what the common ID wrote:\n${world.log().slice(-2000)}\n`,
    );
  } finally {
    await running?.stop();
  }
}
await world.stop();
process.stdout.write(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped.\n`);
process.exitCode = counts.failed > 0 || counts.passed === 0 ? 1 : 0;
