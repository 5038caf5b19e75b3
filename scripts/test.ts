// Runs the tests: npm test [-- options and paths of jest]. Finds the browser first, and installs one where that is possible.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { findChromium } from './find-chromium.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const JEST = fileURLToPath(new URL('../node_modules/jest/bin/jest.js', import.meta.url));
/** The browser, and letters for what it shows: without a Japanese font every word is a row of boxes. */
const DEBIAN_PACKAGES = ['chromium', 'fonts-noto-cjk'];

function main(): number {
  const browser = findChromium(process.env) ?? installOnDebian();
  if (!browser) {
    process.stderr.write(
      `There is no Chromium for the browser tests. Install Chromium or Google Chrome (on Debian and Ubuntu, as root: apt-get install ${DEBIAN_PACKAGES.join(' ')}), or name its program file in CHROMIUM_PATH.\n`,
    );
    return 1;
  }
  const { status, error } = spawnSync(process.execPath, [JEST, ...process.argv.slice(2)], {
    cwd: ROOT,
    stdio: 'inherit',
    env: {
      ...process.env,
      CHROMIUM_PATH: browser,
      // Tests are native modules, which jest runs with this flag alone.
      NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --experimental-vm-modules --no-warnings`.trim(),
    },
  });
  if (error) throw error;
  return status ?? 1;
}

/** @returns the browser's path; nothing where this is not Debian, we are not root, or it did not work */
function installOnDebian(): string | undefined {
  if (!existsSync('/etc/debian_version') || process.getuid?.() !== 0) return undefined;
  process.stderr.write(`No Chromium found; installing ${DEBIAN_PACKAGES.join(' and ')} from Debian's packages.\n`);
  const install = ['install', '-y', '--no-install-recommends', ...DEBIAN_PACKAGES];
  // Package lists may be old, or not there at all.
  if (!aptGet(install) && !(aptGet(['update']) && aptGet(install))) return undefined;
  return findChromium(process.env);
}

function aptGet(args: string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  // Its output goes to standard error: standard output is for the tests.
  return spawnSync('apt-get', ['-q', ...args], { stdio: ['ignore', 2, 2], env }).status === 0;
}

try {
  process.exitCode = main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
