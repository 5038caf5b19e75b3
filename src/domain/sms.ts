// The SMS of the common ID. Their texts are in config/locales/<language>/sms.json, under the name with `_` for `-`.
import type { ShownCode } from './shown-code.ts';

/** An SMS to send: the number in E.164, its name, and its values. */
export type Sms = {
  to: string;
  /** Proves the number that becomes a login ID. */
  template: 'login-number-code';
  language: string;
  values: ShownCode;
};
