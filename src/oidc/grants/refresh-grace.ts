// Gives a client whose answer was lost the same new refresh token again. For some seconds after its use, a refresh token still leads to its
// successor; later, or in other hands, its use revokes the family (RFC 9700 4.14).
import { createHmac } from 'node:crypto';
import { calculateJwkThumbprint, decodeProtectedHeader } from 'jose';
import Provider from 'oidc-provider';
import type { Deps } from '../../deps.ts';
import { revokeGrant } from './revoke-grant.ts';

const MODEL = 'RefreshToken';

/** Members that are missing in @types/oidc-provider. */
type Token = {
  jti: string;
  clientId?: string;
  grantId?: string;
  /** The thumbprint of the DPoP key that the token is bound to (RFC 9449). */
  jkt?: string;
  /** Seconds since 1970. */
  consumed?: number | undefined;
  consume(): Promise<void>;
  save(): Promise<string>;
  generateTokenId(): string;
  emit(event: string): void;
};
type Model = { prototype: Token; find(value: string, options?: object): Promise<Token | undefined> };

/**
 * Changes the refresh tokens of this provider. Call it once, before the first request.
 *
 * The identifier of a successor is derived from the token that it replaces. So all nodes give the same one, and no parallel request makes a
 * second one. A token whose successor was used has no grace: the answer arrived.
 */
export function giveRefreshGrace(
  provider: Provider,
  { config, storage: { artifacts }, clock }: Pick<Deps, 'config' | 'clock'> & { storage: Pick<Deps['storage'], 'artifacts'> },
): void {
  const model = provider.RefreshToken as unknown as Model;
  const graceSeconds = config.lifetimes.refreshGrace;
  /** Tokens that were used before and lead to their successor again. */
  const repeated = new WeakSet<Token>();

  const successorId = (id: string): string => createHmac('sha256', config.keys.refreshSuccessor).update(id).digest('base64url');

  async function isInGrace(id: string, consumed: unknown): Promise<boolean> {
    if (graceSeconds === 0 || typeof consumed !== 'number' || clock() >= (consumed + graceSeconds) * 1000) return false;
    const successor = await artifacts.find(MODEL, successorId(id));
    return successor?.consumed === undefined;
  }

  const find = model.find.bind(model);
  model.find = async (value, options) => {
    const token = await find(value, options);
    if (token?.consumed === undefined || Provider.ctx?.oidc.route !== 'token') return token;
    if (!(await isPresentedByOwner(token))) {
      // oidc-provider refuses the request, but would leave the family as it is.
      if (token.grantId !== undefined) await revokeGrant(artifacts, token.grantId);
    } else if (await isInGrace(token.jti, token.consumed)) {
      token.consumed = undefined;
      repeated.add(token);
    }
    return token;
  };

  const { consume, save, generateTokenId } = model.prototype;
  model.prototype.consume = async function consumeOrRepeat(this: Token) {
    if (repeated.has(this)) return undefined;
    if (await artifacts.consume(MODEL, this.jti)) return this.emit('consumed');
    // A parallel request was faster.
    const stored = await artifacts.find(MODEL, this.jti);
    if (await isInGrace(this.jti, stored?.consumed)) return void repeated.add(this);
    // Revokes the family.
    return consume.call(this);
  };
  model.prototype.generateTokenId = function deriveId(this: Token) {
    const replaced = replacedToken();
    return replaced ? successorId(replaced.jti) : generateTokenId.call(this);
  };
  model.prototype.save = async function saveUnlessThere(this: Token) {
    const replaced = replacedToken();
    if (!replaced || !repeated.has(replaced)) return save.call(this);
    const id = successorId(replaced.jti);
    // The first request may have ended before it saved the successor.
    return (await artifacts.find(MODEL, id)) ? id : save.call(this);
  };
}

/** The token that the current request replaces. */
function replacedToken(): Token | undefined {
  return Provider.ctx?.oidc.entities.RotatedRefreshToken as unknown as Token | undefined;
}

/** Whether the request is from the token's client and, if the token is bound to a key, proves that key. oidc-provider has verified the proof. */
async function isPresentedByOwner({ clientId, jkt }: Token): Promise<boolean> {
  const ctx = Provider.ctx;
  if (ctx?.oidc.client?.clientId !== clientId) return false;
  return jkt === undefined || jkt === (await thumbprintIn(ctx?.get('DPoP') ?? ''));
}

async function thumbprintIn(proof: string): Promise<string | undefined> {
  try {
    const { jwk } = decodeProtectedHeader(proof);
    return jwk && (await calculateJwkThumbprint(jwk));
  } catch {
    return undefined;
  }
}
