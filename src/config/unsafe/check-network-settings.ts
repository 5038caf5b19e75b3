// Checks where the common ID listens and which servers it calls, against attackers on the network path.
import { availableParallelism } from 'node:os';
import type { Problem } from '../problems/problem.ts';
import type { Variables } from '../settings/variables.ts';
import { OWN_ORIGINS, type SettingValues } from '../settings/settings.ts';
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
      'TLS whose certificate is checked',
      'an address that switches it off',
      'take ignoreTLS and tls.rejectUnauthorized out',
    );
  else if (parsed.protocol === 'smtp:' && !is('requireTLS')) {
    const hint = 'use smtps://, or add ?requireTLS=true';
    if (parsed.password !== '') say('error', 'SMTP_URL', 'TLS to another host', 'a password that goes there in clear', hint);
    else say('warning', 'SMTP_URL', 'TLS to another host', 'mails, with their codes, that may go there in clear', hint);
  }
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
      'TLS whose certificate is checked',
      'an address that switches the check off',
      'take tlsInsecure and tlsAllowInvalid… out',
    );
  if (!withTls) {
    const hint = 'add tls=true to it';
    if (hasUser) say('error', 'DATABASE_URL', 'TLS to another host', 'a password and customers that go there in clear', hint);
    else say('warning', 'DATABASE_URL', 'TLS to another host', 'customers that go there in clear', hint);
  }
  if (!hasUser)
    say(
      'warning',
      'DATABASE_URL',
      'a user and a password',
      'a database that lets everybody in',
      'make a user that may use this database only',
    );
}

/** Warns of a port or proxy setting with which clients could forge their address, and of too many processes. */
export function checkListening({ HOST, TRUST_PROXY, ISSUER, PORT, WEB_CONCURRENCY }: SettingValues, say: Say): void {
  if (TRUST_PROXY === true && HOST !== undefined && EVERYWHERE.includes(HOST)) {
    const hint = 'listen on the address that the proxy calls (HOST), or let a firewall keep everybody else away';
    say(
      'warning',
      'TRUST_PROXY',
      'a port that only the proxy reaches',
      `HOST=${HOST}: whoever comes past the proxy chooses their own address`,
      hint,
    );
  }
  if (TRUST_PROXY === false && ISSUER?.startsWith('https:') === true) {
    const found = 'false with an https ISSUER: the one address that all limits count is the proxy’s';
    say(
      'warning',
      'TRUST_PROXY',
      'true behind the proxy that ends TLS',
      found,
      'set it to true, and let the proxy set X-Forwarded-For and -Proto',
    );
  }
  if (PORT === 0) say('warning', 'PORT', 'a port that the proxy knows', '0, which is another one at each start');
  const cores = availableParallelism();
  if ((WEB_CONCURRENCY ?? 1) > 4 * cores)
    say(
      'warning',
      'WEB_CONCURRENCY',
      `at most as many processes as cores (${cores})`,
      String(WEB_CONCURRENCY),
      'more only take memory',
    );
}

/** Checks that development listens on this machine only, because its passwords are public and the mailbox shows every code. */
export function checkDevelopmentHost({ HOST, DEMO_DATA }: SettingValues, say: Say): void {
  if (HOST === undefined || isThisMachine(HOST)) return;
  const hint = 'set NODE_ENV=production for what others are to reach';
  say(
    'warning',
    'HOST',
    'this machine only in development',
    `${HOST}: everybody in the network reads the mails of the mailbox`,
    hint,
  );
  if (DEMO_DATA === true)
    say(
      'warning',
      'DEMO_DATA',
      'false where others reach this machine',
      `true with HOST=${HOST}: everybody knows the passwords`,
      hint,
    );
}

/** Checks that the admin port is separate and not public, in development too, because metrics are for operators only. */
export function checkAdminPort({ ADMIN_PORT: port, ADMIN_HOST: host, PORT, ISSUER }: SettingValues, say: Say): void {
  if (port === undefined) return;
  const own = PORT ?? Number(URL.parse(ISSUER ?? '')?.port);
  if (port !== 0 && port === own) say('error', 'ADMIN_PORT', 'a port of its own', `${port}, which the common ID has`);
  if (host !== undefined && EVERYWHERE.includes(host))
    say(
      'warning',
      'ADMIN_HOST',
      'an address of the operators’ network',
      `${host}: everybody who gets there reads metrics and versions`,
      'name the address, or let a firewall keep others away',
    );
}

/** Reports an issuer that customers cannot use, and origins that share its host and therefore get its cookies. */
export function checkOrigins(settings: SettingValues, say: Say): void {
  const issuer = settings.ISSUER;
  if (issuer === undefined) return;
  const host = hostOf(issuer);
  if (isAddress(host))
    say('error', 'ISSUER', 'a name, which stays when machines change', issuer, 'use the name that customers see');
  else if (isInside(host)) say('error', 'ISSUER', 'a name that customers can reach', issuer);
  const port = URL.parse(issuer)?.port ?? '';
  if (port !== '')
    say(
      'warning',
      'ISSUER',
      'the usual port of https',
      issuer,
      `cookies are shared by all ports of ${host}: nothing else may answer there`,
    );
  for (const name of OWN_ORIGINS) {
    const other = settings[name];
    if (other !== undefined && other !== issuer && hostOf(other) === host)
      say(
        'warning',
        name,
        'a host of its own',
        other,
        `it gets the cookies of ${issuer}, which are shared by all ports of a host`,
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
      'it writes more about customers than anybody needs, and fills the disk',
    );
  if (LOG_LEVEL === 'silent' || LOG_LEVEL === 'fatal')
    say('warning', 'LOG_LEVEL', 'at least error', LOG_LEVEL, 'nobody would see faults and attacks');
  if (cost !== undefined && cost < 12)
    say('warning', 'PASSWORD_HASH_COST', 'at least 12', String(cost), 'whoever steals the database guesses passwords faster');
  if (cost !== undefined && cost > 14)
    say(
      'warning',
      'PASSWORD_HASH_COST',
      'at most 14',
      String(cost),
      'a login takes seconds, and a few visitors keep all others out',
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
    tell('NODE_TLS_REJECT_UNAUTHORIZED', 'it not to be set', '0: no certificate of any server is checked');
  const options = values.NODE_OPTIONS ?? '';
  if (/--inspect(?!-publish)/.test(options))
    tell('NODE_OPTIONS', 'no debugger in production', '--inspect: who reaches its port runs any program');
  if (/--tls-keylog/.test(options))
    tell('NODE_OPTIONS', 'no --tls-keylog', 'it: the keys of all connections are written to a file');
  if (/--insecure-http-parser/.test(options))
    tell('NODE_OPTIONS', 'no --insecure-http-parser', 'it: requests can be smuggled past the proxy');
  if (values.DEBUG !== undefined && /\*|oidc|koa|mongo|nodemailer|smtp/.test(values.DEBUG))
    tell(
      'DEBUG',
      'it not to be set',
      'what libraries write for their developers: requests with their cookies and tokens',
      'warning',
    );
}
