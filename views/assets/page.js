// What a page does better with a script. Every page works without it.

/** Reload and «back» load the page of a form, without sending it again and without its error. */
// oxlint-disable-next-line no-restricted-properties
window.history.replaceState(null, '', location.href.replace(/failed=[^&#]*/, ''));

/** A pressed button shows that it works, and a form is sent once. */
document.addEventListener('submit', (event) => {
  const form = event.target;
  if (event.defaultPrevented) return;
  if (form.hasAttribute('data-sent')) {
    event.preventDefault();
    return;
  }
  form.setAttribute('data-sent', '');
  event.submitter?.classList.add('is-working');
  event.submitter?.setAttribute('aria-disabled', 'true');
  const status = document.getElementById('working');
  if (status) status.textContent = status.dataset.text ?? '';
});

/** A page that «back» shows again has new buttons. */
window.addEventListener('pageshow', (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll('form[data-sent]')) form.removeAttribute('data-sent');
  for (const button of document.querySelectorAll('.is-working')) {
    button.classList.remove('is-working');
    button.removeAttribute('aria-disabled');
  }
});

for (const box of document.querySelectorAll('[data-shows]')) {
  const input = document.getElementById(box.dataset.shows);
  // Some browsers bring the tick back on reload, without what it did.
  box.checked = false;
  box.addEventListener('change', () => {
    input.type = box.checked ? 'text' : 'password';
  });
  // So browsers offer to keep the password, and never suggest it as plain text.
  input.form?.addEventListener('submit', () => {
    input.type = 'password';
  });
}

document.getElementById('error-summary')?.focus();

/** The postal code fills the address, as find-address.ts does. */
for (const form of document.querySelectorAll('form[data-postal-lookup]')) {
  const field = (name) => form.elements.namedItem(name);
  const choice = field('place');
  const fillIn = ([region, locality, town]) => {
    for (const [name, value] of Object.entries({ region, locality, street_address: town })) {
      const [input, filled] = [field(name), field(`filled_${name}`)];
      if (input.value.trim() !== '' && input.value !== filled.value) continue;
      input.value = value;
      filled.value = value;
    }
  };
  const common = (values) => (new Set(values).size === 1 ? values[0] : '');
  let asked = '';
  field('postal_code')?.addEventListener('input', async (event) => {
    const digits = event.target.value.normalize('NFKC').replace(/[^0-9]/g, '');
    if (digits === asked) return;
    asked = digits;
    if (digits.length !== 7) return;
    const answer = await fetch(`/postal-codes/${digits}.json`).catch(() => undefined);
    if (!answer?.ok || asked !== digits) return;
    const { places } = await answer.json();
    const choices = places.map(({ region, locality, town }) => [region, locality, town]);
    choice.closest('[data-places]').hidden = choices.length < 2;
    choice.replaceChildren(choice.options[0], ...choices.map((parts) => new Option(parts.join(''), parts.join('|'))));
    choice.value = '';
    if (choices.length > 0) fillIn([0, 1, 2].map((part) => common(choices.map((parts) => parts[part]))));
  });
  choice?.addEventListener('change', () => {
    if (choice.value !== '') fillIn(choice.value.split('|'));
  });
}

/** Says how long there is to wait, and nothing when it is over. */
for (const wait of document.querySelectorAll('[data-countdown]')) {
  let seconds = Number(wait.dataset.countdown);
  const timer = setInterval(() => {
    const text = wait.textContent.replace(String(seconds), String(seconds - 1));
    seconds -= 1;
    wait.textContent = text;
    if (seconds > 0) return;
    clearInterval(timer);
    wait.remove();
  }, 1000);
}

/** A login page that was left open goes on when it is seen again, if the person has signed in in another tab, or if it has expired. */
if (document.querySelector('[data-look-again]')) {
  const lookAgain = async () => {
    if (document.hidden) return;
    const answer = await fetch(location.pathname, { method: 'HEAD', redirect: 'manual' }).catch(() => undefined);
    if (answer?.type === 'opaqueredirect') location.reload();
  };
  window.addEventListener('focus', lookAgain);
  document.addEventListener('visibilitychange', lookAgain);
}

/** Goes on by itself to an address that answers when there is something new. */
const advance = document.querySelector('[data-advance]');
if (advance) window.location.replace(advance.dataset.advance);
