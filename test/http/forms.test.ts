// What password managers and the keyboards of phones need: every field of every form of all samples of views (design/reality.md R13).
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { createTranslator } from '../../src/http/translator.ts';
import { createViewRenderer } from '../../src/http/view-renderer.ts';
import { formsOf } from '../support/http-browser.ts';
import { renderSample } from './render-sample.ts';
import { viewSamples } from './view-samples.ts';

const ROOT = new URL('../../', import.meta.url);
const t = createTranslator(fileURLToPath(new URL('config/locales', ROOT)), [
  'common',
  'common-id',
  'profile',
  'passkeys',
  'second-factor',
]).in('ja');
const render = createViewRenderer(fileURLToPath(new URL('views', ROOT)), true);

type Field = Record<string, string | undefined>;

/** The fields that a person fills in, in the order of the form, and the hidden one for the password manager. */
function fieldsOf(form: string): Field[] {
  return [...form.matchAll(/<(input|select|textarea)\b([^>]*)>/g)]
    .map(([, tag, attributes = '']): Field => {
      const pairs = [...attributes.matchAll(/([\w-]+)(?:="([^"]*)")?/g)].map(([, name = '', value = '']) => [name, value]);
      const field = Object.fromEntries(pairs) as Field;
      // Behind the token of the field, `webauthn` says that passkeys are offered, too.
      return { ...field, tag, autocomplete: field.autocomplete?.replace(/ webauthn$/, '') };
    })
    .filter(({ type = '' }) => !['hidden', 'checkbox', 'radio', 'submit'].includes(type));
}

const NO_CAPITALS = ['username', 'email', 'one-time-code', 'current-password', 'new-password'];
const KEYBOARDS: Record<string, string> = {
  username: 'email',
  email: 'email',
  'one-time-code': 'numeric',
  tel: 'tel',
  'tel-national': 'tel',
  'postal-code': 'numeric',
  'bday-month': 'numeric',
  'bday-day': 'numeric',
};

/** What a phone or a password manager lacks at this field. `follows`: another field that is filled in comes after it. */
function lacksOf(field: Field, follows: boolean): string[] {
  const { tag, name = '', type = 'text', autocomplete, autocapitalize, spellcheck, inputmode, enterkeyhint = '' } = field;
  const lacks: string[] = [];
  // There is no token for kana. Browsers find these fields by their labels.
  if (autocomplete === undefined && !name.endsWith('_kana')) lacks.push('autocomplete');
  if (NO_CAPITALS.includes(autocomplete ?? '') && spellcheck !== 'false') lacks.push('spellcheck');
  // Keyboards write no capitals into fields of the types email and password (HTML, autocapitalize).
  if (NO_CAPITALS.includes(autocomplete ?? '') && type === 'text' && autocapitalize !== 'none') lacks.push('autocapitalize');
  // The year also takes 昭和39, which a keyboard of digits cannot type.
  if (type !== 'password' && inputmode !== KEYBOARDS[autocomplete ?? '']) lacks.push(`inputmode ${inputmode}`);
  const keys = follows ? ['next'] : ['done', 'go', 'send', 'search'];
  if (tag === 'input' && type !== 'date' && !keys.includes(enterkeyhint)) lacks.push(`enterkeyhint ${enterkeyhint}`);
  const rule = 'minlength: 8; maxlength: 20; required: lower, upper; required: digit; allowed: [-*_!#$%];';
  if (autocomplete === 'new-password' && !field.minlength) lacks.push('minlength');
  // The sample of a policy that allows every printable character.
  const ruleOfAny = 'minlength: 8; maxlength: 64; required: lower, upper; required: digit; allowed: ascii-printable;';
  if (autocomplete === 'new-password' && ![rule, ruleOfAny].includes(field.passwordrules ?? ''))
    lacks.push(`passwordrules ${field.passwordrules}`);
  return lacks.map((what) => `${name}: ${what}`);
}

/** @param allowed what the ID needs and another app does not, as the start of a sentence */
function faultsOf(form: string, allowed: readonly string[] = []): string[] {
  const fields = fieldsOf(form);
  const filledIn = fields.filter(({ readonly }) => readonly === undefined);
  const faults = filledIn
    .flatMap((field, index) => lacksOf(field, index < filledIn.length - 1))
    .filter((fault) => !allowed.some((start) => fault.startsWith(start)));
  const password = fields.findIndex(({ autocomplete }) => autocomplete?.endsWith('-password'));
  const username = fields.findIndex(({ autocomplete }) => autocomplete === 'username');
  if (password >= 0 && (username < 0 || username > password)) faults.push('a password without the ID before it');
  return faults;
}

test('R13 each field of all forms: what password managers and keyboards of phones need', () => {
  const forms = viewSamples(t).flatMap((sample) =>
    formsOf(renderSample(render, sample, t, 'ja', 'toyota')).map(({ html }) => [sample.name, faultsOf(html), html] as const),
  );
  expect(forms.flatMap(([name, faults]) => faults.map((fault) => `${name}: ${fault}`))).toEqual([]);
  // The check has seen passwords, addresses and codes.
  const seen = new Set(forms.flatMap(([, , html]) => fieldsOf(html).map(({ autocomplete }) => autocomplete)));
  for (const token of [...NO_CAPITALS, 'postal-code', 'bday-year', 'sex', 'address-line2']) expect(seen).toContain(token);
});

test('R13 each field of the forms of the owners site and the notebook', () => {
  const options = [{ value: 'a', label: 'A' }];
  const form = {
    vin: 'a',
    work: 'a',
    day: '',
    time: 'a',
    note: '',
    key: 'k',
    wish: { vin: 'a', menu: 'a', date: '', time: 'a', note: '' },
  };
  const booking = {
    form,
    vehicles: options,
    times: ['09:30'],
    booked: [],
    dealer: { name: '愛知トヨタ' },
    dealerName: '愛知トヨタ',
  };
  const pages: [app: string, view: string, data: Record<string, unknown>][] = [
    ['owners-site', 'login', {}],
    ['owners-site', 'forgotten-id', {}],
    ['owners-site', 'forgotten-password', {}],
    ['owners-site', 'reset-password', { userId: 'tanaka', policy: { min: 8, max: 72, symbols: '-' } }],
    ['owners-site', 'booking', { ...booking, works: options, times: options }],
    ['maintenance-notebook', 'bookings', { ...booking, menus: ['inspection'] }],
  ];
  for (const [app, view, data] of pages) {
    const words = createTranslator(fileURLToPath(new URL('config/locales', ROOT)), ['common', app]).in('ja');
    const shown = {
      ...data,
      t: words,
      lang: 'ja',
      brand: 'toyota',
      app,
      view: `/${app}/${view}`,
      kind: 'site',
      title: view,
      path: '/',
      url: '/',
    };
    const forms = formsOf(render('layout', { ...shown, csrfToken: 'token', requestId: '0', failed: false }));
    expect([view, forms.length]).toEqual([view, 1]);
    // The site's user ID is no address, and its password has a rule of its own.
    const allowed = [
      'user_id: inputmode',
      'password: passwordrules minlength: 8; maxlength: 72; required: lower, upper; required: digit;',
    ];
    for (const { html } of forms) expect([view, faultsOf(html, allowed)]).toEqual([view, []]);
  }
});
