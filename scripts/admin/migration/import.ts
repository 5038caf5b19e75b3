// Imports the list of all legacy users from a file, and shows how far it has come. After an interruption the same command goes on.
import { createHash } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  existsSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { appendFile } from 'node:fs/promises';
import type { Config } from '../../../src/config/config.ts';
import {
  importPopulation,
  NO_PROGRESS,
  type ImportProgress,
  type WrongRow,
} from '../../../src/operations/migration/import-population.ts';
import type { ListFormat } from '../../../src/operations/migration/list-rows.ts';
import { withDesk } from '../desk.ts';
import { didYouMean } from '../did-you-mean.ts';
import { createBar } from '../progress-bar.ts';
import type { Action } from '../topic.ts';
import { UsageError } from '../usage-error.ts';

const FORMATS: readonly ListFormat[] = ['csv', 'ndjson'];
const SHOWN = 20;
const WRONG_HEADER = 'line,column,why\n';
/** A list is recognized by its beginning and its size. */
const BEGINNING = 65_536;

/** The note of an interrupted import, for exactly this file and client. */
type Note = { list: string; progress: ImportProgress };

export const importList: Action = {
  does: 'imports the list of all legacy users: legacy_id, and email, segment, dealer if they are known; can be repeated at any time',
  options: {
    file: 'the list: CSV with a header line, or one JSON object a line; UTF-8',
    format: 'csv or ndjson; default: by the name of the file',
    client: 'the client of the legacy site; needed if more than one hands profiles over',
    wrong: 'where the wrong rows are written, as CSV; default: <file>.wrong-rows.csv',
  },
  needs: ['file'],
  async run({ values, ...input }) {
    const { file = '' } = values;
    if (!existsSync(file)) throw new UsageError(`--file: there is no ${file}`);
    const format = formatOf(values.format, file);
    const { wrong = `${file}.wrong-rows.csv` } = values;
    const note = `${file}.import-note.json`;
    return withDesk(input, async (deps) => {
      const clientId = clientOf(deps.config, values.client);
      const list = digestOf(file, clientId);
      const from = readNote(note, list);
      keepWrong(wrong, from);
      const size = statSync(file).size;
      const bar = createBar(process.stderr, 'import', size, 'bytes');
      const done = await importPopulation(deps, {
        clientId,
        format,
        from,
        open: (offset) => createReadStream(file, { start: offset }),
        async onBatch(progress, mistakes) {
          await writeWrong(wrong, mistakes);
          writeNote(note, { list, progress });
          bar.show(progress.offset);
        },
      });
      bar.end();
      rmSync(note, { force: true });
      const { rows, added, changed, same, wrong: bad } = done;
      const json = {
        rows,
        added,
        changed,
        same,
        wrong: bad,
        resumed_at_line: from.line > 1 ? from.line : null,
        wrong_rows: bad > 0 ? wrong : null,
      };
      return { json, text: tell(done, from, wrong), bad: bad > 0 };
    });
  },
};

function tell({ rows, added, changed, same, wrong: bad }: ImportProgress, from: ImportProgress, wrong: string): string {
  const resumed = from.line > 1 ? `Went on at line ${from.line}.\n` : '';
  const first =
    bad > 0
      ? readFileSync(wrong, 'utf8')
          .split('\n')
          .slice(1, SHOWN + 1)
          .filter(Boolean)
      : [];
  const mistakes =
    bad > 0
      ? `${bad} rows are wrong and were left out. Correct them and import the list again. All of them: ${wrong}\n` +
        first.map((row) => `  - ${row.replace(/^(\d+),(\d+),"(.*)"$/, 'line $1, column $2: $3')}\n`).join('')
      : '';
  return `${resumed}${rows} rows: ${added} legacy users are new, ${changed} have changed, ${same} were known as they are.\n${mistakes}`;
}

function formatOf(named: string | undefined, file: string): ListFormat {
  const ending = /\.(nd)?jsonl?$/i.test(file) ? 'ndjson' : 'csv';
  const format = FORMATS.find((one) => one === (named ?? ending));
  if (!format) throw new UsageError(`--format: expected ${FORMATS.join(' or ')}${didYouMean(named ?? '', FORMATS)}`);
  return format;
}

/** Returns the client whose legacy users are meant. */
export function clientOf({ clients }: Pick<Config, 'clients'>, named: string | undefined): string {
  const known = clients.filter(({ legacyImport }) => legacyImport).map(({ metadata }) => metadata.client_id);
  if (named !== undefined && !known.includes(named))
    throw new UsageError(`--client: ${named} hands no profiles over${didYouMean(named, known)}`);
  const [only, ...others] = known;
  if (only === undefined) throw new Error('no client hands profiles over (legacy_import); see docs/administration.md');
  if (named === undefined && others.length > 0) throw new UsageError(`--client: say which legacy site: ${known.join(', ')}`);
  return named ?? only;
}

function digestOf(file: string, clientId: string): string {
  const beginning = Buffer.alloc(BEGINNING);
  const descriptor = openSync(file, 'r');
  const length = readSync(descriptor, beginning, 0, BEGINNING, 0);
  closeSync(descriptor);
  const of = `${clientId}\n${statSync(file).size}\n`;
  return createHash('sha256').update(of).update(beginning.subarray(0, length)).digest('base64url');
}

function readNote(path: string, list: string): ImportProgress {
  if (!existsSync(path)) return NO_PROGRESS;
  const note = JSON.parse(readFileSync(path, 'utf8')) as Note;
  return note.list === list ? note.progress : NO_PROGRESS;
}

/** Writes the note at once or not at all. Without it, only time is lost. */
function writeNote(path: string, note: Note): void {
  writeFileSync(`${path}.partial`, JSON.stringify(note), { mode: 0o600 });
  renameSync(`${path}.partial`, path);
}

/** Keeps what was reported before the note, because the rows after it are read again. */
function keepWrong(path: string, { line }: ImportProgress): void {
  if (!existsSync(path)) return;
  const rows = readFileSync(path, 'utf8')
    .split('\n')
    .slice(1)
    .filter((row) => row !== '' && Number(row.split(',')[0]) < line);
  rmSync(path);
  if (rows.length > 0) writeFileSync(path, `${WRONG_HEADER}${rows.join('\n')}\n`, { mode: 0o600 });
}

async function writeWrong(path: string, mistakes: readonly WrongRow[]): Promise<void> {
  if (mistakes.length === 0) return;
  const header = existsSync(path) ? '' : WRONG_HEADER;
  const rows = mistakes.map(({ line, column, why }) => `${line},${column},"${why.replaceAll('"', '""')}"\n`);
  await appendFile(path, `${header}${rows.join('')}`, { mode: 0o600 });
}
