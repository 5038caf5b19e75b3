// clients try: signs in as a client app does, step by step, and shows every message.
import { setTimeout as sleep } from 'node:timers/promises';
import * as oidc from 'openid-client';
import { loadConfig } from '../../../src/config/load.ts';
import type { ClientRefusal } from '../../../src/domain/client-refusal.ts';
import { propertyOf } from '../../../src/property-of.ts';
import type { Action, ActionInput, Report } from '../topic.ts';
import { findClient, type FoundClient } from './find-client.ts';
import { authenticationOf, readClientKey } from './try/authentication.ts';
import { showClaims, showUrl, traceFetch, type Traced } from './try/show-message.ts';
import { chooseRedirectUri } from './try/wait-for-answer.ts';
import { describe, readRefusals } from './why.ts';

/** The longest time that the common ID takes to write a refusal. */
const REFUSAL_TRIES = 20;
const REFUSAL_PAUSE_MS = 200;

const DECIDED_BY_PERSON = ['access_denied', 'login_required', 'consent_required', 'interaction_required'];

/** The steps, in order. */
type Step = 'discovery' | 'authorization request' | 'authorization response' | 'tokens' | 'UserInfo' | 'refresh';

export const tryOut: Action = {
  operands: ['<client_id>'],
  does: 'signs in as the client app does (code flow), and shows every message; secrets, codes and tokens are masked',
  options: {
    issuer: 'the address of the common ID; default: ISSUER',
    'redirect-uri':
      'one of its redirect_uris; default: one on this machine whose port is free, otherwise you paste the last address',
    scope: 'the scopes to request; default: those of its file',
    'secret-from': 'the name of the variable that holds its secret; default: what its file refers to',
    key: 'the file of its private key (JWK or PEM), for private_key_jwt and signed requests',
  },
  run: async (input) => new Attempt(input, findClient(input.operands[0] ?? '', input.env, input.directory)).run(),
};

class Attempt {
  private readonly input: ActionInput;
  private readonly found: FoundClient;
  private readonly traced: Traced;
  private readonly done: Step[] = [];
  private step: Step = 'discovery';
  private readonly startedAt = Date.now();

  constructor(input: ActionInput, found: FoundClient) {
    this.input = input;
    this.found = found;
    this.traced = traceFetch((lines) => this.say(lines));
  }

  /** Messages go to standard error, so that standard output contains only the result. */
  private say(lines: readonly string[]): void {
    process.stderr.write(`${lines.join('\n')}\n\n`);
  }

  private begin(step: Step): void {
    if (this.step !== step) this.done.push(this.step);
    this.step = step;
    this.say([`── ${step} ──`]);
  }

  async run(): Promise<Report> {
    const { client } = this.found;
    const id = client.metadata.client_id;
    if (!client.enabled) throw new Error(`${id} is disabled ("enabled": false in ${this.found.file})`);
    try {
      await this.signIn();
      this.done.push(this.step);
      const text = `${id} can sign people in: ${this.done.join(', ')} succeeded.\n`;
      return { json: { ok: true, steps: this.done }, text };
    } catch (error) {
      if (error instanceof Error && error.name === 'UsageError') throw error;
      return this.tellFailure(error);
    }
  }

  private async signIn(): Promise<void> {
    const { values, env, directory } = this.input;
    const { metadata } = this.found.client;
    const key = await readClientKey(this.input, String(metadata.token_endpoint_auth_signing_alg ?? 'ES256'));
    const authentication = authenticationOf(this.found, this.input, key);
    const issuer = new URL(values.issuer ?? loadConfig({ env, directory, apps: ['id'], keys: 'unchecked' }).issuer);

    this.begin('discovery');
    const { client_id: id, id_token_signed_response_alg: alg = 'ES256' } = metadata;
    const config = await oidc.discovery(
      issuer,
      id,
      { ...signedBy(metadata), id_token_signed_response_alg: String(alg) },
      authentication,
      {
        [oidc.customFetch]: this.traced.fetch,
        execute: issuer.protocol === 'http:' ? [oidc.allowInsecureRequests] : [],
      },
    );
    const isBound = metadata.dpop_bound_access_tokens === true;
    const options = isBound ? { DPoP: oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair('ES256')) } : {};

    this.begin('authorization request');
    const place = await chooseRedirectUri(metadata.redirect_uris ?? [], values['redirect-uri']);
    try {
      const [state, nonce, verifier] = [oidc.randomState(), oidc.randomNonce(), oidc.randomPKCECodeVerifier()];
      const isJarm = metadata.authorization_signed_response_alg !== undefined;
      if (isJarm) oidc.useJwtResponseMode(config);
      const parameters = {
        redirect_uri: place.redirectUri,
        scope: values.scope ?? String(metadata.scope ?? 'openid'),
        state,
        nonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      };
      const url = await this.authorizationUrl(config, parameters, key, options);
      this.say(['open in a browser:', url.href, '', place.instruction]);
      const answer = await place.wait();

      this.begin('authorization response');
      this.say(showUrl(answer));
      this.begin('tokens');
      const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce };
      const tokens = await oidc.authorizationCodeGrant(config, answer, checks, undefined, options);
      const claims = tokens.claims();
      if (claims) this.say(['ID token:', ...showClaims(claims).map((line) => `  ${line}`)]);

