// GET /migrations/{legacy_id}: the status of a legacy user's migration, for the banner of the owners site.
import type { Context } from 'koa';
import Router from 'koa-router';
import type Provider from 'oidc-provider';
import type { Deps } from '../../deps.ts';
import { legacyRegistrationId } from '../../domain/legacy-registration.ts';
import { missingSteps, type Migration } from '../../domain/migration.ts';
import { missingRequiredClaims } from '../../domain/required-profile.ts';
import { checkPossession, InvalidDpopProof, readAccessToken, refusalOf } from '../../http/dpop-proof.ts';

const SCOPE = 'migration:read';

type StatusDeps = Pick<Deps, 'storage' | 'clients' | 'clock' | 'refusals'>;

/**
 * Makes the router. It requires an access token (RFC 6750, or RFC 9449 if it is bound to a key) of the client credentials grant with the scope `migration:read`, and
 * knows only the caller's own legacy users. It responds with 200, `state` (`none`, `started`, `completed`, `withdrawn`), `missing`, and times
 * in ISO 8601.
 */
export function createMigrationStatusRouter(provider: Provider, deps: StatusDeps): Router {
  const router = new Router();

  function refuse(ctx: Context, { code, challenge, parameters }: ReturnType<typeof refusalOf>, description: string): void {
    const all = Object.entries({ realm: provider.issuer, error: code, ...parameters });
    ctx.set('WWW-Authenticate', `${challenge} ${all.map(([name, value]) => `${name}="${value}"`).join(', ')}`);
    ctx.status = 401;
    ctx.body = { error: code, error_description: description };
  }

  /** Tells the client's developer (`clients why`). */
  function note(ctx: Context, clientId: unknown, error: string, why: string, expected?: string): void {
    if (typeof clientId !== 'string') return;
    const sent = { scheme: readAccessToken(ctx.get('Authorization'))?.scheme ?? 'none' };
    deps.refusals.note(clientId, {
      at: deps.clock(),
      times: 1,
      endpoint: 'migrations',
      error,
      why,
      sent,
      ...(expected !== undefined && { expected }),
      request_id: String(ctx.state.requestId),
    });
  }

  router.get('/migrations/:legacyId', async (ctx) => {
    ctx.set('Cache-Control', 'no-store');
    const sent = readAccessToken(ctx.get('Authorization'));
    const token = sent && (await provider.ClientCredentials.find(sent.token));
    if (!token) {
      const refusal = refusalOf({ scheme: 'Bearer', boundTo: undefined });
      return refuse(ctx, refusal, 'an access token of the client credentials grant is expected');
    }
    try {
      await checkPossession({
        ...sent,
        boundTo: token.jkt,
        proof: ctx.get('DPoP'),
        method: ctx.method,
        url: `${provider.issuer}${ctx.path}`,
        noteProof: async (id, until) => deps.storage.artifacts.insertOnce('ReplayDetection', `dpop:${id}`, {}, until),
      });
    } catch (error) {
      if (!(error instanceof InvalidDpopProof)) throw error;
      const refusal = refusalOf({ ...sent, boundTo: token.jkt });
      note(ctx, token.clientId, refusal.code, error.message);
      return refuse(ctx, refusal, error.message);
    }
    if (!token.scope?.split(' ').includes(SCOPE)) {
      ctx.set('WWW-Authenticate', `${sent.scheme} realm="${provider.issuer}", error="insufficient_scope", scope="${SCOPE}"`);
      note(ctx, token.clientId, 'insufficient_scope', `the token lacks the scope ${SCOPE}`, SCOPE);
      ctx.status = 403;
      ctx.body = { error: 'insufficient_scope', error_description: `the token lacks the scope ${SCOPE}` };
      return;
    }
    ctx.body = await describe(String(token.clientId), String(ctx.params.legacyId), deps);
  });
  return router;
}

async function describe(clientId: string, legacyId: string, deps: StatusDeps): Promise<object> {
  const { storage } = deps;
  const migration = await storage.migrations.find(clientId, legacyId);
  if (!migration) return { state: 'none', missing: ['registration'] };
  const accountId = migration.account_id ?? migration.candidate?.account_id;
  const [links, missing] = await Promise.all([
    accountId ? storage.dealerLinks.listByAccount(accountId) : [],
    stillMissing(migration, accountId, deps),
  ]);
  const link = links.find(({ dealer }) => dealer === migration.dealer?.code) ?? links[0];
  return {
    state: stateOf(migration),
    missing,
    started_at: new Date(migration.started_at).toISOString(),
    ...(migration.completed_at ? { completed_at: new Date(migration.completed_at).toISOString() } : {}),
    ...(link ? { dealer_link: { dealer: link.dealer, status: link.status } } : {}),
  };
}

function stateOf({ account_id, candidate, withdrawn_at }: Migration): 'started' | 'completed' | 'withdrawn' {
  if (account_id !== undefined) return 'completed';
  return withdrawn_at !== undefined && !candidate ? 'withdrawn' : 'started';
}

async function stillMissing(
  migration: Migration,
  accountId: string | undefined,
  { storage, clients, clock }: StatusDeps,
): Promise<string[]> {
  const { client_id: clientId, legacy_id: legacyId } = migration;
  const draft = await storage.registrationDrafts.find(legacyRegistrationId(clientId, legacyId));
  const known = accountId ?? (draft?.registered_at ? draft.account_id : undefined);
  const account = known ? await storage.accounts.find(known) : undefined;
  const required = clients.find(clientId)?.requiredClaims ?? [];
  return missingSteps({
    migration,
    account,
    dealerLinks: account ? await storage.dealerLinks.listByAccount(account.id) : [],
    // Without an account nothing has been confirmed yet.
    requiredMissing: account ? missingRequiredClaims(account, clientId, required, clock()).length > 0 : required.length > 0,
  });
}
