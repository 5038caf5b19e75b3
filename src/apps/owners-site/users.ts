// The owners site's customers and their passwords.
import bcrypt from 'bcrypt';
import type { Language } from '../../language.ts';
import { fromJson, toJson, type Json } from '../../json.ts';
import type { AppDatabase } from '../open-app-database.ts';

/** A text in each language of the pages. */
export type LocalizedText = Record<Language, string>;

export type OwnedVehicle = {
  vin: string;
  registration_number: string;
  model: string;
  /** `YYYY-MM`. */
  first_registered: string;
};

/** The site's data about a customer. Unknown values are absent. */
export type OwnerProfile = {
  family_name: string;
  given_name: string;
  family_name_kana?: string;
  given_name_kana?: string;
  /** E.164. */
  phone_number?: string;
  /** `YYYY-MM-DD`. */
  birthdate?: string;
  gender?: 'male' | 'female';
  address?: {
    /** Seven digits. */
    postal_code: string;
    /** 都道府県. */
    region: string;
    locality: string;
    street_address: string;
    building?: string;
  };
  dealer?: { code: string; name: LocalizedText; customer_number: string };
  vehicles: OwnedVehicle[];
};

export type User = {
  /** ユーザーID, as typed at the login, in lower case. */
  id: string;
  /** The stable id that the site hands over for this customer. */
  legacy_id: string;
  email?: string;
  profile: OwnerProfile;
};

export type Users = {
  isEmpty(): boolean;
  add(user: User, passwordHash: string): void;
  find(id: string): User | undefined;
  /** Finds all users with this address, ignoring case. */
  findByEmail(email: string): User[];
  /** Returns the user if the password is correct. Takes the same time for an unknown user ID. */
  checkPassword(id: string, password: string): Promise<User | undefined>;
  setPassword(id: string, password: string): Promise<void>;
  /** @throws {RangeError} if the password is longer than `PASSWORD_MAX_BYTES` */
  hashPassword(password: string): Promise<string>;
};

/** bcrypt's cost of the site's passwords. A lower cost of the common ID, as tests have it, is also enough here. */
const HIGHEST_COST = 10;

/** bcrypt ignores everything after byte 72, so the beginning of a longer password would be enough to sign in. */
export const PASSWORD_MAX_BYTES = 72;

/** Normalizes a typed user ID: full-width letters, capitals and surrounding spaces do not matter. */
export function canonicalUserId(typed: string): string {
  return typed.normalize('NFKC').trim().toLowerCase();
}

type UserRow = { id: string; legacy_id: string; password_hash: string; email: string | null; profile: Json<OwnerProfile> };

/**
 * Creates the store of users.
 * @param commonIdCost bcrypt's cost at the common ID
 */
export function createUsers(database: AppDatabase, commonIdCost: number): Users {
  const cost = Math.min(HIGHEST_COST, commonIdCost);
  const count = database.prepare('SELECT count(*) AS n FROM users');
  const insert = database.prepare('INSERT INTO users (id, legacy_id, password_hash, email, profile) VALUES (?, ?, ?, ?, ?)');
  const byId = database.prepare<UserRow>('SELECT * FROM users WHERE id = ?');
  const byEmail = database.prepare<UserRow>('SELECT * FROM users WHERE lower(email) = lower(?) ORDER BY id');
  const updatePassword = database.prepare('UPDATE users SET password_hash = ? WHERE id = ?');
  // Compared if there is no such user, so that the answer takes the same time.
  const nobodysHash = hashPassword('nobody');

  async function hashPassword(password: string): Promise<string> {
    if (Buffer.byteLength(password) > PASSWORD_MAX_BYTES)
      throw new RangeError(`the password is longer than ${PASSWORD_MAX_BYTES} bytes`);
    return bcrypt.hash(password, cost);
  }

  function userOf(row: UserRow | undefined): User | undefined {
    if (!row) return undefined;
    return {
      id: row.id,
      legacy_id: row.legacy_id,
      ...(row.email === null ? {} : { email: row.email }),
      profile: fromJson(row.profile),
    };
  }

  return {
    isEmpty: () => count.get()?.n === 0,
    add(user, passwordHash) {
      insert.run(user.id, user.legacy_id, passwordHash, user.email ?? null, toJson(user.profile));
    },
    find: (id) => userOf(byId.get(id)),
    findByEmail: (email) => byEmail.all(email).flatMap((row) => userOf(row) ?? []),
    async checkPassword(id, password) {
      const row = byId.get(id);
      const hash = row ? row.password_hash : await nobodysHash;
      const right = await bcrypt.compare(password, hash);
      return right && Buffer.byteLength(password) <= PASSWORD_MAX_BYTES ? userOf(row) : undefined;
    },
    async setPassword(id, password) {
      updatePassword.run(await hashPassword(password), id);
    },
    hashPassword,
  };
}
