// The storage as the program uses it (`deps.storage`). A record that holds a decision or a proof can only be changed by a function of the
// stored record. So a decision based on an older record is never merged into a newer one.
import type { Account, EpochMilliseconds } from '../domain/account.ts';
import type { DealerLink } from '../domain/dealer-link.ts';
import type { AccountEvent, DealerLinkEvent, Happening, LedgerDataOf, MigrationEvent, Told } from '../domain/ledger-events.ts';
import type { LegacyUserIds } from '../domain/legacy-user-ids.ts';
import type { Migration } from '../domain/migration.ts';
import type { LegacyUser, LegacyUserStep } from '../domain/population.ts';
import { accountOf, type RegistrationDraft } from '../domain/registration-draft.ts';
import { expiringNames, type ExpiringName, type ExpiringRecords, type ExpiringStores } from './expiring-records.ts';
import { retryOnConflict } from './retry-on-conflict.ts';
import {
  AlreadyExists,
  VersionConflict,
  type AccountStore,
  type DealerLinkStore,
  type ExpiringStore,
  type Ledger,
  type LedgerEvent,
  type MigrationStore,
  type PopulationStore,
  StorageUnavailable,
  type Storage,
} from './storage.ts';

/** The record after a change, and whether this call wrote it. */
export type Outcome<T> = { changed: true; now: T } | { changed: false; now: T | undefined };

/** The next state of a record, and its event for the ledger. */
export type Recorded<T, Event extends Told = Told> = { to: T } & Event;

/** The ledger as the program uses it: it accepts only the events of `LEDGER_EVENTS`. */
export type EventLedger = Omit<Ledger, 'append'> & {
  /** @see Ledger.append */
  append(event: Happening & Pick<LedgerEvent, 'subject' | 'at'>, occurrence: string): Promise<void>;
};

/**
 * Returns the next state of a record, based only on the stored record. Called again after a conflict. Returning `undefined`, or the
 * record itself, writes nothing.
 */
export type ChangeOf<T, Next = T> = (standing: T) => Next | undefined;

export type Changeable<T extends { id: string; version: number; expires_at: EpochMilliseconds }> = Pick<
  ExpiringStore<T>,
  'find' | 'remove' | 'listAfter'
> & {
  /** @throws {StorageUnavailable} there were too many conflicting writes */
  change(id: string, change: ChangeOf<T | undefined, Omit<T, 'id' | 'version'>>): Promise<Outcome<T>>;
};

/** A legacy identity, as its client names it. */
export type LegacyIdentity = { clientId: string; legacyId: string };

/** What a legacy user did, and with what. */
export type TakenStep = DistributiveOmit<LegacyUserStep, 'id' | 'client_id' | 'sealed_legacy_id' | 'at'> & {
  /** By default now. */
  at?: EpochMilliseconds;
};
type DistributiveOmit<T, Key extends PropertyKey> = T extends unknown ? Omit<T, Key> : never;

/** The step of the funnel that an event of a migration means. */
const STEP_OF = {
  'migration.started': 'came',
  'migration.profile_updated': 'came',
  'migration.proposed': 'linked',
  'migration.completed': 'completed',
  'migration.undone': 'undone',
  'migration.withdrawn': 'withdrawn',
} as const satisfies Record<MigrationEvent['type'], LegacyUserStep['step']>;

/** Whether a type of event is about a migration. */
export function isMigrationEvent(type: string): type is MigrationEvent['type'] {
  return Object.hasOwn(STEP_OF, type);
}

/** Returns the step of the funnel that an event of a migration means. */
export function stepOfMigration(type: MigrationEvent['type']): (typeof STEP_OF)[MigrationEvent['type']] {
  return STEP_OF[type];
}

