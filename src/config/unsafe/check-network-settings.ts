// Checks where the common ID listens and which servers it calls, against attackers on the network path.
import { availableParallelism } from 'node:os';
import type { Problem } from '../problems/problem.ts';
import type { Variables } from '../settings/variables.ts';
import { OWN_ORIGINS } from '../settings/settings-having.ts';
import type { SettingValues } from '../settings/settings.ts';
import { includesPeer } from '../settings/trust-proxy.ts';
import { hostOf, isAddress, isInside, isThisMachine } from './inside.ts';
import type { Say } from './say.ts';

const EVERYWHERE = ['0.0.0.0', '::'];

/** Reports a connection to the mail server without verified TLS, unless the server is on this machine. */
export function checkMailServer(url: string, say: Say): void {
  const parsed = URL.parse(url);
  if (!parsed || isThisMachine(hostOf(url))) return;
  const is = (name: string): boolean => parsed.searchParams.get(name) === 'true';
  if (is('ignoreTLS') || parsed.searchParams.get('tls.rejectUnauthorized') === 'false')
    say(
      'error',
      'SMTP_URL',
      'TLS with a verified certificate',
      'a URL that turns it off',
      'remove ignoreTLS and tls.rejectUnauthorized',
    );
  else if (parsed.protocol === 'smtp:' && !is('requireTLS')) {
    const hint = 'use smtps://, or add ?requireTLS=true';
    if (parsed.password !== '') say('error', 'SMTP_URL', 'TLS to another host', 'a password that is sent in clear text', hint);
    else say('warning', 'SMTP_URL', 'TLS to another host', 'mails and codes that may be sent in clear text', hint);
  }
}

/** Reports an SMS gateway without its secret, and the reverse: SMS would not be sent. */
export function checkSmsGateway({ SMS_URL, SMS_SECRET }: SettingValues, say: Say): void {
  if (SMS_URL !== undefined && SMS_SECRET === undefined)
    say('error', 'SMS_SECRET', 'the secret that the gateway shares with us', 'nothing', 'make one with: openssl rand -hex 32');
  if (SMS_URL === undefined && SMS_SECRET !== undefined)
    say(
      'warning',
      'SMS_URL',
      'the URL of the gateway that SMS_SECRET is for',
      'nothing: nobody can sign in with a mobile number',
    );
}

/** Reports the mailbox of a sandbox without its address. */
export function checkMailboxOfSandbox({ SANDBOX, MAILBOX_URL }: SettingValues, say: Say): void {
  if (SANDBOX === true && MAILBOX_URL === undefined) say('error', 'MAILBOX_URL', 'the URL of the mailbox’s page', 'nothing');
}

/** Reports a sandbox, whose pages are not for customers, and a sandbox that could mail to people. */
export function checkSandbox({ SANDBOX, SMTP_URL, SMS_URL }: SettingValues, say: Say): void {
  if (SANDBOX !== true) return;
  say(
    'warning',
    'SANDBOX',
    'false where customers have accounts',
    'true: client apps on any machine may sign in, and everybody who reaches the mailbox can read every mail',
  );
  if (SMTP_URL !== undefined && !isThisMachine(hostOf(SMTP_URL)))
    say(
      'error',
      'SMTP_URL',
      'the mailbox of a sandbox, on this machine',
      'another mail server: tests would mail to people',
      'remove it, and start the mailbox: npm start -- mailbox',
    );
  if (SMS_URL !== undefined && !isThisMachine(hostOf(SMS_URL)))
    say(
      'error',
      'SMS_URL',
      'the mailbox of a sandbox, on this machine',
      'another gateway: tests would send SMS to people',
      'remove it, or use the path /sms of the mailbox',
    );
}

