// Generates docs/events.md from the catalogue of events and the table of ledger events.
import { LEDGER_EVENTS } from '../../src/domain/ledger-events.ts';
import { entryOf, EVENT_TYPES, metricOf, type Field } from '../../src/telemetry/events.ts';

/** @returns Markdown */
export function eventsDocument(): string {
  const own = EVENT_TYPES.map((type) => {
    const { fields, without, tells } = entryOf(type);
    const written = without === 'line' ? 'metric only' : without === 'metric' ? 'line only' : '';
    const metric = without === 'metric' ? '' : `\`${metricOf(type)}\``;
    return `| \`${type}\` | ${describeFields(fields)} | ${metric} | ${tells}${written === '' ? '' : ` (${written})`} |`;
  });
  const recorded = Object.entries(LEDGER_EVENTS).map(([type, { subject, tells }]) => `| \`${type}\` | ${subject} | ${tells} |`);
  return `# Events

This page is made from \`src/telemetry/events.ts\` and \`src/domain/ledger-events.ts\` by \`npm run generate\`. Each thing that happens to a person, a client app or
the service is an event: one line in the log and one increase of a metric. A line of the log with \`event\` is one of these; the other lines are about faults of the program.

\`\`\`text
{"level":30,"time":"2026-11-30T12:00:00.000Z","app":"common-id","request_id":"4be0a1f2c3d4","event":"code.checked","purpose":"registration","outcome":"wrong","msg":"code.checked"}
\`\`\`

| field | |
| --- | --- |
| \`level\` | 30 is information, 40 a warning, 50 an error |
| \`time\` | in UTC |
| \`app\` | \`common-id\` |
| \`request_id\` | the \`X-Request-Id\` of the answer, which error pages show; absent in jobs |
| \`trace_id\`, \`parent_span_id\` | from the request’s \`traceparent\` (W3C Trace Context), if it is valid |
| \`event\` | its name |
| \`account\`, \`client_id\` | whom it is about; a client app’s name is not personal data |
| \`migration\` | the client app that handed the identity over, and an HMAC of the legacy id; the same identity has the same value while HMAC_KEY stays |

No line has a name, an address, a number, a password, a code, a token or a cookie. Fields with a list of values are labels of the metric. Lines of
events are written in batches, within 50 ms; those of warnings and errors at once. A process that is killed loses what waits; the ledger has its events.

## What is not recorded in the ledger

| event | fields | metric | |
| --- | --- | --- | --- |
${own.join('\n')}

\`request.answered\` is written if [\`ACCESS_LOG\`](../.env.example) is \`true\`, as in production.

## Events of the ledger

They are written and counted when the ledger has them: \`common_id_events_total\` has the label \`event\`. \`account.signed_in\` also counts in
\`common_id_sign_ins_total\`, by \`method\`. Their data, which [storage.md](storage.md) lists, is in the line, without what operators write in their own words. A write that is repeated
because its outcome was unknown has two lines; the ledger has it once.

| event | about | |
| --- | --- | --- |
${recorded.join('\n')}
`;
}

function describeFields(fields: Readonly<Record<string, Field>>): string {
  return Object.entries(fields)
    .map(([name, field]) => (typeof field === 'string' ? nameOf(name, field) : `\`${name}\`: ${field.join(', ')}`))
    .join('; ');
}

function nameOf(name: string, field: Field & string): string {
  return field === 'mail' ? `\`${name}\`: the name of a mail` : `\`${name}\``;
}
