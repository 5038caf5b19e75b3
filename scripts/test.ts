// Runs the tests: npm test [-- jest options and paths]. Finds the browser and nginx first, and installs them if possible.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { findChromium } from './find-chromium.ts';
import { findNginx } from './find-nginx.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const JEST = fileURLToPath(new URL('../node_modules/jest/bin/jest.js', import.meta.url));
/** The browser and a Japanese font; without the font, pages show boxes for text. */
const BROWSER_PACKAGES = ['chromium', 'fonts-noto-cjk'];
/** A worker makes many objects and keeps few. With more room for new ones, V8 collects garbage less often. Workers inherit the flag. */
const ROOM_FOR_SHORT_LIVED = '--max-semi-space-size=64';

function main(): number {
  let browser = findChromium(process.env);
  if (!browser && installOnDebian('Chromium', BROWSER_PACKAGES)) browser = findChromium(process.env);
  if (!browser) {
    process.stderr.write(
      `There is no Chromium for the browser tests. Install Chromium or Google Chrome (on Debian and Ubuntu, as root: apt-get install ${BROWSER_PACKAGES.join(' ')}), or set CHROMIUM_PATH to its executable.\n`,
    );
    return 1;
  }
  // Without nginx, the tests that need it are skipped.
  if (!findNginx(process.env)) installOnDebian('nginx', ['nginx']);
  const { status, error } = spawnSync(process.execPath, [ROOM_FOR_SHORT_LIVED, JEST, ...process.argv.slice(2)], {
    cwd: ROOT,
    stdio: 'inherit',
    env: {
      ...process.env,
      CHROMIUM_PATH: browser,
      NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --no-warnings`.trim(),
    },
  });
  if (error) throw error;
  return status ?? 1;
}

/** @returns whether the packages are installed: not if this is not Debian, we are not root, or the installation failed */
function installOnDebian(what: string, packages: string[]): boolean {
  if (!existsSync('/etc/debian_version') || process.getuid?.() !== 0) return false;
  process.stderr.write(`No ${what} found; installing ${packages.join(' and ')} from Debian's packages.\n`);
  const install = ['install', '-y', '--no-install-recommends', ...packages];
  // The package lists may be outdated or missing.
  return aptGet(install) || (aptGet(['update']) && aptGet(install));
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
