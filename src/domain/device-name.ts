// Names a browser and its system for people, from the User-Agent header (RFC 9110, section 10.1.5). Anybody can send any header, so
// the result is one of the names below and never a part of the header. bowser is not used: it lacks Yahoo! JAPAN and LINE, calls an iPad's
// system iOS, and takes names out of headers that it does not know.

/** The first pattern that fits names it. Other browsers contain the names of Chrome and Safari. */
const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/\bEdgA?\/|\bEdgiOS\//, 'Microsoft Edge'],
  [/\bOPR\/|\bOPT\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\bYaApp|YJApp|Yahoo/, 'Yahoo! JAPAN'],
  [/\bLine\//, 'LINE'],
  [/\bFirefox\/|\bFxiOS\//, 'Firefox'],
  [/\bChrome\/|\bCriOS\//, 'Google Chrome'],
  [/\bSafari\//, 'Safari'],
];

const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bMac OS X\b/, 'Mac'],
  [/\bLinux\b/, 'Linux'],
];

/** @returns such as `Safari / iPhone`; `undefined` if neither the browser nor the system is known */
export function deviceName(userAgent: string): string | undefined {
  const nameIn = (names: typeof BROWSERS): string | undefined => names.find(([pattern]) => pattern.test(userAgent))?.[1];
  return [nameIn(BROWSERS), nameIn(SYSTEMS)].filter((name) => name !== undefined).join(' / ') || undefined;
}
