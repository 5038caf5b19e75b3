// How a person can give the second factor that the policy asks for.
import { reaches, strongest, type Acr } from '../../domain/authentication-methods.ts';
import type { Interaction } from '../interaction-context.ts';
import type { SignedIn } from '../../oidc/sessions/signed-in.ts';

const MFA: Acr = 'urn:common-id:acr:mfa';

export type Ways = {
  /** The class that the sign-in has to reach. */
  needed: Acr;
  /** Whether a code of the app helps. */
  app: boolean;
  /** Whether a passkey of the account helps. */
  passkey: boolean;
  /** Whether the person may set up an app, or add a passkey. A second factor that stands is asked for before that. */
  newApp: boolean;
  newPasskey: boolean;
  /** What the client gets if the person declines. */
  declined: 'access_denied' | 'unmet_authentication_requirements';
};

/** @param acr the class that the session has reached */
export function waysOf(
  { account, client, essentialAcr, reasons }: Pick<Interaction, 'client' | 'essentialAcr' | 'reasons'> & SignedIn,
  acr: string | undefined,
): Ways {
  const asked = (reason: string, wanted: Acr | undefined): Acr | undefined => (reasons.includes(reason) ? wanted : undefined);
  const demanded = strongest(asked('required_acr', client.requiredAcr), asked('essential_acr', essentialAcr));
  const needed = strongest(demanded, MFA) ?? MFA;
  const hasApp = account.second_factor !== undefined;
  const hasPasskey = (account.passkeys ?? []).length > 0;
  const isOwed = hasApp && !reaches(acr, MFA);
  return {
    needed,
    app: isOwed && (needed === MFA || !hasPasskey),
    passkey: hasPasskey,
    newApp: !hasApp && needed === MFA,
    newPasskey: !isOwed,
    declined: demanded === undefined ? 'access_denied' : 'unmet_authentication_requirements',
  };
}