export type Records = Omit<Storage, 'accounts' | ExpiringName | 'dealerLinks' | 'migrations' | 'ledger' | 'population'> &
  Changeables & {
    ledger: EventLedger;
    accounts: Omit<AccountStore, 'create' | 'update' | 'erase'> & {
      /**
       * Creates the account of a registration. This is the only way to create an account, so every account's address was proven.
       * @param data the data of the ledger event
       * @param legacy the legacy identity that registers, for the funnel of the migration
       * @throws {Error} 登録 was not pressed, or the draft is not complete and proven in this browser; nothing is written
       * @throws {AlreadyExists} the account exists, or another account has the address
       */
      register(
        draft: RegistrationDraft,
        from: { browserId: string; language: string },
        data: LedgerDataOf<'account.created'>,
        legacy?: LegacyIdentity,
      ): Promise<void>;
      /**
       * @throws {AlreadyExists} another account has the new address or login number
       * @throws {StorageUnavailable} there were too many conflicting writes
       */
      change(id: string, change: ChangeOf<Account, Recorded<Account, AccountEvent>>): Promise<Outcome<Account>>;
      /** @see eraseRecord */
      erase(id: string, decide: ChangeOf<Account, AccountEvent>): Promise<boolean>;
    };
    dealerLinks: Omit<DealerLinkStore, 'create' | 'update' | 'erase'> & {
      /** @throws {StorageUnavailable} there were too many conflicting writes */
      change(
        id: string,
        change: ChangeOf<DealerLink | undefined, Recorded<DealerLink, DealerLinkEvent>>,
      ): Promise<Outcome<DealerLink>>;
      /** @see eraseRecord */
      erase(id: string, decide: ChangeOf<DealerLink, DealerLinkEvent>): Promise<boolean>;
    };
    migrations: Omit<MigrationStore, 'put'> & {
      /** @throws {StorageUnavailable} there were too many conflicting writes */
      change(
        clientId: string,
        legacyId: string,
        change: ChangeOf<Migration | undefined, Recorded<Migration, MigrationEvent>>,
      ): Promise<Outcome<Migration>>;
    };
    population: Omit<PopulationStore, 'put' | 'follow'> & {
      /** @throws {StorageUnavailable} there were too many conflicting writes */
      change(id: string, change: ChangeOf<LegacyUser>): Promise<Outcome<LegacyUser>>;
      /** Counts a step of a legacy user that no event of a migration means. @see PopulationStore.follow */
      follow(legacy: LegacyIdentity, taken: TakenStep): Promise<void>;
    };
  };

/**
 * Replaces the methods that overwrite a record by methods that change the stored one.
 * @param ids name the legacy users of a migration; without them its funnel counts nothing
 */
export function guardRecords(storage: Storage, clock: () => EpochMilliseconds, ids?: LegacyUserIds): Records {
  const { accounts, dealerLinks, migrations, population } = storage;
  const { create: _createAccount, update: _update, erase: _eraseAccount, ...readableAccounts } = accounts;
  const { create: _create, update: _updateLink, erase: _eraseLink, ...readableLinks } = dealerLinks;
  const { put: _put, ...readableMigrations } = migrations;
  const { put: _putUser, follow: _follow, ...readablePopulation } = population;

  const eventOf = (subject: string, { type, data }: Told): LedgerEvent => ({
    type,
    subject,
    data: data ?? {},
    at: clock(),
  });
  const stepOf = ({ clientId, legacyId }: LegacyIdentity, taken: TakenStep): LegacyUserStep | undefined =>
    ids && { ...ids.identityOf(clientId, legacyId), at: clock(), ...taken };

  return {
    ...storage,
    ...changeables(storage),
    accounts: {
      ...readableAccounts,
      register: async (draft, { browserId, language }, data, legacy) => {
        const account = accountOf(draft, browserId, language, clock());
        const step = legacy && stepOf(legacy, { step: 'registered' });
        await accounts.create(account, { ...eventOf(account.id, { type: 'account.created', data }), ...(step && { step }) });
      },
      change: async (id, change) =>
        changeRecord(
          async () => accounts.find(id),
          (standing) => standing && unlessSame(standing, change(standing)),
          async (next, standing) => accounts.update({ ...next.to, id, version: standing?.version ?? 0 }, eventOf(id, next)),
        ),
      erase: async (id, decide) =>
        eraseRecord(
          async () => accounts.find(id),
          decide,
          async (standing, event) => accounts.erase(standing, eventOf(id, event)),
        ),
    },
    dealerLinks: {
      ...readableLinks,
      change: async (id, change) =>
        changeRecord(
          async () => dealerLinks.find(id),
          (standing) => unlessSame(standing, change(standing)),
          async (next, standing) => {
            const event = eventOf(id, next);
            if (standing) return dealerLinks.update({ ...next.to, id, version: standing.version }, event);
            const first = { ...next.to, id, version: 1 };
            await dealerLinks.create(first, event).catch((error: unknown) => {
              // Another call has created it since the read.
              throw error instanceof AlreadyExists ? new VersionConflict() : error;
            });
            return first;
          },
        ),
      erase: async (id, decide) =>
        eraseRecord(
          async () => dealerLinks.find(id),
          decide,
          async (standing, event) => dealerLinks.erase(standing, eventOf(id, event)),
        ),
    },
    migrations: {
      ...readableMigrations,
      change: async (clientId, legacyId, change) =>
        changeRecord(
          async () => migrations.find(clientId, legacyId),
          (standing) => unlessSame(standing, change(standing)),
          async (next, standing) =>
            migrations.put(
              { ...next.to, client_id: clientId, legacy_id: legacyId, version: standing?.version ?? 0 },
              {
                ...eventOf(`${clientId}:${legacyId}`, next),
                step: stepOf({ clientId, legacyId }, { step: stepOfMigration(next.type) }),
              },
            ),
        ),
    },
    population: {
      ...readablePopulation,
      change: async (id, change) =>
        changeRecord(
          async () => population.find(id),
          (standing) => standing && change(standing),
          async (next, standing) => population.put({ ...next, id, version: standing?.version ?? 0 }),
        ),
      async follow(legacy, taken) {
        const step = stepOf(legacy, taken);
        if (step) await population.follow(step);
      },
    },
  };
}

