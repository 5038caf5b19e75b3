// Production configurations that are valid but unsafe (S127), each with its exact sentences.
import { homedir, tmpdir } from 'node:os';
import { expect } from '@jest/globals';
import { GAZOO_DEVELOPMENT_SECRET } from '../../../src/config/settings/settings.ts';
import { SMS_DEVELOPMENT_SECRET } from '../../../src/config/settings/sms-settings.ts';

export type Env = Record<string, string | undefined>;

export const SECRET_MEND = 'make one with: openssl rand -hex 32';
/** A sound gateway. */
export const SMS = { SMS_URL: 'https://sms.example.jp/send', SMS_SECRET: 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD' };
const CLIENT_MEND = 'make one with: npm run admin -- secrets generate';
const e = 'environment:';
const trustMend = 'set it to 1, or to the number of proxies if there are more, and let the proxy add to X-Forwarded-For';

/** The changes of a good production configuration, and the exact sentences. */
export const unsafeConfigurations = (GOOD: Record<string, string>): [string, Env, string[]][] => [
  // Secrets.
  [
    'one key for two uses',
    { COOKIE_KEYS: GOOD.HMAC_KEY },
    [`error: ${e} HMAC_KEY: expected a secret of its own, found that of COOKIE_KEYS; ${SECRET_MEND}`],
  ],
  [
    'a cookie key twice',
    { COOKIE_KEYS: `${GOOD.COOKIE_KEYS},${GOOD.COOKIE_KEYS}` },
    [`error: ${e} COOKIE_KEYS: expected a secret of its own, found the same one twice; ${SECRET_MEND}`],
  ],
  [
    'the subject key as a cookie key',
    { SUBJECT_KEY: GOOD.COOKIE_KEYS },
    [`error: ${e} SUBJECT_KEY: expected a secret of its own, found that of COOKIE_KEYS; ${SECRET_MEND}`],
  ],
  [
    'a client’s secret as the key of the ledger',
    { LEDGER_KEY: GOOD.GAZOO_CLIENT_SECRET },
    [
      `error: ${e} GAZOO_CLIENT_SECRET: expected a secret of its own, found that of LEDGER_KEY; ${SECRET_MEND}`,
      `error: client app gazoo: client_secret: expected a secret of its own, found that of LEDGER_KEY; ${CLIENT_MEND}`,
    ],
  ],
  [
    '32 times one letter',
    { HMAC_KEY: 'a'.repeat(32) },
    [`error: ${e} HMAC_KEY: expected a secret that nobody can guess, found one of only 1 different character; ${SECRET_MEND}`],
  ],
  [
    'a few digits',
    { SUBJECT_KEY: '1202102012021021012010210201202101' },
    [
      `error: ${e} SUBJECT_KEY: expected a secret that nobody can guess, found one of only 3 different characters; ${SECRET_MEND}`,
    ],
  ],
  [
    'a word again and again',
    { COOKIE_KEYS: 'toyota-lexus-toyota-lexus-toyota-lexus-' },
    [`error: ${e} COOKIE_KEYS: expected a secret that nobody can guess, found one that repeats itself; ${SECRET_MEND}`],
  ],
  [
    'the alphabet',
    { LEDGER_KEY: 'abcdefghijklmnopqrstuvwxyz0123456789' },
    [`error: ${e} LEDGER_KEY: expected a secret that nobody can guess, found one with characters in order; ${SECRET_MEND}`],
  ],
  [
    'an example',
    { HMAC_KEY: 'replace-me-with-a-real-one-7421953' },
    [`error: ${e} HMAC_KEY: expected a secret that nobody can guess, found one that looks like an example; ${SECRET_MEND}`],
  ],
  [
    'a weak second cookie key',
    { COOKIE_KEYS: `${GOOD.COOKIE_KEYS},${'ab'.repeat(20)}` },
    [
      `error: ${e} COOKIE_KEYS: expected a secret that nobody can guess, found one of only 2 different characters; ${SECRET_MEND}`,
    ],
  ],
  [
    'a password that is tried first',
    { DATABASE_URL: 'mongodb+srv://id:changeme@db.example.jp/id' },
    [`error: ${e} DATABASE_URL: expected a password that nobody can guess, found one that attackers try first; ${SECRET_MEND}`],
  ],
  [
    'a password that is the user’s name',
    { SMTP_URL: 'smtps://mailer:mailer@mail.example.jp' },
    [`error: ${e} SMTP_URL: expected a password that nobody can guess, found one that attackers try first; ${SECRET_MEND}`],
  ],
  // What customers are told.
  [
    'no number of the support desk',
    { SUPPORT_PHONE: undefined },
    [
      `warning: ${e} SUPPORT_PHONE: expected the number of your support desk, found nothing: pages and mails tell customers nobody to ask`,
    ],
  ],
  [
    'the number of development',
    { SUPPORT_PHONE: '0120-000-000' },
    [
      `error: ${e} SUPPORT_PHONE: expected a number that reaches your support desk, found 0120-000-000, which looks like an example`,
    ],
  ],
  // A shared test installation.
  [
    'a sandbox',
    { SANDBOX: 'true', SMTP_URL: undefined },
    [
      `warning: ${e} SANDBOX: expected false where customers have accounts, found true: client apps on any machine may sign in, and everybody who reaches the mailbox can read every mail`,
    ],
  ],
  [
    'a sandbox that mails to people',
    { SANDBOX: 'true' },
    [
      `warning: ${e} SANDBOX: expected false where customers have accounts, found true: client apps on any machine may sign in, and everybody who reaches the mailbox can read every mail`,
      `error: ${e} SMTP_URL: expected the mailbox of a sandbox, on this machine, found another mail server: tests would mail to people; remove it, and start the mailbox: npm start -- mailbox`,
    ],
  ],
  [
    'a sandbox that sends SMS to people',
    { SANDBOX: 'true', SMTP_URL: undefined, ...SMS },
    [
      `warning: ${e} SANDBOX: expected false where customers have accounts, found true: client apps on any machine may sign in, and everybody who reaches the mailbox can read every mail`,
      `error: ${e} SMS_URL: expected the mailbox of a sandbox, on this machine, found another gateway: tests would send SMS to people; remove it, or use the path /sms of the mailbox`,
    ],
  ],
  [
    'SMS without a signature',
    { SMS_URL: SMS.SMS_URL },
    [`error: ${e} SMS_SECRET: expected the secret that the gateway shares with us, found nothing; ${SECRET_MEND}`],
  ],
  [
    'the secret of no gateway',
    { SMS_SECRET: SMS.SMS_SECRET },
    [
      `warning: ${e} SMS_URL: expected the URL of the gateway that SMS_SECRET is for, found nothing: nobody can sign in with a mobile number`,
    ],
  ],
  [
    'SMS without TLS',
    { ...SMS, SMS_URL: 'http://sms.example.jp/send' },
    [
      `error: ${e} SMS_URL: expected the https URL of an SMS gateway, without a user name (or http on this machine), found a value of 26 characters (not shown)`,
      `warning: ${e} SMS_URL: expected the URL of the gateway that SMS_SECRET is for, found nothing: nobody can sign in with a mobile number`,
    ],
  ],
  [
    'SMS signed with the secret of development',
    { ...SMS, SMS_SECRET: SMS_DEVELOPMENT_SECRET },
    [
      `error: ${e} SMS_SECRET: expected 24 to 64 random bytes in base64, and not the secret of development (several with commas between them), found the value of development; ${SECRET_MEND}`,
      `error: ${e} SMS_SECRET: expected the secret that the gateway shares with us, found nothing; ${SECRET_MEND}`,
    ],
  ],
  [
    'SMS signed with a secret that is too short',
    { ...SMS, SMS_SECRET: `${SMS.SMS_SECRET},whsec_Zk3vQ8mW1cKd7RtV` },
    [
      `error: ${e} SMS_SECRET: expected 24 to 64 random bytes in base64, and not the secret of development (several with commas between them), found a value of 61 characters (not shown); ${SECRET_MEND}`,
      `error: ${e} SMS_SECRET: expected the secret that the gateway shares with us, found nothing; ${SECRET_MEND}`,
    ],
  ],
  [
    'SMS signed with a key of cookies',
    { ...SMS, COOKIE_KEYS: SMS.SMS_SECRET },
    [`error: ${e} COOKIE_KEYS: expected a secret of its own, found that of SMS_SECRET; ${SECRET_MEND}`],
  ],
  // Connections.
  [
    'mail with a password and without TLS',
    { SMTP_URL: 'smtp://id:w8Zr4Tq1Lm@mail.example.jp' },
    [
      `error: ${e} SMTP_URL: expected TLS to another host, found a password that is sent in clear text; use smtps://, or add ?requireTLS=true`,
    ],
  ],
  [
    'mail without TLS',
    { SMTP_URL: 'smtp://mail.example.jp' },
    [
      `warning: ${e} SMTP_URL: expected TLS to another host, found mails and codes that may be sent in clear text; use smtps://, or add ?requireTLS=true`,
    ],
  ],
  [
    'mail to anybody’s certificate',
    { SMTP_URL: 'smtps://mail.example.jp?tls.rejectUnauthorized=false' },
    [
      `error: ${e} SMTP_URL: expected TLS with a verified certificate, found a URL that turns it off; remove ignoreTLS and tls.rejectUnauthorized`,
    ],
  ],
  [
    'mail that refuses TLS',
    { SMTP_URL: 'smtp://mail.example.jp?ignoreTLS=true' },
    [
      `error: ${e} SMTP_URL: expected TLS with a verified certificate, found a URL that turns it off; remove ignoreTLS and tls.rejectUnauthorized`,
    ],
  ],
  [
    'MongoDB with a password and without TLS',
    { DATABASE_URL: 'mongodb://id:w8Zr4Tq1Lm@db.example.jp/id' },
    [
      `error: ${e} DATABASE_URL: expected TLS to another host, found a password and customer data that are sent in clear text; add tls=true to it`,
    ],
  ],
  [
    'MongoDB without anything',
    { DATABASE_URL: 'mongodb://a.example.jp,b.example.jp:27018/id' },
    [
      `warning: ${e} DATABASE_URL: expected TLS to another host, found customer data that is sent in clear text; add tls=true to it`,
      `warning: ${e} DATABASE_URL: expected a user and a password, found a database that is open to everybody; create a user who may use only this database`,
    ],
  ],
  [
    'MongoDB with TLS for everybody',
    { DATABASE_URL: 'mongodb://db.example.jp/id?tls=true' },
    [
      `warning: ${e} DATABASE_URL: expected a user and a password, found a database that is open to everybody; create a user who may use only this database`,
    ],
  ],
  [
    'MongoDB with anybody’s certificate',
    { DATABASE_URL: 'mongodb://id:w8Zr4Tq1Lm@db.example.jp/id?tls=true&tlsAllowInvalidCertificates=true' },
    [
      `error: ${e} DATABASE_URL: expected TLS with a verified certificate, found a URL that turns the check off; remove tlsInsecure and tlsAllowInvalid…`,
    ],
  ],
  [
    'MongoDB with TLS to any host',
    { DATABASE_URL: 'mongodb://id:w8Zr4Tq1Lm@db.example.jp/id?TLS=true&tlsallowinvalidhostnames=true' },
    [
      `error: ${e} DATABASE_URL: expected TLS with a verified certificate, found a URL that turns the check off; remove tlsInsecure and tlsAllowInvalid…`,
    ],
  ],
  [
    'MongoDB here and elsewhere',
    { DATABASE_URL: 'mongodb://id:w8Zr4Tq1Lm@127.0.0.1:27017,db.example.jp/id' },
    [
      `error: ${e} DATABASE_URL: expected TLS to another host, found a password and customer data that are sent in clear text; add tls=true to it`,
    ],
  ],
  [
    'TLS switched off',
    { DATABASE_URL: 'mongodb+srv://id:w8Zr4Tq1Lm@db.example.jp/id?tls=false' },
    [
      `error: ${e} DATABASE_URL: expected TLS to another host, found a password and customer data that are sent in clear text; add tls=true to it`,
    ],
  ],
  [
    'Node without certificates',
    { NODE_TLS_REJECT_UNAUTHORIZED: '0' },
    [`error: ${e} NODE_TLS_REJECT_UNAUTHORIZED: expected no value, found 0: no server certificate is verified; remove it`],
  ],
  [
    'a debugger',
    { NODE_OPTIONS: '--inspect=0.0.0.0:9229' },
    [
      `error: ${e} NODE_OPTIONS: expected no debugger in production, found --inspect: everybody who reaches its port can run any code; remove it`,
    ],
  ],
  [
    'the keys of all connections',
    { NODE_OPTIONS: '--tls-keylog=/tmp/keys' },
    [`error: ${e} NODE_OPTIONS: expected no --tls-keylog, found a file that gets the keys of all connections; remove it`],
  ],
  [
    'lenient HTTP',
    { NODE_OPTIONS: '--insecure-http-parser' },
    [
      `error: ${e} NODE_OPTIONS: expected no --insecure-http-parser, found it, which lets requests be smuggled past the proxy; remove it`,
    ],
  ],
  [
    'libraries that talk',
    { DEBUG: 'oidc-provider:*' },
    [`warning: ${e} DEBUG: expected no value, found a value that makes libraries log requests, cookies and tokens; remove it`],
  ],
  // Addresses and host names.
  [
    'a proxy to trust, and a port for everybody',
    { HOST: '0.0.0.0' },
    [
      `warning: ${e} TRUST_PROXY: expected a port that only the proxy reaches, found HOST=0.0.0.0: visitors who bypass the proxy can forge their address; set HOST to the address that the proxy calls, or block everybody else with a firewall`,
    ],
  ],
  [
    'a proxy elsewhere that is not trusted',
    { TRUST_PROXY: 'false', HOST: '10.0.0.5' },
    [
      `warning: ${e} TRUST_PROXY: expected the proxy that ends TLS to be trusted, found false with an https ISSUER: all limits count only the proxy’s address; ${trustMend}`,
    ],
  ],
  [
    'a proxy of this machine that is not trusted',
    { TRUST_PROXY: 'false' },
    [
      `error: ${e} TRUST_PROXY: expected the proxy of this machine to be trusted, found false with HOST=127.0.0.1: all limits count one address for all visitors; ${trustMend}`,
    ],
  ],
  [
    'trusted networks without the proxy of this machine',
    { TRUST_PROXY: '10.0.0.0/8', HOST: '::1' },
    [
      `error: ${e} TRUST_PROXY: expected the proxy of this machine to be trusted, found other networks with HOST=::1: all limits count one address for all visitors; ${trustMend}`,
    ],
  ],
  [
    'everybody trusted',
    { TRUST_PROXY: '127.0.0.1,0.0.0.0/0' },
    [
      `error: ${e} TRUST_PROXY: expected the networks of the proxies, found a network of all addresses, with which visitors choose their own address; name the proxies, or say how many there are`,
    ],
  ],
  [
    'a port that nobody knows',
    { PORT: '0' },
    [`warning: ${e} PORT: expected a port that the proxy knows, found 0, which picks another port at each start`],
  ],
  [
    'an issuer that is an address',
    { ISSUER: 'https://203.0.113.5' },
    [
      `error: ${e} ISSUER: expected a host name, which stays the same when machines change, found https://203.0.113.5; use the name that customers see`,
    ],
  ],
  [
    'an issuer inside',
    { ISSUER: 'https://id.corp' },
    [`error: ${e} ISSUER: expected a host name that customers can reach, found https://id.corp`],
  ],
  [
    'an issuer of one network',
    { ISSUER: 'https://id' },
    [`error: ${e} ISSUER: expected a host name that customers can reach, found https://id`],
  ],
  [
    'an issuer on another port',
    { ISSUER: 'https://id.example.jp:8443' },
    [
      `warning: ${e} ISSUER: expected the default port of https, found https://id.example.jp:8443; all ports of id.example.jp share cookies, so no other program may answer there`,
    ],
  ],
  [
    'an issuer with a path',
    { ISSUER: 'https://id.example.jp/oidc' },
    [`error: ${e} ISSUER: expected an https URL without a path, found 'https://id.example.jp/oidc'; use https://id.example.jp`],
  ],
  [
    'an issuer with a query',
    { ISSUER: 'https://id.example.jp?x=1' },
    [`error: ${e} ISSUER: expected an https URL without a path, found 'https://id.example.jp?x=1'; use https://id.example.jp`],
  ],
  [
    'an issuer without TLS',
    { ISSUER: 'http://id.example.jp' },
    [`error: ${e} ISSUER: expected an https URL without a path, found 'http://id.example.jp'; use https://id.example.jp`],
  ],
  [
    'another app on the issuer’s host',
    { OWNERS_SITE_URL: 'https://id.example.jp:8443' },
    [
      `warning: ${e} OWNERS_SITE_URL: expected a host of its own, found https://id.example.jp:8443; it gets the cookies of https://id.example.jp, because all ports of a host share cookies`,
    ],
  ],
  [
    'far more processes than cores',
    { WEB_CONCURRENCY: '64' },
    [
      expect.stringMatching(
        /^warning: environment: WEB_CONCURRENCY: expected at most as many processes as cores \(\d+\), found 64; more processes only use memory$/,
      ) as unknown as string,
    ],
  ],
  [
    'a log of everything',
    { LOG_LEVEL: 'trace' },
    [
      `warning: ${e} LOG_LEVEL: expected info or less in production, found trace; it logs more about customers than needed, and fills the disk`,
    ],
  ],
  [
    'no log',
    { LOG_LEVEL: 'silent' },
    [`warning: ${e} LOG_LEVEL: expected at least error, found silent; nobody would see faults and attacks`],
  ],
  [
    'passwords hashed quickly',
    { PASSWORD_HASH_COST: '10' },
    [`warning: ${e} PASSWORD_HASH_COST: expected at least 12, found 10; a thief of the database could guess passwords faster`],
  ],
  [
    'passwords hashed for seconds',
    { PASSWORD_HASH_COST: '16' },
    [
      `warning: ${e} PASSWORD_HASH_COST: expected at most 14, found 16; a login takes seconds, and a few visitors can block all others`,
    ],
  ],
  [
    'demo data',
    { DEMO_DATA: 'true' },
    [`error: ${e} DEMO_DATA: expected false: everybody knows the passwords of the demo data, found 'true'`],
  ],
  [
    'the mailbox',
    { MAILBOX_URL: 'https://mailbox.example.jp' },
    [
      `error: ${e} MAILBOX_URL: expected nothing, because the mailbox is for development and sandboxes only, found 'https://mailbox.example.jp'; remove it`,
    ],
  ],
  [
    'a secret of development',
    { GAZOO_CLIENT_SECRET: GAZOO_DEVELOPMENT_SECRET },
    [
      `error: ${e} GAZOO_CLIENT_SECRET: expected at least 32 characters out of A–Z a–z 0–9 - . _ ~, and not the secret of development, found the value of development; ${SECRET_MEND}`,
    ],
  ],
  [
    'metrics on the port of everybody',
    { ADMIN_PORT: '8080' },
    [`error: ${e} ADMIN_PORT: expected a port of its own, found 8080, which is the common ID’s`],
  ],
  [
    'metrics for everybody',
    { ADMIN_PORT: '9464', ADMIN_HOST: '0.0.0.0' },
    [
      `warning: ${e} ADMIN_HOST: expected an address of the operators’ network, found 0.0.0.0: everybody who reaches it can read metrics and versions; set that address, or block others with a firewall`,
    ],
  ],
  // Places of files.
  [
    'the database in a folder of everybody',
    { DATABASE_URL: `sqlite:${tmpdir()}/common-id.sqlite` },
    [
      `error: ${e} DATABASE_URL: expected a folder that only its owner can write to, found ${tmpdir()}: others could replace the database; use a folder of its own, with chmod 700`,
    ],
  ],
  [
    'data among the system’s',
    { DATA_DIRECTORY: '/var/lib' },
    [
      `error: ${e} DATA_DIRECTORY: expected a directory of its own, because each start locks other users out of it, found /var/lib; use a directory below it`,
    ],
  ],
  [
    'data in everybody’s folder',
    { DATA_DIRECTORY: tmpdir() },
    [
      `error: ${e} DATA_DIRECTORY: expected a directory of its own, because each start locks other users out of it, found ${tmpdir()}; use a directory below it`,
    ],
  ],
  [
    'data at home',
    { DATA_DIRECTORY: homedir() },
    [
      `error: ${e} DATA_DIRECTORY: expected a directory of its own, because each start locks other users out of it, found ${homedir()}; use a directory below it`,
    ],
  ],
  [
    'data all over the program',
    { DATA_DIRECTORY: '.' },
    [
      expect.stringMatching(
        /^error: environment: DATA_DIRECTORY: expected a directory of its own, .*; use a directory below it$/,
      ) as unknown as string,
    ],
  ],
  [
    'data all around the program',
    { DATA_DIRECTORY: '..' },
    [
      expect.stringMatching(
        /^error: environment: DATA_DIRECTORY: expected a directory of its own, .*; use a directory below it$/,
      ) as unknown as string,
    ],
  ],
  [
    'data where everybody downloads it',
    { DATA_DIRECTORY: 'views/assets/data' },
    [`error: ${e} DATA_DIRECTORY: expected a folder that is not served, found one in views/assets: everybody could download it`],
  ],
  [
    'the database where everybody downloads it',
    { DATABASE_URL: 'sqlite:views/assets/id.sqlite' },
    [`error: ${e} DATABASE_URL: expected a folder that is not served, found one in views/assets: everybody could download it`],
  ],
];
