// The browser of the browser tests.
import { chromium, type Browser } from 'playwright-core';
import { findChromium } from '../../scripts/find-chromium.ts';

/** Chromium's sandbox refuses to run as root, as tests in a container do. */
const IN_CONTAINERS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking'];
/** All pages are ours, so they may share processes. */
const FEW_PROCESSES = ['--renderer-process-limit=1', '--process-per-site', '--in-process-gpu'];
/** Chromium loads these pages of its own for the address bar of each context, which nobody sees. */
const ADDRESS_BAR = ['WebUIOmniboxPopup', 'WebUIOmniboxAimPopup', 'WebUIOmniboxFullPopup'];
/** What playwright-core switches off. Chromium reads the last list only. */
const AS_PLAYWRIGHT = [
  'AvoidUnnecessaryBeforeUnloadCheckSync',
  'DestroyProfileOnBrowserClose',
  'HttpsUpgrades',
  'HttpsFirstBalancedModeAutoEnable',
  'LensOverlay',
  'MediaRouter',
  'PaintHolding',
  'ThirdPartyStoragePartitioning',
  'AvoidCorsURLLoaderRestartOnRedirect',
  'OptimizationHints',
  'NetworkTimeServiceQuerying',
  'AimEnabled',
  'PreconnectToSearch',
];

/** @throws {Error} if there is no browser, with what to do */
export async function launchChromium(): Promise<Browser> {
  const executablePath = findChromium(process.env);
  if (!executablePath) throw new Error('no Chromium found: run the tests with npm test, or set CHROMIUM_PATH');
  const withoutFeatures = `--disable-features=${[...AS_PLAYWRIGHT, ...ADDRESS_BAR].join(',')}`;
  return chromium.launch({ executablePath, args: [...IN_CONTAINERS, ...FEW_PROCESSES, withoutFeatures] });
}
