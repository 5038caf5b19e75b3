// The settings of traces. Their names are OpenTelemetry's.
import { isWebUrl } from '../problems/web-url.ts';
import type { Setting } from './setting.ts';

export const TRACE_SETTINGS = {
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    section: 'places',
    about:
      'The receiver of the common ID’s traces (OpenTelemetry, OTLP over HTTP), such as a collector on this machine. Without it, there are no traces.',
    neededBy: [],
    // Providers put tokens into URLs.
    secret: true,
    expected: () =>
      'the https URL of an OTLP receiver, without a user name (or http on this machine), such as http://localhost:4318',
    parse: (value: string) => (isWebUrl(value, 'development') ? value : undefined),
  },
  OTEL_TRACES_SAMPLER_ARG: {
    section: 'places',
    about: 'The share of requests whose traces are recorded, from 0 to 1. Each recorded request costs processor time.',
    default: '0.1',
    productionDefault: '0.1',
    neededBy: [],
    expected: () => 'a share from 0 to 1, such as 0.1',
    parse: (value: string) => (/^(0(\.\d+)?|1(\.0+)?)$/.test(value) ? Number(value) : undefined),
  },
} as const satisfies Record<string, Setting<unknown>>;
