// What a page does better with a script. Every page works without it.

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

/** A page that the browser kept is shown again after «back»: its buttons are new again. */
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
  box.addEventListener('change', () => {
    input.type = box.checked ? 'text' : 'password';
  });
  // Sent as a password whatever is shown, so that browsers offer to keep it and never suggest it as plain text.
  input.form?.addEventListener('submit', () => {
    input.type = 'password';
  });
}

document.getElementById('error-summary')?.focus();

/** The postal code fills the address; what the person typed is never overwritten by nothing. */
for (const form of document.querySelectorAll('form[data-postal-lookup]')) {
  const field = (name) => form.elements.namedItem(name);
  let asked = '';
  field('postal_code')?.addEventListener('input', async () => {
    const digits = field('postal_code')
      .value.normalize('NFKC')
      .replace(/[^0-9]/g, '');
    if (digits.length !== 7 || digits === asked) return;
    asked = digits;
    const answer = await fetch(`/postal-codes/${digits}.json`).catch(() => undefined);
    if (!answer?.ok || asked !== digits) return;
    const { region, locality, towns = [] } = await answer.json();
    if (region) field('region').value = region;
    if (locality) field('locality').value = locality;
    if (towns.length === 1 && !field('street_address').value.startsWith(towns[0])) field('street_address').value = towns[0];
    const list = document.getElementById('towns');
    list?.replaceChildren(...towns.map((town) => Object.assign(document.createElement('option'), { value: town })));
  });
}

/** Goes on by itself to an address that answers when there is something new. */
const advance = document.querySelector('[data-advance]');
if (advance) window.location.replace(advance.dataset.advance);
