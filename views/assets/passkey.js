// Passkeys in the browser. Without this script, and in browsers without passkeys, people use the password.

/** Before a challenge is too old for the server. */
const RENEW_MS = 4 * 60 * 1000;

const forms = document.querySelectorAll('form[data-passkey]');
/** Whether the button was pressed. The browser does one ceremony at a time, and a new one would end that of the button. */
let busy = false;
const supported = typeof window.PublicKeyCredential === 'function';

/** Loads the library @simplewebauthn/browser, which the server serves as a file. */
const library = async () => {
  await import('/assets/simplewebauthn.js');
  return globalThis.SimpleWebAuthnBrowser;
};

/** The options of the ceremony stand in the form, or are asked for, because each needs a new challenge. */
async function optionsOf(form) {
  if (form.dataset.options) return JSON.parse(form.dataset.options);
  const answer = await fetch(form.dataset.optionsUrl, { headers: { Accept: 'application/json' } });
  if (!answer.ok) throw new Error('no options');
  return answer.json();
}

function send(form, credential) {
  form.elements.namedItem('credential').value = JSON.stringify(credential);
  // What was typed is still there after a failure.
  const { keeps } = form.dataset;
  if (keeps) form.elements.namedItem(keeps).value = document.getElementById(keeps).value;
  form.requestSubmit();
}

function tell(form, text) {
  const place = form.querySelector('[data-problem]');
  place.textContent = text;
  place.hidden = text === '';
}

/** Offers passkeys in the autofill of the field for the ID, until one is chosen. */
async function offerInAutofill(form) {
  try {
    const { browserSupportsWebAuthnAutofill, startAuthentication } = await library();
    if (!(await browserSupportsWebAuthnAutofill())) return;
    const renewal = setTimeout(() => void offerInAutofill(form), RENEW_MS);
    const optionsJSON = await optionsOf(form).catch((error) => {
      clearTimeout(renewal);
      throw error;
    });
    if (busy) return;
    send(form, await startAuthentication({ optionsJSON, useBrowserAutofill: true }));
    clearTimeout(renewal);
  } catch {
    // The button was pressed, the challenge was renewed, or the page is too old. The password always works.
  }
}

async function useButton(form) {
  tell(form, '');
  busy = true;
  try {
    const { startAuthentication, startRegistration } = await library();
    const start = form.dataset.passkey === 'create' ? startRegistration : startAuthentication;
    send(form, await start({ optionsJSON: await optionsOf(form) }));
  } catch (error) {
    busy = false;
    const { already, cancelled } = form.dataset;
    tell(form, error?.code === 'ERROR_AUTHENTICATOR_PREVIOUSLY_REGISTERED' ? already : cancelled);
    if (form.hasAttribute('data-autofill')) void offerInAutofill(form);
  }
}

for (const form of forms) {
  form.addEventListener('submit', (event) => {
    if (form.elements.namedItem('credential').value !== '') return;
    event.preventDefault();
    if (!busy) void useButton(form);
  });
}
for (const element of document.querySelectorAll('[data-with-passkeys]')) element.hidden = !supported;
for (const element of document.querySelectorAll('[data-without-passkeys]')) element.hidden = supported;
/** Tells the server whether this device can make a passkey, so that it offers one after the login. */
for (const field of document.querySelectorAll('[data-makes-passkeys]')) {
  if (!supported) break;
  void window.PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable()
    .then((can) => {
      field.value = can ? 'yes' : '';
    })
    .catch(() => undefined);
}
if (supported) for (const form of document.querySelectorAll('form[data-autofill]')) void offerInAutofill(form);

/** Tells the browser which passkeys exist, so that it does not offer others. */
for (const { dataset } of document.querySelectorAll('[data-passkey-signal]')) {
  if (!supported) break;
  void library()
    .then(({ sendSignal }) => sendSignal(JSON.parse(dataset.passkeySignal)))
    .catch(() => undefined);
}
