// Finishes the step after the second factor was given.
import { originOf, placeOf } from '../../authentication/sign-in-origin.ts';
import type { Deps } from '../../deps.ts';
import { signedInBy, type AuthenticationMethod } from '../../domain/authentication-methods.ts';
import { withSecondMethod, withSignIn } from '../../domain/sign-in-history.ts';
import type { CurrentSession } from '../../oidc/sessions/current-session.ts';
import type { SignedInContext } from '../interaction-context.ts';

/**
 * Finishes the step with a sign-in by this method.
 * @param signedIn when the person signed in, in seconds since 1970, and the interaction of this request in which they did
 */
export async function finishProven(
  deps: Pick<Deps, 'storage' | 'clock' | 'regionOf'>,
  ctx: SignedInContext,
  method: AuthenticationMethod,
  signedIn: { authTime: number; interaction: string | undefined },
): Promise<void> {
  const { interaction } = ctx.state;
  await noteInHistory(deps, ctx, method);
  return interaction.finish({
    login: {
      accountId: interaction.account.id,
      ...signedInBy(method),
      ts: signedIn.authTime,
      interaction: signedIn.interaction,
    },
    second_factor: {},
  });
}

/** Finishes the step with what the session has reached, because the last login of the request may have reached less. */
export async function finishAsIs({ state: { interaction } }: SignedInContext, session: CurrentSession): Promise<void> {
  const { acr, amr, authTime } = session;
  return interaction.finish({
    login: { accountId: interaction.account.id, acr, amr, ts: authTime, interaction: interaction.signedInAt },
    second_factor: {},
  });
}

/** The sign-in of this request is completed in the history; without one, the person was signed in already, and gets an entry. */
export async function noteInHistory(
  deps: Pick<Deps, 'storage' | 'clock' | 'regionOf'>,
  ctx: SignedInContext,
  method: AuthenticationMethod,
): Promise<void> {
  const { account, client, uid, signedInAt } = ctx.state.interaction;
  const place = placeOf(deps, originOf(ctx));
  const entry = { at: deps.clock(), client_id: client.metadata.client_id, method, interaction: uid, ...place };
  await deps.storage.signInHistories.change(
    account.id,
    (standing) => withSecondMethod(standing, signedInAt, method) ?? withSignIn(standing, entry),
  );
}
