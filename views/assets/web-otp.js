// Fills in the code of an SMS where the browser can (WebOTP). Without this script, people type it, or take it from above the keyboard.
const field = document.querySelector('input[autocomplete="one-time-code"]');
if (field && 'OTPCredential' in window) {
  const sent = new AbortController();
  field.form.addEventListener('submit', () => sent.abort());
  // The browser asks the person first. It rejects if the person declines.
  const { code } =
    (await navigator.credentials.get({ otp: { transport: ['sms'] }, signal: sent.signal }).catch(() => null)) ?? {};
  if (code && field.value === '') field.value = code;
}
