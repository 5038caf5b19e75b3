// A real Prometheus for tests, with the rules of ops/, and the queries of the rules and the dashboard.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findPrometheus } from '../../scripts/find-prometheus.ts';
import { freePorts } from './free-ports.ts';
import { untilTrue } from './until-true.ts';

const OPS = fileURLToPath(new URL('../../ops', import.meta.url));
/** The folder of the rules. */
export const RULES = join(OPS, 'prometheus');

/** The programs; `undefined` if this machine has none, so that tests are skipped. @throws if REQUIRE_PROMETHEUS=1 and there is none */
export function prometheusForTests(): ReturnType<typeof findPrometheus> {
  const found = findPrometheus(process.env);
  if (!found && process.env['REQUIRE_PROMETHEUS'] === '1') throw new Error('REQUIRE_PROMETHEUS=1, but there is no Prometheus');
  return found;
}

export type Prometheus = {
  /** Asks now. @returns the number of series in the answer. @throws if the query is wrong */
  ask(query: string): Promise<number>;
  log(): string;
  stop(): Promise<void>;
};

/** Starts a Prometheus that scrapes `<admin>/metrics` as the job `common-id`, often, and evaluates the rules as often. */
export async function startPrometheus(program: string, admin: string): Promise<Prometheus> {
  const directory = await mkdtemp(join(tmpdir(), 'prometheus-'));
  const [port = 0] = await freePorts(1);
  const rules = await readFile(join(RULES, 'common-id.rules.yml'), 'utf8');
  await writeFile(join(directory, 'rules.yml'), rules.replace('interval: 30s', 'interval: 500ms'));
  const configuration = {
    global: { scrape_interval: '500ms', scrape_timeout: '500ms' },
    rule_files: ['rules.yml'],
    scrape_configs: [{ job_name: 'common-id', static_configs: [{ targets: [new URL(admin).host] }] }],
  };
  // JSON is YAML.
  await writeFile(join(directory, 'prometheus.yml'), JSON.stringify(configuration));
  const flags = [
    `--config.file=${join(directory, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(directory, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ];
  const child = spawn(program, flags, { stdio: ['ignore', 'ignore', 'pipe'] });
  let written = '';
  child.stderr.on('data', (chunk: Buffer) => (written += chunk.toString()));
  const ended = once(child, 'exit');
  const url = `http://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await ended;
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await untilTrue('Prometheus is ready', async () => {
      if (child.exitCode !== null) throw new Error(`Prometheus ended: ${written}`);
      return (await fetch(`${url}/-/ready`).catch(() => undefined))?.ok === true;
    });
  } catch (failure) {
    await stop();
    throw failure;
  }
  return {
    async ask(query) {
      const answer = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query }).toString()}`);
      const { status, data, error } = (await answer.json()) as { status: string; data?: { result: unknown[] }; error?: string };
      if (status !== 'success') throw new Error(`${query}: ${error}`);
      return data?.result.length ?? 0;
    },
    log: () => written,
    stop,
  };
}

/** Returns every query of the rules and of the dashboard; of an alert, the value that it compares. */
export async function readQueries(): Promise<string[]> {
  const rules = await readFile(join(RULES, 'common-id.rules.yml'), 'utf8');
  const ofRules = [...rules.matchAll(/^ +expr: (?:\|\n((?: {10}.*\n)+)|(.*)\n)/gm)].map(([, block, line]) => block ?? line ?? '');
  const dashboard = JSON.parse(await readFile(join(OPS, 'grafana', 'common-id.json'), 'utf8')) as {
    panels: { targets: { expr: string }[] }[];
  };
  // Grafana puts in at least four scrapes.
  const ofDashboard = dashboard.panels.flatMap(({ targets }) =>
    targets.map(({ expr }) => expr.replaceAll('$__rate_interval', '1m')),
  );
  return [...ofRules.map((query) => query.trim().replace(/ [<>] [\d.]+$/, '')), ...ofDashboard];
}
