// Lists and ends the sessions and grants of an account.
import type Provider from 'oidc-provider';
import type { Deps } from '../../deps.ts';
import type { EpochMilliseconds } from '../../domain/account.ts';
import { lastUseOf } from '../../domain/last-uses.ts';
import type { ListedByAccount } from '../../storage/artifact-references.ts';
import { withoutThoseOf } from '../claims-parameter.ts';
import { ACCOUNT_CLIENT_ID } from '../clients/account-client.ts';
import { tellClient } from '../clients/backchannel-logout.ts';
import { revokeGrant, revokeTokens } from '../grants/revoke-grant.ts';
import type { SessionBrowser } from './browser-of-session.ts';

/** A browser in which the person is signed in. */
export type SignedInBrowser = {
  /** See `CurrentSession`. */
  uid: string;
  /** Browser and system, if they are known. */
  device: string | undefined;
  signedInAt: EpochMilliseconds;
  /** Within an hour; `undefined` in a session of an earlier version that was not used since. */
  usedAt: EpochMilliseconds | undefined;
  /** The clients that the person used in this session. */
  clientIds: string[];
};

/** A client that the person uses, with the granted scopes. */
export type UsedService = {
  clientId: string;
  scopes: string[];
  /** The single claims that were granted besides (the `claims` parameter). */
  claims: string[];
  /** When the first grant was made. */
  since: EpochMilliseconds;
  /** When the client last got tokens, within an hour; `undefined` if that was not noted. */
  usedAt: EpochMilliseconds | undefined;
};

export type AccountAccess = {
  browsers(accountId: string): Promise<SignedInBrowser[]>;
  services(accountId: string): Promise<UsedService[]>;
  /** Ends one session of the account, and notifies its clients. Does nothing if there is none with this `uid`. */
  endSession(accountId: string, uid: string): Promise<void>;
  /** Ends all sessions, or all but one, and notifies their clients (OpenID Connect Back-Channel Logout 1.0). */
  endSessions(accountId: string, exceptUid?: string): Promise<void>;
  /** Revokes the tokens and codes of every client. The grants stay. */
  endTokens(accountId: string): Promise<void>;
  /** Ends all sessions, and revokes all tokens and codes; notifies every client that has one of them. The grants stay. */
  endSignIns(accountId: string): Promise<void>;
  /** Ends all sessions, and revokes all grants, tokens and codes. */
  endAll(accountId: string): Promise<void>;
  /**
   * Like `endAll`; also notifies clients in which the person has no session, such as apps that hold a refresh token.
   * @param before sessions that began at this time or later stay
   */
  endAllServices(accountId: string, before?: EpochMilliseconds): Promise<void>;
  /** Revokes the grants and tokens of a client, and notifies it to end the person's sessions there. */
  endService(accountId: string, clientId: string): Promise<void>;
  /** Removes a dealer link from every grant that holds it, and revokes the tokens of those grants. */
  endDealerLink(accountId: string, linkId: string): Promise<void>;
};

/** An upper bound for one list; see account-bounds.ts for what an account may have. */
const MOST = 1000;

type SessionPayload = {
  uid: string;
  loginTs?: number;
  browser?: SessionBrowser;
  authorizations?: Record<string, { sid?: string; grantId?: string }>;
};
type GrantPayload = {
  clientId: string;
  iat: number;
  exp?: number;
  openid?: { scope?: string; claims?: string[] };
  resources?: Record<string, string>;
  rar?: { link_id?: string }[];
};
type Kept<T> = T & { id: string };

const latest = (...times: (number | undefined)[]): number | undefined => {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
};

