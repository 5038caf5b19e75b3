// Runs the tests: npm test [-- jest options and paths]. Finds the browser first, and installs one if possible.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { findChromium } from './find-chromium.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const JEST = fileURLToPath(new URL('../node_modules/jest/bin/jest.js', import.meta.url));
/** The browser and a Japanese font; without the font, pages show boxes for text. */
const DEBIAN_PACKAGES = ['chromium', 'fonts-noto-cjk'];

function main(): number {
  const browser = findChromium(process.env) ?? installOnDebian();
  if (!browser) {
    process.stderr.write(
      `There is no Chromium for the browser tests. Install Chromium or Google Chrome (on Debian and Ubuntu, as root: apt-get install ${DEBIAN_PACKAGES.join(' ')}), or set CHROMIUM_PATH to its executable.\n`,
    );
    return 1;
  }
  const { status, error } = spawnSync(process.execPath, [JEST, ...process.argv.slice(2)], {
    cwd: ROOT,
    stdio: 'inherit',
    env: {
      ...process.env,
      CHROMIUM_PATH: browser,
      // The tests are native ES modules, which jest runs only with this flag.
      NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --experimental-vm-modules --no-warnings`.trim(),
    },
  });
  if (error) throw error;
  return status ?? 1;
}

/** @returns the browser's path; undefined if this is not Debian, we are not root, or the installation failed */
function installOnDebian(): string | undefined {
  if (!existsSync('/etc/debian_version') || process.getuid?.() !== 0) return undefined;
  process.stderr.write(`No Chromium found; installing ${DEBIAN_PACKAGES.join(' and ')} from Debian's packages.\n`);
  const install = ['install', '-y', '--no-install-recommends', ...DEBIAN_PACKAGES];
  // The package lists may be outdated or missing.
  if (!aptGet(install) && !(aptGet(['update']) && aptGet(install))) return undefined;
  return findChromium(process.env);
}

function aptGet(args: string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  // Output goes to standard error; standard output is for the tests.
  return spawnSync('apt-get', ['-q', ...args], { stdio: ['ignore', 2, 2], env }).status === 0;
}

try {
  process.exitCode = main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
