// Tells phones, tablets and computers apart by the User-Agent header (RFC 9110, section 10.1.5), for counting only. An iPad may call itself
// a Mac, and is then counted as a computer.
import type { DeviceClass } from './population.ts';

/** @returns `undefined` if the header does not say that it is a browser */
export function deviceClass(userAgent: string): DeviceClass | undefined {
  if (/\biPad\b|\bTablet\b|\bAndroid\b(?!.*\bMobile\b)/.test(userAgent)) return 'tablet';
  if (/\biPhone\b|\bMobile\b/.test(userAgent)) return 'phone';
  return userAgent.startsWith('Mozilla/') ? 'computer' : undefined;
}
