// A car's screen in a terminal: it cannot show the common ID's pages, so its driver signs in on a phone (device flow, RFC 8628).
import * as oidc from 'openid-client';
import { renderUnicodeCompact } from 'uqr';
import { describeNotebook, readClaims } from '../terminal/describe-notebook.ts';
import { hasEnded, openNativeClient, type NativeClient } from '../terminal/native-client.ts';
import type { Terminal } from '../terminal/terminal.ts';

const SCOPE = 'openid profile email offline_access migration dealer_link';

export type HeadUnitOptions = {
  issuer: string;
  /** Where the key and the sign-in are kept. */
  directory: string;
  terminal: Terminal;
  /** Switches the car off. */
  signal: AbortSignal;
};

/** Runs the screen until the car is switched off or the driver signs out. @returns the exit code */
export async function runHeadUnit({ issuer, directory, terminal, signal }: HeadUnitOptions): Promise<number> {
  const { say } = terminal;
  const client = await openNativeClient({ issuer, clientId: 'head-unit', directory });
  for (let isFirst = true; !signal.aborted; isFirst = false) {
    try {
      if (!client.isSignedIn() && !(await signIn(client, terminal, signal))) break;
      say(`${describeNotebook(readClaims(await client.userInfo()))}\n`);
      if (isFirst) say('  Enter: renew now   s: sign out   Ctrl-C: switch the car off\n');
      const command = await terminal.next(client.renewIn());
      if (command === 's') {
        await client.signOut();
        say('Signed out. The common ID has revoked the access of this car.');
        return 0;
      }
      if (signal.aborted) break;
      await client.renew();
      say('The tokens were renewed.');
    } catch (error) {
      if (!hasEnded(error)) throw error;
      say('This sign-in was ended at the common ID.');
      client.forget();
    }
  }
  if (client.isSignedIn()) say('The car is switched off. It stays signed in for the next time.');
  return client.isSignedIn() || signal.aborted ? 0 : 1;
}

/** Shows a code until it is confirmed; a new one if it expires. @returns whether somebody has signed in */
async function signIn(client: NativeClient, terminal: Terminal, signal: AbortSignal): Promise<boolean> {
  for (;;) {
    const codes = await oidc.initiateDeviceAuthorization(client.config, { scope: SCOPE });
    showCode(codes, terminal);
    try {
      // Waits between the polls as the common ID says, and longer after `slow_down`.
      client.keep(await oidc.pollDeviceAuthorizationGrant(client.config, codes, {}, { ...client.proof(), signal }));
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      const code = error instanceof oidc.ResponseBodyError ? error.error : undefined;
      if (code === 'access_denied') {
        terminal.say('The sign-in was declined on the phone.');
        return false;
      }
      if (code !== 'expired_token') throw error;
      terminal.say('The code has expired. Here is a new one.');
    }
  }
}

type Codes = Awaited<ReturnType<typeof oidc.initiateDeviceAuthorization>>;

function showCode(codes: Codes, { say, isInteractive }: Terminal): void {
  const address = codes.verification_uri_complete ?? codes.verification_uri;
  const picture = renderUnicodeCompact(address, { border: 2 }).trimEnd();
  // White on black, regardless of the terminal's colours.
  const coloured = picture
    .split('\n')
    .map((line) => `    \u001b[97;40m${line}\u001b[0m`)
    .join('\n');
  say(
    [
      '',
      '  To sign in, scan this code with your phone:',
      '',
      isInteractive ? coloured : picture,
      '',
      `  or open   ${codes.verification_uri}`,
      `  and enter ${codes.user_code}`,
      '',
      `  The code is valid for ${Math.round(codes.expires_in / 60)} minutes. This screen continues by itself.`,
      '',
    ].join('\n'),
  );
}
