// Settings of production without a mistake or a warning.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeKeyFile, NEEDED_KEYS } from '../../src/keys/key-files.ts';

/** Makes keys of production in a new folder; `clean` removes it. */
export async function makeProductionExample(): Promise<{ env: Record<string, string>; keys: string; clean: () => void }> {
  const keys = mkdtempSync(join(tmpdir(), 'common-id-keys-'));
  for (const needed of NEEDED_KEYS) await makeKeyFile(keys, needed, 0, false);
  const env = {
    NODE_ENV: 'production',
    ISSUER: 'https://id.example.jp',
    PORT: '8080',
    OWNERS_SITE_URL: 'https://owners.example.jp',
    NOTEBOOK_URL: 'https://notebook.example.jp',
    DEALER_SYSTEM_URL: 'https://dealers.example.jp',
    DEMO_CLIENTS_URL: 'https://demo.example.jp',
    OPERATIONS_CONSOLE_URL: 'https://operations.example.jp',
    GAZOO_CLIENT_SECRET: 'Yb3pFzQ8mW1cKd7RtV0nHs5LxJg9AuEi',
    SMTP_URL: 'smtps://mail.example.jp',
    MAIL_FROM: 'no-reply@id.example.jp',
    SUPPORT_PHONE: '0120-348-271',
    DATABASE_URL: 'mongodb+srv://id:w8Zr4Tq1Lm@db.example.jp/common-id',
    KEY_DIRECTORY: keys,
    COOKIE_KEYS: 'q7Lw2Zx9Vb4Nm6Kj1Hg8Fd5Sa3Po0Iu7Yt',
    HMAC_KEY: '8f1d6b0a93e7c52447b9d1e60f3a8c75',
    TRUST_PROXY: 'true',
    DEMO_DATA: 'false',
  };
  return { env, keys, clean: () => rmSync(keys, { recursive: true }) };
}
