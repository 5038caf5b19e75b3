// One-time codes of an authenticator app (TOTP, RFC 6238): six digits, a step of 30 seconds, SHA-1, which is all that many apps know.
const DIGITS = 6;
const PERIOD_SECONDS = 30;
/** Also accepts the codes of the step before and after: clocks differ, and typing takes time (RFC 6238, section 5.2). */
const SKEW_STEPS = 1;
/** As long as the HMAC's output (RFC 4226, section 4). */
const SECRET_BYTES = 20;
/** Apps show it above the code. */
const NAME = 'TOYOTA/LEXUS ID';

/** Loads the library at its first use, because most processes never need it. */
const loadLibrary = async (): Promise<typeof import('otpauth')> => import('otpauth');

/** Draws a secret, in Base32. */
export async function drawSecret(): Promise<string> {
  const { Secret } = await loadLibrary();
  return new Secret({ size: SECRET_BYTES }).base32;
}

/** Returns the `otpauth:` URI of a secret, which apps read from a QR code. @param email names the account in the app */
export async function appUri(secret: string, email: string): Promise<string> {
  const { TOTP } = await loadLibrary();
  return new TOTP({ issuer: NAME, label: email, secret, algorithm: 'SHA1', digits: DIGITS, period: PERIOD_SECONDS }).toString();
}

/** Reads a code as typed: in half or full width, with or without spaces. `undefined` if it is not six digits. */
export function readAppCode(typed: string): string | undefined {
  const code = typed.slice(0, 100).normalize('NFKC').replaceAll(/\s/g, '');
  return new RegExp(`^\\d{${DIGITS}}$`).test(code) ? code : undefined;
}

/** Returns the time step of a code; `undefined` if it is none of this secret's codes of now. */
export async function stepOf(secret: string, code: string, now: number): Promise<number | undefined> {
  const { Secret, TOTP } = await loadLibrary();
  const totp = new TOTP({ secret: Secret.fromBase32(secret), algorithm: 'SHA1', digits: DIGITS, period: PERIOD_SECONDS });
  const delta = totp.validate({ token: code, timestamp: now, window: SKEW_STEPS });
  return delta === null ? undefined : Math.floor(now / 1000 / PERIOD_SECONDS) + delta;
}
