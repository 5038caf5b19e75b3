// The message of `npm start` when everything runs.
import type { AppName, Config } from '../config/config.ts';
import { DEMO_PASSWORD } from './demo-data.ts';

/** Returns every address, the demo logins, the mailbox, and what to try first. */
export function welcome(config: Config, names: readonly AppName[]): string {
  const addresses: Record<AppName, [string, string]> = {
    id: ['TOYOTA/LEXUS common ID', config.issuer],
    'owners-site': ['Owners site', config.ownersSite.origin],
    notebook: ['Maintenance notebook', config.notebook.origin],
    dealer: ['Dealer system', config.dealerSystem.origin],
    'demo-clients': ['Five more services', config.demoClients.origin],
    console: ['Operations console', config.operationsConsole.origin],
    mailbox: ['Mailbox', `${config.mailbox.origin}  (SMTP on port ${config.mailbox.smtpPort})`],
  };
  const order: AppName[] = ['owners-site', 'id', 'notebook', 'demo-clients', 'dealer', 'console', 'mailbox'];
  const lines = order
    .filter((name) => names.includes(name))
    .map((name) => `  ${addresses[name][0].padEnd(24)}${addresses[name][1]}`);
  const whole = order.every((name) => names.includes(name));
  return [
    '',
    ...lines,
    ...(config.demo && whole
      ? [
          '',
          '  Demo logins',
          '    owners site   tanaka, suzuki, sato, yamada, ito       password owners-2026',
          `    common ID     sato@example.jp, yamada@example.jp     password ${DEMO_PASSWORD}`,
          `    operator      operator@example.jp                    password ${DEMO_PASSWORD}; the first sign-in sets up a second factor`,
          '',
          `  Start here: ${config.ownersSite.origin} – sign in as tanaka, open 詳細はこちら in the banner, and take a new ID.`,
          `  Then try the ID at five services: ${config.demoClients.origin} – single sign-on, required information, consent, LEXUS.`,
          '  Two apps run in a terminal: npm run demo -- head-unit (a car’s screen), npm run demo -- phone-app (the notebook as an app).',
          `  Every mail arrives at ${config.mailbox.origin}. Data is kept in ${config.dataDirectory}; npm run reset deletes it.`,
        ]
      : []),
    '',
    '',
  ].join('\n');
}
