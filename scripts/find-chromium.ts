// Finds the browser for the browser tests.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Debian's Chromium without windows is first: like Playwright's own, it draws no windows, and takes two thirds of the processor time for a page. */
const NAMES = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
const DIRECTORIES = ['/usr/bin', '/usr/local/bin', '/snap/bin'];
const ON_MACOS = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/**
 * Returns the executable of Chromium or Chrome: the one named by `CHROMIUM_PATH`, else one on the PATH or in a usual place.
 * @returns undefined if there is none
 * @throws {Error} if `CHROMIUM_PATH` does not name an executable
 */
export function findChromium(env: Record<string, string | undefined>): string | undefined {
  const told = env.CHROMIUM_PATH;
  if (told) {
    if (!canRun(told))
      throw new Error(`CHROMIUM_PATH is ${told}, which cannot be run: name the program file of Chromium or Chrome.`);
    return told;
  }
  const directories = [...(env.PATH ?? '').split(delimiter).filter(Boolean), ...DIRECTORIES];
  return [...directories.flatMap((directory) => NAMES.map((name) => join(directory, name))), ...ON_MACOS].find(canRun);
}

function canRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
