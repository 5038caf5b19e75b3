// Checks that customers are told a telephone number that reaches somebody.
import type { SettingValues } from '../settings/settings.ts';
import type { Say } from './say.ts';

/** Six times the same digit at the end, as in the number of development. */
const EXAMPLE = /(\d)\1{5}$/;

/** Reports a number that looks like an example, and an installation for customers that names no contact. */
export function checkSupportPhone({ SUPPORT_PHONE: phone, SANDBOX }: SettingValues, say: Say): void {
  if (phone !== undefined && EXAMPLE.test(phone.replaceAll('-', '')))
    say('error', 'SUPPORT_PHONE', 'a number that reaches your support desk', `${phone}, which looks like an example`);
  else if (phone === undefined && SANDBOX !== true)
    say('warning', 'SUPPORT_PHONE', 'the number of your support desk', 'nothing: pages and mails tell customers nobody to ask');
}
