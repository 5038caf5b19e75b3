// Ticks off the rules of a new password while it is typed. Without this script the server says what is wrong.

/** Screen readers say what is missing in a pause, and not after each letter. */
const PAUSE_MS = 1000;

for (const box of document.querySelectorAll('[data-password-rules]')) {
  const [min, max, maxBytes, pattern] = JSON.parse(box.dataset.passwordRules);
  const allowed = new RegExp(pattern, 'u');
  const input = document.getElementById('password');
  const status = box.querySelector('[role=status]');
  const rules = [...box.querySelectorAll('[data-rule]')];

  /** Which rules a text meets, as `checkPassword` of src/domain/password-policy.ts decides. */
  const metBy = (typed) => {
    const text = allowed.test(' ') ? typed.replace(/\p{Zs}/gu, ' ').normalize('NFC') : typed;
    const characters = [...text];
    return {
      length: characters.length >= min && characters.length <= max && new TextEncoder().encode(text).length <= maxBytes,
      characters: text !== '' && characters.every((character) => allowed.test(character)),
      both: /[A-Za-z]/.test(text) && /[0-9]/.test(text),
    };
  };

  let pause;
  input.addEventListener('input', () => {
    const met = metBy(input.value);
    const missing = rules.filter(({ dataset }) => !met[dataset.rule]);
    for (const rule of rules) rule.classList.toggle('is-met', !missing.includes(rule));
    clearTimeout(pause);
    pause = setTimeout(() => {
      const sentences = missing.map(({ textContent }) => textContent).join(' ');
      status.textContent = input.value === '' ? '' : sentences || status.dataset.met;
    }, PAUSE_MS);
  });

  // Password managers make passwords of this length. What a person types or pastes must not be cut without a word.
  input.maxLength = max;
  input.addEventListener('beforeinput', () => input.removeAttribute('maxlength'));
}
