// What the page shows on which a person sets up the app: the QR code as inline SVG, and the secret as text.
import type { Deps } from '../../deps.ts';
import { beginSetup, type SetupPlace } from './second-factor-of-account.ts';
import { appUri } from './totp.ts';

/** The QR code, for an inline `<svg>`: the number of modules on each side, and the path of the dark ones, as lines of width one. */
export type QrCode = { size: number; path: string };

export type ShownSetup = {
  qr: QrCode;
  /** The secret in groups of four. */
  secret: string;
  /** Opens the app on this device. */
  appUrl: string;
};

/** Returns the data for the view, of a setup that is begun if there is none. See `beginSetup` for who may see it. */
export async function shownSetup(
  deps: Pick<Deps, 'config' | 'storage' | 'clock' | 'jobs'>,
  place: SetupPlace,
  email: string,
): Promise<ShownSetup> {
  const secret = await beginSetup(deps, place);
  const appUrl = await appUri(secret, email);
  // Loaded at its first use, because most processes never need it.
  const { default: library } = await import('qrcode');
  return { qr: pathOf(library.create(appUrl).modules), secret: (secret.match(/.{1,4}/g) ?? []).join(' '), appUrl };
}

/** Draws each run of dark modules as a line of width one. */
function pathOf({ size, data }: { size: number; data: Uint8Array }): QrCode {
  const rows = Array.from({ length: size }, (_, y) => data.subarray(y * size, (y + 1) * size).join(''));
  const lines = rows.flatMap((row, y) => [...row.matchAll(/1+/g)].map(({ index, 0: run }) => `M${index} ${y}.5h${run.length}`));
  return { size, path: lines.join('') };
}
