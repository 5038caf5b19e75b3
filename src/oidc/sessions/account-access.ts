// What hangs on an account at the provider – sessions, and what was agreed to for clients – and how it ends.
import type Provider from 'oidc-provider';
import type { Deps } from '../../deps.ts';
import type { ListedByAccount } from '../../storage/artifact-references.ts';
import { ACCOUNT_CLIENT_ID } from '../clients/account-client.ts';
import type { LoggedOutClient } from '../clients/log-out-of-client.ts';
import { revokeGrant, revokeTokens } from '../grants/revoke-grant.ts';

/** A browser in which the person is signed in. */
export type SignedInBrowser = {
  /** See `CurrentSession`. */
  uid: string;
  /** Seconds since 1970. */
  signedInAt: number;
  /** The clients that the person went on to from there. */
  clientIds: string[];
};

/** A client that the person uses, with what it was granted. */
export type UsedService = {
  clientId: string;
  scopes: string[];
  /** The first grant; seconds since 1970. */
  since: number;
};

export type AccountAccess = {
  browsers(accountId: string): Promise<SignedInBrowser[]>;
  services(accountId: string): Promise<UsedService[]>;
  /** Ends the sessions – all, or all but one – and tells the clients that ask to be told (OpenID Connect Back-Channel Logout 1.0). */
  endSessions(accountId: string, exceptUid?: string): Promise<void>;
  /** Ends all tokens and codes, of every client; what was agreed to stands. */
  endTokens(accountId: string): Promise<void>;
  /** Ends sessions, tokens, codes, and what was agreed to. */
  endAll(accountId: string): Promise<void>;
  /** Ends what was agreed to for a client, its tokens, and the person's sessions there. */
  endService(accountId: string, clientId: string): Promise<void>;
  /** Ends the tokens of every grant that holds a dealer link, and takes the link out of it. */
  endDealerLink(accountId: string, linkId: string): Promise<void>;
};

/** More than a person has that is of any use still. */
const MOST = 1000;

type SessionPayload = {
  uid: string;
  loginTs?: number;
  authorizations?: Record<string, { sid?: string; grantId?: string }>;
};
type GrantPayload = {
  clientId: string;
  iat: number;
  exp?: number;
  openid?: { scope?: string };
  resources?: Record<string, string>;
  rar?: { link_id?: string }[];
};
type Kept<T> = T & { id: string };

export function createAccountAccess(provider: Provider, { storage, log }: Pick<Deps, 'storage' | 'log'>): AccountAccess {
  const { artifacts } = storage;

  async function list<T>(model: ListedByAccount, accountId: string): Promise<Kept<T>[]> {
    const ids = await artifacts.listByAccount(model, accountId, MOST);
    const found = await Promise.all(ids.map(async (id) => ({ id, payload: await artifacts.find(model, id) })));
    return found.flatMap(({ id, payload }) => (payload ? [{ ...(payload as T), id }] : []));
  }
  const sessionsOf = async (accountId: string) => list<SessionPayload>('Session', accountId);
  const grantsOf = async (accountId: string) => list<GrantPayload>('Grant', accountId);

  /** Not waited for: a client that does not answer holds nobody up. */
  function tellClient(accountId: string, clientId: string, sid: string | undefined): void {
    provider.Client.find(clientId)
      .then(async (found) => {
        const client = found as LoggedOutClient | undefined;
        if (client?.backchannelLogoutUri) await client.backchannelLogout(accountId, sid);
      })
      .catch((error: unknown) => {
        const detail = error instanceof Error ? error.message : String(error);
        log.warn({ client_id: clientId, detail }, 'client not told of the logout');
      });
  }

  async function endSessions(accountId: string, exceptUid?: string): Promise<void> {
    for (;;) {
      const sessions = (await sessionsOf(accountId)).filter(({ uid }) => uid !== exceptUid);
      if (sessions.length === 0) return;
      await Promise.all(sessions.map(async ({ id }) => artifacts.destroy('Session', id)));
      for (const { authorizations = {} } of sessions) {
        for (const [clientId, { sid }] of Object.entries(authorizations)) tellClient(accountId, clientId, sid);
      }
    }
  }

  return {
    async browsers(accountId) {
      return (await sessionsOf(accountId)).map(({ uid, loginTs = 0, authorizations = {} }) => ({
        uid,
        signedInAt: loginTs,
        clientIds: Object.keys(authorizations).filter((clientId) => clientId !== ACCOUNT_CLIENT_ID),
      }));
    },
    async services(accountId) {
      const services = new Map<string, UsedService>();
      for (const { clientId, iat, openid, resources = {} } of await grantsOf(accountId)) {
        if (clientId === ACCOUNT_CLIENT_ID) continue;
        const known = services.get(clientId) ?? { clientId, scopes: [], since: iat };
        const scopes = [...known.scopes, openid?.scope ?? '', ...Object.values(resources)].join(' ').split(' ').filter(Boolean);
        services.set(clientId, { clientId, scopes: [...new Set(scopes)], since: Math.min(known.since, iat) });
      }
      return [...services.values()];
    },
    endSessions,
    async endTokens(accountId) {
      await Promise.all((await grantsOf(accountId)).map(async ({ id }) => revokeTokens(artifacts, id)));
    },
    async endAll(accountId) {
      await endSessions(accountId);
      for (let grants = await grantsOf(accountId); grants.length > 0; grants = await grantsOf(accountId)) {
        await Promise.all(grants.map(async ({ id }) => revokeGrant(artifacts, id)));
      }
    },
    async endService(accountId, clientId) {
      const grants = (await grantsOf(accountId)).filter((grant) => grant.clientId === clientId);
      await Promise.all(grants.map(async ({ id }) => revokeGrant(artifacts, id)));
      for (const { authorizations = {} } of await sessionsOf(accountId)) {
        const there = authorizations[clientId];
        if (there) tellClient(accountId, clientId, there.sid);
      }
    },
    async endDealerLink(accountId, linkId) {
      for (const { id, ...grant } of await grantsOf(accountId)) {
        if (!grant.rar?.some(({ link_id: held }) => held === linkId)) continue;
        const rest = { ...grant, rar: grant.rar.filter(({ link_id: held }) => held !== linkId) };
        await artifacts.update('Grant', id, rest, grant.exp === undefined ? undefined : grant.exp * 1000);
        await revokeTokens(artifacts, id);
      }
    },
  };
}
