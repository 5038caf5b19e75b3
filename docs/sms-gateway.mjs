// An SMS gateway for the common ID: checks the signature of each SMS, and sends it with Twilio. sms.md explains it.
// Usage: SMS_SECRET=… TWILIO_ACCOUNT=AC… TWILIO_TOKEN=… TWILIO_FROM=+81… node sms-gateway.mjs
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';

const { PORT = '8090', SMS_SECRET = '', TWILIO_URL = 'https://api.twilio.com', ...twilio } = process.env;
const url = `${TWILIO_URL}/2010-04-01/Accounts/${twilio.TWILIO_ACCOUNT}/Messages.json`;
const Authorization = `Basic ${Buffer.from(`${twilio.TWILIO_ACCOUNT}:${twilio.TWILIO_TOKEN}`).toString('base64')}`;
const webhook = new Webhook(SMS_SECRET);
/** The answers by id, because the common ID repeats an SMS whose answer it did not get. Several gateways keep them in a database. */
const answers = new Map();

async function send({ id, to, text: Body }) {
  const body = new URLSearchParams({ To: to, From: twilio.TWILIO_FROM, Body });
  const answer = await fetch(url, { method: 'POST', headers: { Authorization }, body }).catch(() => ({ status: 503 }));
  // 400: Twilio will never send it. Everything else is worth another attempt, which must not find this answer.
  if (!answer.ok && answer.status !== 400) answers.delete(id);
  return answer.ok ? 204 : answer.status === 400 ? 422 : 503;
}

createServer(async (request, response) => {
  try {
    const sms = webhook.verify(await text(request), request.headers);
    if (!answers.has(sms.id)) answers.set(sms.id, send(sms));
    response.writeHead(await answers.get(sms.id)).end();
  } catch {
    response.writeHead(401).end();
  }
}).listen(Number(PORT), '127.0.0.1', () => console.log(`SMS gateway on port ${PORT}`));
