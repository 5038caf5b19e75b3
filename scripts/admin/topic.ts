// A topic of the admin command: its actions, options, help, JSON output and exit codes.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { refuseSecret } from './command-line-secrets.ts';
import { didYouMean } from './did-you-mean.ts';
import { UsageError } from './usage-error.ts';

export type AdminCommand = {
  /** For each action, the words after `npm run admin --`, and what it does. */
  usage: readonly (readonly [call: string, does: string])[];
  /** @throws {Error} with a message for the operator */
  run(args: string[]): Promise<void>;
};

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The result of an action, for people and for programs. */
export type Report = {
  text: string;
  json: unknown;
  /** The action found mistakes: exit code 1. */
  bad?: boolean;
};

export type Values = Record<string, string | undefined>;

export type Action = {
  /** The arguments after the action's name, such as `<client_id>`. All are required. */
  operands?: readonly string[];
  /** One line. */
  does: string;
  /** Options with a value, and their descriptions. */
  options?: Record<string, string>;
  /** The required options. */
  needs?: readonly string[];
  /** Options without a value. */
  flags?: Record<string, string>;
  /** @throws {UsageError}, or another error with a message for the operator */
  run(input: ActionInput): Promise<Report>;
};

export type ActionInput = {
  operands: string[];
  values: Values;
  flags: ReadonlySet<string>;
  env: NodeJS.ProcessEnv;
  /** The directory that contains config/. */
  directory: string;
};

const EXIT_CODES = 'Exit codes: 0 done; 1 mistakes found, or the command failed; 2 the command line is wrong.';

/** Creates a command from its actions. Each takes --json, --help, and --project <directory with config/>. */
export function createTopic(topic: string, actions: Record<string, Action>): AdminCommand {
  const usage = Object.entries(actions).map(([name, action]) => [callOf(topic, name, action), action.does] as const);
  const width = Math.max(34, ...usage.map(([call]) => call.length + 2));
  const list = (): string => `${usage.map(([call, does]) => `  ${call.padEnd(width)}${does}`).join('\n')}\n`;
  return {
    usage,
    async run([name, ...args]) {
      if (name === undefined || name === '--help' || name === 'help') {
        process.stdout.write(
          `${list()}\nnpm run admin -- ${topic} <action> --help shows the options of an action.\n${EXIT_CODES}\n`,
        );
        return;
      }
      const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
      if (!action) throw new UsageError(`${topic}: there is no ${name}${didYouMean(name, Object.keys(actions))}`);
      const { values: parsed, positionals } = parse(topic, name, action, args);
      if (parsed.help === true) return void process.stdout.write(helpOf(topic, name, action));
      const missing = (action.operands ?? []).slice(positionals.length);
      if (missing.length > 0 || positionals.length > (action.operands ?? []).length)
        throw new UsageError(`usage: npm run admin -- ${callOf(topic, name, action)}`);
      const notGiven = (action.needs ?? []).filter((option) => parsed[option] === undefined);
      if (notGiven.length > 0) throw new UsageError(`give ${notGiven.map((option) => `--${option}`).join(' and ')}`);
      for (const value of positionals) refuseSecret('the command line', value);
      for (const [option, value] of Object.entries(parsed)) if (typeof value === 'string') refuseSecret(`--${option}`, value);
      const directory = typeof parsed.project === 'string' ? parsed.project : ROOT;
      if (!existsSync(join(directory, 'config'))) throw new UsageError(`--project: there is no config/ in ${directory}`);
      const entries = Object.entries(parsed);
      const report = await action.run({
        operands: positionals,
        values: Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string')),
        flags: new Set(entries.filter(([, value]) => value === true).map(([flag]) => flag)),
        env: process.env,
        directory,
      });
      process.stdout.write(parsed.json === true ? `${JSON.stringify(report.json, null, 2)}\n` : report.text);
      if (report.bad) process.exitCode = 1;
    },
  };
}

function callOf(topic: string, name: string, { operands = [], needs = [] }: Action): string {
  return [topic, name, ...operands, ...needs.map((option) => `--${option} <value>`)].join(' ');
}

function parse(topic: string, name: string, { options = {}, flags = {} }: Action, args: string[]) {
  const known = {
    ...Object.fromEntries(['project', ...Object.keys(options)].map((option) => [option, { type: 'string' as const }])),
    ...Object.fromEntries(['json', 'help', ...Object.keys(flags)].map((flag) => [flag, { type: 'boolean' as const }])),
  };
  try {
    return parseArgs({ args, options: known, allowPositionals: true, strict: true });
  } catch (error) {
    const sentence = error instanceof Error ? (error.message.split('. ')[0] ?? '') : String(error);
    const unknown = /^Unknown option '--(.+)'$/.exec(sentence)?.[1];
    if (unknown !== undefined) {
      const options = Object.keys(known).map((option) => `--${option}`);
      throw new UsageError(`there is no option --${unknown}${didYouMean(`--${unknown}`, options)}`);
    }
    throw new UsageError(`${sentence}; npm run admin -- ${topic} ${name} --help shows the options`);
  }
}

function helpOf(topic: string, name: string, action: Action): string {
  const options = {
    ...Object.fromEntries(Object.entries(action.options ?? {}).map(([option, what]) => [`--${option} <value>`, what])),
    ...Object.fromEntries(Object.entries(action.flags ?? {}).map(([flag, what]) => [`--${flag}`, what])),
    '--json': 'print JSON for programs',
    '--project <value>': 'the directory that contains config/; default: this one',
  };
  const lines = Object.entries(options).map(([option, what]) => `  ${option.padEnd(34)}${what}`);
  return `npm run admin -- ${callOf(topic, name, action)}\n\n${action.does}\n\n${lines.join('\n')}\n\n${EXIT_CODES}\n`;
}
