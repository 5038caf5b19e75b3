// The owners site's own customers, and their passwords.
import type { DatabaseSync } from 'node:sqlite';
import bcrypt from 'bcrypt';
import type { Language } from '../../http/translator.ts';

/** A text in every language of the pages. */
export type LocalizedText = Record<Language, string>;

export type OwnedVehicle = {
  vin: string;
  registration_number: string;
  model: string;
  /** `YYYY-MM`. */
  first_registered: string;
};

/** What the site knows about a customer. A missing value is absent. */
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
  /** ユーザーID, as typed at the login, in small letters. */
  id: string;
  /** The stable id under which the site hands the customer over. */
  legacy_id: string;
  email?: string;
  profile: OwnerProfile;
};

export type Users = {
  isEmpty(): boolean;
  add(user: User, passwordHash: string): void;
  find(id: string): User | undefined;
  /** Everybody with this address, whatever the case of its letters. */
  findByEmail(email: string): User[];
  /** The user, if the password is theirs. Takes the same time for a user ID that nobody has. */
  checkPassword(id: string, password: string): Promise<User | undefined>;
  setPassword(id: string, password: string): Promise<void>;
};

const COST = 10;

/** bcrypt ignores everything behind the 72nd byte: a longer text would be opened by its beginning. */
export const PASSWORD_MAX_BYTES = 72;

/** @throws RangeError where the password is longer than `PASSWORD_MAX_BYTES` */
export async function hashPassword(password: string): Promise<string> {
  if (Buffer.byteLength(password) > PASSWORD_MAX_BYTES) throw new RangeError('the password is longer than bcrypt reads');
  return bcrypt.hash(password, COST);
}

/** The user ID that somebody meant: full-width letters, capitals and spaces around it do not matter. */
export function canonicalUserId(typed: string): string {
  return typed.normalize('NFKC').trim().toLowerCase();
}

export function createUsers(database: DatabaseSync): Users {
  const count = database.prepare('SELECT count(*) AS n FROM users');
  const insert = database.prepare('INSERT INTO users (id, legacy_id, password_hash, email, profile) VALUES (?, ?, ?, ?, ?)');
  const byId = database.prepare('SELECT * FROM users WHERE id = ?');
  const byEmail = database.prepare('SELECT * FROM users WHERE lower(email) = lower(?) ORDER BY id');
  const updatePassword = database.prepare('UPDATE users SET password_hash = ? WHERE id = ?');
  // Compared where there is no user, so that the answer takes as long.
  const nobodysHash = hashPassword('nobody');

  function userOf(row: Record<string, unknown> | undefined): User | undefined {
    if (!row) return undefined;
    return {
      id: String(row.id),
      legacy_id: String(row.legacy_id),
      ...(typeof row.email === 'string' ? { email: row.email } : {}),
      profile: JSON.parse(String(row.profile)) as OwnerProfile,
    };
  }

  return {
    isEmpty: () => count.get()?.n === 0,
    add(user, passwordHash) {
      insert.run(user.id, user.legacy_id, passwordHash, user.email ?? null, JSON.stringify(user.profile));
    },
    find: (id) => userOf(byId.get(id)),
    findByEmail: (email) => byEmail.all(email).flatMap((row) => userOf(row) ?? []),
    async checkPassword(id, password) {
      const row = byId.get(id);
      const hash = row ? String(row.password_hash) : await nobodysHash;
      const right = await bcrypt.compare(password, hash);
      return right && Buffer.byteLength(password) <= PASSWORD_MAX_BYTES ? userOf(row) : undefined;
    },
    async setPassword(id, password) {
      updatePassword.run(await hashPassword(password), id);
    },
  };
}