      if (claims) {
        this.begin('UserInfo');
        await oidc.fetchUserInfo(config, tokens.access_token, claims.sub, options);
      }
      if (tokens.refresh_token !== undefined) {
        this.begin('refresh');
        await oidc.refreshTokenGrant(config, tokens.refresh_token, undefined, options);
      }
    } finally {
      place.close();
    }
  }

  /** Builds the request as the client's file asks: pushed, signed, or plain. */
  private async authorizationUrl(
    config: oidc.Configuration,
    parameters: Record<string, string>,
    key: Awaited<ReturnType<typeof readClientKey>>,
    options: oidc.DPoPOptions,
  ): Promise<URL> {
    const { require_pushed_authorization_requests: isPushed, require_signed_request_object: isSigned } =
      this.found.client.metadata;
    if (isSigned === true && key) {
      const signed = await oidc.buildAuthorizationUrlWithJAR(config, parameters, key);
      if (isPushed !== true) return signed;
      return oidc.buildAuthorizationUrlWithPAR(config, { request: signed.searchParams.get('request') ?? '' }, options);
    }
    if (isPushed === true) return oidc.buildAuthorizationUrlWithPAR(config, parameters, options);
    return oidc.buildAuthorizationUrl(config, parameters);
  }

  private async tellFailure(error: unknown): Promise<Report> {
    const id = this.found.client.metadata.client_id;
    const sentence = sentenceOf(error, this.step);
    const refusal = await this.refusalOf(error);
    const hint = refusal
      ? `The common ID says (clients why ${id}):\n\n${describe(refusal)}`
      : `More may be in: npm run admin -- clients why ${id}, clients test ${id}, and in the log of the common ID.\n`;
    const text = `Failed at: ${this.step}. ${sentence}\n\n${hint}`;
    return { json: { ok: false, steps: this.done, failed: this.step, error: sentence, refusal }, text, bad: true };
  }

  /** Finds the refusal, which the common ID notes shortly after its answer; `undefined` if it notes none. */
  private async refusalOf(failure: unknown): Promise<ClientRefusal | undefined> {
    const inBrowser = failure instanceof oidc.AuthorizationResponseError ? failure.error : undefined;
    const requestId = this.traced.lastRequestId();
    if (this.step === 'discovery' || DECIDED_BY_PERSON.includes(inBrowser ?? '')) return undefined;
    // The browser got the answer, and with it the id of the request.
    const isOurs = ({ request_id: other, error: code, at }: ClientRefusal): boolean =>
      inBrowser === undefined ? other === requestId : code === inBrowser && at >= this.startedAt;
    for (let tries = 0; tries < REFUSAL_TRIES; tries += 1) {
      const refusals = await readRefusals(this.found.client.metadata.client_id, this.input).catch(() => []);
      const own = refusals.find(isOurs);
      if (own) return own;
      await sleep(REFUSAL_PAUSE_MS);
    }
    return undefined;
  }
}

/** The metadata that openid-client needs for signed responses. */
function signedBy({ authorization_signed_response_alg: alg }: FoundClient['client']['metadata']): Partial<oidc.ClientMetadata> {
  return typeof alg === 'string' ? { authorization_signed_response_alg: alg } : {};
}

/** Says in plain words what failed. */
function sentenceOf(error: unknown, step: Step): string {
  if (error instanceof oidc.AuthorizationResponseError || error instanceof oidc.ResponseBodyError) {
    const { error: code, error_description: description } = error;
    return `The common ID refused it with ${code}${description === undefined ? '' : `: ${description}`}.`;
  }
  if (error instanceof oidc.WWWAuthenticateChallengeError) {
    const { error: code = `status ${error.status}`, error_description: description } = error.cause[0]?.parameters ?? {};
    return `The common ID refused it with ${code}${description === undefined ? '' : `: ${description}`}.`;
  }
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : undefined;
  const network = String(propertyOf(cause, 'code') ?? propertyOf(error, 'code') ?? '');
  if (/ECONN|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|CERT/.test(network) || (step === 'discovery' && cause))
    return `The common ID does not answer there (${network || cause?.message}). Is it running, and is the address right?`;
  const own = error instanceof Error ? error.message : String(error);
  return `The response was not accepted: ${[own, cause?.message].filter(Boolean).join(': ')}.`;
}
