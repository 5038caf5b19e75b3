// Fills our SQLite file with accounts and their records. It bypasses the port and uses large transactions, because single writes would take hours.
import { createHash } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { referencesOf } from '../../src/storage/artifact-references.ts';
import { emailKey } from '../../src/storage/identifiers.ts';
import { INSERT_ACCOUNT, placeOf } from '../../src/storage/sqlite/account-place.ts';
import { sampleAccount } from '../../test/storage/conformance/samples.ts';

export const ARTIFACTS_PER_ACCOUNT = 5;
const ACCOUNTS_IN_ONE_TRANSACTION = 10_000;
const YEAR_MS = 365 * 24 * 60 * 60 * 1000;

/** Returns an id that is distributed like a random one and can be derived from its number again. */
export const idOf = (kind: string, n: number | string): string => createHash('sha256').update(`${kind} ${n}`).digest('base64url');

export const emailOf = (n: number): string => `person-${n}@example.jp`;

/**
 * Writes the accounts numbered `from` to `to`, with a grant and its tokens for each. There are no ledger entries, because no
 * measured operation reads them.
 * @param told is called from time to time with the number of written accounts
 */
export function fillDatabase(path: string, from: number, to: number, now: number, told: (accounts: number) => void): void {
  const database = new DatabaseSync(path);
  try {
    // The file is temporary, so durability does not matter.
    database.exec('PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000');
    const account = database.prepare(INSERT_ACCOUNT);
    const identifier = database.prepare('INSERT INTO identifiers (key, account_place) VALUES (?, ?)');
    const artifact = database.prepare(
      'INSERT INTO artifacts (model, id, payload, grant_id, account_id, expires_at) VALUES (?, ?, ?, ?, ?, ?)',
    );
    const writeOne = (n: number): void => {
      const accountId = idOf('account', n);
      const email = emailOf(n);
      const document = JSON.stringify(sampleAccount(accountId, { email, email_canonical: email }));
      const { lastInsertRowid } = account.run(placeOf(email), accountId, 1, document);
      identifier.run(emailKey(email), lastInsertRowid);
      const grantId = idOf('grant', n);
      for (let m = 0; m < ARTIFACTS_PER_ACCOUNT; m += 1) {
        const [model, id] = m === 0 ? ['Grant', grantId] : [m === 1 ? 'AccessToken' : 'RefreshToken', idOf('token', `${n} ${m}`)];
        const kept = payload(model, id, accountId, grantId, now);
        const { grant_id, account_id } = referencesOf(model, kept);
        artifact.run(model, id, JSON.stringify(kept), grant_id, account_id, now + YEAR_MS);
      }
    };
    for (let first = from; first < to; first += ACCOUNTS_IN_ONE_TRANSACTION) {
      const end = Math.min(first + ACCOUNTS_IN_ONE_TRANSACTION, to);
      database.exec('BEGIN');
      for (let n = first; n < end; n += 1) writeOne(n);
      database.exec('COMMIT');
      told(end);
    }
    // Otherwise the log would be written into the file during the measurement.
    database.exec('PRAGMA synchronous = FULL; PRAGMA wal_checkpoint (TRUNCATE)');
  } finally {
    database.close();
  }
}

/** Returns a payload as large as those of oidc-provider. */
function payload(kind: string, jti: string, accountId: string, grantId: string, now: number): Record<string, unknown> {
  const iat = Math.floor(now / 1000);
  return {
    iat,
    exp: iat + YEAR_MS / 1000,
    kind,
    jti,
    accountId,
    grantId,
    clientId: 'maintenance-notebook',
    gty: 'authorization_code refresh_token',
    authTime: iat,
    scope: 'openid profile email phone address offline_access dealer_link',
    sessionUid: jti.slice(0, 21),
  };
}
