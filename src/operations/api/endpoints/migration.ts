// The campaign: `/migration/…`, with the scope `operations:migration`.
import type { Endpoint } from '../endpoint.ts';

/** Funnel, waves, forecast and stuck people go here, each as `endpoint({ role: 'migration', path: '/migration/…', … })`. */
export const MIGRATION_ENDPOINTS: Endpoint[] = [];