type Changeables = { [Name in ExpiringName]: Changeable<ExpiringRecords[Name]> };

function changeables(stores: ExpiringStores): Changeables {
  const all = expiringNames().map((name) => [name, changeable(stores[name] as ExpiringStore<never>)] as const);
  return Object.fromEntries(all) as unknown as Changeables;
}

function changeable<T extends { id: string; version: number; expires_at: EpochMilliseconds }>(
  store: ExpiringStore<T>,
): Changeable<T> {
  return {
    find: store.find,
    remove: store.remove,
    listAfter: store.listAfter,
    change: async (id, change) =>
      changeRecord(
        async () => store.find(id),
        change,
        async (next, standing) => store.put({ ...next, id, version: standing?.version ?? 0 } as T),
      ),
  };
}

function unlessSame<T, Event extends Told>(
  standing: T | undefined,
  next: Recorded<T, Event> | undefined,
): Recorded<T, Event> | undefined {
  return next?.to === standing ? undefined : next;
}

async function changeRecord<T extends object, Next extends object>(
  find: () => Promise<T | undefined>,
  decide: (standing: T | undefined) => Next | undefined,
  write: (next: Next, standing: T | undefined) => Promise<T>,
): Promise<Outcome<T>> {
  const changeOnce = async (): Promise<Outcome<T>> => {
    const standing = await find();
    const next = decide(standing);
    if (next === undefined || next === standing) return { changed: false, now: standing };
    return { changed: true, now: await write(next, standing) };
  };
  return retryOrGiveUp(changeOnce);
}

/**
 * Removes a record if `decide`, called with the stored record, returns an event for it. Called again after a conflict.
 * @returns whether this call removed it
 * @throws {StorageUnavailable} there were too many conflicting writes
 */
async function eraseRecord<T extends object, Event extends Told>(
  find: () => Promise<T | undefined>,
  decide: (standing: T) => Event | undefined,
  erase: (standing: T, event: Event) => Promise<void>,
): Promise<boolean> {
  return retryOrGiveUp(async () => {
    const standing = await find();
    const event = standing && decide(standing);
    if (!standing || !event) return false;
    await erase(standing, event);
    return true;
  });
}

async function retryOrGiveUp<T>(once: () => Promise<T>): Promise<T> {
  return retryOnConflict(once).catch((error: unknown) => {
    throw error instanceof VersionConflict ? new StorageUnavailable('too many conflicting writes of this record') : error;
  });
}
