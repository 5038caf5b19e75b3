// The browser of the browser tests.
import { chromium, type Browser } from 'playwright-core';
import { findChromium } from '../../scripts/find-chromium.ts';

/** @throws where there is no browser, with what to do */
export async function launchChromium(): Promise<Browser> {
  const executablePath = findChromium(process.env);
  if (!executablePath) throw new Error('no Chromium found: run the tests with npm test, or set CHROMIUM_PATH');
  // Its sandbox refuses to run as root, which is what tests in a container are.
  const inContainers = ['--no-sandbox', '--disable-gpu', '--disable-background-networking'];
  // All pages are ours. A process for each of them would cost more than it shows.
  const fewProcesses = ['--renderer-process-limit=1', '--process-per-site', '--in-process-gpu'];
  return chromium.launch({ executablePath, args: [...inContainers, ...fewProcesses] });
}