/** Reports a connection to MongoDB without verified TLS or without a user, unless all hosts are this machine. */
export function checkDatabaseServer(url: string, say: Say): void {
  const [, authority = '', query = ''] = /^mongodb(?:\+srv)?:\/\/([^/?]*)[^?]*\??(.*)$/.exec(url) ?? [];
  if (authority === '') return;
  const hosts = authority.slice(authority.lastIndexOf('@') + 1).split(',');
  if (hosts.every((host) => isThisMachine(host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')))) return;
  const options = new URLSearchParams(query);
  const is = (name: string, value: string): boolean =>
    [...options].some(([key, given]) => key.toLowerCase() === name.toLowerCase() && given === value);
  const withTls = url.startsWith('mongodb+srv:')
    ? !is('tls', 'false') && !is('ssl', 'false')
    : is('tls', 'true') || is('ssl', 'true');
  const isUnchecked = ['tlsInsecure', 'tlsAllowInvalidCertificates', 'tlsAllowInvalidHostnames'].some((name) => is(name, 'true'));
  const hasUser = authority.includes('@') || options.has('authMechanism');
  if (isUnchecked)
    say(
      'error',
      'DATABASE_URL',
      'TLS with a verified certificate',
      'a URL that turns the check off',
      'remove tlsInsecure and tlsAllowInvalid…',
    );
  if (!withTls) {
    const hint = 'add tls=true to it';
    if (hasUser)
      say('error', 'DATABASE_URL', 'TLS to another host', 'a password and customer data that are sent in clear text', hint);
    else say('warning', 'DATABASE_URL', 'TLS to another host', 'customer data that is sent in clear text', hint);
  }
  if (!hasUser)
    say(
      'warning',
      'DATABASE_URL',
      'a user and a password',
      'a database that is open to everybody',
      'create a user who may use only this database',
    );
}

/** Reports proxy settings with which limits count all visitors as one, or visitors choose their own address. */
export function checkTrustProxy({ HOST = '127.0.0.1', TRUST_PROXY, ISSUER }: SettingValues, say: Say): void {
  if (TRUST_PROXY === undefined) return;
  const trustsNobody = TRUST_PROXY === 0;
  if (typeof TRUST_PROXY !== 'number' && TRUST_PROXY.some((network) => network.endsWith('/0')))
    say(
      'error',
      'TRUST_PROXY',
      'the networks of the proxies',
      'a network of all addresses, with which visitors choose their own address',
      'name the proxies, or say how many there are',
    );
  else if (!trustsNobody && EVERYWHERE.includes(HOST))
    say(
      'warning',
      'TRUST_PROXY',
      'a port that only the proxy reaches',
      `HOST=${HOST}: visitors who bypass the proxy can forge their address`,
      'set HOST to the address that the proxy calls, or block everybody else with a firewall',
    );
  else if (isThisMachine(HOST) && !includesPeer(TRUST_PROXY, HOST))
    // Only programs of this machine can call, so everybody comes through one that is not trusted.
    say(
      'error',
      'TRUST_PROXY',
      'the proxy of this machine to be trusted',
      `${trustsNobody ? 'false' : 'other networks'} with HOST=${HOST}: all limits count one address for all visitors`,
      'set it to 1, or to the number of proxies if there are more, and let the proxy add to X-Forwarded-For',
    );
  else if (trustsNobody && ISSUER?.startsWith('https:') === true)
    say(
      'warning',
      'TRUST_PROXY',
      'the proxy that ends TLS to be trusted',
      'false with an https ISSUER: all limits count only the proxy’s address',
      'set it to 1, or to the number of proxies if there are more, and let the proxy add to X-Forwarded-For',
    );
}

/** Warns of a port that the proxy cannot know, and of too many processes. */
export function checkListening({ PORT, WEB_CONCURRENCY }: SettingValues, say: Say): void {
  if (PORT === 0) say('warning', 'PORT', 'a port that the proxy knows', '0, which picks another port at each start');
  const cores = availableParallelism();
  if ((WEB_CONCURRENCY ?? 1) > 4 * cores)
    say(
      'warning',
      'WEB_CONCURRENCY',
      `at most as many processes as cores (${cores})`,
      String(WEB_CONCURRENCY),
      'more processes only use memory',
    );
}

/** Checks that development listens on this machine only, because its passwords are public and the mailbox shows every code. */
export function checkDevelopmentHost({ HOST, DEMO_DATA }: SettingValues, say: Say): void {
  if (HOST === undefined || isThisMachine(HOST)) return;
  const hint = 'set NODE_ENV=production if others should reach it';
  say(
    'warning',
    'HOST',
    'this machine only in development',
    `${HOST}: everybody in the network can read the mails in the mailbox`,
    hint,
  );
  if (DEMO_DATA === true)
    say(
      'warning',
      'DEMO_DATA',
      'false if others can reach this machine',
      `true with HOST=${HOST}: everybody knows the passwords`,
      hint,
    );
}

/** Checks that the admin port is separate and not public, in development too, because metrics are for operators only. */
export function checkAdminPort({ ADMIN_PORT: port, ADMIN_HOST: host, PORT, ISSUER }: SettingValues, say: Say): void {
  if (port === undefined) return;
  const own = PORT ?? Number(URL.parse(ISSUER ?? '')?.port);
  if (port !== 0 && port === own) say('error', 'ADMIN_PORT', 'a port of its own', `${port}, which is the common ID’s`);
  if (host !== undefined && EVERYWHERE.includes(host))
    say(
      'warning',
      'ADMIN_HOST',
      'an address of the operators’ network',
      `${host}: everybody who reaches it can read metrics and versions`,
      'set that address, or block others with a firewall',
    );
}

/** Reports an issuer that customers cannot use, and origins that share its host and therefore get its cookies. */
export function checkOrigins(settings: SettingValues, say: Say): void {
  const issuer = settings.ISSUER;
  if (issuer === undefined) return;
  const host = hostOf(issuer);
  if (isAddress(host))
    say('error', 'ISSUER', 'a host name, which stays the same when machines change', issuer, 'use the name that customers see');
  else if (isInside(host)) say('error', 'ISSUER', 'a host name that customers can reach', issuer);
  const port = URL.parse(issuer)?.port ?? '';
  if (port !== '')
    say(
      'warning',
      'ISSUER',
      'the default port of https',
      issuer,
      `all ports of ${host} share cookies, so no other program may answer there`,
    );
  for (const name of OWN_ORIGINS) {
    const other = settings[name];
    if (other !== undefined && other !== issuer && hostOf(other) === host)
      say(
        'warning',
        name,
        'a host of its own',
        other,
        `it gets the cookies of ${issuer}, because all ports of a host share cookies`,
      );
  }
}

/** Warns of log levels that log too much or too little, and of a password hash cost that is too low or too high. */
export function checkBehaviour({ LOG_LEVEL, PASSWORD_HASH_COST: cost }: SettingValues, say: Say): void {
  if (LOG_LEVEL === 'debug' || LOG_LEVEL === 'trace')
    say(
      'warning',
      'LOG_LEVEL',
      'info or less in production',
      LOG_LEVEL,
      'it logs more about customers than needed, and fills the disk',
    );
  if (LOG_LEVEL === 'silent' || LOG_LEVEL === 'fatal')
    say('warning', 'LOG_LEVEL', 'at least error', LOG_LEVEL, 'nobody would see faults and attacks');
  if (cost !== undefined && cost < 12)
    say('warning', 'PASSWORD_HASH_COST', 'at least 12', String(cost), 'a thief of the database could guess passwords faster');
  if (cost !== undefined && cost > 14)
    say(
      'warning',
      'PASSWORD_HASH_COST',
      'at most 14',
      String(cost),
      'a login takes seconds, and a few visitors can block all others',
    );
}

/** Reports variables of Node and its libraries that turn a protection off. */
export function checkRuntime(
  { values, sourceOf }: Variables,
  sayOther: (key: string, source: string, expected: string, found: string, severity: Problem['severity']) => void,
): void {
  const tell = (key: string, expected: string, found: string, severity: Problem['severity'] = 'error'): void =>
    sayOther(key, sourceOf(key), expected, found, severity);
  if (values.NODE_TLS_REJECT_UNAUTHORIZED === '0')
    tell('NODE_TLS_REJECT_UNAUTHORIZED', 'no value', '0: no server certificate is verified');
  const options = values.NODE_OPTIONS ?? '';
  if (/--inspect(?!-publish)/.test(options))
    tell('NODE_OPTIONS', 'no debugger in production', '--inspect: everybody who reaches its port can run any code');
  if (/--tls-keylog/.test(options)) tell('NODE_OPTIONS', 'no --tls-keylog', 'a file that gets the keys of all connections');
  if (/--insecure-http-parser/.test(options))
    tell('NODE_OPTIONS', 'no --insecure-http-parser', 'it, which lets requests be smuggled past the proxy');
  if (values.DEBUG !== undefined && /\*|oidc|koa|mongo|nodemailer|smtp/.test(values.DEBUG))
    tell('DEBUG', 'no value', 'a value that makes libraries log requests, cookies and tokens', 'warning');
}
