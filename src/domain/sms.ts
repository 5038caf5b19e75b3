// The SMS of the common ID. Their texts are in config/locales/<language>/sms.json, under the name with `_` for `-`.
import type { ShownCode } from './shown-code.ts';

/** An SMS to send: the number in E.164, its name, and its values. */
export type Sms = { to: string; language: string } & (
  | {
      /** Proves the number that becomes a login ID. */
      template: 'login-number-code';
      values: ShownCode;
    }
  | {
      template: SmsNotice;
      values: Record<string, never>;
    }
);

/** What the owner of an ID is told beside the mails: a request for a lost mailbox was made; it was approved, and the waiting time began. */
export type SmsNotice = 'lost-mailbox-asked' | 'lost-mailbox-waiting';
export type SmsName = Sms['template'];