/** Makes the access to an account's sessions and grants. */
export function createAccountAccess(provider: Provider, { storage }: Pick<Deps, 'storage'>): AccountAccess {
  const { artifacts } = storage;

  async function list<T>(model: ListedByAccount, accountId: string): Promise<Kept<T>[]> {
    const ids = await artifacts.listByAccount(model, accountId, MOST);
    const found = await Promise.all(ids.map(async (id) => ({ id, payload: await artifacts.find(model, id) })));
    return found.flatMap(({ id, payload }) => (payload ? [{ ...(payload as T), id }] : []));
  }
  const sessionsOf = async (accountId: string) => list<SessionPayload>('Session', accountId);
  const grantsOf = async (accountId: string) => list<GrantPayload>('Grant', accountId);

  async function endSessions(accountId: string, exceptUid?: string): Promise<void> {
    await endSessionsThat(accountId, ({ uid }) => uid !== exceptUid);
  }

  async function endSessionsThat(accountId: string, end: (session: SessionPayload) => boolean): Promise<void> {
    for (;;) {
      const sessions = (await sessionsOf(accountId)).filter(end);
      if (sessions.length === 0) return;
      // The jobs are written first, so that the clients are told even if this process dies.
      const told = sessions.flatMap(({ authorizations = {} }) => Object.entries(authorizations));
      await Promise.all(told.map(async ([clientId, { sid }]) => tellClient(provider, clientId, accountId, sid)));
      await Promise.all(sessions.map(async ({ id }) => artifacts.destroy('Session', id)));
    }
  }

  async function endTokens(accountId: string): Promise<void> {
    await Promise.all((await grantsOf(accountId)).map(async ({ id }) => revokeTokens(artifacts, id)));
  }

  /** Notifies the clients that have a grant and no session, such as apps that hold a refresh token. */
  async function tellClientsWithoutSession(accountId: string): Promise<void> {
    const withSession = (await sessionsOf(accountId)).flatMap(({ authorizations = {} }) => Object.keys(authorizations));
    const others = new Set((await grantsOf(accountId)).map(({ clientId }) => clientId));
    for (const clientId of withSession) others.delete(clientId);
    await Promise.all([...others].map(async (clientId) => tellClient(provider, clientId, accountId, undefined)));
  }

  async function endAll(accountId: string, before = Infinity): Promise<void> {
    await endSessionsThat(accountId, ({ loginTs = 0 }) => loginTs * 1000 < before);
    for (let grants = await grantsOf(accountId); grants.length > 0; grants = await grantsOf(accountId)) {
      await Promise.all(grants.map(async ({ id }) => revokeGrant(artifacts, id)));
    }
  }

  return {
    async browsers(accountId) {
      const [sessions, uses] = await Promise.all([sessionsOf(accountId), storage.lastUses.find(accountId)]);
      return sessions.map(({ uid, loginTs = 0, browser, authorizations = {} }) => ({
        uid,
        device: browser?.device,
        signedInAt: browser?.since ?? loginTs * 1000,
        usedAt: latest(browser?.used_at, lastUseOf(uses, { what: 'browser', name: uid })),
        clientIds: Object.keys(authorizations).filter((clientId) => clientId !== ACCOUNT_CLIENT_ID),
      }));
    },
    async services(accountId) {
      const services = new Map<string, Omit<UsedService, 'usedAt'>>();
      const [grants, uses] = await Promise.all([grantsOf(accountId), storage.lastUses.find(accountId)]);
      for (const { clientId, iat, openid, resources = {} } of grants) {
        const madeAt = iat * 1000;
        if (clientId === ACCOUNT_CLIENT_ID) continue;
        const known = services.get(clientId) ?? { clientId, scopes: [], claims: [], since: madeAt };
        const scopes = [...known.scopes, openid?.scope ?? '', ...Object.values(resources)].join(' ').split(' ').filter(Boolean);
        const claims = [...known.claims, ...(openid?.claims ?? [])];
        services.set(clientId, { clientId, scopes: [...new Set(scopes)], claims, since: Math.min(known.since, madeAt) });
      }
      return [...services.values()].map((service) => ({
        ...service,
        claims: withoutThoseOf(service.scopes, service.claims),
        usedAt: lastUseOf(uses, { what: 'service', name: service.clientId }),
      }));
    },
    endSession: async (accountId, uid) => endSessionsThat(accountId, (session) => session.uid === uid),
    endSessions,
    endTokens,
    endAll: async (accountId) => endAll(accountId),
    async endSignIns(accountId) {
      await tellClientsWithoutSession(accountId);
      await endTokens(accountId);
      await endSessions(accountId);
    },
    async endAllServices(accountId, before) {
      await tellClientsWithoutSession(accountId);
      // First, because tokens are found by their grant: if this process dies, a repetition removes the rest.
      await endTokens(accountId);
      await endAll(accountId, before);
    },
    async endService(accountId, clientId) {
      const grants = (await grantsOf(accountId)).filter((grant) => grant.clientId === clientId);
      await Promise.all(grants.map(async ({ id }) => revokeGrant(artifacts, id)));
      for (const { authorizations = {} } of await sessionsOf(accountId)) {
        const there = authorizations[clientId];
        if (there) await tellClient(provider, clientId, accountId, there.sid);
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
