// The maintenance notebook as a native app (RFC 8252), in a terminal: the system's browser, PKCE, a pushed request, a loopback redirect, and
// tokens that are bound to the app's key.
import * as oidc from 'openid-client';
import { describeNotebook, readClaims } from '../terminal/describe-notebook.ts';
import { hasEnded, openNativeClient, type NativeClient } from '../terminal/native-client.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { bookVisit } from './book-visit.ts';
import { listenForRedirect, openBrowser } from './loopback.ts';

const SCOPE = 'openid profile email offline_access migration dealer_link';
/** For a dealer's API, in another request: the person is asked when the app needs it. */
const DEALER_SCOPE = `${SCOPE} service_history booking`;

export type PhoneAppOptions = {
  issuer: string;
  /** Where the key and the sign-in are kept. */
  directory: string;
  terminal: Terminal;
  /** Closes the app. */
  signal: AbortSignal;
  /** Whether the app opens the browser itself. The address is printed in any case. */
  opensBrowser: boolean;
};

/** Runs the app until it is closed or the person logs out. @returns the exit code */
export async function runPhoneApp(options: PhoneAppOptions): Promise<number> {
  const { issuer, directory, terminal, signal } = options;
  const { say } = terminal;
  const client = await openNativeClient({ issuer, clientId: 'maintenance-notebook-app', directory });
  const show = (what: string, url: URL): void => {
    say(`\n  ${what}\n  ${url.href}\n`);
    if (options.opensBrowser) openBrowser(url);
  };
  /** @returns whether somebody has signed in */
  const authorize = async (parameters: Record<string, string>): Promise<boolean> =>
    signIn(client, parameters, { show, say, signal });

  for (let isFirst = true; !signal.aborted; isFirst = false) {
    try {
      if (!client.isSignedIn() && !(await authorize({ scope: SCOPE }))) break;
      const claims = readClaims(await client.userInfo());
      say(`${describeNotebook(claims)}\n`);
      if (isFirst) say('  Enter: renew now   b: book a visit   o: log out   Ctrl-C: close the app\n');
      const command = await terminal.next(client.renewIn());
      if (signal.aborted) break;
      if (command === 'o') {
        await logOut(client, show);
        say('Logged out. The common ID has revoked the access of this app.');
        return 0;
      }
      if (command === 'b') {
        const authorizeDealer = async (resource: string) => authorize({ scope: DEALER_SCOPE, resource });
        await bookVisit(client, claims, terminal, authorizeDealer);
      } else {
        await client.renew();
        say('The tokens were renewed.');
      }
    } catch (error) {
      if (!hasEnded(error)) throw error;
      say('This sign-in was ended at the common ID.');
      client.forget();
    }
  }
  if (client.isSignedIn()) say('The app is closed. It stays signed in for the next time.');
  return client.isSignedIn() || signal.aborted ? 0 : 1;
}

type Surroundings = { show(what: string, url: URL): void; say(text: string): void; signal: AbortSignal };

async function signIn(
  client: NativeClient,
  parameters: Record<string, string>,
  { show, say, signal }: Surroundings,
): Promise<boolean> {
  const { config } = client;
  const loopback = await listenForRedirect();
  try {
    const [state, nonce, verifier] = [oidc.randomState(), oidc.randomNonce(), oidc.randomPKCECodeVerifier()];
    const request = {
      redirect_uri: loopback.redirectUri,
      state,
      nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      ...(client.idToken() !== undefined && { id_token_hint: client.idToken() ?? '' }),
      ...parameters,
    };
    // Pushed (RFC 9126), so that the request is in no browser's history. The proof binds the code to the key, too (RFC 9449, section 10.1).
    show('Sign in here:', await oidc.buildAuthorizationUrlWithPAR(config, request, client.proof()));
    const aborted = new Promise<undefined>((resolve) => {
      if (signal.aborted) resolve(undefined);
      signal.addEventListener('abort', () => resolve(undefined), { once: true });
    });
    const url = await Promise.race([loopback.arrived, aborted]);
    if (!url) return false;
    const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier, idTokenExpected: true };
    client.keep(await oidc.authorizationCodeGrant(config, url, checks, undefined, client.proof()));
    return true;
  } catch (error) {
    if (!(error instanceof oidc.AuthorizationResponseError)) throw error;
    say(error.error === 'access_denied' ? 'You did not allow it.' : `The common ID did not allow it: ${error.error}`);
    return false;
  } finally {
    loopback.close();
  }
}

async function logOut(client: NativeClient, show: Surroundings['show']): Promise<void> {
  const idToken = await client.signOut();
  // The browser has a session of its own at the common ID.
  if (idToken !== undefined)
    show('To log out in the browser as well:', oidc.buildEndSessionUrl(client.config, { id_token_hint: idToken }));
}
