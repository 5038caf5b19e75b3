// The settings of the SMS gateway.
import { isWebUrl, type Mode } from '../problems/web-url.ts';
import { hintSecret, type Setting } from './setting.ts';

/** For development only, because it is public. */
export const SMS_DEVELOPMENT_SECRET = `whsec_${Buffer.from('SMS of development, for everybody to read').toString('base64')}`;

export const SMS_SETTINGS = {
  SMS_URL: {
    section: 'mail',
    about:
      'The SMS gateway, which gets each SMS as a signed POST; docs/sms.md shows one. Without it, production has no login with a mobile number. In development the mailbox shows SMS: the path /sms of MAILBOX_URL.',
    default: 'http://localhost:3004/sms',
    derived: true,
    neededBy: [],
    // Providers put tokens into URLs.
    secret: true,
    expected: () => 'the https URL of an SMS gateway, without a user name (or http on this machine)',
    // A gateway on this machine is as good in production.
    parse: (value: string) => (isWebUrl(value, 'development') ? value : undefined),
  },
  SMS_SECRET: {
    section: 'mail',
    about:
      'The secret that SMS_URL shares with us (Standard Webhooks: 24 to 64 bytes in base64, also with whsec_ before it). To change it, put the new one in front of the old one with a comma between them: both sign, until the gateway knows the new one.',
    default: SMS_DEVELOPMENT_SECRET,
    neededBy: [],
    secret: true,
    random: true,
    expected: (mode: Mode) =>
      `24 to 64 random bytes in base64${mode === 'production' ? ', and not the secret of development' : ''} (several with commas between them)`,
    parse: (value: string, mode: Mode) => {
      const secrets = value.split(',').map((one) => one.trim());
      const isKnown = mode === 'production' && secrets.includes(SMS_DEVELOPMENT_SECRET);
      return secrets.every(isWebhookSecret) && !isKnown ? secrets : undefined;
    },
    hint: hintSecret,
  },
  MAIL_REPORT_SECRET: {
    section: 'mail',
    about:
      'The secret with which your mail system signs what it posts to /mail-reports: mails that came back, and complaints (Standard Webhooks, as SMS_SECRET). docs/migration-campaign.md shows a post. Without it, that path does not exist.',
    neededBy: [],
    secret: true,
    random: true,
    expected: () => '24 to 64 random bytes in base64 (several with commas between them)',
    parse: (value: string) => {
      const secrets = value.split(',').map((one) => one.trim());
      return secrets.every(isWebhookSecret) ? secrets : undefined;
    },
    hint: hintSecret,
  },
} as const satisfies Record<string, Setting<unknown>>;

function isWebhookSecret(secret: string): boolean {
  const base64 = /^(?:whsec_)?((?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/.exec(secret)?.[1];
  const { length } = Buffer.from(base64 ?? '', 'base64');
  return length >= 24 && length <= 64;
}
